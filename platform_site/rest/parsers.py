"""JSON bodies within bounds: size before parsing, then depth, numbers, and no text that a database cannot store."""

import json
import math
from typing import Any

from django.conf import settings
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser

from platform_site.rest.bodies import most_bytes
from platform_site.rest.exceptions import PayloadTooLarge

DEEPEST = 32
LONGEST_INTEGER = 308  # digits: what a double can hold, as every other JSON reader does


class BoundedJSONParser(BaseParser):
    media_type = "application/json"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        most = most_bytes(parser_context["request"].path) if parser_context else settings.MOST_BODY_BYTES
        body = stream.read(most + 1)
        if len(body) > most:
            raise PayloadTooLarge
        try:
            text = body.decode("utf-8-sig")
            return checked(strict_json(text))
        except (ValueError, RecursionError) as error:
            raise ParseError from error


def strict_json(text: str | bytes) -> Any:
    """What JSON itself allows: neither NaN nor a number that no database holds. Raises ValueError."""
    try:
        return json.loads(text, parse_constant=refuse, parse_float=finite, parse_int=bounded)
    except RecursionError:
        raise ValueError("nested too deep") from None


def refuse(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


def finite(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise ValueError("a number that no database holds")
    return number


def bounded(digits: str) -> int:
    if len(digits) > LONGEST_INTEGER:
        raise ValueError("a number that no database holds")
    return int(digits)


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
