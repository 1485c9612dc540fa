"""People and their devices as the API shows them."""

from typing import Any

from rest_framework import serializers

from accounts.models import DELETED_USER_NAME, Session, User
from accounts.names import masked_name
from platform_site.hooks import NAME_MASKED
from platform_site.rest.fields import ModelSerializer, UTCDateTimeField


def person(user: User) -> dict[str, Any]:
    """{id, name, avatar}: what everybody may see of somebody. An erased or deleted user is shown as such."""
    if user.deleted_at is not None:
        return {"id": user.pk, "name": DELETED_USER_NAME, "avatar": None}
    return {"id": user.pk, "name": user.name, "avatar": user.avatar}


def name_of(user: User | None) -> str:
    """The name on screens (None: what the platform did), and never the e-mail, which is none of an organiser's
    business."""
    if user is None:
        return "The platform"
    name: str = person(user)["name"] or "No name"
    if not user.is_guest or user.deleted_at is not None:
        return name
    return f"{name} (from a list)" if user.is_placeholder else f"{name} (guest)"


class PersonSerializer(ModelSerializer):
    """A person, as `person` shows them: this describes it for the API."""

    example = {"name": "Alice Johnson"}

    class Meta:
        model = User
        fields = ("id", "name", "avatar")

    def to_representation(self, user: User) -> dict[str, Any]:
        return person(user)


class OwnUserSerializer(ModelSerializer):
    """What people see of themselves. Guests have no e-mail."""

    example = {"name": "Alice Johnson"}

    createdAt = UTCDateTimeField(source="created_at")
    updatedAt = UTCDateTimeField(source="updated_at")

    class Meta:
        model = User
        fields = ("id", "email", "name", "avatar", "createdAt", "updatedAt")


class TokensSerializer(serializers.Serializer):
    accessToken = serializers.CharField(source="access")
    refreshToken = serializers.CharField(source="refresh")
    expiresIn = serializers.IntegerField(source="expires_in", help_text="Seconds that the access token lives.")
    user = OwnUserSerializer()


class SessionSerializer(ModelSerializer):
    """A signed-in device. Its id stays while its refresh tokens change; `current` is the one that asks."""

    example = {"deviceInfo": "Mozilla/5.0 (Linux; Android 15) Chrome/131.0", "ipAddress": "192.0.2.17"}

    id = serializers.CharField(source="family")
    deviceInfo = serializers.CharField(source="device_info")
    ipAddress = serializers.CharField(source="ip_address")
    createdAt = UTCDateTimeField(source="signed_in_at")
    lastUsedAt = UTCDateTimeField(source="seen_at")
    expiresAt = UTCDateTimeField(source="expires_at")
    current = serializers.SerializerMethodField()

    class Meta:
        model = Session
        fields = ("id", "deviceInfo", "ipAddress", "createdAt", "lastUsedAt", "expiresAt", "current")

    def get_current(self, session: Session) -> bool:
        return session.family == self.context["family"]


class GoogleAddressSerializer(serializers.Serializer):
    example = {"url": "https://events.example.com/api/v1/auth/google?redirect_url=https%3A%2F%2Fapp.example.com%2F"}

    url = serializers.CharField()


def as_profile(user: User, viewer: Any) -> dict[str, Any]:
    """`user` as `viewer` may see them: themselves with e-mail, others without, and with a masked name where a room
    keeps it from them."""
    if user.pk == viewer.pk:
        return OwnUserSerializer(user).data
    shown = PersonSerializer(user).data
    return shown | {"name": masked_name(user.name)} if any(NAME_MASKED(person=user, viewer=viewer)) else shown
