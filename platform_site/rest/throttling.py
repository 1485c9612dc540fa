"""How often something may happen within a minute."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime

from django.core.cache import cache

from platform_site.rest.exceptions import DomainError
from platform_site.rest.fields import iso


@dataclass(frozen=True)
class Limit:
    limit: int
    remaining: int
    reset_at: int  # unix seconds
    allowed: bool


class RateLimited(DomainError):
    code, status, message = "RATE_LIMIT_EXCEEDED", 429, "Too many requests. Wait a little."

    def __init__(self, limit: Limit, message: str = "") -> None:
        super().__init__(message, limit=limit.limit, resetAt=iso(datetime.fromtimestamp(limit.reset_at, UTC)))


def hit(key: str, *, limit: int, window: int = 60) -> Limit:
    """Counts one hit of `key` and says whether it was among the first `limit` within `window` seconds."""
    start = int(time.time()) // window * window
    counter = f"hits:{key}:{start}".replace(" ", "_")
    cache.add(counter, 0, timeout=2 * window)
    count = cache.incr(counter)
    return Limit(limit, max(limit - count, 0), start + window, allowed=count <= limit)
