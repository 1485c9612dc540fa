"""The page of a room in a real browser, from real server processes that are killed and come back."""

import asyncio
import json
import re
import threading

import pytest
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.utils import timezone
from django.utils.module_loading import import_string

from accounts.models import User
from accounts.sessions import end_other_sessions
from prizes.actions import award_prize, create_prize, update_prize
from rooms.actions import join_room, leave_room, remove_participant, update_room
from rooms.models import Participant
from tests.factories import add_participant, make_prize, make_user
from tests.live import Live, Server, token_of

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

# What the browser itself writes of a line that a test has cut.
LINES = re.compile(r"ERR_|WebSocket connection|502 \(Bad Gateway\)")

NOBODY_RUNS_IT = """() => new Promise((resolve, reject) => RoomPage.ready((live) => {
  const look = ({online}) => online && online.organizer === false && resolve();
  setTimeout(() => reject(new Error("the page was not told")), 15_000);
  live.on("change", look);
  look(live.state);
}))"""


@pytest.fixture
def server():
    with Server() as server:
        yield server


@pytest.fixture
def faults():
    """What a page complained of."""
    return []


@pytest.fixture
def page(page, faults):
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    page.on("request", lambda request: faults.append(request.url) if "127.0.0.1" not in request.url else None)
    page.set_default_timeout(20_000)
    yield page
    assert [fault for fault in faults if not LINES.search(fault)] == []


def sign_in(page, server, user):
    session = import_string(f"{settings.SESSION_ENGINE}.SessionStore")()
    session[SESSION_KEY] = user.pk
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session.session_key, "url": server.url}])


def open_room(page, server, room, user=None):
    if user is not None:
        sign_in(page, server, user)
    page.goto(f"{server.url}/rooms/{room.pk}")
    page.wait_for_selector("#state[data-state=live]")


def test_everything_moves_by_itself(page, server, room, organiser, participant):
    open_room(page, server, room, participant)
    assert page.inner_text("#people-count") == "3 people"
    prize = create_prize(room_id=room.pk, by=organiser, name="Grand <b>prize</b>", quantity=2)
    page.wait_for_selector("#prizes li:has-text('Grand <b>prize</b>'):has-text('2 left')")
    create_prize(room_id=room.pk, by=organiser, name="Small prize", position=1)
    page.wait_for_selector("#prizes li:first-child:has-text('Grand') + li:has-text('Small')")
    update_prize(room_id=room.pk, by=organiser, prize_id=prize.pk, position=2)
    page.wait_for_selector("#prizes li:first-child:has-text('Small') + li:has-text('Grand')")
    guest = join_room(room_id=room.pk, by=make_user("Nadia New"))
    page.wait_for_selector("#people-count:has-text('4 people')")
    award_prize(room_id=room.pk, by=organiser, prize_id=prize.pk, participant_id=guest.pk)
    page.wait_for_selector("#winners li:has-text('Nadia New')")
    page.wait_for_selector("#prizes li:has-text('1 left')")
    leave_room(room_id=room.pk, by=guest.user)
    page.wait_for_selector("#people-count:has-text('3 people')")
    update_room(room_id=room.pk, by=organiser, name="Ball", status="COMPLETED")
    page.wait_for_selector("#room-name:has-text('Ball')")
    page.wait_for_selector("#room-status:has-text('Finished')")


def test_the_server_comes_back_and_nothing_was_missed(page, server, room, organiser):
    open_room(page, server, room)
    server.kill()
    page.wait_for_selector("#state:has-text('reconnecting')")
    create_prize(room_id=room.pk, by=organiser, name="Missed")
    server.start()
    page.wait_for_selector("#prizes li:has-text('Missed')")
    page.wait_for_selector("#state[data-state=live]")
    assert page.is_hidden("#notice")


