"""/notifications and the log of a room at /rooms/{id}/events."""

from typing import Any

from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from platform_site.rest.exceptions import InvalidInput
from platform_site.rest.fields import iso
from platform_site.rest.renderers import Envelope
from platform_site.rest.viewsets import APIViewSet
from rooms.api import signed_in
from rooms.models import Notification, RoomEvent
from rooms.notifications import mark_read, notification_shape
from rooms.permissions import level_of, readable_room

MOST_EVENTS = 100


class NotificationViewSet(APIViewSet):
    """A person's messages, newest first; `unread=true` leaves out what was read."""

    def list(self, request: Request) -> Response:
        notifications = Notification.objects.filter(user=signed_in(request)).order_by("-created_at", "-id")
        unread = request.query_params.get("unread")
        if unread not in {None, "true", "false"}:
            raise InvalidInput({"unread": ["Use true or false."]})
        if unread == "true":
            notifications = notifications.filter(read_at=None)
        page = self.paginate_queryset(notifications)
        return self.get_paginated_response([notification_shape(each) for each in page or ()])

    @action(detail=True, methods=["post"])
    def read(self, request: Request, pk: str) -> Response:
        return Response(notification_shape(mark_read(notification_id=pk, by=signed_in(request))))


class EventViewSet(APIViewSet):
    """The log as the caller's level sees it: up to `limit` events after number `since`, in order."""

    def list(self, request: Request, room_id: str) -> Response:
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
