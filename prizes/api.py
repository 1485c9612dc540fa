"""/rooms/{id}/prizes and /rooms/{id}/winners."""

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from platform_site.rest.exceptions import Forbidden
from platform_site.rest.idempotency import idempotent
from platform_site.rest.openapi import Operation, operation
from prizes import actions
from prizes.errors import AlreadyWon, PrizeExhausted
from prizes.filters import WinnerFilter
from prizes.models import Prize, Winner
from prizes.serializers import AwardInput, PrizeInput, PrizeSerializer, WinnerSerializer
from rooms.api import InRoomViewSet, signed_in
from rooms.errors import RoomClosed, RoomNotActive


class PrizeViewSet(InRoomViewSet):
    """The fund of a room: what can be won, and how many pieces are left."""

    tag = "Prizes"
    operations = {"list": Operation("List the prizes of a room")}
    sort_fields = {"createdAt": "created_at", "name": "name", "quantity": "quantity", "position": "position"}
    serializer_class = PrizeSerializer

    def get_queryset(self) -> Any:
        return Prize.objects.filter(room=self.room).with_winner_count().order_by("position", "id")

    @operation("Add a prize", body=PrizeInput, answer=PrizeSerializer, status=201, errors=(Forbidden, RoomClosed))
    @idempotent
    def create(self, request: Request, room_id: str) -> Response:
        user = signed_in(request)
        form = PrizeInput(data=request.data)
        form.is_valid(raise_exception=True)
        prize = actions.create_prize(room_id=room_id, by=user, **form.validated_data)
        return Response(PrizeSerializer(prize).data, status=201)


class WinnerViewSet(InRoomViewSet):
    """Who won what, and how they were chosen."""

    tag = "Winners"
    operations = {"list": Operation("List the winners of a room")}
    sort_fields = {"createdAt": "created_at", "state": "state"}
    filterset_class = WinnerFilter
    serializer_class = WinnerSerializer

    def get_queryset(self) -> Any:
        return Winner.objects.filter(room=self.room).with_people().order_by("created_at", "id")

    @operation(
        "Award a prize by hand",
        body=AwardInput,
        answer=WinnerSerializer,
        status=201,
        errors=(Forbidden, RoomNotActive, RoomClosed, PrizeExhausted, AlreadyWon),
    )
    @idempotent
    def create(self, request: Request, room_id: str) -> Response:
        user = signed_in(request)
        form = AwardInput(data=request.data)
        form.is_valid(raise_exception=True)
        winner = actions.award_prize(room_id=room_id, by=user, **form.validated_data)
        return Response(WinnerSerializer(winner).data, status=201)
