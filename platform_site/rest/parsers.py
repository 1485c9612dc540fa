"""JSON bodies within bounds: size before parsing, then depth, and no text that a database cannot store."""

import json
from typing import Any

from django.conf import settings
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser

from platform_site.rest.exceptions import PayloadTooLarge

DEEPEST = 32


class BoundedJSONParser(BaseParser):
    media_type = "application/json"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        body = stream.read(settings.MOST_BODY_BYTES + 1)
        if len(body) > settings.MOST_BODY_BYTES:
            raise PayloadTooLarge
        try:
            return checked(json.loads(body, parse_constant=refuse_constant))
        except (ValueError, RecursionError) as error:
            raise ParseError from error


def refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


def checked(value: Any, depth: int = 0) -> Any:
    """`value` itself; ValueError where it nests too deep or holds a NUL or half a surrogate pair."""
    if depth > DEEPEST:
        raise ValueError("nested too deep")
    if isinstance(value, str):
        if "\0" in value:
            raise ValueError("holds a NUL character")
        value.encode()  # a lone surrogate cannot be encoded: UnicodeEncodeError is a ValueError
    elif isinstance(value, dict):
        for key, item in value.items():
            checked(key, depth)
            checked(item, depth + 1)
    elif isinstance(value, list):
        for item in value:
            checked(item, depth + 1)
    return value
