"""/rooms and /rooms/{id}/participants."""

from functools import cached_property
from typing import Any, ClassVar

from rest_framework.decorators import action
from rest_framework.exceptions import NotAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import BaseThrottle

from accounts.api import device_of
from accounts.shapes import TokensSerializer
from platform_site.rest.addresses import client_address
from platform_site.rest.exceptions import Forbidden, InvalidTransition, NotFound
from platform_site.rest.idempotency import idempotent, idempotent_for_strangers
from platform_site.rest.openapi import Operation, operation
from platform_site.rest.renderers import Envelope
from platform_site.rest.throttling import RateLimited
from platform_site.rest.viewsets import APIViewSet
from rooms import actions
from rooms.enums import RUNNERS
from rooms.errors import (
    AlreadyIn,
    InviteOnly,
    JoiningLocked,
    NoGuestsHere,
    NotCreator,
    NotInRoom,
    NotOrganizer,
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
from rooms.inputs import (
    CodeInput,
    JoinBatchInput,
    JoinInput,
    ParticipantChanges,
    RemovalInput,
    RoomChanges,
    RoomInput,
    TransferInput,
)
from rooms.masking import as_shown
from rooms.models import Invitation, Participant, Room
from rooms.permissions import readable_room
from rooms.querysets import is_member
from rooms.reads import PARTICIPANT_COLUMNS, participant_row
from rooms.shapes import (
    AdmissionSerializer,
    InvitationSerializer,
    ParticipantSerializer,
    RoomDetailSerializer,
    RoomSerializer,
)


class JoinThrottle(BaseThrottle):
    """For joining by a code, instead of the limit for callers. Wrong codes are counted by the action itself."""

    def allow_request(self, request: Any, view: Any) -> bool:
        # Here, and not in the action: it runs in the transaction of its Idempotency-Key, in which a hall would queue.
        request._request.rate_limit = actions.count_join(client_address(request))
        return True


def without_tokens(data: dict[str, Any]) -> dict[str, Any]:
    """What is kept of the answer to a joining: no token."""
    return {**data, "tokens": data["tokens"] is not None}


def signed_in_anew(view: Any, request: Any, kept: dict[str, Any]) -> dict[str, Any]:
    """The answer to a joining that is sent again, with new tokens for the guest whom it made."""
    if not kept["tokens"]:
        return kept | {"tokens": None}
    tokens = actions.sign_guest_in(participant_id=kept["participant"]["id"], **device_of(request))
    return kept | {"tokens": TokensSerializer(tokens).data}


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
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset())) or []
        shown = self.get_serializer(page, many=True).data
        pairs = zip(shown, page, strict=True)
        return self.get_paginated_response([as_shown(data, room, request.user) for data, room in pairs])

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
        "Hand a room over",
        body=TransferInput,
        answer=RoomDetailSerializer,
        errors=(NotCreator, NotOrganizer, NotInRoom),
    )
    @action(detail=True, methods=["post"])
    def transfer(self, request: Request, pk: str) -> Response:
        """Whoever created the room makes another organizer of it the one who did, which `createdBy` and `organizer`
        show. They stay an organizer, and may then step down or leave. An account whose rooms were all handed over can
        be deleted. Platform admins can do the same."""
        user = signed_in(request)
        form = TransferInput(data=request.data)
        form.is_valid(raise_exception=True)
        actions.transfer_room(room_id=pk, by=user, **form.validated_data)
        return self.detail_of(pk)

    @operation(
        "Join by code",
        body=CodeInput,
        answer=AdmissionSerializer,
        status=(200, 201),
        access="optional",
        errors=(
            NotFound,
            NotInRoom,
            InviteOnly,
            Removed,
            RoomClosed,
            JoiningLocked,
            RoomFull,
            RateLimited,
            NoGuestsHere,
        ),
    )
    @action(detail=False, methods=["post"], throttle_classes=[JoinThrottle])
    @idempotent_for_strangers(without_tokens, signed_in_anew)
    def join(self, request: Request) -> Response:
        """Whoever has the code of a room enters it as PARTICIPANT: 201, or 200 with their place if they are in already.

        Without an access token (or with that of a guest of another room) the caller becomes a guest called `name`;
        `tokens` then signs in that guest, who takes part in this room only; it is null otherwise. A room that admits
        no guests answers 401, one for invited people 403, one whose organizers have locked joining or that is full 409.

        Send an `Idempotency-Key`, so that an answer that got lost on its way makes no second guest: sent again, the
        request brings the same place, with new tokens."""
        form = CodeInput(data=request.data)
        form.is_valid(raise_exception=True)
        by = request.user if request.user.is_authenticated else None
        admission = actions.join_by_code(**form.validated_data, by=by, is_counted=True, **device_of(request))
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
        shown: dict[str, Any] = as_shown(RoomDetailSerializer(room, context={"user": user}).data, room, user)
        return shown


