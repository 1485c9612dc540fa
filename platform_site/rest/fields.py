"""Serializer fields that every app's answers are made of."""

import json
from datetime import UTC, datetime
from typing import Any

from django.db import models
from rest_framework import serializers


def iso(moment: datetime) -> str:
    """ISO 8601 in UTC with milliseconds and `Z`."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class UTCDateTimeField(serializers.DateTimeField):
    def to_representation(self, value: Any) -> Any:
        return iso(value) if isinstance(value, datetime) else value


class EnumField(serializers.ChoiceField):
    """Upper case in answers, any case in bodies."""

    def to_internal_value(self, data: Any) -> Any:
        return super().to_internal_value(data.upper() if isinstance(data, str) else data)


class ModelSerializer(serializers.ModelSerializer):
    serializer_field_mapping = {
        **serializers.ModelSerializer.serializer_field_mapping,
        models.DateTimeField: UTCDateTimeField,
    }
    serializer_choice_field = EnumField


class MetadataField(serializers.DictField):
    """Free JSON of up to 16 KiB."""

    largest = 16 * 1024

    def to_internal_value(self, data: Any) -> Any:
        value = super().to_internal_value(data)
        if len(json.dumps(value, ensure_ascii=False).encode()) > self.largest:
            raise serializers.ValidationError(f"Use at most {self.largest} bytes of JSON.")
        return value
