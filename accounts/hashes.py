"""How secrets are kept, and how many passwords are looked at at once."""

import hashlib
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Condition

from django.conf import settings
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.db import connection

from platform_site.rest.exceptions import ServiceUnavailable


def hashed(secret: str) -> str:
    """How a long random secret is stored: SHA-256, lower-case hex."""
    return hashlib.sha256(secret.encode()).hexdigest()


class Turns:
    """As many threads at once as there are `places`; the others wait, up to PASSWORD_QUEUE of them.

    Raises ServiceUnavailable where too many wait already.
    """

    def __init__(self, places: int) -> None:
        self.places = places
        self.waiting = 0
        self.changed = Condition()

    @contextmanager
    def turn(self) -> Iterator[None]:
        with self.changed:
            if not self.places:
                self.wait()
            self.places -= 1
        try:
            yield
        finally:
            with self.changed:
                self.places += 1
                self.changed.notify()

    def wait(self) -> None:
        if self.waiting >= settings.PASSWORD_QUEUE:
            raise ServiceUnavailable("Very many people are signing in. Try again in a moment.", retry_after=2)
        lend_connection()
        self.waiting += 1
        try:
            self.changed.wait_for(lambda: self.places > 0)
        finally:
            self.waiting -= 1


def lend_connection() -> None:
    """Who waits keeps no connection of the pool from those who do not sign in."""
    pooled = "pool" in connection.settings_dict.get("OPTIONS", {})
    if pooled and not connection.in_atomic_block:
        connection.close()


PROCESSORS = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
hashes = Turns(PROCESSORS)
# Always the same few threads: the C library keeps 19 MiB for each thread that ever computed a hash.
threads = ThreadPoolExecutor(PROCESSORS, thread_name_prefix="hash")


class PasswordHasher(Argon2PasswordHasher):
    """Argon2id with the parameters that OWASP recommends (19 MiB, two rounds, one lane), so many at once as there are
    processors: Django's own take 100 MiB each, and sixty wrong passwords at once took all memory there was.

    Hashes with other parameters still count, and are replaced when their owner signs in.
    """

    time_cost = 2
    memory_cost = 19 * 1024  # KiB
    parallelism = 1

    def encode(self, password: str, salt: str) -> str:
        with hashes.turn():
            return threads.submit(super().encode, password, salt).result()

    def verify(self, password: str, encoded: str) -> bool:
        with hashes.turn():
            return threads.submit(super().verify, password, encoded).result()
