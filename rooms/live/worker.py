"""What the live side of a process runs beside its event loop: database reads in a few threads, and tasks."""

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from django.conf import settings
from django.db import close_old_connections

T = TypeVar("T")
THREADS = 4


class Worker:
    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.threads = ThreadPoolExecutor(THREADS, thread_name_prefix="live")
        self.tasks: set[asyncio.Task] = set()

    async def run(self, read: Callable[..., T], *args: Any) -> T:
        """Runs what waits for the database in one of the threads."""
        return await self.loop.run_in_executor(self.threads, in_thread, read, *args)

    def spawn(self, coroutine: Coroutine[Any, Any, Any]) -> asyncio.Task:
        """Starts a task that nobody awaits, and keeps it: the loop itself holds its tasks weakly."""
        task = self.loop.create_task(coroutine)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)
        return task


def in_thread(read: Callable[..., T], *args: Any) -> T:
    close_old_connections()
    try:
        return read(*args)
    finally:
        close_old_connections()


class Turn:
    """Takes the next REALTIME_RECHECKS of a list at each call, from the start again after its end."""

    def __init__(self) -> None:
        self.next = 0

    def some_of(self, every: list[T]) -> list[T]:
        start = self.next if self.next < len(every) else 0
        self.next = start + settings.REALTIME_RECHECKS
        return every[start : self.next]
