"""The big screen in a real browser: a key opens it, each mode is shown, a draw is played and ends at its winner."""

import re

import pytest

from accounts.actors import PLATFORM
from prizes.actions import create_prize, run_draw, show_on_screen
from prizes.models import Draw, Winner
from rooms.actions import join_room, make_screen_key, revoke_screen_key, update_room
from tests.browser.test_room_page import LINES, sign_in
from tests.factories import add_participant, make_draw, make_prize, make_user
from tests.live import Server

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
CLOSED = "body[data-showing=CLOSED]"


@pytest.fixture
def server():
    with Server() as server:
        yield server


@pytest.fixture
def faults():
    return []


@pytest.fixture
def screen(page, faults):
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    page.on("request", lambda request: faults.append(request.url) if "127.0.0.1" not in request.url else None)
    page.set_viewport_size({"width": 1920, "height": 1080})
    page.set_default_timeout(20_000)
    yield page
    assert [fault for fault in faults if "404 (Not Found)" not in fault and not LINES.search(fault)] == []


@pytest.fixture
def opened(screen, server, room, organiser):
    row, key = make_screen_key(room_id=room.pk, by=organiser)
    screen.goto(f"{server.url}/rooms/{room.pk}/screen#key={key}")
    screen.wait_for_selector("#state[data-state=live]")
    return row


def show(room, organiser, mode, **what):
    show_on_screen(room_id=room.pk, by=organiser, mode=mode, **what)


def test_without_a_key_that_opens_it_every_id_gets_the_same_empty_page(screen, server, room, organiser, private_room):
    _, other = make_screen_key(room_id=private_room.pk, by=organiser)
    texts = set()
    for fragment in ("", "#key=wrong", f"#key={other}"):
        for room_id in (room.pk, "c" + "0" * 24):
            screen.goto("about:blank")
            screen.goto(f"{server.url}/rooms/{room_id}/screen{fragment}")
            screen.wait_for_selector(CLOSED)
            texts.add(screen.inner_text("body"))
            screen.evaluate("sessionStorage.clear()")
    assert len(texts) == 1
    assert room.name not in texts.pop()


def test_a_revoked_key_closes_the_screen_and_the_key_is_not_in_the_address(opened, screen, room, organiser):
    assert "#" not in screen.url
    assert room.name in screen.inner_text("h1")
    screen.reload()
    screen.wait_for_selector("#state[data-state=live]")
    revoke_screen_key(room_id=room.pk, key_id=opened.pk, by=organiser)
    screen.wait_for_selector(CLOSED)
    assert room.name not in screen.inner_text("body")


def test_an_organiser_who_is_signed_in_sees_no_more_than_the_screen_may(screen, server, room, organiser):
    sign_in(screen, server, organiser)
    _, key = make_screen_key(room_id=room.pk, by=organiser)
    screen.goto(f"{server.url}/rooms/{room.pk}/screen#key={key}")
    screen.wait_for_selector("#state[data-state=live]")
    assert screen.evaluate("ScreenPage.live.state.level") == "public"


def test_each_mode_is_shown_as_it_is_told(opened, screen, room, organiser):
    assert room.join_code in screen.inner_text("#way-in")
    join_room(room_id=room.pk, by=make_user("Nadia Newcomer"))
    screen.wait_for_selector("#arrivals:has-text('Nadia Newcomer')")
    prize = create_prize(room_id=room.pk, by=organiser, name="Grand prize", quantity=2)
    show(room, organiser, "PRIZES")
    screen.wait_for_selector("[data-mode=PRIZES] li:has-text('Grand prize'):has-text('2 left')")
    show(room, organiser, "MESSAGE", message="We start at eight.")
    screen.wait_for_selector("#message:has-text('We start at eight.')")
    show(room, organiser, "BLANK")
    screen.wait_for_selector("body[data-showing=BLANK]")
    show(room, organiser, "WINNERS", prize_id=prize.pk)
    screen.wait_for_selector("#winners-title:has-text('Grand prize')")
    update_room(room_id=room.pk, by=organiser, join_locked=True)
    show(room, organiser, "LOBBY", hide_names=True)
    screen.wait_for_selector("#arrivals:has-text('Nadia N.')")


def test_a_draw_is_played_to_its_winner_and_a_reload_shows_the_settled_result(opened, screen, room, organiser, server):
    for number in range(30):
        add_participant(room, make_user(f"Person {number} Test"))
    prize = make_prize(room, name="Grand prize")
    draw = make_draw(room, prize)
    show(room, organiser, "DRAW", draw_id=draw.pk)
    screen.wait_for_selector("[data-mode=DRAW]:has-text('Grand prize')")
    groups = " ".join(re.findall(".{4}", draw.fingerprint[:16]))
    assert groups in screen.inner_text("#proof")
    run_draw(room_id=room.pk, draw_id=draw.pk, by=organiser)
    winner = Winner.objects.select_related("participant__user").get().participant
    with screen.expect_response(lambda answer: answer.url.endswith("/reveal")):
        screen.keyboard.press("s")
        screen.wait_for_selector(f"[data-part=name]:has-text('{winner.user.name}')")
    screen.wait_for_selector("#proof img")
    assert Draw.objects.get(pk=draw.pk).revealed_at is not None
    screen.reload()
    screen.wait_for_selector(f"[data-part=name]:has-text('{winner.user.name}')")


def test_nothing_that_the_screen_gets_is_secret(screen, server, room, organiser, private_room):
    """No seed before the run, no e-mail, no other room, in any answer or frame."""
    told: list[str] = []
    screen.on("response", lambda answer: told.append(answer.text()) if ".json" in answer.url else None)
    screen.on("websocket", lambda socket: socket.on("framereceived", lambda frame: told.append(str(frame))))
    draw = make_draw(room, make_prize(room))
    _, key = make_screen_key(room_id=room.pk, by=organiser)
    screen.goto(f"{server.url}/rooms/{room.pk}/screen#key={key}")
    screen.wait_for_selector("#state[data-state=live]")
    show(room, organiser, "DRAW", draw_id=draw.pk)
    screen.wait_for_selector("[data-mode=DRAW]:visible")
    text = "".join(told)
    assert draw.fingerprint in text
    assert not re.search(r'"seed": *"[0-9a-f]{64}"', text)
    assert "@example.com" not in text
    assert private_room.pk not in text
    assert not any(code in text for code in Winner.objects.values_list("claim_code", flat=True))
    run_draw(room_id=room.pk, draw_id=draw.pk, by=PLATFORM)
    screen.wait_for_selector("#proof img")
    codes = list(Winner.objects.values_list("claim_code", flat=True))
    assert codes
    assert not any(code in "".join(told) for code in codes)
