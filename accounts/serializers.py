"""People as the API shows them."""

from rest_framework import serializers

from accounts.models import User
from platform_site.rest.fields import ModelSerializer, UTCDateTimeField


class PersonSerializer(ModelSerializer):
    """What everybody may see of somebody."""

    example = {"name": "Alice Johnson"}

    class Meta:
        model = User
        fields = ("id", "name", "avatar")


class OwnUserSerializer(ModelSerializer):
    """What people see of themselves."""

    createdAt = UTCDateTimeField(source="created_at")
    updatedAt = UTCDateTimeField(source="updated_at")

    class Meta:
        model = User
        fields = ("id", "email", "name", "avatar", "createdAt", "updatedAt")


class LoginSerializer(serializers.Serializer):
    email = serializers.CharField(max_length=254)
    password = serializers.CharField(max_length=1000, trim_whitespace=False)


class TokensSerializer(serializers.Serializer):
    accessToken = serializers.CharField(source="access")
    refreshToken = serializers.CharField(source="refresh")
    expiresIn = serializers.IntegerField(source="expires_in", help_text="Seconds.")
    user = OwnUserSerializer()
