"""How metadata change. Apart from the fields, which the settings load before there is a REST framework to raise in."""

from typing import Any

from rest_framework import serializers

from platform_site.rest.exceptions import InvalidInput
from platform_site.rest.fields import MetadataField


def merged_metadata(old: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """`changes` over `old` at the top level, without the keys that are None. Raises InvalidInput where that is too
    large to be kept."""
    merged = {name: value for name, value in (old | changes).items() if value is not None}
    try:
        MetadataField().run_validation(merged)
    except serializers.ValidationError as refusal:
        raise InvalidInput({"metadata": [str(text) for text in refusal.detail]}) from None
    return merged
