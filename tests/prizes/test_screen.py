"""The big screen: what it shows, its keys, and the wait for a draw's result."""

from datetime import timedelta

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from platform_site.rest.exceptions import Forbidden, InvalidInput, InvalidTransition, NotFound
from prizes.actions import end_screen_rehearsal, reveal_draw, run_draw, show_on_screen
from prizes.models import Screen, Winner
from rooms import events
from rooms.actions import make_screen_key, revoke_screen_key, update_room
from rooms.actions.screens import MOST_SCREEN_KEYS
from rooms.errors import TooManyScreenKeys
from rooms.models import Notification, RoomEvent, ScreenKey
from rooms.screen_keys import is_screen_there, viewer_of_key
from tests.contract import ContractClient
from tests.factories import add_participant, make_draw, make_prize, make_room


def told(room):
    return [event.payload for event in RoomEvent.objects.filter(room=room, type="screen:changed").order_by("seq")]


def pushed(monkeypatch):
    """What is told and logged nowhere: (event, to whom)."""
    frames = []
    monkeypatch.setattr(
        events, "tell", lambda message, group: frames.append(message) if message["type"] == "room.pushed" else None
    )
    return frames


def screen_client(key):
    return ContractClient(headers={"X-Screen-Key": key})


def connect(room, organiser):
    row, key = make_screen_key(room_id=room.pk, by=organiser)
    ScreenKey.objects.filter(pk=row.pk).update(seen_until=timezone.now() + timedelta(seconds=20))
    return key


# --- What it shows ----------------------------------------------------------------------------------------------------


def test_the_screen_begins_with_the_lobby_and_shows_what_it_is_told(api, room, organiser, moderator):
    url = f"/api/v1/rooms/{room.pk}/screen"
    first = api().get(url).json()["data"]
    assert (first["mode"], first["revision"], first["connected"]) == ("LOBBY", 0, None)
    shown = api(moderator).put(url, {"mode": "message", "message": "Welcome", "hideNames": True}).json()["data"]
    assert shown == {
        "roomId": room.pk,
        "mode": "MESSAGE",
        "drawId": None,
        "prizeId": None,
        "message": "Welcome",
        "hideNames": True,
        "rehearsal": False,
        "revision": 1,
        "connected": False,
    }
    assert api().get(url).json()["data"] == shown | {"connected": None}
    api(organiser).put(url, {"mode": "MESSAGE", "message": "Welcome", "hideNames": True})
    assert [payload["message"] for payload in told(room)] == ["Welcome"]


@pytest.mark.parametrize(
    ("state", "field"),
    [
        ({"mode": "DRAW"}, "drawId"),
        ({"mode": "MESSAGE"}, "message"),
        ({"mode": "MESSAGE", "message": "x" * 301}, "message"),
        ({"mode": "LOBBY", "message": "Hello"}, "message"),
        ({"mode": "PRIZES", "draw_id": "c" * 25}, "drawId"),
        ({"mode": "QUIZ"}, "mode"),
        ({"mode": "LEADERBOARD"}, "mode"),
    ],
)
def test_a_mode_takes_what_it_needs_and_no_more(room, organiser, state, field):
    with pytest.raises(InvalidInput) as refusal:
        show_on_screen(room_id=room.pk, by=organiser, **state)
    assert list(refusal.value.details["fields"]) == [field]
    assert not Screen.objects.exists()


def test_the_screen_shows_draws_and_prizes_of_its_room_alone(room, organiser):
    other = make_room(organiser)
    prize = make_prize(other)
    add_participant(other)
    with pytest.raises(NotFound):
        show_on_screen(room_id=room.pk, by=organiser, mode="DRAW", draw_id=make_draw(other, prize).pk)
    with pytest.raises(NotFound):
        show_on_screen(room_id=room.pk, by=organiser, mode="PRIZES", prize_id=prize.pk)


def test_a_rehearsal_is_shown_to_screens_and_those_who_run_the_room(
    api, room, organiser, moderator, monkeypatch, django_capture_on_commit_callbacks
):
    add_participant(room)
    draw = make_draw(room, make_prize(room), rehearsal=True)
    key = connect(room, organiser)
    frames, url = pushed(monkeypatch), f"/api/v1/rooms/{room.pk}/screen"
    before = RoomEvent.objects.filter(room=room).count()
    with django_capture_on_commit_callbacks(execute=True):
        show_on_screen(room_id=room.pk, by=organiser, mode="DRAW", draw_id=draw.pk)
    assert [(one["event"], one["level"], one["forScreens"]) for one in frames] == [
        ("screen:changed", "organizer", False),
        ("screen:changed", "public", True),
    ]
    assert RoomEvent.objects.filter(room=room).count() == before
    assert api().get(url).json()["data"]["mode"] == "LOBBY"
    for client in (api(moderator), screen_client(key)):
        shown = client.get(url).json()["data"]
        assert (shown["mode"], shown["drawId"], shown["rehearsal"]) == ("DRAW", draw.pk, True)
    end_screen_rehearsal(room_id=room.pk, by=organiser)
    assert screen_client(key).get(url).json()["data"]["mode"] == "LOBBY"
    assert RoomEvent.objects.filter(room=room).count() == before


# --- Keys -------------------------------------------------------------------------------------------------------------


def test_a_key_opens_a_private_room_for_reading_at_public_level(api, private_room, organiser):
    base = f"/api/v1/rooms/{private_room.pk}"
    made = api(organiser).post(f"{base}/screen/keys").json()["data"]
    assert made["key"] not in str(ScreenKey.objects.values())
    listed = api(organiser).get(f"{base}/screen/keys").json()["data"]
    assert [one["id"] for one in listed] == [made["id"]]
    assert made["key"] not in str(listed)
    screen = screen_client(made["key"])
    shown = screen.get(base).json()["data"]
    assert (shown["joinCode"], shown["myRole"]) == (private_room.join_code, None)
    for path in ("/screen", "/prizes", "/winners", "/draws", "/participants", "/events"):
        assert screen.get(base + path).status_code == 200, path
    assert all(one["metadata"] is None for one in screen.get(f"{base}/participants").json()["data"])
    assert APIClient().get(base).status_code == 404


