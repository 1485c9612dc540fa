"""A change names what it changes; a name that is none is an error, wherever it comes from."""

from typing import Any

import pytest

from accounts.actions import update_profile
from accounts.models import User
from prizes.actions import update_prize
from prizes.models import Prize
from rooms.actions import create_room, update_room
from rooms.models import Room, RoomEvent
from tests.factories import make_app, make_prize


@pytest.mark.parametrize("unknown", [{"join_code": "X"}, {"created_by_id": "c"}, {"last_seq": 0}, {"isPublic": False}])
def test_a_change_of_a_room_names_only_what_can_change(room: Room, organiser: User, unknown: dict[str, Any]) -> None:
    before = Room.objects.filter(pk=room.pk).values().get()
    with pytest.raises(TypeError):
        update_room(room_id=room.pk, by=organiser, **unknown)
    with pytest.raises(TypeError):
        create_room(by=organiser, name="Gala", app_id=make_app().app_id, **unknown)
    assert Room.objects.filter(pk=room.pk).values().get() == before
    assert Room.objects.count() == 1


@pytest.mark.parametrize("unknown", [{"quantity_remaining": 9}, {"deleted_at": None}, {"imageUrl": ""}])
def test_a_change_of_a_prize_names_only_what_can_change(room: Room, organiser: User, unknown: dict[str, Any]) -> None:
    prize = make_prize(room)
    events = RoomEvent.objects.count()
    with pytest.raises(TypeError):
        update_prize(prize_id=prize.pk, by=organiser, **{"room_id": room.pk} | unknown)
    assert Prize.objects.get(pk=prize.pk).quantity_remaining == 1
    assert RoomEvent.objects.count() == events


def test_a_change_of_a_profile_names_only_what_can_change(participant: User) -> None:
    with pytest.raises(TypeError):
        update_profile(user=participant, by=participant, is_superuser=True)  # type: ignore[call-arg]
    assert not User.objects.get(pk=participant.pk).is_superuser


@pytest.mark.parametrize("path", ["/rooms/{room}", "/rooms/{room}/prizes/{prize}", "/users/{organiser}"])
def test_a_body_of_which_nothing_is_known_is_refused(path: str, room: Room, organiser: User, api: Any) -> None:
    names = {"room": room.pk, "prize": make_prize(room).pk, "organiser": organiser.pk}
    answer = api(organiser).patch("/api/v1" + path.format(**names), {"joinCode": "X", "quantityRemaining": 9})
    assert answer.status_code == 422
    told = answer.json()["error"]["details"]["fields"]
    assert told == {"joinCode": ["There is no such field."], "quantityRemaining": ["There is no such field."]}


def test_null_is_a_value_and_no_omission(room: Room, organiser: User) -> None:
    update_room(room_id=room.pk, by=organiser, max_participants=5)
    update_room(room_id=room.pk, by=organiser, name="Gala")
    assert Room.objects.get(pk=room.pk).max_participants == 5
    update_room(room_id=room.pk, by=organiser, max_participants=None)
    assert Room.objects.get(pk=room.pk).max_participants is None