class InRoomViewSet(APIViewSet):
    """What lives in a room: `room` is the one of the address, as the caller may read it (else 404)."""

    default_limit = 50

    @cached_property
    def room(self) -> Room:
        return readable_room(self.kwargs["room_id"], self.request.user)

    def get_serializer_context(self) -> dict[str, Any]:
        return {"member": is_member(self.room, self.request.user)}

    def finalize_response(self, request: Any, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Masks names where the room does: here, so that no endpoint of a room forgets it."""
        if request.method in {"GET", "HEAD"} and response.status_code == 200 and hasattr(response, "data"):
            whole = response.data
            shown = as_shown(whole, self.room, request.user)
            response.data = Envelope(shown) if isinstance(whole, Envelope) else shown
        return super().finalize_response(request, response, *args, **kwargs)

    def list(self, request: Request, room_id: str) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(self.get_serializer(page, many=True).data)


class LongListViewSet(InRoomViewSet):
    """What a room may have thousands of: a page holds up to 1,000, read as `columns` and shown by `row`."""

    most_a_page = 1000
    columns: ClassVar[tuple[str, ...]]

    def list(self, request: Request, room_id: str) -> Response:
        rows = self.filter_queryset(self.get_queryset()).values(*self.columns)
        context = self.get_serializer_context()
        return self.get_paginated_response([self.row(row, context) for row in self.paginate_queryset(rows) or ()])

    def row(self, row: dict[str, Any], context: dict[str, Any]) -> dict[str, Any]:
        raise NotImplementedError


class ParticipantViewSet(LongListViewSet):
    """The people in a room."""

    tag = "Participants"
    operations = {"list": Operation("List the people in a room")}
    sort_fields = {"joinedAt": "joined_at", "role": "role"}
    filterset_class = ParticipantFilter
    serializer_class = ParticipantSerializer
    columns = PARTICIPANT_COLUMNS

    def row(self, row: dict[str, Any], context: dict[str, Any]) -> dict[str, Any]:
        return participant_row(row, member=context["member"])

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
    @idempotent
    def create(self, request: Request, room_id: str) -> Response:
        """Without a body, the caller joins as PARTICIPANT; `role` may also be VIEWER. Possible in DRAFT and ACTIVE.
        A private room is entered by its code or by an invitation. People who left may come back, as VIEWER where an
        organizer or moderator had made them one; people who were removed may not.

        Organizers and moderators let in somebody else with `userId`, or invite an e-mail address with `email`: whoever
        signs in with it takes the place. The roles ORGANIZER and MODERATOR are only offered, by either: the person
        gets a message and accepts or declines (`/invitations`). Where somebody is invited, the answer is the
        invitation. Somebody on a list, with a `name` and perhaps an `email`, is in the room and in its draws at once;
        whoever signs in with that e-mail address, verified, takes the place over. Moderators let in PARTICIPANT and
        VIEWER only, and only organizers set `metadata`."""
        user = signed_in(request)
        form = JoinInput(data=request.data)
        form.is_valid(raise_exception=True)
        if "name" in form.validated_data:
            return self.answer(actions.add_listed_person(room_id=room_id, by=user, **form.validated_data), status=201)
        if "email" in form.validated_data:
            invitation = actions.invite(room_id=room_id, by=user, **form.validated_data)
            return Response(InvitationSerializer(invitation).data, status=201)
        if "user_id" in form.validated_data and form.validated_data.get("role") in RUNNERS:
            invitation = actions.offer_role(room_id=room_id, by=user, **form.validated_data)
            return Response(InvitationSerializer(invitation).data, status=201)
        enter = actions.add_person if "user_id" in form.validated_data else actions.join_room
        return self.answer(enter(room_id=room_id, by=user, **form.validated_data), status=201)

    @operation(
        "Let many people in",
        body=JoinBatchInput,
        answer=(ParticipantSerializer, InvitationSerializer),
        many=True,
        status=201,
        errors=(AlreadyIn, RoomClosed, RoomFull, Forbidden, RemovedBefore),
    )
    @action(detail=False, methods=["post"])
    @idempotent
    def batch(self, request: Request, room_id: str) -> Response:
        """By organizers and moderators: up to 500 `items`, each as in the body of letting in one person, all of them or
        none. The answer has the participants and invitations in the same order. A fault of a field is told as
        `items.3.name`, a refusal with `details.index`."""
        user = signed_in(request)
        form = JoinBatchInput(data=request.data)
        form.is_valid(raise_exception=True)
        made = actions.add_people(room_id=room_id, by=user, people=form.validated_data["items"])
        return Response([self.shown(each) for each in made], status=201)

    @staticmethod
    def shown(made: Participant | Invitation) -> Any:
        if isinstance(made, Invitation):
            return InvitationSerializer(made).data
        return ParticipantSerializer(made, context={"member": True}).data

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
        """Organizers change roles and merge `metadata` (a key that is null is removed). A higher role to run the room
        with is offered: the person keeps theirs, as the answer shows, until they accept the invitation. A lower role
        ends open invitations to more than that. Moderators only move participants down to VIEWER. Whoever created the
        room stays its organizer."""
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
        """By organizers, and by moderators up to 20 a minute. The account of a removed person cannot come back until an
        organizer restores it. A guest has none: they can join anew wherever the room's code admits guests. `reason` is
        told to organizers and moderators only. One's own id means leaving."""
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

    @operation("Read my own place", answer=ParticipantSerializer, access="required", errors=(NotInRoom,))
    @leave.mapping.get
    def mine(self, request: Request, room_id: str) -> Response:
        """The caller as a participant of the room; 404 for anyone not in it."""
        user = signed_in(request)
        place = self.get_queryset().filter(user=user.pk).first()
        if place is None:
            raise NotInRoom
        return self.answer(place)

    @operation("Check somebody in", answer=ParticipantSerializer, errors=(Forbidden, RoomClosed, NotInRoom))
    @action(detail=True, methods=["post"], url_path="check-in")
    def check_in(self, request: Request, room_id: str, pk: str) -> Response:
        """By organizers and moderators: the person is there, at `checkedInAt`. A draw with `checkedInOnly` is held
        among those who are. Once more changes nothing. Whoever leaves and comes back is checked in anew."""
        user = signed_in(request)
        return self.answer(actions.check_in(room_id=room_id, participant_id=pk, by=user))

    @operation("Take a check-in back", answer=ParticipantSerializer, errors=(Forbidden, RoomClosed, NotInRoom))
    @check_in.mapping.delete
    def undo_check_in(self, request: Request, room_id: str, pk: str) -> Response:
        user = signed_in(request)
        return self.answer(actions.undo_check_in(room_id=room_id, participant_id=pk, by=user))

    def answer(self, participant: Participant, status: int = 200) -> Response:
        return Response(ParticipantSerializer(participant, context={"member": True}).data, status=status)