def test_a_key_opens_no_other_room_and_changes_nothing(private_room, room, organiser):
    _, key = make_screen_key(room_id=room.pk, by=organiser)
    screen = screen_client(key)
    assert screen.get(f"/api/v1/rooms/{private_room.pk}").status_code == 404
    assert screen.put(f"/api/v1/rooms/{room.pk}/screen", {"mode": "BLANK"}).status_code == 401
    assert screen.post(f"/api/v1/rooms/{room.pk}/prizes", {"name": "Cup"}).status_code == 401
    assert screen.get("/api/v1/auth/me").status_code == 401
    assert viewer_of_key("screen_nonsense") is None


def test_a_revoked_key_opens_nothing(private_room, organiser):
    row, key = make_screen_key(room_id=private_room.pk, by=organiser)
    for _ in range(2):
        revoke_screen_key(room_id=private_room.pk, key_id=row.pk, by=organiser)
    assert screen_client(key).get(f"/api/v1/rooms/{private_room.pk}").status_code == 401
    assert not is_screen_there(private_room.pk)


def test_those_who_run_the_room_make_a_limited_number_of_keys(room, organiser, participant):
    with pytest.raises(Forbidden):
        make_screen_key(room_id=room.pk, by=participant)
    first, _ = make_screen_key(room_id=room.pk, by=organiser)
    for _ in range(MOST_SCREEN_KEYS - 1):
        make_screen_key(room_id=room.pk, by=organiser)
    with pytest.raises(TooManyScreenKeys):
        make_screen_key(room_id=room.pk, by=organiser)
    revoke_screen_key(room_id=room.pk, key_id=first.pk, by=organiser)
    make_screen_key(room_id=room.pk, by=organiser)


# --- The wait for the result ------------------------------------------------------------------------------------------


@pytest.fixture
def draw(room):
    add_participant(room)
    return make_draw(room, make_prize(room))


def test_without_a_screen_nobody_waits(api, room, organiser, draw):
    run_draw(room_id=room.pk, draw_id=draw.pk, by=organiser)
    assert Winner.objects.get().reveal_at is None
    assert api().get(f"/api/v1/rooms/{room.pk}/draws/{draw.pk}").json()["data"]["revealAt"] is None
    assert RoomEvent.objects.get(room=room, type="draw:completed").payload["revealAt"] is None


def test_with_a_screen_phones_wait_as_long_as_the_room_says(api, room, organiser, draw):
    update_room(room_id=room.pk, by=organiser, reveal_seconds=12)
    connect(room, organiser)
    done = run_draw(room_id=room.pk, draw_id=draw.pk, by=organiser)
    assert done.run_at is not None
    assert done.reveal_at == done.run_at + timedelta(seconds=12)
    shown = api().get(f"/api/v1/rooms/{room.pk}/winners").json()["data"][0]
    assert shown["revealAt"] == RoomEvent.objects.get(room=room, type="draw:completed").payload["revealAt"]
    selected = RoomEvent.objects.get(room=room, type="winner:selected").payload["winner"]
    note = Notification.objects.get(type="winner")
    assert selected["revealAt"] == note.data["revealAt"] == shown["revealAt"]


def test_a_room_that_wants_no_wait_has_none(room, organiser, draw):
    update_room(room_id=room.pk, by=organiser, reveal_seconds=0)
    connect(room, organiser)
    assert run_draw(room_id=room.pk, draw_id=draw.pk, by=organiser).reveal_at is None


def test_the_screen_ends_the_wait_once(room, organiser, participant, draw):
    key = connect(room, organiser)
    url = f"/api/v1/rooms/{room.pk}/draws/{draw.pk}/reveal"
    with pytest.raises(InvalidTransition):
        reveal_draw(room_id=room.pk, draw_id=draw.pk, by=organiser)
    done = run_draw(room_id=room.pk, draw_id=draw.pk, by=organiser)
    with pytest.raises(Forbidden):
        reveal_draw(room_id=room.pk, draw_id=draw.pk, by=participant)
    first, second = (screen_client(key).post(url) for _ in range(2))
    assert (first.status_code, first.json()) == (200, second.json())
    assert first.json()["data"]["revealAt"] == first.json()["data"]["revealedAt"]
    assert Winner.objects.get().reveal_at < done.reveal_at
    event = RoomEvent.objects.get(room=room, type="draw:revealed")
    assert (event.payload["drawId"], event.visibility, event.actor) == (draw.pk, "PUBLIC", None)


def test_frames_of_a_rehearsal_reach_screens_and_the_public_log_holds_none(
    room, organiser, monkeypatch, django_capture_on_commit_callbacks
):
    add_participant(room)
    frames = pushed(monkeypatch)
    public = room.last_public_seq
    prize = make_prize(room)
    public += 1
    with django_capture_on_commit_callbacks(execute=True):
        draw = make_draw(room, prize, rehearsal=True)
        run_draw(room_id=room.pk, draw_id=draw.pk, by=organiser)
        reveal_draw(room_id=room.pk, draw_id=draw.pk, by=organiser)
    assert [one["event"] for one in frames] == ["draw:committed", "draw:running", "draw:completed", "draw:revealed"]
    assert all(one["forScreens"] and one["data"]["rehearsal"] for one in frames)
    room.refresh_from_db()
    assert room.last_public_seq == public
    assert not Winner.objects.exists()
