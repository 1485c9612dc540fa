"""Serializer fields that every app's answers are made of."""

import json
import re
import unicodedata
from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from django.db import models
from rest_framework import serializers


def iso(moment: datetime) -> str:
    """ISO 8601 in UTC with milliseconds and `Z`."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def wire_name(name: str) -> str:
    """What the API and the log call the field `name`: is_public is isPublic. Every serializer keeps to it."""
    return re.sub(r"_([a-z])", lambda match: match[1].upper(), name)


class UTCDateTimeField(serializers.DateTimeField):
    def to_representation(self, value: Any) -> Any:
        return iso(value) if isinstance(value, datetime) else value


LONGEST_ECHO = 50  # longer than any choice
MOST_ECHOED = 10


class EnumField(serializers.ChoiceField):
    """Upper case in answers, any case in bodies."""

    def to_internal_value(self, data: Any) -> Any:
        # What is none of the choices is told back, but not at any length.
        return super().to_internal_value(data[:LONGEST_ECHO].upper() if isinstance(data, str) else data)


class ModelSerializer(serializers.ModelSerializer):
    serializer_field_mapping = {
        **serializers.ModelSerializer.serializer_field_mapping,
        models.DateTimeField: UTCDateTimeField,
    }
    serializer_choice_field = EnumField


# Line breaks and other control characters, and those that turn the direction of the text around them.
UNFIT_IN_NAMES = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


# Letters that show nothing, though they are no separators, controls or marks: Hangul fillers, the empty Braille cell.
SHOW_NOTHING = frozenset("\u115f\u1160\u3164\uffa0\u2800")


def is_invisible(text: str) -> bool:
    """Whether nobody would see anything of `text`."""
    return all(letter in SHOW_NOTHING or unicodedata.category(letter)[0] in "ZCM" for letter in text)


class NameField(serializers.CharField):
    """One line of text that shows as what it is, wherever it stands."""

    def to_internal_value(self, data: Any) -> str:
        value: str = super().to_internal_value(data)
        if UNFIT_IN_NAMES.search(value):
            raise serializers.ValidationError("Use letters, digits and signs in one line.")
        if value and is_invisible(value):
            raise serializers.ValidationError("Use at least one letter, digit or sign that can be seen.")
        return value


class MetadataField(serializers.DictField):
    """Free JSON of up to 16 KiB."""

    largest = 16 * 1024

    def to_internal_value(self, data: Any) -> Any:
        value = super().to_internal_value(data)
        if len(json.dumps(value, ensure_ascii=False).encode()) > self.largest:
            raise serializers.ValidationError(f"Use at most {self.largest} bytes of JSON.")
        return value


class Body(serializers.Serializer):
    """A request body. Keys beside known ones are ignored, for clients of another version; a body that holds nothing
    that is known would do nothing and look like success, so it is refused."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping) and data and not data.keys() & self.fields.keys():
            unknown = [str(key)[:LONGEST_ECHO] for key in islice(data, MOST_ECHOED)]
            raise serializers.ValidationError({key: ["There is no such field."] for key in unknown})
        return super().to_internal_value(data)
