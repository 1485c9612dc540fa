"""Hears the bells: those of this process at once, those of other processes through the channel layer."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress

from django.conf import settings

from rooms import bells
from rooms.live.worker import Worker

logger = logging.getLogger(__name__)

LONGEST_JOIN = 2.0  # seconds that a room waits for the channel layer before it goes on without


class Listener:
    """Hands every bell to `hear`, in the event loop. `rooms` are those whose bells are wanted from other processes."""

    def __init__(self, worker: Worker, hear: Callable[[bells.Message], None]) -> None:
        self.worker, self.hear = worker, hear
        self.rooms: set[str] = set()
        self.listening = asyncio.Event()
        self.channel: str | None = None
        self.task: asyncio.Task | None = None
        self.echoed_at = 0.0

    def start(self) -> None:
        bells.listeners.add(self.overhear)
        if bells.shared_layer() is not None:
            self.echoed_at = self.worker.loop.time()
            self.task = self.worker.loop.create_task(self.listen_for_ever())

    def stop(self) -> None:
        bells.listeners.discard(self.overhear)
        if self.task is not None:
            self.task.cancel()
        self.task = self.channel = None
        self.listening.clear()

    def overhear(self, message: bells.Message) -> None:
        """A bell that rang in this process, in any thread."""
        with suppress(RuntimeError):  # the loop has been closed meanwhile
            self.worker.loop.call_soon_threadsafe(self.hear, message)

    def echoed(self, message: bells.Message) -> None:
        """What this process told all hubs has come back through the channel layer."""
        self.echoed_at = self.worker.loop.time()

    @property
    def layer_lost(self) -> bool:
        if self.task is None:
            return False
        return self.worker.loop.time() - self.echoed_at > 2.5 * settings.REALTIME_TICK

    # --- Rooms -------------------------------------------------------------------------------------------------

    async def follow(self, room_id: str) -> None:
        """From now on the bells of a room are heard. Goes on without them where the channel layer does not answer."""
        self.rooms.add(room_id)
        if bells.shared_layer() is not None:
            with suppress(TimeoutError):
                await asyncio.wait_for(self.join(room_id), LONGEST_JOIN)

    def forget(self, room_id: str) -> None:
        self.rooms.discard(room_id)
        if self.channel is not None:
            self.worker.spawn(self.part(room_id))

    async def join(self, room_id: str) -> None:
        await self.listening.wait()
        try:
            await bells.shared_layer().group_add(bells.room_group(room_id), self.channel)
        except Exception as error:  # noqa: BLE001 (whatever Redis says: the clock stands in)
            logger.warning("Room %s has no bell for now: %r", room_id, error)

    async def part(self, room_id: str) -> None:
        channel = self.channel
        if channel is None or room_id in self.rooms:
            return
        try:
            await bells.shared_layer().group_discard(bells.room_group(room_id), channel)
        except Exception as error:  # noqa: BLE001 (a bell for nobody does no harm)
            logger.warning("Room %s keeps its bell: %r", room_id, error)
        if room_id in self.rooms:  # somebody came meanwhile, and Redis may have heard of them first
            await self.join(room_id)

    async def listen_for_ever(self) -> None:
        """One subscription to the channel layer a room, and one for what concerns all hubs."""
        layer = bells.shared_layer()
        while True:
            try:
                self.channel = channel = await layer.new_channel("hub")
                await layer.group_add(bells.ALL_HUBS, channel)
                self.listening.set()
                for room_id in list(self.rooms):
                    await self.join(room_id)
                    self.hear({"type": "room.rang", "roomId": room_id, "seq": None})  # what came without a bell
                while True:
                    self.hear(await layer.receive(channel))
            except asyncio.CancelledError:
                raise
            except Exception as error:  # noqa: BLE001 (whatever Redis says: look by the clock and try again)
                self.channel = None
                self.listening.clear()
                logger.warning("The channel layer does not answer, the hub looks by the clock: %r", error)
                await asyncio.sleep(1)
