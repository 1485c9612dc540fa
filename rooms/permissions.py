"""What a person may do in a room."""

from collections.abc import Callable
from enum import Enum
from typing import Any

from accounts.actors import Actor
from platform_site.rest.exceptions import Forbidden, NotFound
from rooms.enums import RANKS, RUNNERS, ParticipantRole
from rooms.models import Room
from rooms.querysets import RoomQuerySet, is_admin_in, may_know_of


class Need(Enum):
    """What an action asks of whoever does it."""

    READ = "read"
    RUN = "run"  # organizers and moderators
    ORGANIZE = "organize"  # organizers


def is_allowed(room: Room, user: Any, need: Need) -> bool:
    if need is Need.READ or is_admin_in(room, user):
        return True
    if need is Need.RUN:
        return room.viewer_role in RUNNERS
    return room.viewer_role == ParticipantRole.ORGANIZER


def require(room: Room, user: Any, need: Need) -> None:
    if not is_allowed(room, user, need):
        raise Forbidden


def rank_of(role: str) -> int:
    return RANKS.index(ParticipantRole(role))


def may_hand_out(room: Room, by: Any, role: str) -> bool:
    """Whether who runs a room may let somebody in with `role`: organizers with any, moderators below themselves."""
    return is_allowed(room, by, Need.ORGANIZE) or rank_of(role) < rank_of(ParticipantRole.MODERATOR)


def readable_room(room_id: str, user: Any) -> Room:
    """The room, with `viewer_role`. Raises NotFound where `user` may not know of it."""
    room = Room.objects.as_seen_by(user).filter(pk=room_id).first()
    if room is None:
        raise NotFound
    return room


Widening = Callable[[RoomQuerySet], RoomQuerySet]


def lock_room(room_id: str, by: Actor | None, *, beside: Widening | None = None) -> Room:
    """The room with the `viewer_role` of `by` (None: a visitor), locked until the transaction ends. Asks for no right.
    Raises NotFound.

    Every change to a room takes this lock first (lock order: room, then prize), so its log has no gaps. `beside` lets
    the same statement read more, by joins; only the room is locked.
    """
    rooms = Room.objects.with_role_of(by)
    if beside is not None:
        rooms = beside(rooms)
    room: Room | None = rooms.with_seq_at_start().select_for_update(of=("self",)).filter(pk=room_id).first()
    if room is None:
        raise NotFound
    # PostgreSQL reads the locked row afresh after waiting for it, but what stands beside it as it was when the
    # statement began. Whoever changes that writes an event: a log that grew meanwhile says that it is old.
    return room if room.last_seq == room.seq_at_start else rooms.get(pk=room_id)


def lock_rooms(ids: Any) -> dict[str, Room]:
    """{id: room}, deleted ones too, locked in the order of their ids until the transaction ends. Asks for no right."""
    rooms = Room.all_objects.select_for_update().filter(pk__in=ids).order_by("pk")
    return {room.pk: room for room in rooms}


def locked_room(room_id: str, by: Actor, need: Need, *, beside: Widening | None = None) -> Room:
    """The room, locked until the transaction ends, for a change by `by` (see lock_room).

    Raises NotFound where `by` may not know of the room, Forbidden where they may know of it and no more.
    """
    room = lock_room(room_id, by, beside=beside)
    if not may_know_of(room, by):
        raise NotFound
    require(room, by, need)
    return room
