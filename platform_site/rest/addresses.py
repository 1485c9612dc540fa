"""From which address a request comes."""

from typing import Any


def client_address(request: Any) -> str:
    return request.META.get("REMOTE_ADDR") or ""
