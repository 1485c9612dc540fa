"""What was revoked before its time: one token (`jti:`), one device (`sid:`), one person (`sub:`).

The table TokenBlacklist is the truth. Ordinary requests ask a copy of it that costs no query, as REVOCATIONS says:

* redis: marks in the cache that all processes share. A copy that is missing, old or out of reach is not believed.
* file: a copy in each process. Every revocation makes a small file grow; a process that sees it grown reads the table
  again. One look at a file for each request; right for all processes of one machine, and for SQLite there is no other.
* table: no copy. PostgreSQL without Redis: a file would not reach a second machine.

A copy is believed only when it says "not revoked". "Revoked" the table confirms, so no copy can lock anybody out.
"""

import logging
import os
import time
from collections.abc import Iterable
from datetime import timedelta
from functools import partial
from typing import Any, Protocol

import redis
from django.conf import settings
from django.core.cache import cache
from django.db import transaction
from django.utils import timezone

from accounts.actors import Actor, person_of
from accounts.hashes import hashed
from accounts.models import TokenBlacklist
from platform_site.hooks import REVOKED

logger = logging.getLogger(__name__)


def token_mark(token_id: str) -> str:
    return hashed(f"jti:{token_id}")


def device_mark(family: str) -> str:
    return hashed(f"sid:{family}")


def person_mark(user_id: str) -> str:
    return hashed(f"sub:{user_id}")


def marks_of(claims: dict[str, Any]) -> list[str]:
    """The three marks under which a token with these claims may have been revoked."""
    return [token_mark(claims["jti"]), device_mark(claims["sid"]), person_mark(claims["sub"])]


@transaction.atomic
def revoke(marks: Iterable[str], *, user_id: str | None, by: Actor, reason: str) -> None:
    """Ends all access tokens under `marks`, on every process as soon as the transaction is committed."""
    # No access token lives longer, so a mark need not either.
    expires_at = timezone.now() + timedelta(seconds=settings.ACCESS_TOKEN_TTL)
    marks = list(marks)
    TokenBlacklist.objects.bulk_create(
        [
            TokenBlacklist(
                token_hash=mark, expires_at=expires_at, user_id=user_id, revoked_by=person_of(by), reason=reason
            )
            for mark in marks
        ],
        update_conflicts=True,
        update_fields=["expires_at"],
        unique_fields=["token_hash"],
    )
    transaction.on_commit(partial(tell, marks))


def lift(mark: str) -> None:
    """Takes a revocation back."""
    TokenBlacklist.objects.filter(token_hash=mark).delete()


def is_revoked(claims: dict[str, Any], *, ask_table: bool = False) -> bool:
    """Whether a token with these verified claims was revoked; without `ask_table` a copy may say that it was not."""
    marks = marks_of(claims)
    store = chosen_copy()
    if not ask_table and store is not None and store.knows_none_of(marks):
        return False
    return TokenBlacklist.objects.filter(token_hash__in=marks, expires_at__gt=timezone.now()).exists()


def live_marks() -> list[str]:
    return list(TokenBlacklist.objects.filter(expires_at__gt=timezone.now()).values_list("token_hash", flat=True))


class Copy(Protocol):
    def knows_none_of(self, marks: list[str]) -> bool:
        """True only where the copy is sure."""

    def tell(self, marks: list[str]) -> None:
        """Lets every process know of newly revoked marks."""


class RedisCopy:
    """Marks as keys of the cache. `filled` says that all are there; it goes with them when Redis loses its memory, and
    once a minute by itself, in case a process revoked while it could not reach Redis and died before it could again."""

    FILLED = "revoked:filled"
    FILLED_FOR = 60  # seconds
    PAUSE = 5.0  # seconds without asking a Redis that did not answer: its time limit is not paid by every request

    def __init__(self) -> None:
        self.started = False
        self.untold: set[str] = set()
        self.paused_until = 0.0

    def knows_none_of(self, marks: list[str]) -> bool:
        if time.monotonic() < self.paused_until:
            return False
        try:
            if self.untold or not self.started:
                self.fill()
            found = cache.get_many([self.FILLED, *map(self.key, marks)])
            if self.FILLED not in found:
                self.fill()
                return False
        except (redis.RedisError, OSError) as error:
            self.pause(error)
            return False
        return len(found) == 1

    def fill(self) -> None:
        untold = list(self.untold)
        cache.set_many({self.key(mark): 1 for mark in {*live_marks(), *untold}}, settings.ACCESS_TOKEN_TTL)
        cache.set(self.FILLED, 1, self.FILLED_FOR)
        self.untold.difference_update(untold)
        self.started = True

    def tell(self, marks: list[str]) -> None:
        try:
            cache.set_many({self.key(mark): 1 for mark in marks}, settings.ACCESS_TOKEN_TTL)
        except (redis.RedisError, OSError) as error:
            self.untold.update(marks)
            self.pause(error)

    def pause(self, error: Exception) -> None:
        self.paused_until = time.monotonic() + self.PAUSE
        logger.warning("Redis does not know what was revoked (%s); the table is asked.", type(error).__name__)

    @staticmethod
    def key(mark: str) -> str:
        return f"revoked:{mark}"


class LocalCopy:
    """Marks in this process, read again whenever the file has changed.

    A reader looks at the file before it reads the table, a writer touches the file after its commit: a mark that a
    reader missed is announced by a change that it has not seen yet.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self.known: tuple[tuple[int, ...], frozenset[str]] = ((), frozenset())

    def knows_none_of(self, marks: list[str]) -> bool:
        seen = self.look()
        stamp, known = self.known
        if stamp != seen:
            known = frozenset(live_marks())
            self.known = (seen, known)
        return known.isdisjoint(marks)

    def look(self) -> tuple[int, ...]:
        try:
            stat = os.stat(self.path)
        except FileNotFoundError:
            self.grow(b"")
            stat = os.stat(self.path)
        # Not the time alone: two changes within one tick of the file system's clock look like one.
        return stat.st_ino, stat.st_size, stat.st_mtime_ns

    def tell(self, marks: list[str]) -> None:
        self.grow(b"." * len(marks))

    def grow(self, by: bytes) -> None:
        with open(os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600), "wb") as file:
            file.write(by)


copies: dict[tuple[str, str], Copy] = {}


def chosen_copy() -> Copy | None:
    """The copy that this process asks, by the settings of the moment; None where there is only the table."""
    if settings.REVOCATIONS == "table":
        return None
    kind = settings.REVOCATIONS, settings.REDIS_URL if settings.REVOCATIONS == "redis" else settings.REVOCATIONS_FILE
    if kind not in copies:
        copies[kind] = RedisCopy() if settings.REVOCATIONS == "redis" else LocalCopy(settings.REVOCATIONS_FILE)
    return copies[kind]


def tell(marks: list[str]) -> None:
    """Lets the copies know, then whoever listens on this process (live connections that must end)."""
    store = chosen_copy()
    if store is not None:
        store.tell(marks)
    REVOKED(marks=marks)
