"""What the API takes: sign-ins, profiles."""

import base64
import binascii
import re
from urllib.parse import urlsplit

from rest_framework import serializers

from platform_site.rest.fields import Body, NameField

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


class ProfileInput(Body):
    example = {"name": "Alice J."}

    name = NameField(max_length=255, required=False)
    avatar = serializers.CharField(max_length=LARGEST_PICTURE, required=False, allow_null=True)

    def validate_avatar(self, value: str | None) -> str | None:
        if value is not None and not is_avatar(value):
            raise serializers.ValidationError(
                "Use an https address, or a PNG, JPEG, GIF or WebP picture of up to 48 KiB as a data: URI."
            )
        return value


class LoginInput(Body):
    email = serializers.CharField(max_length=254)
    password = serializers.CharField(max_length=1000, trim_whitespace=False)


class RefreshInput(Body):
    example = {"refreshToken": "pVx0u3Yb6m1qJ8sKfW2nR5tC7dE9gH4apVx0u3Yb6m1qJ8sKfW2nR5tC7dE9gH4a"}

    refreshToken = serializers.CharField(max_length=200, source="refresh_token")


class ExchangeInput(Body):
    example = {"code": "0Jk3vYt8sQ1wLzB6nXc9mRfD2hGaPeU4iOy7TbKqVxWjZrSlMuNdCgHfEoIpAy5t"}

    code = serializers.CharField(max_length=200)
