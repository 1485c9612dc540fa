"""Threads that meet at one moment."""

import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

from django.db import connection

from platform_site.rest.exceptions import DomainError

DONE = "done"


def together(count: int, function: Callable[[int], Any]) -> list[Any]:
    """What `function(0 … count - 1)` return, all started at once, each on a connection of its own. Errors are
    raised."""
    start = Barrier(count)

    def run(number: int) -> Any:
        try:
            connection.ensure_connection()
            start.wait(60)
            return function(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


def at_once(*calls: Callable[[], Any], caught: type[Exception] = DomainError) -> list[Any]:
    """What each of `calls` returned, or the refusal that it raised; other errors are raised here."""

    def end_of(number: int) -> Any:
        try:
            return calls[number]()
        except caught as refusal:
            return refusal

    return together(len(calls), end_of)


def ends(results: list[Any]) -> Counter[Any]:
    """How often there was each end: DONE, or the class of the refusal."""
    return Counter(type(one) if isinstance(one, Exception) else DONE for one in results)


def codes(results: list[Any]) -> Counter[str]:
    """The same with the code of the refusal."""
    return Counter(one.code if isinstance(one, DomainError) else DONE for one in results)


def wait_for_a_lock() -> None:
    """Returns once some connection waits for a lock."""
    for _ in range(200):
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            if cursor.fetchone()[0]:
                return
        time.sleep(0.02)
    raise AssertionError("Nobody waits.")
