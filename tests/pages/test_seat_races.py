"""One phone that sends its joining twice at once. The test opens with the variant that must fail."""

from typing import Any

import pytest

from rooms.actions import join_by_code, join_by_device
from rooms.models import GuestSeat, Participant
from tests.factories import make_room, make_user
from tests.races import together

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
KEY = "k" * 22


def test_a_joining_sent_many_times_at_once_is_one_guest():
    unguarded, room = make_room(make_user()), make_room(make_user())
    together(5, lambda number: join_by_code(code=unguarded.join_code, by=None, name="Gina", is_counted=True))
    assert Participant.objects.filter(room=unguarded, user__is_guest=True).count() == 5

    asked: dict[str, Any] = {"device_key": KEY, "room_id": room.pk, "code": room.join_code, "by": None, "name": "Gina"}
    admissions = together(5, lambda number: join_by_device(**asked))
    guests = Participant.objects.filter(room=room, user__is_guest=True)
    assert {each.participant.pk for each in admissions} == {guests.get().pk}
    assert sum(each.is_new for each in admissions) == 1
    assert GuestSeat.objects.count() == 1
    room.refresh_from_db()
    assert room.events.filter(type="participant:joined").count() == 2  # the organizer and the guest


def test_the_last_free_seat_goes_to_one_phone_once():
    room = make_room(make_user(), max_participants=1)
    asked: dict[str, Any] = {"device_key": KEY, "room_id": room.pk, "code": room.join_code, "by": None, "name": "Gina"}
    admissions = together(5, lambda number: join_by_device(**asked))
    assert len({each.participant.pk for each in admissions}) == 1
