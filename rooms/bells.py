"""The bell: tells the hub of every process that a room's log has grown. It carries no news, only that there are some.

What is in no log (`room.pushed`) travels with it.

Hubs of this process hear it at once. Those of other processes hear it through the channel layer, from a thread of its
own: whoever rings waits neither for Redis nor for a busy event loop, and a bell that gets lost costs a tick's delay.
"""

import asyncio
import atexit
import logging
import os
import threading
import time
from collections.abc import Callable
from typing import Any

from channels.layers import InMemoryChannelLayer, get_channel_layer

logger = logging.getLogger(__name__)

ALL_HUBS = "hubs"
MOST_WAITING = 10_000
LONGEST_SEND = 2.0  # seconds
COMPLAIN_EVERY = 30.0  # seconds

Message = dict[str, Any]
listeners: set[Callable[[Message], None]] = set()  # the hubs of this process; called from any thread
_ringers: dict[int, "Ringer"] = {}


def room_group(room_id: str) -> str:
    """The channel layer group of the hubs that have viewers of a room."""
    return f"room.{room_id}"


def shared_layer() -> Any:
    """The channel layer if it reaches other processes, else None."""
    layer = get_channel_layer()
    return None if layer is None or isinstance(layer, InMemoryChannelLayer) else layer


def ring(room_id: str, seq: int) -> None:
    """The log of a room has grown up to `seq`. Call it after the commit."""
    tell({"type": "room.rang", "roomId": room_id, "seq": seq}, group=room_group(room_id))


def tell(message: Message, *, group: str = ALL_HUBS) -> None:
    """Hands a message to the hubs of all processes (or of those in `group`). It may arrive twice, or never."""
    for listener in list(listeners):
        listener(message)
    if shared_layer() is not None:
        ringer().add(group, message)


def tell_revoked(marks: list[str]) -> None:
    """Ends the connections of revoked tokens, devices and people (accounts.revocation calls this after the commit)."""
    tell({"type": "marks.revoked", "marks": list(marks)})


def ringer() -> "Ringer":
    # By process: a thread does not survive a fork.
    pid = os.getpid()
    if pid not in _ringers:
        _ringers[pid] = Ringer()
        _ringers[pid].start()
    return _ringers[pid]


class Ringer(threading.Thread):
    """Sends what waits, the newest bell of each room only, in an event loop of its own."""

    def __init__(self) -> None:
        super().__init__(name="bells", daemon=True)
        self.waiting: dict[tuple[str, str], Message] = {}
        self.lock = threading.Lock()
        self.loop = asyncio.new_event_loop()
        self.wake = asyncio.Event()
        self.idle = threading.Event()
        self.complained = 0.0
        atexit.register(self.finish)

    def add(self, group: str, message: Message) -> None:
        # Of bells that say the same one is enough; of what was pushed each has an id of its own.
        key = (group, message["type"] if message["type"] == "room.rang" else repr(message))
        with self.lock:
            self.idle.clear()
            self.waiting[key] = message
            if len(self.waiting) > MOST_WAITING:
                del self.waiting[next(iter(self.waiting))]
        self.loop.call_soon_threadsafe(self.wake.set)

    def run(self) -> None:
        self.loop.run_until_complete(self.send_for_ever())

    async def send_for_ever(self) -> None:
        while True:
            await self.wake.wait()
            self.wake.clear()
            while group_and_message := self.next_one():
                await self.send(*group_and_message)
            self.idle.set()

    def next_one(self) -> tuple[str, Message] | None:
        with self.lock:
            if not self.waiting:
                return None
            key = next(iter(self.waiting))
            return key[0], self.waiting.pop(key)

    async def send(self, group: str, message: Message) -> None:
        layer = shared_layer()
        if layer is None:
            return
        try:
            await asyncio.wait_for(layer.group_send(group, message), LONGEST_SEND)
        except Exception as error:  # noqa: BLE001 (whatever Redis says: the thread goes on, the log has the news)
            if time.monotonic() - self.complained > COMPLAIN_EVERY:
                self.complained = time.monotonic()
                logger.warning("Bells do not reach other processes, which look by the clock now: %r", error)

    def finish(self) -> None:
        """A command that ends right after its change still rings."""
        if self.is_alive() and self.waiting:
            self.idle.wait(LONGEST_SEND)
