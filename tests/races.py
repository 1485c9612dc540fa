"""Threads that meet at one moment."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

from django.db import connection


def together(count: int, function: Callable[[int], Any]) -> list[Any]:
    """What `function(0 … count - 1)` return, all started at once, each on a connection of its own."""
    start = Barrier(count)

    def run(number: int) -> Any:
        start.wait(30)
        try:
            return function(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))
