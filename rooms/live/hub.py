"""The hub of a process: builds its live side, starts it with the first connection, ticks, and hears the bells.

Per room one feed reads each new row once, encodes it once for outsiders and once for insiders, and pushes the same
frame to all connections. It looks when the bell rings and by the clock: a lost bell costs a tick, a doubled one
nothing.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Any
from weakref import WeakKeyDictionary

from django.conf import settings

from rooms import bells
from rooms.live.clock import Clock
from rooms.live.connections import Connection
from rooms.live.directory import Directory
from rooms.live.following import Following
from rooms.live.listener import Listener
from rooms.live.presence import Presence
from rooms.live.push import Push
from rooms.live.screens import Screens
from rooms.live.worker import Worker

logger = logging.getLogger(__name__)

_hubs: "WeakKeyDictionary[asyncio.AbstractEventLoop, Hub]" = WeakKeyDictionary()


def hub_here() -> "Hub":
    """The hub of the running event loop."""
    loop = asyncio.get_running_loop()
    if loop not in _hubs:
        _hubs[loop] = Hub(loop)
    return _hubs[loop]


class Hub:
    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.worker = Worker(loop)
        self.directory = Directory(self.worker)
        self.listener = Listener(self.worker, self.hear)
        self.following = Following(self.worker, self.directory, self.listener)
        self.clock = Clock(self.worker)
        self.push = Push(self.directory)
        self.presence = Presence(self.following)
        self.screens = Screens(self.following)
        self.ticking: asyncio.Task | None = None
        self.hears: dict[str, Callable[[bells.Message], None]] = {
            "room.rang": self.following.room_rang,
            "room.pushed": self.following.room_pushed,
            "hub.echo": self.listener.echoed,
            "marks.revoked": lambda message: self.directory.expire_marks(message["marks"]),
            "person.notified": self.push.person_notified,
            "people.notified": self.push.people_notified,
            "presence.changed": self.presence.changed,
            "screens.changed": self.screens.changed,
        }

    # --- Connections -------------------------------------------------------------------------------------------

    def enter(self, connection: Connection) -> None:
        """Raises TooManyConnections."""
        self.directory.enter(connection)
        if self.ticking is None:
            # Started by the first connection and stopped with the last: an ASGI server need not have a lifespan.
            self.listener.start()
            self.ticking = self.worker.loop.create_task(self.tick_for_ever())

    def leave(self, connection: Connection) -> None:
        """The connection is gone: nobody waits for it any more. May be called twice."""
        if connection not in self.directory.connections:
            return
        self.directory.leave(connection)
        self.following.end_all(connection)
        if not self.directory.connections and self.ticking is not None:
            self.listener.stop()
            self.clock.stop()
            self.ticking.cancel()
            self.ticking = None

    # --- Bells and the clock -----------------------------------------------------------------------------------

    def hear(self, message: bells.Message) -> None:
        # Processes of another version may ring bells that this one does not know.
        heard = self.hears.get(message["type"])
        if heard is not None:
            heard(message)

    async def tick_for_ever(self) -> None:
        while True:
            # Without bells the clock is all there is.
            lost = self.listener.layer_lost
            await asyncio.sleep(min(1.0, settings.REALTIME_TICK) if lost else settings.REALTIME_TICK)
            try:
                await self.tick()
            except Exception:
                logger.exception("The hub's tick failed; the next one tries again")

    async def tick(self) -> None:
        if bells.shared_layer() is not None:
            bells.tell({"type": "hub.echo"})
        for part in (self.following, self.directory, self.presence, self.screens, self.push):
            await part.tick()


def health() -> dict[str, Any]:
    """How the live side of this process is: connections, rooms, and whether bells come through the channel layer."""
    hubs = list(_hubs.values())
    shared = bells.shared_layer() is not None
    lost = any(hub.listener.layer_lost for hub in hubs)
    return {
        "connections": sum(len(hub.directory.connections) for hub in hubs),
        "rooms": sum(len(hub.following.feeds) for hub in hubs),
        "layer": ("lost" if lost else "shared") if shared else "local",
    }
