"""People and their devices as the API shows them, and what it takes."""

import base64
import binascii
import re
from typing import Any
from urllib.parse import urlsplit

from rest_framework import serializers

from accounts.models import Session, User
from platform_site.rest.fields import ModelSerializer, NameField, UTCDateTimeField

LONGEST_ADDRESS = 2000
LARGEST_PICTURE = 64 * 1024  # characters of a data: URI
PICTURE = re.compile(r"data:image/(?:png|jpeg|gif|webp);base64,(?P<data>[A-Za-z0-9+/]+=*)")


def is_avatar(value: str) -> bool:
    """Whether `value` is an https address, or a small picture (none that can hold scripts) in a data: URI."""
    if picture := PICTURE.fullmatch(value):
        try:
            base64.b64decode(picture["data"], validate=True)
        except binascii.Error:
            return False
        return len(value) <= LARGEST_PICTURE
    if len(value) > LONGEST_ADDRESS or not value.isprintable() or re.search(r'[\s"<>\\]', value):
        return False
    try:
        parts = urlsplit(value)
    except ValueError:
        return False
    return parts.scheme == "https" and bool(parts.hostname) and "@" not in parts.netloc


class PersonSerializer(ModelSerializer):
    """What everybody may see of somebody."""

    example = {"name": "Alice Johnson"}

    class Meta:
        model = User
        fields = ("id", "name", "avatar")


class OwnUserSerializer(ModelSerializer):
    """What people see of themselves. Guests have no e-mail."""

    example = {"name": "Alice Johnson"}

    createdAt = UTCDateTimeField(source="created_at")
    updatedAt = UTCDateTimeField(source="updated_at")

    class Meta:
        model = User
        fields = ("id", "email", "name", "avatar", "createdAt", "updatedAt")


class ProfileInput(serializers.Serializer):
    example = {"name": "Alice J."}

    name = NameField(max_length=255, required=False)
    avatar = serializers.CharField(max_length=LARGEST_PICTURE, required=False, allow_null=True)

    def validate_avatar(self, value: str | None) -> str | None:
        if value is not None and not is_avatar(value):
            raise serializers.ValidationError(
                "Use an https address, or a PNG, JPEG, GIF or WebP picture of up to 48 KiB as a data: URI."
            )
        return value


class LoginInput(serializers.Serializer):
    email = serializers.CharField(max_length=254)
    password = serializers.CharField(max_length=1000, trim_whitespace=False)


class RefreshInput(serializers.Serializer):
    example = {"refreshToken": "pVx0u3Yb6m1qJ8sKfW2nR5tC7dE9gH4apVx0u3Yb6m1qJ8sKfW2nR5tC7dE9gH4a"}

    refreshToken = serializers.CharField(max_length=200, source="refresh_token")


class ExchangeInput(serializers.Serializer):
    example = {"code": "0Jk3vYt8sQ1wLzB6nXc9mRfD2hGaPeU4iOy7TbKqVxWjZrSlMuNdCgHfEoIpAy5t"}

    code = serializers.CharField(max_length=200)


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
    """`user` as `viewer` may see them: themselves with e-mail, others without."""
    return (OwnUserSerializer if user.pk == viewer.pk else PersonSerializer)(user).data
