"""/invitations: the places that are offered to the caller."""

from typing import Any

from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from platform_site.rest.openapi import Operation, operation
from platform_site.rest.viewsets import APIViewSet
from rooms import actions
from rooms.api import signed_in
from rooms.errors import InvitationAnswered, Removed, RoomClosed, RoomFull
from rooms.models import Invitation
from rooms.shapes import OwnInvitationSerializer, ParticipantSerializer


class InvitationViewSet(APIViewSet):
    """Places in rooms that are offered to the caller: to their account, or to their verified e-mail address.

    Signing in takes a place as PARTICIPANT or VIEWER by itself. Nobody runs a room without saying so: the roles
    ORGANIZER and MODERATOR are taken by accepting them here."""

    tag = "Invitations"
    operations = {"list": Operation("List my invitations", access="required")}
    serializer_class = OwnInvitationSerializer
    sort_fields = {"createdAt": "created_at"}

    def get_queryset(self) -> Any:
        offered = Invitation.objects.open().takeable().addressed_to(self.request.user)
        return offered.select_related("room", "invited_by").order_by("-created_at", "id")

    def list(self, request: Request) -> Response:
        """Those that are open, to rooms that are not over. The newest comes first."""
        signed_in(request)
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    @operation(
        "Accept an invitation",
        answer=ParticipantSerializer,
        errors=(InvitationAnswered, Removed, RoomClosed, RoomFull),
        access="required",
    )
    @action(detail=True, methods=["post"])
    def accept(self, request: Request, pk: str) -> Response:
        """The caller is in the room, with the role that was offered. Again changes nothing."""
        participant = actions.accept_invitation(invitation_id=pk, by=signed_in(request))
        return Response(ParticipantSerializer(participant, context={"member": True}).data)

    @operation("Decline an invitation", errors=(InvitationAnswered,), access="required")
    @action(detail=True, methods=["post"])
    def decline(self, request: Request, pk: str) -> Response:
        """The place is not taken, by signing in neither. Whoever runs the room may invite again. Again changes
        nothing."""
        actions.decline_invitation(invitation_id=pk, by=signed_in(request))
        return Response({"success": True})
