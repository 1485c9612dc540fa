"""The clock of the games: wakes the game of a room when it asked for it, in the process where somebody plays.

It is for promptness only. A game finds what is due in the database; a clock that stops with its process is made up for
by the worker (the setting JOBS), and a room that two clocks wake is none the worse for it.
"""

import asyncio
import logging

from django.utils import timezone

from rooms.live import games
from rooms.live.worker import Worker

logger = logging.getLogger(__name__)

BETWEEN_LOOKS = 0.25  # seconds: five hundred answers in a second are one look in four
MOST_REMEMBERED = 1000


class Clock:
    def __init__(self, worker: Worker) -> None:
        self.worker = worker
        self.timers: dict[str, asyncio.TimerHandle] = {}
        self.looked_at: dict[str, float] = {}

    def look_soon(self, room_id: str) -> None:
        """Something happened in a room whose game wants to be woken: look what it made due."""
        now = self.worker.loop.time()
        self.plan(room_id, max(now, self.looked_at.get(room_id, now - BETWEEN_LOOKS) + BETWEEN_LOOKS))

    def plan(self, room_id: str, when: float) -> None:
        """Wakes the room at that time of the loop, if not before."""
        planned = self.timers.get(room_id)
        if planned is not None:
            if planned.when() <= when:
                return
            planned.cancel()
        self.timers[room_id] = self.worker.loop.call_at(when, self.look, room_id)

    def look(self, room_id: str) -> None:
        del self.timers[room_id]
        if len(self.looked_at) >= MOST_REMEMBERED:
            self.looked_at.clear()
        self.looked_at[room_id] = self.worker.loop.time()
        self.worker.spawn(self.wake(room_id))

    async def wake(self, room_id: str) -> None:
        try:
            due = await self.worker.run(games.wake, room_id)
        except Exception:
            logger.exception("The game of room %s could not be woken; the worker will", room_id)
            return
        if due is not None:
            seconds = (due - timezone.now()).total_seconds()
            self.plan(room_id, self.worker.loop.time() + max(seconds, BETWEEN_LOOKS / 5))

    def stop(self) -> None:
        for timer in self.timers.values():
            timer.cancel()
        self.timers.clear()
