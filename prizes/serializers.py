"""Prizes and winners as the API and the log show them."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from platform_site.rest.components import PERSON, TEXT, object_of
from platform_site.rest.fields import MetadataField, ModelSerializer, UTCDateTimeField
from prizes.models import MOST_PIECES, Prize, Winner
from rooms.serializers import person


class PrizeSerializer(ModelSerializer):
    """A prize read `with_winner_count`."""

    example = {"name": "Gift card", "quantity": 5, "quantityRemaining": 4, "winnerCount": 1}

    roomId = serializers.CharField(source="room_id")
    imageUrl = serializers.CharField(source="image_url")
    quantityRemaining = serializers.IntegerField(source="quantity_remaining")
    winnerCount = serializers.IntegerField(source="winner_count")
    createdAt = UTCDateTimeField(source="created_at")
    updatedAt = UTCDateTimeField(source="updated_at")
    deletedAt = UTCDateTimeField(source="deleted_at")

    class Meta:
        model = Prize
        fields = (
            "id",
            "roomId",
            "name",
            "description",
            "imageUrl",
            "quantity",
            "quantityRemaining",
            "winnerCount",
            "metadata",
            "createdAt",
            "updatedAt",
            "deletedAt",
        )


class PrizeInput(serializers.Serializer):
    example = {"name": "Gift card", "quantity": 5}

    name = serializers.CharField(max_length=255)
    description = serializers.CharField(max_length=10_000, allow_blank=True, required=False)
    imageUrl = serializers.URLField(max_length=2000, allow_blank=True, required=False, source="image_url")
    quantity = serializers.IntegerField(min_value=1, max_value=MOST_PIECES, default=1)
    metadata = MetadataField(required=False)


class WinnerSerializer(ModelSerializer):
    """A winner read `with_people`. A win outlives its participant and still shows them."""

    roomId = serializers.CharField(source="room_id")
    participantId = serializers.CharField(source="participant_id")
    prizeId = serializers.CharField(source="prize_id")
    drawId = serializers.CharField(source="draw_id")
    createdAt = UTCDateTimeField(source="created_at")
    deletedAt = UTCDateTimeField(source="deleted_at")
    participant = serializers.SerializerMethodField()
    prize = serializers.SerializerMethodField()

    class Meta:
        model = Winner
        fields = (
            "id",
            "roomId",
            "participantId",
            "prizeId",
            "state",
            "method",
            "metadata",
            "drawId",
            "createdAt",
            "deletedAt",
            "participant",
            "prize",
        )

    @extend_schema_field(object_of(id=TEXT, userId=TEXT, role=TEXT, user=PERSON))
    def get_participant(self, winner: Winner) -> dict[str, Any]:
        participant = winner.participant
        return {
            "id": participant.pk,
            "userId": participant.user_id,
            "role": participant.role,
            "user": person(participant.user),
        }

    @extend_schema_field(object_of(id=TEXT, name=TEXT, description=TEXT, imageUrl=TEXT))
    def get_prize(self, winner: Winner) -> dict[str, Any]:
        prize = winner.prize
        return {
            "id": prize.pk,
            "name": prize.name,
            "description": prize.description,
            "imageUrl": prize.image_url,
        }


class AwardInput(serializers.Serializer):
    participantId = serializers.CharField(max_length=25, source="participant_id")
    prizeId = serializers.CharField(max_length=25, source="prize_id")
    metadata = MetadataField(required=False)
