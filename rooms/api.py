"""/rooms and /rooms/{id}/participants."""

from functools import cached_property
from typing import Any

from rest_framework.decorators import action
from rest_framework.exceptions import NotAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from platform_site.rest.addresses import address_block, client_address
from platform_site.rest.exceptions import Forbidden, InvalidTransition, NotFound
from platform_site.rest.idempotency import idempotent
from platform_site.rest.openapi import Operation, operation
from platform_site.rest.throttling import RateLimited, hit
from platform_site.rest.viewsets import APIViewSet
from rooms import actions
from rooms.errors import (
    AlreadyIn,
    InviteOnly,
    JoiningLocked,
    NoGuestsHere,
    NotInRoom,
    NotRemoved,
    OrganizerStays,
    Removed,
    RemovedBefore,
    RoomClosed,
    RoomFull,
    RoomIsActive,
    SettingsFrozen,
)
from rooms.filters import ParticipantFilter, RoomFilter
from rooms.inputs import CodeInput, JoinInput, ParticipantChanges, RemovalInput, RoomChanges, RoomInput
from rooms.models import Participant, Room
from rooms.permissions import readable_room
from rooms.querysets import is_member
from rooms.shapes import (
    AdmissionSerializer,
    InvitationSerializer,
    ParticipantSerializer,
    RoomDetailSerializer,
    RoomSerializer,
)

