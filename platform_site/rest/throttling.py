"""How often something may happen within a minute."""

import time
from datetime import UTC, datetime

from django.core.cache import cache

from platform_site.rest.exceptions import DomainError
from platform_site.rest.fields import iso


class RateLimitExceeded(DomainError):
    code, status, message = "RATE_LIMIT_EXCEEDED", 429, "Too many requests. Wait a moment."


def hit(key: str, *, limit: int, window: int = 60) -> None:
    """Counts one more `key` in the running window of `window` seconds. Raises RateLimitExceeded beyond `limit`."""
    start = int(time.time()) // window * window
    counter = f"hits:{key}:{start}"
    cache.add(counter, 0, timeout=2 * window)
    if cache.incr(counter) > limit:
        raise RateLimitExceeded(limit=limit, resetAt=iso(datetime.fromtimestamp(start + window, UTC)))
