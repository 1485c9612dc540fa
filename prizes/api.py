"""/rooms/{id}/prizes and /rooms/{id}/winners."""

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from prizes import actions
from prizes.filters import WinnerFilter
from prizes.models import Prize, Winner
from prizes.serializers import AwardInput, PrizeInput, PrizeSerializer, WinnerSerializer
from rooms.api import InRoomViewSet, signed_in


class PrizeViewSet(InRoomViewSet):
    serializer_class = PrizeSerializer

    def get_queryset(self) -> Any:
        return Prize.objects.filter(room=self.room).with_winner_count().order_by("position", "id")

    def create(self, request: Request, room_id: str) -> Response:
        user = signed_in(request)
        form = PrizeInput(data=request.data)
        form.is_valid(raise_exception=True)
        prize = actions.create_prize(room_id=room_id, by=user, **form.validated_data)
        return Response(PrizeSerializer(prize).data, status=201)


class WinnerViewSet(InRoomViewSet):
    filterset_class = WinnerFilter
    serializer_class = WinnerSerializer

    def get_queryset(self) -> Any:
        return Winner.objects.filter(room=self.room).with_people().order_by("created_at", "id")

    def create(self, request: Request, room_id: str) -> Response:
        user = signed_in(request)
        form = AwardInput(data=request.data)
        form.is_valid(raise_exception=True)
        winner = actions.award_prize(room_id=room_id, by=user, **form.validated_data)
        return Response(WinnerSerializer(winner).data, status=201)
