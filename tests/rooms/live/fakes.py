"""The live wing without a server: connections that remember what they were given, a hub in the test's own loop."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from django.db import connections, transaction

from accounts.actors import PLATFORM
from accounts.models import User
from rooms.enums import Visibility
from rooms.events import record
from rooms.live.connections import Connection
from rooms.live.frames import Frame
from rooms.live.hub import Hub
from rooms.live.identity import ANONYMOUS, Identity
from rooms.models import Room
from rooms.permissions import lock_room
from tests.live import apart


class Phone(Connection):
    def __init__(self) -> None:
        super().__init__()
        self.frames: list[tuple[str, dict[str, Any]]] = []
        self.code: int | None = None

    def push(self, frame: Frame) -> None:
        self.frames.append((frame.event, json.loads(frame.body)))

    async def deliver(self, frame: Frame) -> None:
        self.push(frame)

    def cut(self, code: int) -> None:
        self.code = code

    def names(self) -> list[str]:
        return [name for name, _ in self.frames]

    def numbers(self) -> list[int]:
        return [data["seq"] for name, data in self.frames if "seq" in data and name != "room:subscribed"]


@asynccontextmanager
async def hub_in_test() -> AsyncIterator[Hub]:
    """A hub that hears this process's bells and has no clock: what it does, a bell or the test has asked for."""
    hub = Hub(asyncio.get_running_loop())
    hub.worker.threads._max_workers = 1  # the one whose database connection is closed below
    hub.listener.start()
    try:
        yield hub
    finally:
        hub.listener.stop()
        hub.clock.stop()
        await quiet(hub)
        await hub.worker.run(connections.close_all)
        hub.worker.threads.shutdown()


async def quiet(hub: Hub) -> None:
    """Until the hub has nothing more to do."""
    async with asyncio.timeout(20):
        await asyncio.sleep(0)  # bells ring from other threads: let the loop hear them first
        while hub.worker.tasks:
            await asyncio.wait(list(hub.worker.tasks))
            await asyncio.sleep(0)


def enter(hub: Hub, user: User | None = None) -> Phone:
    phone = Phone()
    hub.directory.enter(phone)
    hub.directory.identify(phone, ANONYMOUS if user is None else Identity(user))
    return phone


async def follow(hub: Hub, phone: Connection, room: Room, since: int | None = None) -> dict[str, Any]:
    told, catch_up = await hub.following.subscribe(phone, room.pk, since=since, level=None)
    await catch_up()
    return told


def write(
    room: Room, type: str = "test:happened", visibility: Visibility = Visibility.PUBLIC, **payload: object
) -> None:
    with transaction.atomic():
        record(lock_room(room.pk, PLATFORM), type, payload, by=PLATFORM, visibility=visibility)


async def tell(hub: Hub, *args: Any, **payload: Any) -> None:
    """Writes into the log, and waits until everybody has been given it."""
    await apart(write, *args, **payload)
    await quiet(hub)


async def done(hub: Hub, change: Callable[..., Any], *args: Any, **options: Any) -> Any:
    """What `change` answers, once everybody has been told of it."""
    answer = await apart(change, *args, **options)
    await quiet(hub)
    return answer
