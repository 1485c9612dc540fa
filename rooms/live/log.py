"""What live connections read from the database, in threads: rows of the log, snapshots, who may still see what."""

from collections.abc import Iterator
from functools import cached_property
from typing import Any, NamedTuple

from django.contrib.auth.models import AnonymousUser

from accounts.models import User
from apps_registry.manifest import Level
from platform_site.rest.exceptions import NotFound
from platform_site.rest.fields import iso
from rooms.enums import ParticipantRole
from rooms.live.frames import Frame
from rooms.masking import as_shown, masked, people_in
from rooms.models import Participant, Room, RoomEvent
from rooms.querysets import is_member, level_of, may_know_of
from rooms.shapes import RoomSerializer
from rooms.viewers import ScreenViewer, is_screen_of

MOST_A_LOOK = 200
MOST_REPLAYED = 2000  # whoever missed more reads the room anew
NOBODY = AnonymousUser()
SCREEN = "SCREEN"  # what stands in the place of a role, and of a person, where the viewer is the big screen


class Viewer(NamedTuple):
    """A kind of viewers: all who may see the same of a room."""

    level: Level
    member: bool
    role: str | None

    @property
    def is_admin(self) -> bool:
        return self.level == "private" and self.role != ParticipantRole.ORGANIZER


class SomebodyOfTheKind:
    """Stands for any of a kind of viewers, where a room was read with the role that they have."""

    pk = ""
    is_authenticated = True


class Row(NamedTuple):
    """A row of the log, with its numbers at both ways of counting."""

    seq: int
    public_seq: int | None
    type: str
    payload: dict[str, Any]
    created_at: Any
    masks: bool  # whether the room masks names now

    @property
    def carries_room(self) -> bool:
        """Whether it shows the room, stored as an outsider may see it: each viewer gets it as they may see it now."""
        return "room" in self.payload

    def frame(
        self, room_id: str, *, public_only: bool, viewer_id: str = "", room: dict[str, Any] | None = None
    ) -> Frame:
        """As its level sees it; at public level, where the room masks names, with that of `viewer_id` alone whole.
        `room` takes the place of the one that is stored."""
        number, payload = (self.public_seq if public_only else self.seq), self.payload
        if public_only and self.masks:
            payload = masked(payload, own_id=viewer_id)
        if room is not None and self.carries_room:
            payload = payload | {"room": room}
        return Frame(self.type, payload | {"roomId": room_id, "timestamp": iso(self.created_at), "seq": number})

    @property
    def is_about_access(self) -> bool:
        """Whether it may change who sees the room, or how much of it: `user_id`, or everybody where that is None."""
        if self.type == "room:updated":
            return (self.payload.get("changes") or {}).get("isPublic") is False
        return self.type.startswith("participant:")

    @property
    def user_id(self) -> str | None:
        """Whom a participant event is about."""
        return self.payload.get("userId") or (self.payload.get("participant") or {}).get("userId")


COLUMNS = ("seq", "public_seq", "type", "payload", "created_at", "room__mask_names")


def rows_after(room_id: str, seq: int) -> list[Row]:
    """Up to MOST_A_LOOK rows of the log after number `seq`, in order."""
    rows = RoomEvent.objects.filter(room=room_id, seq__gt=seq).order_by("seq").values_list(*COLUMNS)
    return [Row(*row) for row in rows[:MOST_A_LOOK]]


class Entry:
    """One row of the log on its way to the viewers, as outsiders and as insiders get it: encoded once each."""

    def __init__(self, room_id: str, row: Row) -> None:
        self.room_id, self.row = room_id, row
        self.shown: dict[Viewer, Frame] = {}  # where it carries the room

    def show(self, viewer: Viewer, room: dict[str, Any] | None) -> None:
        """`room` is what this kind of viewers may see, None where the room is gone."""
        self.shown[viewer] = self.row.frame(self.room_id, public_only=viewer.level == "public", room=room)

    @cached_property
    def public(self) -> Frame:
        return self.row.frame(self.room_id, public_only=True)

    @cached_property
    def people(self) -> frozenset[str]:
        return frozenset(people_in(self.row.payload))

    def public_for(self, viewer_id: str) -> Frame:
        """The one frame for all outsiders, but for whoever reads their own name in it."""
        if self.row.masks and viewer_id and viewer_id in self.people:
            return self.row.frame(self.room_id, public_only=True, viewer_id=viewer_id)
        return self.public

    @cached_property
    def whole(self) -> Frame:
        return self.row.frame(self.room_id, public_only=False)


def batches(entries: list[Entry]) -> Iterator[list[Entry]]:
    """Cuts before each event that changes who may see the room: it must be minded first."""
    batch: list[Entry] = []
    for entry in entries:
        if batch and entry.row.is_about_access:
            yield batch
            batch = []
        batch.append(entry)
    if batch:
        yield batch


