"""/notifications and the log of a room at /rooms/{id}/events."""

from typing import Any

from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from platform_site.rest.components import TEXT, WHOLE, object_of
from platform_site.rest.exceptions import InvalidInput
from platform_site.rest.fields import iso
from platform_site.rest.openapi import operation, query
from platform_site.rest.renderers import Envelope
from platform_site.rest.viewsets import APIViewSet
from rooms.api import signed_in
from rooms.models import Notification, RoomEvent
from rooms.notifications import NotificationSerializer, mark_read
from rooms.permissions import level_of, readable_room

MOST_EVENTS = 100
FREE = {"type": "object", "additionalProperties": True}
EVENT = object_of(event=TEXT, data=FREE)
LOG_META = object_of(level=TEXT, seq=WHOLE, limit=WHOLE, pruned={"type": "boolean"})
SINCE = query("since", {"type": "integer", "minimum": 0, "maximum": 2**53, "default": 0}, "The last number known.")
LIMIT = query(
    "limit", {"type": "integer", "minimum": 1, "maximum": MOST_EVENTS, "default": MOST_EVENTS}, "The most events."
)
UNREAD = query("unread", {"type": "boolean"}, "With true only those that were not read.")


class NotificationViewSet(APIViewSet):
    """A person's own messages: wins, invitations and what else concerns them."""

    tag = "Notifications"

    @operation("List my messages", answer=NotificationSerializer, access="required", parameters=(UNREAD,))
    def list(self, request: Request) -> Response:
        """The newest comes first."""
        notifications = Notification.objects.filter(user=signed_in(request)).order_by("-created_at", "-id")
        unread = request.query_params.get("unread")
        if unread not in {None, "true", "false"}:
            raise InvalidInput({"unread": ["Use true or false."]})
        if unread == "true":
            notifications = notifications.filter(read_at=None)
        page = self.paginate_queryset(notifications)
        return self.get_paginated_response(NotificationSerializer(page, many=True).data)

    @operation("Mark a message as read", answer=NotificationSerializer)
    @action(detail=True, methods=["post"])
    def read(self, request: Request, pk: str) -> Response:
        """The first time counts; again changes nothing."""
        return Response(NotificationSerializer(mark_read(notification_id=pk, by=signed_in(request))).data)


class EventViewSet(APIViewSet):
    """What happened in a room, numbered without gaps. Live connections get the same events."""

    tag = "Events"
    pagination_class = None

    @operation("Read the log of a room", answer=EVENT, meta=LOG_META, parameters=(SINCE, LIMIT))
    def list(self, request: Request, room_id: str) -> Response:
        """Up to `limit` events after number `since`, in order. Where `meta.pruned` is true, older events were deleted:
        read the room itself anew."""
        room = readable_room(room_id, request.user)
        since = number_of(request, "since", 0, 0, 2**53)
        limit = number_of(request, "limit", MOST_EVENTS, 1, MOST_EVENTS)
        level = level_of(room, request.user)
        events = RoomEvent.objects.filter(room=room).seen_at(public_only=level == "public", after=since)
        shown = [event_shape(event) for event in events[:limit]]
        last = room.last_public_seq if level == "public" else room.last_seq
        # A first number beyond `since` + 1: the older end of the log was deleted, the room itself must be read anew.
        pruned = (shown[0]["data"]["seq"] if shown else last + 1) > since + 1 and since < last
        return Response(Envelope(data=shown, meta={"level": level, "seq": last, "limit": limit, "pruned": pruned}))


def event_shape(event: Any) -> dict[str, Any]:
    """As a live connection gets it."""
    told = {"roomId": event.room_id, "timestamp": iso(event.created_at), "seq": event.viewer_seq}
    return {"event": event.type, "data": event.payload | told}


def number_of(request: Request, name: str, default: int, least: int, most: int) -> int:
    value = request.query_params.get(name)
    if value is None:
        return default
    if not value.isascii() or not value.isdigit() or len(value) > 16 or not least <= int(value) <= most:
        raise InvalidInput({name: [f"Use a whole number from {least} to {most}."]})
    return int(value)
