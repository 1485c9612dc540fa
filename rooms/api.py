"""/rooms and /rooms/{id}/participants."""

from functools import cached_property
from typing import Any

from rest_framework.decorators import action
from rest_framework.exceptions import NotAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from platform_site.rest.exceptions import Forbidden, InvalidTransition, NotFound
from platform_site.rest.idempotency import idempotent
from platform_site.rest.openapi import Operation, operation
from platform_site.rest.viewsets import APIViewSet
from rooms import actions
from rooms.errors import AlreadyIn, NotInRoom, OrganizerStays, Removed, RoomClosed, SettingsFrozen
from rooms.filters import ParticipantFilter, RoomFilter
from rooms.models import Participant, Room
from rooms.permissions import is_member, readable_room
from rooms.serializers import (
    JoinInput,
    ParticipantSerializer,
    RoomChanges,
    RoomDetailSerializer,
    RoomInput,
    RoomSerializer,
)


def signed_in(request: Request) -> Any:
    if not request.user.is_authenticated:
        raise NotAuthenticated
    return request.user


class RoomViewSet(APIViewSet):
    """Live events. A room runs an app (a lottery, a quiz …); people join it, and its prizes are won in it."""

    tag = "Rooms"
    filterset_class = RoomFilter
    serializer_class = RoomSerializer
    sort_fields = {"createdAt": "created_at", "updatedAt": "updated_at", "name": "name", "status": "status"}

    def get_queryset(self) -> Any:
        rooms = Room.objects.listed_for(self.request.user)
        return (
            rooms.with_role_of(self.request.user)
            .with_counts()
            .select_related("app", "created_by")
            .order_by("-created_at", "id")
        )

    def get_serializer_context(self) -> dict[str, Any]:
        return {"user": self.request.user}

    @operation("List rooms")
    def list(self, request: Request) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    @operation("Create a room", body=RoomInput, answer=RoomDetailSerializer, status=201, errors=(Forbidden,))
    @idempotent
    def create(self, request: Request) -> Response:
        user = signed_in(request)
        form = RoomInput(data=request.data)
        form.is_valid(raise_exception=True)
        return self.detail_of(actions.create_room(by=user, **form.validated_data).pk, status=201)

    @operation("Read a room", answer=RoomDetailSerializer)
    def retrieve(self, request: Request, pk: str) -> Response:
        return self.detail_of(pk)

    @operation(
        "Change a room",
        body=RoomChanges,
        answer=RoomDetailSerializer,
        errors=(Forbidden, InvalidTransition, RoomClosed, SettingsFrozen),
    )
    def partial_update(self, request: Request, pk: str) -> Response:
        user = signed_in(request)
        form = RoomChanges(data=request.data, partial=True)
        form.is_valid(raise_exception=True)
        actions.update_room(room_id=pk, by=user, **form.validated_data)
        return self.detail_of(pk)

    def detail_of(self, pk: str, status: int = 200) -> Response:
        user = self.request.user
        rooms = Room.objects.visible_to(user).with_role_of(user).with_counts().select_related("app", "created_by")
        room = rooms.filter(pk=pk).first()
        if room is None:
            raise NotFound
        return Response(RoomDetailSerializer(room, context=self.get_serializer_context()).data, status=status)


class InRoomViewSet(APIViewSet):
    """What lives in a room: `room` is the one of the address, as the caller may read it (else 404)."""

    default_limit = 50

    @cached_property
    def room(self) -> Room:
        return readable_room(self.kwargs["room_id"], self.request.user)

    def get_serializer_context(self) -> dict[str, Any]:
        return {"member": is_member(self.room, self.request.user)}

    def list(self, request: Request, room_id: str) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(self.get_serializer(page, many=True).data)


class ParticipantViewSet(InRoomViewSet):
    """The people in a room."""

    tag = "Participants"
    operations = {"list": Operation("List the people in a room")}
    sort_fields = {"joinedAt": "joined_at", "role": "role"}
    filterset_class = ParticipantFilter
    serializer_class = ParticipantSerializer

    def get_queryset(self) -> Any:
        return Participant.objects.filter(room=self.room).select_related("user").order_by("joined_at", "id")

    @operation(
        "Join a room",
        body=JoinInput,
        body_required=False,
        answer=ParticipantSerializer,
        status=201,
        errors=(AlreadyIn, RoomClosed, Removed),
    )
    def create(self, request: Request, room_id: str) -> Response:
        user = signed_in(request)
        form = JoinInput(data=request.data)
        form.is_valid(raise_exception=True)
        participant = actions.join_room(room_id=room_id, by=user, **form.validated_data)
        return Response(ParticipantSerializer(participant, context={"member": True}).data, status=201)

    @operation("Leave a room", errors=(OrganizerStays, NotInRoom))
    @action(detail=False, methods=["delete"], url_path="me")
    def leave(self, request: Request, room_id: str) -> Response:
        actions.leave_room(room_id=room_id, by=signed_in(request))
        return Response({"success": True})
