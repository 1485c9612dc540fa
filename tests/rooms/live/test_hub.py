"""Several server processes, killed ones, a Redis that goes away: every client ends with the same gapless sequence."""

import asyncio
import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import partial

import pytest

from accounts.models import User
from rooms.models import Room
from tests.live import DAPHNE, ROOT, UVICORN, Live, Server, apart, database_url, token_of
from tests.servers import Redis

pytestmark = [pytest.mark.postgres, pytest.mark.usefixtures("committed_db")]


@pytest.fixture
def pair(committed_db: None, redis_url: str) -> Iterator[tuple[Server, Server]]:
    with (
        Server(UVICORN, REDIS_URL=redis_url, REALTIME_TICK="5") as one,
        Server(DAPHNE, REDIS_URL=redis_url, REALTIME_TICK="5") as other,
    ):
        yield one, other


class Wanderer:
    """A phone: comes back to whatever server there is, with the last number that it saw."""

    def __init__(self, servers: list[Server], room_id: str, number: int) -> None:
        self.servers, self.room_id, self.number = servers, room_id, number
        self.seen: list[int] = []
        self.last: int | None = None
        self.resumed: list[bool] = []
        self.arrived = asyncio.Event()

    async def follow(self, upto: asyncio.Future[int]) -> None:
        """Until the event with number `upto` was seen."""
        attempt = self.number
        while not (upto.done() and self.last == upto.result()):
            server = self.servers[attempt % len(self.servers)]
            attempt += 1
            try:
                async with Live(server.live_url) as client:
                    since = {} if self.last is None else {"since": self.last, "level": "public"}
                    answer = await client.subscribe(self.room_id, **since)
                    if self.last is None:
                        self.last = answer["seq"]
                        self.arrived.set()
                    else:
                        self.resumed.append(answer["resumed"])
                    await self.read(client, upto)
            except (OSError, EOFError, TimeoutError, asyncio.CancelledError) as error:
                if isinstance(error, asyncio.CancelledError) and asyncio.current_task().cancelling():  # type: ignore[union-attr]
                    raise
                await asyncio.sleep(0.1)

    async def read(self, client: Live, upto: asyncio.Future[int]) -> None:
        taken = 0
        while client.close_code is None:
            for event in client.events[taken:]:
                if "seq" in event["data"] and event["event"] != "room:subscribed":
                    self.last = event["data"]["seq"]
                    self.seen.append(self.last)
            taken = len(client.events)
            if upto.done() and self.last == upto.result():
                return
            client.changed.clear()
            try:
                await asyncio.wait_for(client.changed.wait(), 0.5)
            except TimeoutError:
                continue


def has(client: Live, count: int) -> bool:
    return len(client.numbers()) == count


def push(room: Room, redis_url: str) -> None:
    """A frame that is in no log, from a process of its own: only the bell brings it."""
    program = (
        "import django; django.setup(); from rooms.events import push_unlogged; import sys;"
        "push_unlogged(sys.argv[1], 'quiz:answer_count', {'count': 3})"
    )
    environment = os.environ | {"DATABASE_URL": database_url(), "REDIS_URL": redis_url}
    environment["DJANGO_SETTINGS_MODULE"] = "platform_site.settings"
    subprocess.run([sys.executable, "-c", program, room.pk], check=True, env=environment, cwd=ROOT)


def create(server: Server, room: Room, organiser: User, number: int) -> None:
    server.call("POST", f"/rooms/{room.pk}/prizes", organiser, name=f"Cup {number}")


async def test_events_cross_between_processes(pair: tuple[Server, Server], room: Room, organiser: User) -> None:
    one, other = pair
    async with Live(one.live_url) as here, Live(other.live_url) as there:
        await here.subscribe(room.pk)
        await there.subscribe(room.pk)
        for number, server in enumerate((one, other)):
            await apart(create, server, room, organiser, number)
            for client in (here, there):
                await client.until(partial(has, client, number + 1), 30)
        assert here.numbers() == there.numbers()


