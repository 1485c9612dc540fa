"""What an app tells its room: events of its own namespace, into the same log."""

import json
import re
from typing import Any

from django.db import transaction

from accounts.actors import PLATFORM, Actor
from platform_site.rest.exceptions import InvalidInput, PayloadTooLarge
from platform_site.rest.throttling import RateLimited, hit
from rooms.enums import Visibility
from rooms.errors import ForeignEvent, RoomClosed
from rooms.events import record
from rooms.models import Room, RoomEvent
from rooms.permissions import Need, locked_room

EVENT_NAME = re.compile(r"(?P<namespace>[a-z][a-z0-9_]*):[a-z][a-z0-9_]{0,49}")
APP_NAME = re.compile(r"(?:app_)?(?P<namespace>[a-z0-9_]+?)(?:_v\d+)?")
PLATFORMS_OWN = {"room", "participant", "prize", "winner", "draw", "presence", "notification", "token"}
LARGEST = 16 * 1024  # bytes of JSON
MOST_A_SECOND = 10  # of one room


class EventTooLarge(PayloadTooLarge):
    message = "The event is larger than 16 KiB."


def namespace_of(app_id: str) -> str:
    """The first word of an app's event names: `lottery` for app_lottery_v1."""
    match = APP_NAME.fullmatch(app_id)
    return match["namespace"] if match else app_id


def publish_app_event(
    *,
    room_id: str,
    name: str,
    payload: dict[str, Any],
    by: Actor = PLATFORM,
    visibility: Visibility = Visibility.PUBLIC,
) -> RoomEvent:
    """Tells the room an event of its app. `by` caused it (PLATFORM: the app by itself); the caller answers for that.

    Raises InvalidInput for a name that is none, Forbidden for one outside the namespace of the room's app,
    EventTooLarge, RateLimited, RoomClosed after the event, NotFound.
    """
    match = EVENT_NAME.fullmatch(name)
    if match is None:
        raise InvalidInput({"event": ["Use {namespace}:{action}, in lower case."]})
    if len(json.dumps(payload, ensure_ascii=False).encode()) > LARGEST:
        raise EventTooLarge
    counted = hit(f"app events {room_id}", limit=MOST_A_SECOND, window=1)
    if not counted.allowed:
        raise RateLimited(counted, "Too many events of the app in this room. Wait a second.")
    with transaction.atomic():
        room: Room = locked_room(room_id, PLATFORM, Need.READ)
        if match["namespace"] != namespace_of(room.app_id) or match["namespace"] in PLATFORMS_OWN:
            raise ForeignEvent(f"Events of this room's app begin with {namespace_of(room.app_id)}:")
        if not room.is_open:
            raise RoomClosed
        return record(room, name, payload, by=by, visibility=visibility)
