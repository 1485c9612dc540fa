"""Prizes, winners and draws as the API and the log show them."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.models import User
from accounts.shapes import person
from platform_site.rest.components import TEXT, TEXT_OR_NULL, WHOLE, object_of
from platform_site.rest.fields import ModelSerializer, UTCDateTimeField
from prizes import fair_draw
from prizes.models import Draw, Prize, Screen, Winner
from prizes.show import ScreenMode
from rooms.querysets import user_id_of
from rooms.shapes import ParticipantSerializer


class PrizeSerializer(ModelSerializer):
    """A prize read `with_winner_count`."""

    example = {"name": "Gift card", "quantity": 5, "quantityRemaining": 4, "winnerCount": 1, "position": 1}

    roomId = serializers.CharField(source="room_id")
    description = serializers.SerializerMethodField()
    imageUrl = serializers.SerializerMethodField()
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
            "position",
            "metadata",
            "createdAt",
            "updatedAt",
            "deletedAt",
        )

    def get_description(self, prize: Prize) -> str | None:
        return prize.description or None

    def get_imageUrl(self, prize: Prize) -> str | None:
        return prize.image_url or None


class WinnerSerializer(ModelSerializer):
    """A winner read `with_people`. A win outlives its participant and still shows them.

    `claimCode` is for the winner (`context["user"]`) and, where `context["runs"]` is true, for those who run the room;
    to all others, and in events, it is null. The participant's metadata is there where `context["member"]` is true.
    """

    roomId = serializers.CharField(source="room_id")
    participantId = serializers.CharField(source="participant_id")
    prizeId = serializers.CharField(source="prize_id")
    drawId = serializers.CharField(source="draw_id")
    revealAt = UTCDateTimeField(source="reveal_at", allow_null=True)
    fulfilledAt = UTCDateTimeField(source="fulfilled_at", allow_null=True)
    fulfilledBy = serializers.SerializerMethodField()
    claimCode = serializers.SerializerMethodField()
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
            "revealAt",
            "fulfilledAt",
            "fulfilledBy",
            "claimCode",
            "createdAt",
            "deletedAt",
            "participant",
            "prize",
        )

    @extend_schema_field({"oneOf": [object_of(id=TEXT, name=TEXT), {"type": "null"}]})
    def get_fulfilledBy(self, winner: Winner) -> dict[str, Any] | None:
        return named_person(winner.fulfilled_by)

    @extend_schema_field({"type": ["string", "null"]})
    def get_claimCode(self, winner: Winner) -> str | None:
        own = user_id_of(self.context.get("user"))
        is_winner = bool(own) and own == winner.participant.user_id
        return winner.claim_code if is_winner or self.context.get("runs") else None

    @extend_schema_field(ParticipantSerializer)
    def get_participant(self, winner: Winner) -> dict[str, Any]:
        return ParticipantSerializer(winner.participant, context={"member": self.context.get("member")}).data

    @extend_schema_field(object_of(id=TEXT, name=TEXT, description=TEXT_OR_NULL, imageUrl=TEXT_OR_NULL))
    def get_prize(self, winner: Winner) -> dict[str, Any]:
        prize = winner.prize
        return {
            "id": prize.pk,
            "name": prize.name,
            "description": prize.description or None,
            "imageUrl": prize.image_url or None,
        }


ELIGIBILITY = object_of(
    roles={"type": "array", "items": TEXT},
    registeredOnly={"type": "boolean"},
    checkedInOnly={"type": "boolean"},
    excludeWinners={"type": "boolean"},
    weightField=TEXT,
    excludedCount=WHOLE,
)
ELIGIBILITY["properties"]["excludeParticipantIds"] = {"type": "array", "items": TEXT}


class DrawSerializer(ModelSerializer):
    """A draw read `with_lines`; `drawId` repeats `id` under the name it has in the record. `seed` is null before the
    end. Whom the organizer left out is named only where `context["organizer"]` is true."""

    drawId = serializers.CharField(source="id")
    roomId = serializers.CharField(source="room_id")
    replaces = serializers.CharField(source="replaces_id")
    eligibility = serializers.SerializerMethodField()
    prizes = serializers.SerializerMethodField()
    entryCount = serializers.IntegerField(source="entry_count")
    totalWeight = serializers.IntegerField(source="total_weight")
    entriesRoot = serializers.CharField(source="entries_root")
    rulesHash = serializers.CharField(source="rules_hash")
    shortFingerprint = serializers.SerializerMethodField()
    entropyPlan = serializers.CharField(source="entropy_plan")
    withdrawnCount = serializers.IntegerField(source="withdrawn_count")
    winnerCount = serializers.IntegerField(source="winner_count")
    fallbackReason = serializers.CharField(source="fallback_reason")
    cancellationReason = serializers.CharField(source="cancellation_reason")
    committedAt = UTCDateTimeField(source="committed_at")
    runAt = UTCDateTimeField(source="run_at")
    revealAt = UTCDateTimeField(source="reveal_at", allow_null=True)
    revealedAt = UTCDateTimeField(source="revealed_at", allow_null=True)
    cancelledAt = UTCDateTimeField(source="cancelled_at")

    class Meta:
        model = Draw
        fields = (
            "id",
            "drawId",
            "roomId",
            "seq",
            "status",
            "mode",
            "rehearsal",
            "replaces",
            "prizes",
            "distinct",
            "eligibility",
            "entryCount",
            "totalWeight",
            "entriesRoot",
            "rulesHash",
            "commitment",
            "fingerprint",
            "shortFingerprint",
            "entropyPlan",
            "entropy",
            "seed",
            "strength",
            "withdrawnCount",
            "winnerCount",
            "fallbackReason",
            "cancellationReason",
            "committedAt",
            "runAt",
            "revealAt",
            "revealedAt",
            "cancelledAt",
        )

    @extend_schema_field(ELIGIBILITY)
    def get_eligibility(self, draw: Draw) -> dict[str, Any]:
        shown = dict(draw.eligibility)
        excluded = shown.pop("excludeParticipantIds", [])
        shown["excludedCount"] = len(excluded)
        return shown | {"excludeParticipantIds": excluded} if self.context.get("organizer") else shown

    @extend_schema_field({"type": "array", "items": object_of(prizeId=TEXT, name=TEXT, count=WHOLE)})
    def get_prizes(self, draw: Draw) -> list[dict[str, Any]]:
        return lines_of(draw)

    def get_shortFingerprint(self, draw: Draw) -> str:
        return fair_draw.short_fingerprint(draw.fingerprint)


class DrawDetailSerializer(DrawSerializer):
    """With `winners` [{prizeId, participantId, rank}], null before the run."""

    winners = serializers.SerializerMethodField()

    class Meta(DrawSerializer.Meta):
        fields: tuple[str, ...] = (*DrawSerializer.Meta.fields, "winners")  # type: ignore[assignment]

    @extend_schema_field({"type": ["array", "null"], "items": object_of(prizeId=TEXT, participantId=TEXT, rank=WHOLE)})
    def get_winners(self, draw: Draw) -> list[dict[str, Any]] | None:
        winners: list[dict[str, Any]] | None = draw.outcome
        return winners


def named_person(user: User | None) -> dict[str, Any] | None:
    """{id, name} of whoever did something; None where the platform did it itself."""
    return {key: value for key, value in person(user).items() if key != "avatar"} if user is not None else None


SCREEN_SHAPE = object_of(
    roomId=TEXT,
    mode={"type": "string", "enum": ScreenMode.values},
    drawId={"type": ["string", "null"]},
    prizeId={"type": ["string", "null"]},
    message={"type": ["string", "null"]},
    hideNames={"type": "boolean"},
    rehearsal={"type": "boolean"},
    revision=WHOLE,
    connected={"type": ["boolean", "null"]},
)


def screen_shape(screen: Screen, *, rehearsed: bool = False) -> dict[str, Any]:
    """What the big screen shows; to whom `rehearsed` is true what is rehearsed on it, where something is."""
    state = {
        "mode": str(screen.mode),
        "drawId": screen.draw_id,
        "prizeId": screen.prize_id,
        "message": screen.message or None,
        "hideNames": screen.hide_names,
    }
    is_rehearsal = rehearsed and screen.rehearsed is not None
    shown: dict[str, Any] = screen.rehearsed if is_rehearsal else state  # type: ignore[assignment]
    return {**shown, "rehearsal": is_rehearsal, "revision": screen.revision}


def lines_of(draw: Draw) -> list[dict[str, Any]]:
    """The prizes of a draw read `with_lines`: [{prizeId, name, count}] in their order."""
    return [{"prizeId": line.prize_id, "name": line.name, "count": line.count} for line in draw.lines]
