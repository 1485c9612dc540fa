"""What the API takes about prizes, wins and draws."""

from typing import Any

from django.core.exceptions import ValidationError as DjangoValidationError
from django.core.validators import URLValidator
from rest_framework import serializers

from platform_site.rest.components import SAMPLE_ID
from platform_site.rest.fields import Body, EnumField, MetadataField, NameField
from prizes.models import MOST_PIECES
from prizes.pictures import is_address
from rooms.enums import ParticipantRole


class ImageAddressField(serializers.CharField):
    """An http address, or that of a picture that was sent to this host."""

    def to_internal_value(self, data: Any) -> str:
        text: str = super().to_internal_value(data)
        if not is_address(text):
            try:
                URLValidator(schemes=["http", "https"])(text)
            except DjangoValidationError:
                message = "Use an address that begins with http, or that of a picture that was sent here."
                raise serializers.ValidationError(message) from None
        return text


class PrizeText(Body):
    """Null is what an empty text or object is told as, so it may be said back."""

    description = serializers.CharField(max_length=10_000, allow_blank=True, allow_null=True, required=False)
    imageUrl = ImageAddressField(max_length=2000, allow_blank=True, allow_null=True, required=False, source="image_url")
    metadata = MetadataField(required=False, allow_null=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        empty: dict[str, Any] = {"description": "", "image_url": "", "metadata": {}}
        return attrs | {name: value for name, value in empty.items() if name in attrs and attrs[name] is None}


class PrizeInput(PrizeText):
    example = {"name": "Gift card", "quantity": 5}

    name = NameField(max_length=255)
    quantity = serializers.IntegerField(min_value=1, max_value=MOST_PIECES, default=1)
    position = serializers.IntegerField(
        min_value=0,
        max_value=MOST_PIECES,
        required=False,
        help_text="Prizes are listed by this number, the lowest first.",
    )


class AwardInput(Body):
    participantId = serializers.CharField(max_length=25, source="participant_id")
    prizeId = serializers.CharField(max_length=25, source="prize_id")
    metadata = MetadataField(required=False)


class PrizeChanges(PrizeText):
    name = NameField(max_length=255, required=False)
    quantity = serializers.IntegerField(min_value=1, max_value=MOST_PIECES, required=False)
    position = serializers.IntegerField(
        min_value=0,
        max_value=MOST_PIECES,
        required=False,
        help_text="Prizes are listed by this number, the lowest first.",
    )


class RevocationInput(Body):
    reason = serializers.CharField(max_length=1000, allow_blank=True, default="")


class UnfulfilInput(Body):
    example = {"reason": "Given to the wrong person."}

    reason = serializers.CharField(max_length=1000)


class EligibilityInput(Body):
    example = {"roles": ["PARTICIPANT"], "registeredOnly": False, "excludeParticipantIds": [], "weightField": ""}

    roles = serializers.ListField(
        child=EnumField(choices=[role for role in ParticipantRole.choices if role[0] != ParticipantRole.ADMIN]),
        allow_empty=False,
        required=False,
        help_text="Who enters, by role. Default: PARTICIPANT.",
    )
    registeredOnly = serializers.BooleanField(
        required=False, source="registered_only", help_text="True leaves out guests."
    )
    checkedInOnly = serializers.BooleanField(
        required=False,
        source="checked_in_only",
        help_text="True leaves out people who were not checked in at the door.",
    )
    excludeWinners = serializers.BooleanField(
        required=False,
        source="exclude_winners",
        help_text="True (default) leaves out everybody who holds a live win in this room; false only those who hold "
        "one of the drawn prizes.",
    )
    excludeParticipantIds = serializers.ListField(
        child=serializers.CharField(max_length=25),
        required=False,
        source="exclude_participant_ids",
        help_text="People who are left out. Outsiders see how many there are, not who.",
    )
    weightField = serializers.CharField(
        max_length=100,
        allow_blank=True,
        required=False,
        source="weight_field",
        help_text="The field of participants' metadata that says how many times they count: a whole number from 1 to "
        "1,000,000; without the field 1. Anything else is 422, with `details.participantIds`.",
    )


class DrawLineInput(Body):
    prizeId = serializers.CharField(max_length=25)
    count = serializers.IntegerField(
        min_value=1, max_value=MOST_PIECES, required=False, help_text="How many pieces; without it all that are free."
    )


class DrawInput(Body):
    """`prizeId`, `prizeIds` or `prizes`, one of them; without a count every piece that is free. A replacement needs
    none of them."""

    whole_example = {
        "prizes": [{"prizeId": SAMPLE_ID, "count": 1}],
        "eligibility": {"roles": ["PARTICIPANT"], "registeredOnly": False},
        "distinct": True,
        "entropyPlan": "Ten dice rolled on stage",
        "rehearsal": False,
    }

    prizeId = serializers.CharField(max_length=25, required=False, help_text="One prize, all free pieces of it.")
    prizeIds = serializers.ListField(
        child=serializers.CharField(max_length=25),
        allow_empty=False,
        required=False,
        help_text="Several prizes in the order in which they are drawn, all free pieces of each.",
    )
    prizes = DrawLineInput(
        many=True, allow_empty=False, required=False, help_text="Prizes with counts, in the order of the draw."
    )
    eligibility = EligibilityInput(required=False)
    distinct = serializers.BooleanField(
        required=False, help_text="True (default): nobody wins twice in this draw. False: nobody wins one prize twice."
    )
    entropyPlan = serializers.CharField(
        max_length=1000,
        allow_blank=True,
        default="",
        source="entropy_plan",
        trim_whitespace=False,
        help_text="Where the public value of the run will come from. With a plan the run needs `entropy`.",
    )
    rehearsal = serializers.BooleanField(default=False, help_text="A rehearsal awards and reserves nothing.")
    replaces = serializers.CharField(
        max_length=25, required=False, allow_null=True, help_text="The revoked win that this draw replaces."
    )

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
    example = {"entropy": "6 1 3 3 2 5 6 1 4 2"}

    entropy = serializers.CharField(
        max_length=10_000,
        allow_blank=True,
        default="",
        trim_whitespace=False,
        help_text="The public value that was planned at the commit; empty where none was.",
    )


class CancelInput(Body):
    example = {"reason": "The wrong prize."}

    reason = serializers.CharField(max_length=1000, allow_blank=True, default="")