# A minute and address. A hall is one address: everybody in it joins within minutes, and hardly anybody guesses.
MOST_JOINS = 600
MOST_WRONG_CODES = 20


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
        """Public rooms, and for signed-in callers the private ones that they are in. Drafts are listed to the people
        in them only. The newest comes first."""
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    @operation("Create a room", body=RoomInput, answer=RoomDetailSerializer, status=201, errors=(Forbidden,))
    @idempotent
    def create(self, request: Request) -> Response:
        """The room begins as a DRAFT, and whoever creates it is its ORGANIZER. `appSettings` must be what the manifest
        of the app asks for; what is left out gets its default. Guests cannot create rooms.

        `maxParticipants` limits participants and viewers (null: no limit), `joinLocked` keeps everybody out who comes
        by themselves, `maskNames` shows names as "Anna K." to all who do not run the room, and `revealSeconds` is how
        long a draw's result waits for the big screen. Without an `entryPolicy` anybody with the code may join a public
        room, and signed-in people with the code a private one."""
        user = signed_in(request)
        form = RoomInput(data=request.data)
        form.is_valid(raise_exception=True)
        return self.detail_of(actions.create_room(by=user, **form.validated_data).pk, status=201)

    @operation("Read a room", answer=RoomDetailSerializer)
    def retrieve(self, request: Request, pk: str) -> Response:
        """With its app and the app's whole manifest. `joinCode` and `myRole` are null for anyone not in the room, and
        settings that are not for them are left out."""
        return self.detail_of(pk)

    @operation(
        "Change a room",
        body=RoomChanges,
        answer=RoomDetailSerializer,
        errors=(Forbidden, InvalidTransition, RoomClosed, SettingsFrozen),
    )
    def partial_update(self, request: Request, pk: str) -> Response:
        """For organizers. `appSettings` are merged: a key that is null is removed, one that is not sent stays.
        `status` moves DRAFT to ACTIVE or CANCELLED, and ACTIVE to COMPLETED or CANCELLED, after all other changes.
        Once ACTIVE, the app is frozen, and so are the settings that the manifest does not call mutable: 409 with
        `details.fields`."""
        user = signed_in(request)
        form = RoomChanges(data=request.data, partial=True)
        form.is_valid(raise_exception=True)
        actions.update_room(room_id=pk, by=user, **form.validated_data)
        return self.detail_of(pk)

    @operation("Delete a room", errors=(Forbidden, RoomIsActive))
    def destroy(self, request: Request, pk: str) -> Response:
        """For organizers, in any status but ACTIVE. Nobody finds the room any more; its record is kept."""
        actions.delete_room(room_id=pk, by=signed_in(request))
        return Response({"success": True})

    @operation(
        "Join by code",
        body=CodeInput,
        answer=AdmissionSerializer,
        status=(200, 201),
        access="optional",
        errors=(NotFound, InviteOnly, Removed, RoomClosed, JoiningLocked, RoomFull, RateLimited, NoGuestsHere),
    )
    @action(detail=False, methods=["post"], throttle_classes=[])
    def join(self, request: Request) -> Response:
        """Whoever has the code of a room enters it as PARTICIPANT: 201, or 200 with their place if they are in already.

        Without an access token (or with that of a guest of another room) the caller becomes a guest called `name`;
        `tokens` then signs in that guest, who takes part in this room only; it is null otherwise. A room that admits
        no guests answers 401, one for invited people 403, one whose organizers have locked joining or that is full 409.
        """
        address = client_address(request)
        counted = hit(f"joins:{address_block(address)}", limit=MOST_JOINS)
        request._request.rate_limit = counted  # type: ignore[attr-defined]  # what the headers of the answer tell
        if not counted.allowed:
            raise RateLimited(counted)
        form = CodeInput(data=request.data)
        form.is_valid(raise_exception=True)
        try:
            admission = actions.join_by_code(
                **form.validated_data,
                by=request.user if request.user.is_authenticated else None,
                device_info=request.headers.get("User-Agent", ""),
                ip_address=address or None,
            )
        except NotFound:
            wrong = hit(f"wrong-codes:{address_block(address)}", limit=MOST_WRONG_CODES)
            if not wrong.allowed:
                raise RateLimited(wrong, "Too many wrong codes. Wait a little.") from None
            raise
        room = self.detail_for(admission.participant.user, admission.participant.room_id)
        shown = AdmissionSerializer(admission, context={"room": room})
        return Response(shown.data, status=201 if admission.is_new else 200)

    def detail_of(self, pk: str, status: int = 200) -> Response:
        return Response(self.detail_for(self.request.user, pk), status=status)

    def detail_for(self, user: Any, pk: str) -> dict[str, Any]:
        """The room as `user` sees it. Raises NotFound."""
        rooms = Room.objects.as_seen_by(user).with_counts().select_related("app", "created_by")
        room = rooms.filter(pk=pk).first()
        if room is None:
            raise NotFound
        return RoomDetailSerializer(room, context={"user": user}).data


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
        "Join a room, or let somebody in",
        body=JoinInput,
        body_required=False,
        answer=(ParticipantSerializer, InvitationSerializer),
        status=201,
        errors=(AlreadyIn, RoomClosed, JoiningLocked, RoomFull, Forbidden, InviteOnly, Removed, RemovedBefore),
    )
    def create(self, request: Request, room_id: str) -> Response:
        """Without a body, the caller joins as PARTICIPANT; `role` may also be VIEWER. Possible in DRAFT and ACTIVE.
        Into a private room one comes by its code or by an invitation. Who left may come back, who was removed not.

        Organizers and moderators let in somebody else with `userId`, or invite an e-mail address with `email`: whoever
        signs in with it takes the place, and the answer is an invitation. Moderators let in PARTICIPANT and VIEWER
        only, and only organizers set `metadata`."""
        user = signed_in(request)
        form = JoinInput(data=request.data)
        form.is_valid(raise_exception=True)
        if "email" in form.validated_data:
            invitation = actions.invite(room_id=room_id, by=user, **form.validated_data)
            return Response(InvitationSerializer(invitation).data, status=201)
        enter = actions.add_person if "user_id" in form.validated_data else actions.join_room
        return self.answer(enter(room_id=room_id, by=user, **form.validated_data), status=201)

    @operation("Read a participant", answer=ParticipantSerializer, errors=(NotInRoom,))
    def retrieve(self, request: Request, room_id: str, pk: str) -> Response:
        """`metadata` is null for who is not in the room."""
        participant = self.get_queryset().filter(pk=pk).first()
        if participant is None:
            raise NotInRoom
        return Response(self.get_serializer(participant).data)

    @operation(
        "Change a participant",
        body=ParticipantChanges,
        answer=ParticipantSerializer,
        errors=(Forbidden, OrganizerStays, RoomClosed, NotInRoom),
    )
    def partial_update(self, request: Request, room_id: str, pk: str) -> Response:
        """Organizers give any role of a room and merge `metadata` (a key that is null is removed). Moderators only move
        participants down to VIEWER. Whoever created the room stays its organizer."""
        user = signed_in(request)
        form = ParticipantChanges(data=request.data)
        form.is_valid(raise_exception=True)
        changes = form.validated_data
        return self.answer(actions.change_participant(room_id=room_id, participant_id=pk, by=user, **changes))

    @operation(
        "Remove a participant",
        body=RemovalInput,
        body_required=False,
        errors=(Forbidden, OrganizerStays, RateLimited, NotInRoom),
    )
    def destroy(self, request: Request, room_id: str, pk: str) -> Response:
        """By organizers, and by moderators up to 20 a minute. Who was removed cannot come back until an organizer
        restores them; `reason` is told to organizers and moderators only. One's own id means leaving."""
        user = signed_in(request)
        form = RemovalInput(data=request.data)
        form.is_valid(raise_exception=True)
        actions.remove_participant(room_id=room_id, participant_id=pk, by=user, **form.validated_data)
        return Response({"success": True})

    @operation(
        "Restore a removed participant",
        answer=ParticipantSerializer,
        errors=(Forbidden, RoomClosed, RoomFull, NotRemoved, NotInRoom),
    )
    @action(detail=True, methods=["post"])
    def restore(self, request: Request, room_id: str, pk: str) -> Response:
        """By organizers: the person is in the room as before. Who is in it already stays as they are."""
        user = signed_in(request)
        return self.answer(actions.restore_participant(room_id=room_id, participant_id=pk, by=user))

    @operation("Leave a room", errors=(OrganizerStays, NotInRoom))
    @action(detail=False, methods=["delete"], url_path="me")
    def leave(self, request: Request, room_id: str) -> Response:
        """At any time, also after the end. Whoever created the room cannot leave it."""
        actions.leave_room(room_id=room_id, by=signed_in(request))
        return Response({"success": True})

    def answer(self, participant: Participant, status: int = 200) -> Response:
        return Response(ParticipantSerializer(participant, context={"member": True}).data, status=status)
