"""What a room tells: the log, whose only writer this is, and what passes without being logged."""

from collections.abc import Sequence
from functools import partial
from secrets import token_hex
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from accounts.actors import Actor, person_of
from apps_registry.manifest import Level
from platform_site.rest.fields import iso
from rooms.bells import ring, room_group, tell
from rooms.enums import Visibility
from rooms.masking import masked
from rooms.models import Room, RoomEvent


def record(
    room: Room, type: str, payload: dict[str, Any], *, by: Actor, visibility: Visibility = Visibility.PUBLIC
) -> RoomEvent:
    """Writes what happened into the log of `room`, and rings the bell once the transaction is committed.

    `room` must have been read under lock in the open transaction (rooms.permissions.locked_room), with the change
    that is told of; `payload` is what a viewer of `visibility` may see. Raises RuntimeError for a caller who forgot.
    """
    return record_many(room, [(type, payload)], by=by, visibility=visibility)[0]


def record_many(
    room: Room,
    told: Sequence[tuple[str, dict[str, Any]]],
    *,
    by: Actor,
    visibility: Visibility = Visibility.PUBLIC,
) -> list[RoomEvent]:
    """`record` for many (type, payload) at once: the same rules and numbers, two statements, one bell."""
    if not connection.in_atomic_block:
        raise RuntimeError("record() needs the transaction of the change that it tells of.")
    if not told:
        return []
    public = visibility == Visibility.PUBLIC
    seq, public_seq = room.last_seq, room.last_public_seq
    room.last_seq, room.last_public_seq = seq + len(told), public_seq + len(told) * public
    # Compare and set: a room that was read without its lock has an old number here, and nothing may be numbered twice.
    counted = Room.all_objects.filter(pk=room.pk, last_seq=seq).update(
        last_seq=room.last_seq, last_public_seq=room.last_public_seq, updated_at=room.updated_at
    )
    if not counted:
        raise RuntimeError("record() needs a room that was locked before it was read.")
    now = timezone.now()
    events: list[RoomEvent] = RoomEvent.objects.bulk_create(
        RoomEvent(
            room=room,
            seq=seq + at,
            public_seq=public_seq + at if public else None,
            type=kind,
            payload=payload,
            visibility=visibility,
            actor=person_of(by),
            created_at=now,
        )
        for at, (kind, payload) in enumerate(told, start=1)
    )
    transaction.on_commit(partial(ring, room.pk, room.last_seq), robust=True)
    return events


def push_unlogged(
    room_id: str, event: str, data: dict[str, Any], level: Level = "public", *, for_screens: bool = False
) -> None:
    """Tells whoever follows the room now, at `level` or above it (or, `for_screens`, its big screens alone), on every
    process, what stands in no log.

    Rings once the open transaction is committed, at once where there is none. It is never repeated: a client that
    comes later, or a bell that gets lost, means that it is not told.
    """
    if "seq" in data:
        raise ValueError("An unlogged frame has no number: clients would take it for one of the log's and drop it.")
    now = timezone.now()
    message: dict[str, Any] = {
        "type": "room.pushed",
        "id": token_hex(8),
        "roomId": room_id,
        "level": level,
        "forScreens": for_screens,
        "event": event,
        "data": data | {"roomId": room_id, "timestamp": iso(now)},
    }
    hidden = masked(message["data"])
    if hidden != message["data"] and Room.objects.filter(pk=room_id, mask_names=True).exists():
        message["masked"] = hidden  # for level public
    transaction.on_commit(partial(tell, message, group=room_group(room_id)), robust=True)