def test_ones_own_line_is_told_apart_from_the_servers(page, server, room):
    open_room(page, server, room)
    # Nothing answers at all: as far as this device can know, it is its own line.
    server.kill()
    page.wait_for_selector("#notice:has-text('Your connection is lost. You keep your seat')")
    assert page.get_attribute("#state", "data-state") == "offline"
    server.start()
    page.wait_for_selector("#state[data-state=live]")
    # Something answers, but not the event: a proxy before a server that is down.
    page.route("**/health/live", lambda route: route.fulfill(status=502, body="bad gateway"))
    server.kill()
    page.wait_for_selector("#notice:has-text('server does not answer')")


def test_the_organisers_line_is_told_apart_in_a_full_hall(page, server, room, organiser):
    """The organiser was there before this phone, and the hall is too large for a list of everybody."""
    users = User.objects.bulk_create(User(name=f"Guest {number}", is_guest=True) for number in range(250))
    Participant.objects.bulk_create(Participant(room=room, user=user, joined_at=timezone.now()) for user in users)
    page.clock.install()

    async def come_and_go():
        async with Live(server.live_url, token) as boss:
            await boss.subscribe(room.pk)
            await boss.event("presence:user_online")
            came.set()
            await asyncio.to_thread(go.wait, 60)

    token, came, go = token_of(organiser), threading.Event(), threading.Event()
    boss = threading.Thread(target=asyncio.run, args=[come_and_go()])
    boss.start()
    try:
        assert came.wait(60)
        open_room(page, server, room)
    finally:
        go.set()
        boss.join()
    page.evaluate(NOBODY_RUNS_IT)
    page.clock.fast_forward(15_000)
    page.wait_for_selector("#notice:has-text('organiser’s connection is lost. Yours is fine')")
    assert page.get_attribute("#state", "data-state") == "away"


def test_who_was_sent_away_is_told_and_does_not_knock_again(page, server, private_room, organiser, participant):
    open_room(page, server, private_room, participant)
    own = Participant.objects.get(room=private_room, user=participant)
    remove_participant(room_id=private_room.pk, participant_id=own.pk, by=organiser)
    page.wait_for_selector("#notice:has-text('You are not in this event any more.')")
    assert page.evaluate("RoomPage.ready((live) => live.socket === null)") is True


def test_a_seat_that_was_signed_out_is_not_retried(page, server, room, participant):
    open_room(page, server, room, participant)
    opened = []
    page.on("websocket", lambda socket: opened.append(socket.url))
    end_other_sessions(user=participant, family="", by=participant)
    page.wait_for_selector("#notice:has-text('You were signed out on this device.')")
    assert opened == []


def test_too_much_missed_is_read_anew(page, server, room, organiser):
    open_room(page, server, room)
    page.evaluate("RoomPage.ready((live) => { live.state.seq = 900; live.drop(live.socket); })")
    create_prize(room_id=room.pk, by=organiser, name="After all")
    page.wait_for_selector("#prizes li:has-text('After all')")
    page.wait_for_selector("#state[data-state=live]")
    create_prize(room_id=room.pk, by=organiser, name="And on")
    page.wait_for_selector("#prizes li:has-text('And on')")


@pytest.mark.parametrize("people", [0, 500])
def test_a_page_weighs_less_than_150_kilobytes(page, server, room, organiser, people):
    """Everything that a first visit loads, before compression."""
    for number in range(people):
        add_participant(room, make_user(f"Somebody with quite a long name, number {number}", password="!"))
    for number in range(min(people, 30)):
        make_prize(room, name=f"Prize {number}", quantity=100)
    weights = {}
    page.on("response", lambda answer: weights.update({answer.url: len(answer.body())}))
    page.context.set_extra_http_headers({"Accept-Language": "ru"})
    open_room(page, server, room)
    assert sum(weights.values()) < 150_000, json.dumps(weights, indent=1)
    assert len([url for url in weights if re.search(r"\.(js|css)", url)]) >= 6
