"""What the API takes about rooms and the people in them."""

from functools import cache
from typing import Any
from zoneinfo import available_timezones

from rest_framework import serializers

from platform_site.db.ids import ID_LENGTH
from platform_site.rest.fields import Body, EnumField, MetadataField, NameField
from rooms.enums import ROLES_OF_A_ROOM, RUNNERS, EntryPolicy, RoomStatus
from rooms.models import MOST_REVEAL_SECONDS

MOST_ITEMS = 500  # of a batch


@cache
def time_zones() -> frozenset[str]:
    return frozenset(available_timezones())


class RoomInput(Body):
    example = {"name": "New Year Lottery", "appSettings": {"ticketCount": 100}}

    name = NameField(max_length=255)
    description = serializers.CharField(max_length=10_000, allow_blank=True, allow_null=True, required=False)
    appId = serializers.CharField(max_length=100, source="app_id")
    appSettings = serializers.DictField(required=False, source="app_settings")
    isPublic = serializers.BooleanField(required=False, source="is_public")
    entryPolicy = EnumField(choices=EntryPolicy.choices, required=False, source="entry_policy")
    joinLocked = serializers.BooleanField(required=False, source="join_locked")
    maxParticipants = serializers.IntegerField(
        min_value=1, max_value=1_000_000, allow_null=True, required=False, source="max_participants"
    )
    maskNames = serializers.BooleanField(required=False, source="mask_names")
    timeZone = serializers.CharField(max_length=64, required=False, source="time_zone")
    revealSeconds = serializers.IntegerField(
        min_value=0, max_value=MOST_REVEAL_SECONDS, required=False, source="reveal_seconds"
    )
    privacyNotice = serializers.CharField(
        max_length=10_000, allow_blank=True, allow_null=True, required=False, source="privacy_notice"
    )

    def validate_timeZone(self, name: str) -> str:
        if name not in time_zones():
            raise serializers.ValidationError("Use a name of the IANA time zone database, like Europe/Berlin.")
        return name

    def validate_privacyNotice(self, notice: str | None) -> str:
        return notice or ""

    def validate_description(self, description: str | None) -> str:
        return description or ""


class RoomChanges(RoomInput):
    example = {"appSettings": {"ticketCount": 200}, "status": "ACTIVE"}

    status = EnumField(choices=RoomStatus.choices, required=False)


class JoinInput(Body):
    """Joining oneself, or with `userId`, `email` or `name` letting in somebody else."""

    example = {"role": "PARTICIPANT"}

    role = EnumField(choices=ROLES_OF_A_ROOM, required=False)
    userId = serializers.CharField(max_length=ID_LENGTH, required=False, source="user_id")
    email = serializers.EmailField(max_length=254, required=False)
    name = NameField(max_length=255, required=False)
    metadata = MetadataField(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "email" in attrs and "user_id" in attrs:
            raise serializers.ValidationError({"email": "Give either userId or email."})
        if "name" in attrs and "user_id" in attrs:
            raise serializers.ValidationError({"name": "Give either userId or name."})
        is_offer = "user_id" in attrs and attrs.get("role") in RUNNERS
        if "metadata" in attrs and (("email" in attrs and "name" not in attrs) or is_offer):
            raise serializers.ValidationError({"metadata": "An invitation carries no metadata."})
        return attrs


class JoinItem(JoinInput):
    example = {"name": "Alice Johnson", "email": "alice@example.com"}


class JoinBatchInput(Body):
    items = serializers.ListField(child=JoinItem(), min_length=1, max_length=MOST_ITEMS)


class CodeInput(Body):
    example = {"code": "K7M2QXPA", "name": "Alice"}

    code = serializers.CharField(max_length=50)
    name = NameField(max_length=100, required=False)


class ClaimInput(Body):
    guestToken = serializers.CharField(max_length=2000, source="guest_token")


class ParticipantChanges(Body):
    example = {"role": "MODERATOR"}

    role = EnumField(choices=ROLES_OF_A_ROOM, required=False)
    metadata = MetadataField(required=False)


class RemovalInput(Body):
    example = {"reason": "Asked to be taken off the list."}

    reason = serializers.CharField(max_length=1000, allow_blank=True, required=False, default="")


class TransferInput(Body):
    example = {"participantId": "cm3x8k2p0000108l4h2j9f7qz"}

    participantId = serializers.CharField(max_length=ID_LENGTH, source="participant_id")
