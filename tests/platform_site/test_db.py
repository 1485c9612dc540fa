"""Ids, soft deletion and time stamps, which every table shares; and emptying the tables between tests."""

import re
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from platform_site.db.ids import new_id
from prizes.models import Prize
from rooms.models import Participant, Room, RoomEvent
from tests.factories import make_prize, make_room, make_user


def test_ids_have_one_shape():
    for _ in range(1000):
        assert re.fullmatch(r"c[0-9a-z]{24}", new_id())


def test_ids_are_not_repeated():
    assert len({new_id() for _ in range(100_000)}) == 100_000


def test_ids_sort_by_time():
    ids = []
    for _ in range(20):
        ids.append(new_id())
        time.sleep(0.002)
    assert ids == sorted(ids)


def test_ids_sort_by_time_until_2059(monkeypatch):
    past = new_id()
    last = (36**8 - 1) * 1_000_000  # eight digits of milliseconds
    monkeypatch.setattr(time, "time_ns", lambda: last)
    assert past < new_id()
    assert len(new_id()) == 25


@pytest.mark.django_db
def test_deleted_rows_are_not_there(organiser):
    room = make_room(organiser, active=False)
    kept, gone = make_prize(room), make_prize(room)
    assert Prize.objects.filter(pk=gone.pk).soft_delete() == 1
    assert set(Prize.objects.all()) == set(room.prizes.all()) == set(Prize.all_objects.alive()) == {kept}
    assert set(Prize.all_objects.deleted()) == {gone}
    assert set(Prize.all_objects.all()) == {kept, gone}
    assert not Prize.objects.deleted().exists()


@pytest.mark.django_db
def test_deleting_again_changes_nothing(organiser):
    prize = make_prize(make_room(organiser))
    rows = Prize.all_objects.filter(pk=prize.pk)
    assert rows.soft_delete() == 1
    before = rows.values().get()
    assert rows.soft_delete() == 0
    assert rows.values().get() == before


@pytest.mark.django_db
def test_a_foreign_key_reaches_a_deleted_row(room, participant):
    person = room.participants.get(user=participant)
    User.objects.filter(pk=participant.pk).soft_delete()
    assert Participant.objects.get(pk=person.pk).user == participant
    assert Participant.objects.select_related("user").get(pk=person.pk).user.deleted_at is not None


@pytest.mark.django_db
def test_soft_deletion_takes_marks_along(room, participant, moderator):
    gone = room.participants.filter(user=participant)
    assert gone.soft_delete(removed_by=moderator, removal_reason="Shouting") == 1
    person = Participant.all_objects.get(user=participant, room=room)
    assert (person.removed_by, person.removal_reason) == (moderator, "Shouting")


@pytest.mark.django_db
def test_updated_at_moves_in_every_kind_of_change(organiser):
    room = make_room(organiser, active=False)
    long_ago = timezone.now() - timedelta(days=1)

    def moved(change: Callable[[], Any]) -> bool:
        Room.objects.filter(pk=room.pk).update(updated_at=long_ago)
        room.refresh_from_db()
        assert room.updated_at == long_ago
        change()
        room.refresh_from_db()
        return bool(room.updated_at > long_ago)

    assert moved(room.save)
    assert moved(lambda: Room.objects.filter(pk=room.pk).update(description="New"))
    assert moved(lambda: Room.objects.bulk_update([room], ["description"]))
    assert moved(lambda: Room.objects.filter(pk=room.pk).soft_delete())


@pytest.mark.django_db
def test_rows_without_updated_at_can_be_updated_in_bulk(room):
    assert RoomEvent.objects.filter(room=room).update(payload={}) == RoomEvent.objects.filter(room=room).count() > 0


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("_again", [1, 2])
def test_a_committed_room_is_swept_away(_again):
    """Whatever the triggers keep: the next test starts with empty tables."""
    assert not Room.all_objects.exists()
    make_prize(make_room(make_user()))
    assert RoomEvent.objects.exists()