class Standing(NamedTuple):
    """What a viewer may see of a room, and how far its log has come."""

    level: Level
    member: bool
    role: str | None
    last_seq: int
    seq: int


def standing_of(room_id: str, user: Any) -> Standing:
    """Raises NotFound where `user` may not know of the room."""
    rooms = Room.objects.as_seen_by(user)
    return standing_in(rooms.only("id", "last_seq", "last_public_seq").filter(pk=room_id).first(), user)


def standing_in(room: Room | None, user: Any) -> Standing:
    if room is None:
        raise NotFound
    level = level_of(room, user)
    seq = room.last_public_seq if level == "public" else room.last_seq
    role = SCREEN if is_screen_of(room, user) else room.viewer_role
    return Standing(level, is_member(room, user), role, room.last_seq, seq)


class View(NamedTuple):
    """A room as some viewers see it, with the number at their level of the last event that it contains."""

    room: dict[str, Any]
    level: Level
    member: bool
    role: str | None
    last_seq: int
    seq: int
    read_at: float


def view_of(room_id: str, user: Any, now: float) -> View:
    """Reads room and number in one statement, so that they agree. Raises NotFound where `user` may not know of it."""
    rooms = Room.objects.as_seen_by(user).with_counts().select_related("app", "created_by")
    room = rooms.filter(pk=room_id).first()
    standing = standing_in(room, user)
    shown = as_shown(dict(RoomSerializer(room, context={"user": user}).data), room, user)
    return View(shown, *standing, now)


def rooms_as_seen(room_id: str, viewers: set[Viewer]) -> dict[Viewer, dict[str, Any]]:
    """The room as each kind of viewers may see it, read once; nothing where it is gone."""
    room = Room.objects.with_role_of(None).with_counts().select_related("app", "created_by").filter(pk=room_id).first()
    if room is None:
        return {}
    seen = {}
    for viewer in viewers:
        is_screen = viewer.role == SCREEN
        somebody: Any = ScreenViewer(room_id) if is_screen else SomebodyOfTheKind()
        room.viewer_role, room.viewer_is_admin = None if is_screen else viewer.role, viewer.is_admin
        seen[viewer] = as_shown(dict(RoomSerializer(room, context={"user": somebody}).data), room, somebody)
    return seen


def missed(
    room_id: str, *, since: int, upto: int, public_only: bool, viewer_id: str = "", room: dict[str, Any] | None = None
) -> list[tuple[int, Frame]] | None:
    """The events after number `since` up to `upto` at a level, or None where the log has not got them all. Those that
    carry the room carry `room`, as it is now."""
    events = RoomEvent.objects.filter(room=room_id).seen_at(public_only=public_only, after=since)
    newest = {"public_seq__lte": upto} if public_only else {"seq__lte": upto}
    rows = [Row(*row) for row in events.filter(**newest).values_list(*COLUMNS)]
    if len(rows) != upto - since:
        return None
    return [
        (
            (row.public_seq or 0) if public_only else row.seq,
            row.frame(room_id, public_only=public_only, viewer_id=viewer_id, room=room),
        )
        for row in rows
    ]


def numbers_of(room_id: str) -> tuple[int, int] | None:
    return Room.objects.filter(pk=room_id).values_list("last_seq", "last_public_seq").first()


def last_seqs(room_ids: list[str]) -> dict[str, int]:
    """{room: number of its newest event}; deleted rooms are left out."""
    return dict(Room.objects.filter(pk__in=room_ids).values_list("pk", "last_seq"))


def viewers_of(pairs: set[tuple[str, str]]) -> dict[tuple[str, str], Viewer]:
    """For (room, user, "" or SCREEN) what kind of viewer they are now; whoever may not see the room is none."""
    rooms = {
        room.pk: room
        for room in Room.objects.filter(pk__in={room_id for room_id, _ in pairs}).only("id", "is_public", "status")
    }
    user_ids = {user_id for _, user_id in pairs}
    users: dict[str, Any] = User.objects.filter(is_active=True).in_bulk(user_ids - {""})
    roles = {
        (room_id, user_id): role
        for room_id, user_id, role in Participant.objects.filter(
            room__in=rooms.keys(), user__in=users.keys()
        ).values_list("room_id", "user_id", "role")
    }
    found: dict[tuple[str, str], Viewer] = {}
    for room_id, user_id in pairs:
        room, user = rooms.get(room_id), users.get(user_id) if user_id else NOBODY
        if room is not None and user_id == SCREEN:  # its key was minded when it came; revoking it ends the connection
            found[room_id, user_id] = Viewer("public", False, SCREEN)
            continue
        if room is None or user is None:
            continue
        room.viewer_role = roles.get((room_id, user_id))
        room.viewer_is_admin = user.is_authenticated and user.is_superuser
        if may_know_of(room, user):
            found[room_id, user_id] = Viewer(level_of(room, user), is_member(room, user), room.viewer_role)
    return found
