"""What a person may do in a room: the table of SPEC 7 in code."""

from enum import Enum
from typing import TYPE_CHECKING, Any

from apps_registry.manifest import Level
from platform_site.rest.exceptions import Forbidden, NotFound
from rooms.models import ParticipantRole, Room

if TYPE_CHECKING:
    from accounts.models import User

RUNNERS = frozenset({ParticipantRole.ORGANIZER, ParticipantRole.MODERATOR})


class Need(Enum):
    """What an action asks of whoever does it."""

    READ = "read"
    RUN = "run"  # organizers and moderators
    ORGANIZE = "organize"  # organizers


def is_admin(user: Any) -> bool:
    return user is not None and user.is_authenticated and user.is_superuser


def level_of(room: Room, user: Any) -> Level:
    """The visibility level of `user` in a room that was read `with_role_of` them."""
    if is_admin(user) or room.viewer_role == ParticipantRole.ORGANIZER:
        return "private"
    return "organizer" if room.viewer_role == ParticipantRole.MODERATOR else "public"


def is_member(room: Room, user: Any) -> bool:
    return room.viewer_role is not None or is_admin(user)


def is_allowed(room: Room, user: Any, need: Need) -> bool:
    if need is Need.READ or is_admin(user):
        return True
    if need is Need.RUN:
        return room.viewer_role in RUNNERS
    return room.viewer_role == ParticipantRole.ORGANIZER


def require(room: Room, user: Any, need: Need) -> None:
    if not is_allowed(room, user, need):
        raise Forbidden


def readable_room(room_id: str, user: Any) -> Room:
    """The room, with `viewer_role`. Raises NotFound where `user` may not know of it."""
    room = (
        Room.objects.visible_to(user).with_role_of(user).select_related("app", "created_by").filter(pk=room_id).first()
    )
    if room is None:
        raise NotFound
    return room


def locked_room(room_id: str, by: "User | None", need: Need) -> Room:
    """The room, locked until the transaction ends, for a change by `by` (None: the platform itself).

    Every change to a room takes this lock first (lock order: room, then prize), so its log has no gaps. Raises
    NotFound where `by` may not know of the room, Forbidden where they may know of it and no more.
    """
    room = Room.objects.select_for_update(of=("self",)).with_role_of(by).filter(pk=room_id).first()
    if room is None or not (room.is_public or by is None or is_member(room, by)):
        raise NotFound
    if by is not None:
        require(room, by, need)
    return room
