"""Rate limits: one atomic count a key, shared by all processes, and DRF's throttle made of it."""

import hashlib
import logging
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

import redis
from django.conf import settings
from django.db import connection
from rest_framework.permissions import SAFE_METHODS
from rest_framework.throttling import BaseThrottle

from platform_site.rest.callers import Caller, caller_of
from platform_site.rest.exceptions import DomainError
from platform_site.rest.fields import iso
from platform_site.rest.logs import current
from platform_site.rest.models import RateCount

logger = logging.getLogger(__name__)

# The window opens with its first hit. One round trip; Redis runs a script without anything in between.
COUNT_IN_REDIS = """
local count = redis.call('INCRBY', KEYS[1], ARGV[1])
local left = redis.call('PTTL', KEYS[1])
if left < 0 then
    redis.call('PEXPIRE', KEYS[1], ARGV[2])
    left = tonumber(ARGV[2])
end
return {count, left}
"""
# One statement, so that no concurrent hit is lost: the database locks the row between reading and writing it.
COUNT_IN_DATABASE = """
INSERT INTO rest_ratecount (key, count, reset_at) VALUES (%(key)s, %(cost)s, %(end)s)
ON CONFLICT (key) DO UPDATE SET
    count = CASE WHEN rest_ratecount.reset_at <= %(now)s THEN 0 ELSE rest_ratecount.count END + %(cost)s,
    reset_at = CASE WHEN rest_ratecount.reset_at <= %(now)s THEN %(end)s ELSE rest_ratecount.reset_at END
RETURNING count, reset_at
"""
REDIS_PAUSE = 5.0  # seconds without asking a Redis that did not answer: its time limit is not paid by every request


@dataclass(frozen=True)
class Limit:
    """Where a key stands after a hit."""

    limit: int
    remaining: int
    reset_at: int  # unix seconds
    allowed: bool


class RateLimited(DomainError):
    """429 for whoever came too often; tells when to come again."""

    code, status, message = "RATE_LIMIT_EXCEEDED", 429, "Too many requests. Wait a little."

    def __init__(self, limit: Limit, message: str = "") -> None:
        super().__init__(message, limit=limit.limit, resetAt=iso(datetime.fromtimestamp(limit.reset_at, UTC)))
        self.headers = headers_of(limit) | {"Retry-After": str(max(limit.reset_at - int(time.time()), 1))}


def headers_of(limit: Limit) -> dict[str, str]:
    return {
        "X-RateLimit-Limit": str(limit.limit),
        "X-RateLimit-Remaining": str(limit.remaining),
        "X-RateLimit-Reset": str(limit.reset_at),
    }


class CallerThrottle(BaseThrottle):
    """So many requests a minute by caller: an address, a user or an app. The count stays on the request for headers."""

    def allow_request(self, request: Any, view: Any) -> bool:
        caller = caller_of(request)
        if facts := current.get():
            facts.actor = caller.user_id or ("" if caller.kind == "ANONYMOUS" else caller.key)
        counted = count_request(request, caller)
        if not counted.allowed:
            raise RateLimited(counted)
        return True


def count_request(request: Any, caller: Caller) -> Limit:
    """Counts `request` (Django's or DRF's) for `caller`, and remembers where that leaves the caller.

    Strangers have a limit for what they change and a higher one for what they read.
    """
    reads = caller.kind == "ANONYMOUS" and request.method in SAFE_METHODS
    kind, key = ("ANONYMOUS_READS", f"{caller.key} reads") if reads else (caller.kind, caller.key)
    counted = hit(f"api {key}", limit=getattr(settings, f"RATE_LIMIT_{kind}"))
    getattr(request, "_request", request).rate_limit = counted
    return counted


def hit(key: str, *, limit: int, window: int = 60, cost: int = 1) -> Limit:
    """Counts one hit of `key` and says whether it was among the first `limit` within `window` seconds.

    The count is atomic and shared by all processes: in Redis when there is one, else in the database. With `cost=0`
    nothing is counted, and `allowed` says whether a hit would be. Call it outside a transaction that may be rolled
    back, or the hit is forgotten with it. Personal data in `key` is stored as a hash. RATE_LIMITS=off allows all.
    """
    now = time.time()
    if not settings.RATE_LIMITS:
        return Limit(limit, limit, round(now) + window, allowed=True)
    hashed = hashlib.sha256(f"{window}:{key}".encode()).hexdigest()
    count, reset = _count(hashed, cost, int(now * 1000), window * 1000)
    used = count if cost else count + 1
    return Limit(limit, max(limit - count, 0), -(-reset // 1000), allowed=used <= limit)


def clean_rate_counts() -> dict[str, int]:
    """Forgets windows that have ended; says how many."""
    return {"rate counts": RateCount.objects.filter(reset_at__lte=int(time.time() * 1000)).delete()[0]}


def _count(key: str, cost: int, now: int, window: int) -> tuple[int, int]:
    """The hits of `key` in its window, and when that ends, in unix milliseconds."""
    client = redis_client()
    if client is not None and client.usable():
        try:
            count, left = client.run(keys=[f"rate:{key}"], args=[cost, window])
            return count, now + left
        except redis.RedisError as error:
            client.pause()
            logger.warning("Redis does not count (%s); the database does.", type(error).__name__)
    with connection.cursor() as cursor:
        cursor.execute(COUNT_IN_DATABASE, {"key": key, "cost": cost, "now": now, "end": now + window})
        count, reset = cursor.fetchone()
    return count, reset


class RedisCounter:
    """The script on one Redis, and a pause after a failure."""

    def __init__(self, url: str) -> None:
        self.client = redis.Redis.from_url(url, socket_timeout=1, socket_connect_timeout=1)
        self.run: Any = self.client.register_script(COUNT_IN_REDIS)
        self.paused_until = 0.0

    def usable(self) -> bool:
        return time.monotonic() >= self.paused_until

    def pause(self) -> None:
        self.paused_until = time.monotonic() + REDIS_PAUSE


@cache
def _redis_at(url: str) -> RedisCounter:
    return RedisCounter(url)


def redis_client() -> RedisCounter | None:
    return _redis_at(settings.REDIS_URL) if settings.REDIS_URL else None
