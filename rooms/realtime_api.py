"""/notifications and the log of a room at /rooms/{id}/events."""

from typing import Any

from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from platform_site.rest.exceptions import InvalidInput
from platform_site.rest.fields import iso
from platform_site.rest.openapi import operation, query
from platform_site.rest.pagination import MOST_A_PAGE
from platform_site.rest.viewsets import APIViewSet
from rooms.api import signed_in
from rooms.masking import as_shown
from rooms.models import Notification, Room, RoomEvent
from rooms.notifications import NotificationSerializer, mark_read
from rooms.permissions import readable_room
from rooms.querysets import level_of
from rooms.shapes import RoomSerializer

EVENT = {
    "type": "object",
    "required": ["event", "data"],
    "properties": {
        "event": {"type": "string", "example": "prize:created"},
        "data": {
            "type": "object",
            "required": ["roomId", "timestamp", "seq"],
            "properties": {
                "roomId": {"type": "string"},
                "timestamp": {"type": "string", "format": "date-time"},
                "seq": {"type": "integer", "minimum": 1},
            },
        },
    },
}


class NotificationViewSet(APIViewSet):
    """Messages to the caller, as live connections get them, too."""

    tag = "Notifications"

    @operation(
        "List messages",
        answer=NotificationSerializer,
        access="required",
        parameters=(query("unread", {"type": "boolean"}, "true leaves out what was read."),),
    )
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
    """What happened in a room, in order: the log that live connections follow."""

    tag = "Events"
    default_limit = MOST_A_PAGE

    @operation(
        "List events",
        answer=EVENT,
        parameters=(query("since", {"type": "integer", "minimum": 0}, "The number of the last event that you have."),),
    )
    def list(self, request: Request, room_id: str) -> Response:
        """As the caller's level sees the log: organizers and moderators all events, others the public ones, either way
        numbered 1, 2, 3 … without gaps. A first number beyond `since` + 1 means that the older end of the log was
        deleted: then read the room anew."""
        room = readable_room(room_id, request.user)
        public_only = level_of(room, request.user) == "public"
        events = RoomEvent.objects.filter(room=room).seen_at(public_only=public_only, after=since_of(request))
        page = [event_shape(each) for each in self.paginate_queryset(events) or ()]
        carrying = [each["data"] for each in page if "room" in each["data"]]
        if carrying:
            rooms = Room.objects.as_seen_by(request.user).with_counts().select_related("app", "created_by")
            now = RoomSerializer(rooms.get(pk=room_id), context={"user": request.user}).data
            for data in carrying:
                data["room"] = now
        return self.get_paginated_response(as_shown(page, room, request.user))


def event_shape(event: Any) -> dict[str, Any]:
    """As a live connection gets it."""
    told = {"roomId": event.room_id, "timestamp": iso(event.created_at), "seq": event.viewer_seq}
    return {"event": event.type, "data": event.payload | told}


def since_of(request: Request) -> int:
    value = request.query_params.get("since", "0")
    if not value.isascii() or not value.isdigit() or len(value) > 15:
        raise InvalidInput({"since": ["Use the number of the last event that you have."]})
    return int(value)
