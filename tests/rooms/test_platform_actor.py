"""The platform acts under a name of its own; whoever forgets to say who acts is nobody."""

import pytest
from django.db import transaction

from accounts.actors import PLATFORM
from platform_site.rest.exceptions import Forbidden, NotFound
from prizes.models import Draw
from rooms.events import record
from rooms.models import Room
from rooms.permissions import Need, locked_room
from rooms.querysets import level_of, may_know_of
from tests.factories import make_draw, make_prize


@pytest.mark.parametrize("need", Need)
def test_the_platform_may_do_everything(private_room: Room, need: Need) -> None:
    with transaction.atomic():
        room = locked_room(private_room.pk, PLATFORM, need)
    assert may_know_of(room, PLATFORM)
    assert level_of(room, PLATFORM) == "private"
    assert Room.objects.as_seen_by(PLATFORM).filter(pk=room.pk).exists()


def test_nobody_is_not_the_platform(room: Room, private_room: Room) -> None:
    nobody: object = None
    with transaction.atomic():
        assert locked_room(room.pk, nobody, Need.READ).viewer_role is None  # type: ignore[arg-type]
        with pytest.raises(Forbidden):
            locked_room(room.pk, nobody, Need.RUN)  # type: ignore[arg-type]
        with pytest.raises(NotFound):
            locked_room(private_room.pk, nobody, Need.RUN)  # type: ignore[arg-type]


def test_what_the_platform_did_is_stored_without_a_person(room: Room) -> None:
    with transaction.atomic():
        event = record(locked_room(room.pk, PLATFORM, Need.READ), "test:told", {}, by=PLATFORM)
    assert event.actor is None
    assert Draw.objects.get(pk=make_draw(room, make_prize(room)).pk).created_by is None
