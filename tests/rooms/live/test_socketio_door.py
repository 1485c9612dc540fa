"""Socket.IO clients: python-socketio on both transports, and the JavaScript client."""

import asyncio
import contextlib
import json
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import socketio

from accounts.models import User
from rooms.models import Room
from tests.live import Live, Server, apart, token_of
from tests.node import socketio_client

pytestmark = pytest.mark.usefixtures("committed_db")
CLIENT = Path(__file__).with_name("socketio_client.js")


class Client:
    def __init__(self, transport: str) -> None:
        self.transport = transport
        self.events: list[tuple[str, Any]] = []
        self.changed = asyncio.Event()
        self.socket = socketio.AsyncClient(reconnection=False)
        self.socket.on("*", self.keep)

    async def keep(self, event: str, *data: Any) -> None:
        self.events.append((event, data[0] if data else None))
        self.changed.set()

    async def connect(self, server: Server, auth: Any = None) -> None:
        await self.socket.connect(server.url, auth=auth, transports=[self.transport])

    async def until(self, name: str, times: int = 1, seconds: float = 15) -> Any:
        async with asyncio.timeout(seconds):
            while len(found := [each for each in self.events if each[0] == name]) < times:
                self.changed.clear()
                await self.changed.wait()
        return found[-1][1]


@pytest.fixture(params=["websocket", "polling"])
async def client(request: pytest.FixtureRequest) -> AsyncIterator[Client]:
    client = Client(request.param)
    yield client
    with contextlib.suppress(Exception):
        # Over polling it would wait for the answer to a poll that the server holds for 25 seconds.
        await asyncio.wait_for(client.socket.disconnect(), 1)


async def test_the_same_events_as_the_native_door(
    server: Server, client: Client, room: Room, organiser: User, participant: User
) -> None:
    await client.connect(server, {"token": await apart(token_of, participant)})
    answer = await client.socket.call("room:subscribe", {"roomId": room.pk})
    assert answer["success"]
    assert answer["data"]["level"] == "public"
    assert (await client.until("room:subscribed"))["room"]["joinCode"] == room.join_code
    async with Live(server.live_url) as native:
        await native.subscribe(room.pk)
        await apart(server.call, "POST", f"/rooms/{room.pk}/prizes", organiser, name="Cup ☃")
        assert await client.until("prize:created") == await native.event("prize:created")
    again = await client.socket.call("room:subscribe", {"roomId": room.pk, "since": answer["data"]["seq"]})
    assert again["data"]["resumed"] is True
    await client.until("prize:created", times=2)


async def test_wrong_tokens_are_refused(server: Server, client: Client) -> None:
    wrong: list[Any] = [{"token": "a.b.c"}, {"token": 7}, {"token": ["x"]}, "text", ["list"]]
    # Over polling one says it: refused, this client waits for its open poll until the server's next ping.
    for auth in wrong if client.transport == "websocket" else wrong[:1]:
        refused: list[Any] = []
        client.socket.on("connect_error", refused.append)
        with pytest.raises(socketio.exceptions.ConnectionError):
            await client.connect(server, auth)
        assert "Authentication failed: " in str(refused[0]), auth


async def test_wrong_arguments_take_nothing_down(server: Server, client: Client, room: Room) -> None:
    await client.connect(server)
    deep: Any = "x"
    for _ in range(200):
        deep = [deep]
    for arguments in (
        ({"roomId": room.pk}, "not a function"),
        ([1, 2],),
        ("text",),
        (None,),
        (7, 8, 9),
        ({"roomId": deep},),
        (deep,),
        ({"roomId": b"bytes"},),
    ):
        await client.socket.emit("room:subscribe", arguments)
    for name in ("connect", "disconnect", "error", "", "__proto__"):
        await client.socket.emit(name, {"token": "x"})
    assert (await client.socket.call("ping"))["success"]
    assert (await client.until("error"))["code"] in {"VALIDATION_ERROR", "BAD_REQUEST"}
    refused = await client.socket.call("room:subscribe", "text")
    assert refused["error"]["code"] == "VALIDATION_ERROR"


async def test_raw_nonsense_ends_at_most_its_own_connection(server: Server, room: Room) -> None:
    address = f"{server.url}/socket.io/?EIO=4&transport=websocket"
    async with aiohttp.ClientSession() as session:
        for packet in (
            "42[]",
            "42[[1],2]",
            '42{"a":1}',
            "42[" + "[" * 60_000,
            "4" + "[" * 60_000,
            '42["room:subscribe",' + "[" * 500_000 + "]" * 500_000 + "]",
            "9",
            "451-[",
            '451-["x",{"_placeholder":true,"num":0}]',
            "x",
        ):
            async with session.ws_connect(address) as raw:
                assert (await raw.receive()).data.startswith("0")
                await raw.send_str("40")
                await raw.receive()
                with contextlib.suppress(ConnectionError):
                    await raw.send_str(packet)
                    await raw.send_str('420["ping"]')
                with contextlib.suppress(asyncio.TimeoutError):
                    await raw.receive(timeout=0.3)
    async with Live(server.live_url) as native:
        await native.subscribe(room.pk)
    client = Client("websocket")
    await client.connect(server)
    assert (await client.socket.call("room:subscribe", {"roomId": room.pk}))["success"]
    await client.socket.disconnect()


async def test_a_foreign_page_is_refused(server: Server) -> None:
    address = f"{server.url}/socket.io/?EIO=4&transport=polling"
    for origin, status in (("https://evil.example", 400), (server.url, 200)):
        async with aiohttp.ClientSession(headers={"Origin": origin}) as session, session.get(address) as answer:
            assert answer.status == status


@pytest.mark.node
def test_the_javascript_client(server: Server, room: Room, organiser: User, participant: User) -> None:
    with subprocess.Popen(
        ["node", str(CLIENT), server.url, room.pk, token_of(participant)],
        env=socketio_client(),
        stdout=subprocess.PIPE,
        text=True,
    ) as client:
        assert client.stdout is not None
        assert json.loads(client.stdout.readline()) == {"ready": True}
        server.call("POST", f"/rooms/{room.pk}/prizes", organiser, name="Cup")
        told = json.loads(client.stdout.readline())
        assert client.wait(20) == 0
    assert told["refused"].startswith("Authentication failed: ")
    assert told["acknowledged"]["data"]["roomId"] == room.pk
    assert told["wrong"]["error"]["code"] == "VALIDATION_ERROR"
    assert told["created"] == {"websocket": "Cup", "polling": "Cup"}
