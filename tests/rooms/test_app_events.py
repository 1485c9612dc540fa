"""Events of a room's app: in its namespace, bounded, in the same log as all others."""

import pytest

from platform_site.rest.exceptions import DomainError
from rooms.actions import publish_app_event, update_room
from rooms.actions.app_events import MOST_A_SECOND, namespace_of
from rooms.enums import RoomStatus, Visibility
from rooms.models import RoomEvent
from tests.factories import make_app, make_room


@pytest.mark.parametrize(
    ("app_id", "namespace"),
    [("app_lottery_v1", "lottery"), ("app_quiz_v12", "quiz"), ("wine_tasting", "wine_tasting"), ("app_v2_v3", "v2")],
)
def test_the_namespace_is_the_apps_name(app_id, namespace):
    assert namespace_of(app_id) == namespace


def test_an_app_tells_its_room(room, organiser, api):
    name = f"{namespace_of(room.app_id)}:ball_drawn"
    event = publish_app_event(room_id=room.pk, name=name, payload={"ball": 7, "seq": 99}, by=organiser)
    hidden = publish_app_event(room_id=room.pk, name=name, payload={"left": 3}, visibility=Visibility.ORGANIZER)
    assert (hidden.seq, hidden.public_seq) == (event.seq + 1, None)
    shown = api().get(f"/api/v1/rooms/{room.pk}/events").json()["data"][-1]
    assert (shown["event"], shown["data"]["ball"]) == (name, 7)
    assert shown["data"]["seq"] == event.public_seq  # the platform's number, whatever the app calls so


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("other:ball_drawn", "FORBIDDEN"),
        ("winner:selected", "FORBIDDEN"),
        ("ball_drawn", "VALIDATION_ERROR"),
        ("Lottery:Ball", "VALIDATION_ERROR"),
        ("lottery:ball\n", "VALIDATION_ERROR"),
    ],
)
def test_names_of_others_are_refused(room, name, code):
    before = RoomEvent.objects.count()
    with pytest.raises(DomainError) as refusal:
        publish_app_event(room_id=room.pk, name=name, payload={})
    assert refusal.value.code == code
    assert RoomEvent.objects.count() == before


def test_an_app_cannot_speak_as_the_platform(organiser):
    room = make_room(organiser, app=make_app(app_id="app_winner_v1"))
    with pytest.raises(DomainError) as refusal:
        publish_app_event(room_id=room.pk, name="winner:selected", payload={})
    assert refusal.value.code == "FORBIDDEN"


def test_an_event_is_bounded(room):
    name = f"{namespace_of(room.app_id)}:picture"
    with pytest.raises(DomainError) as refusal:
        publish_app_event(room_id=room.pk, name=name, payload={"text": "ü" * 8192})
    assert refusal.value.code == "PAYLOAD_TOO_LARGE"
    assert publish_app_event(room_id=room.pk, name=name, payload={"text": "u" * 8192}).type == name


def test_a_room_hears_ten_a_second(room, settings):
    settings.RATE_LIMITS = True
    name = f"{namespace_of(room.app_id)}:tick"
    told = [code_of_telling(room, name) for _ in range(3 * MOST_A_SECOND)]
    assert set(told) == {"", "RATE_LIMIT_EXCEEDED"}
    assert RoomEvent.objects.filter(room=room, type=name).count() == told.count("")


def code_of_telling(room, name):
    try:
        publish_app_event(room_id=room.pk, name=name, payload={})
    except DomainError as error:
        return error.code
    return ""


def test_nothing_is_told_after_the_end(room, organiser):
    update_room(room_id=room.pk, by=organiser, status=RoomStatus.COMPLETED)
    with pytest.raises(DomainError) as refusal:
        publish_app_event(room_id=room.pk, name=f"{namespace_of(room.app_id)}:tick", payload={})
    assert refusal.value.code == "ROOM_CLOSED"
