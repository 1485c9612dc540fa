"""What the API takes about prizes, wins and draws."""

from typing import Any

from rest_framework import serializers

from platform_site.rest.fields import Body, EnumField, MetadataField, NameField
from prizes.models import MOST_PIECES
from rooms.enums import ParticipantRole


class PrizeInput(Body):
    example = {"name": "Gift card", "quantity": 5}

    name = NameField(max_length=255)
    description = serializers.CharField(max_length=10_000, allow_blank=True, required=False)
    imageUrl = serializers.URLField(max_length=2000, allow_blank=True, required=False, source="image_url")
    quantity = serializers.IntegerField(min_value=1, max_value=MOST_PIECES, default=1)
    metadata = MetadataField(required=False)


class AwardInput(Body):
    participantId = serializers.CharField(max_length=25, source="participant_id")
    prizeId = serializers.CharField(max_length=25, source="prize_id")
    metadata = MetadataField(required=False)


class PrizeChanges(Body):
    name = NameField(max_length=255, required=False)
    description = serializers.CharField(max_length=10_000, allow_blank=True, required=False)
    imageUrl = serializers.URLField(max_length=2000, allow_blank=True, required=False, source="image_url")
    quantity = serializers.IntegerField(min_value=1, max_value=MOST_PIECES, required=False)
    metadata = MetadataField(required=False)
    position = serializers.IntegerField(min_value=0, max_value=MOST_PIECES, required=False)


class RevocationInput(Body):
    reason = serializers.CharField(max_length=1000, allow_blank=True, default="")


class EligibilityInput(Body):
    roles = serializers.ListField(
        child=EnumField(choices=[role for role in ParticipantRole.choices if role[0] != ParticipantRole.ADMIN]),
        allow_empty=False,
        required=False,
    )
    registeredOnly = serializers.BooleanField(required=False, source="registered_only")
    checkedInOnly = serializers.BooleanField(required=False, source="checked_in_only")
    excludeWinners = serializers.BooleanField(required=False, source="exclude_winners")
    excludeParticipantIds = serializers.ListField(
        child=serializers.CharField(max_length=25), required=False, source="exclude_participant_ids"
    )
    weightField = serializers.CharField(max_length=100, allow_blank=True, required=False, source="weight_field")


class DrawLineInput(Body):
    prizeId = serializers.CharField(max_length=25)
    count = serializers.IntegerField(min_value=1, max_value=MOST_PIECES, required=False)


class DrawInput(Body):
    """`prizeId`, `prizeIds` or `prizes`; without a count every piece that is free. A replacement needs none of them."""

    prizeId = serializers.CharField(max_length=25, required=False)
    prizeIds = serializers.ListField(child=serializers.CharField(max_length=25), allow_empty=False, required=False)
    prizes = DrawLineInput(many=True, allow_empty=False, required=False)
    eligibility = EligibilityInput(required=False)
    distinct = serializers.BooleanField(required=False)
    entropyPlan = serializers.CharField(
        max_length=1000, allow_blank=True, default="", source="entropy_plan", trim_whitespace=False
    )
    rehearsal = serializers.BooleanField(default=False)
    replaces = serializers.CharField(max_length=25, required=False, allow_null=True)

    def validate(self, given: dict[str, Any]) -> dict[str, Any]:
        """As `commit_draw` takes it: `prizes` is a list of (prize id, count or None)."""
        lists = [name for name in ("prizeId", "prizeIds", "prizes") if name in given]
        if len(lists) > 1:
            raise serializers.ValidationError({lists[1]: ["Use one of prizeId, prizeIds and prizes."]})
        if not lists and not given.get("replaces"):
            raise serializers.ValidationError({"prizes": ["Which prizes are drawn? Use prizeId, prizeIds or prizes."]})
        ids = [given.pop("prizeId")] if "prizeId" in given else given.pop("prizeIds", [])
        lines = given.pop("prizes", None) or [{"prizeId": prize_id} for prize_id in ids]
        return given | {"prizes": [(line["prizeId"], line.get("count")) for line in lines]}


class RunInput(Body):
    entropy = serializers.CharField(max_length=10_000, allow_blank=True, default="", trim_whitespace=False)


class CancelInput(Body):
    reason = serializers.CharField(max_length=1000, allow_blank=True, default="")