async def test_what_is_in_no_log_crosses_too_and_comes_once(
    pair: tuple[Server, Server], room: Room, organiser: User, redis_url: str
) -> None:
    one, other = pair
    async with Live(one.live_url) as here, Live(other.live_url) as there:
        for client in (here, there):
            await client.subscribe(room.pk)
        await apart(push, room, redis_url)
        for client in (here, there):
            assert (await client.event("quiz:answer_count", 60))["count"] == 3
        await apart(create, one, room, organiser, 1)  # nothing more was on its way
        for client in (here, there):
            await client.event("prize:created", 60)
            assert client.names().count("quiz:answer_count") == 1


async def test_leaving_counts_on_every_process_at_once(
    pair: tuple[Server, Server], private_room: Room, participant: User
) -> None:
    one, other = pair
    token = await apart(token_of, participant)
    async with Live(other.live_url, token) as client:
        await client.subscribe(private_room.pk)
        await apart(one.call, "DELETE", f"/rooms/{private_room.pk}/participants/me", participant)
        assert (await client.event("room:unsubscribed"))["reason"] == "left"


async def test_a_killed_process_loses_nothing(pair: tuple[Server, Server], room: Room, organiser: User) -> None:
    one, other = pair
    upto: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    phones = [Wanderer([one, other], room.pk, number) for number in range(20)]
    following = [asyncio.create_task(phone.follow(upto)) for phone in phones]
    async with asyncio.timeout(30):
        for phone in phones:
            await phone.arrived.wait()
    start = phones[0].last
    assert start is not None
    for number in range(200):
        await apart(create, other, room, organiser, number)
        if number == 100:
            one.kill()
    upto.set_result(start + 200)
    await asyncio.wait_for(asyncio.gather(*following), 60)
    for phone in phones:
        assert phone.seen == list(range(start + 1, start + 201))
    assert any(phone.resumed for phone in phones)
    assert all(all(phone.resumed) for phone in phones)


async def test_redis_may_go_away_and_come_back(room: Room, organiser: User) -> None:
    with (
        Redis() as redis,
        Server(UVICORN, REDIS_URL=redis.url, REALTIME_TICK="1") as one,
        Server(UVICORN, REDIS_URL=redis.url, REALTIME_TICK="1") as other,
    ):
        async with Live(one.live_url) as here, Live(other.live_url) as there:
            start = (await here.subscribe(room.pk))["seq"]
            await there.subscribe(room.pk)
            sent = 0
            for gone in (False, True, False):
                if gone:
                    await apart(redis.stop)
                elif sent:
                    await apart(redis.start)
                until = time.monotonic() + (10 if gone else 4)
                while time.monotonic() < until:
                    await apart(create, one, room, organiser, sent)
                    sent += 1
                    await asyncio.sleep(0.2)
            for client in (here, there):
                await client.until(partial(has, client, sent), 30)
                assert client.numbers() == list(range(start + 1, start + 1 + sent))
            # The bell is back, too.
            for _ in range(30):
                await apart(push, room, redis.url)
                with contextlib.suppress(TimeoutError):
                    await there.event("quiz:answer_count", 1)
                    break
            else:
                pytest.fail("no bell rang")


async def test_five_hundred_phones_come_back_while_events_flow(room: Room, organiser: User) -> None:
    with Server(UVICORN, REALTIME_TICK="5") as server:
        upto: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        phones = [Wanderer([server], room.pk, 0) for _ in range(500)]
        start = await apart(lambda: Room.objects.get(pk=room.pk).last_public_seq)
        for number, phone in enumerate(phones):
            phone.last = start
            phone.number = number

        async def come_back(phone: Wanderer) -> None:
            await asyncio.sleep(phone.number / 50)  # all of them within ten seconds
            await phone.follow(upto)

        following = [asyncio.create_task(come_back(phone)) for phone in phones]
        for number in range(40):
            await apart(create, server, room, organiser, number)
            await asyncio.sleep(0.25)
        upto.set_result(start + 40)
        await asyncio.wait_for(asyncio.gather(*following), 120)
        for phone in phones:
            assert phone.seen == list(range(start + 1, start + 41))
            assert all(phone.resumed)
