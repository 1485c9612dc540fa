"""Real server processes on this test's database, and a client of the native live protocol."""

import asyncio
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self, TypeVar
from urllib.parse import quote

import requests
from django.db import connection, connections
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from accounts.actions import open_session
from accounts.models import User

T = TypeVar("T")
ROOT = Path(__file__).resolve().parent.parent
APPLICATION = "platform_site.asgi:application"
DAPHNE = ("-m", "daphne", "-b", "127.0.0.1", "-p", "{port}", APPLICATION)
UVICORN = (
    *("-m", "uvicorn", "--host", "127.0.0.1", "--port", "{port}", "--ws", "websockets-sansio"),
    *(
        "--ws-per-message-deflate",
        "false",
        "--loop",
        "asyncio",
        "--log-level",
        "warning",
        "--lifespan",
        "off",
        APPLICATION,
    ),
)

RUNSERVER = ("manage.py", "runserver", "--noreload", "127.0.0.1:{port}")
GRANIAN = (
    *("-m", "granian", "--interface", "wsgi", "--workers", "1", "--blocking-threads", "1"),
    *("--workers-kill-timeout", "20", "--host", "127.0.0.1", "--port", "{port}", "platform_site.wsgi:application"),
)


def database_url() -> str:
    """The test database, as another process reaches it."""
    known = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{known['NAME']}"
    user, host, name = (quote(str(known[key] or ""), safe="") for key in ("USER", "HOST", "NAME"))
    port = f":{known['PORT']}" if known["PORT"] else ""
    return f"postgres://{user}@{host}{port}/{name}"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


async def apart(function: Callable[..., T], *args: Any, **options: Any) -> T:
    """Runs what waits (the ORM, a REST call) in a thread, which keeps no database connection."""

    def run() -> T:
        try:
            return function(*args, **options)
        finally:
            connections.close_all()

    return await asyncio.to_thread(run)


class Server:
    """A server process of the product; `kill` is kill -9, `start` again takes the same port."""

    def __init__(self, command: tuple[str, ...] = DAPHNE, **environment: str) -> None:
        self.command, self.port = command, free_port()
        self.environment = {"RATE_LIMITS": "off", "REALTIME_TICK": "1"} | environment
        self.log = tempfile.TemporaryFile()  # noqa: SIM115 (closed with the server)
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def live_url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/ws/"

    def start(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, *(part.format(port=self.port) for part in self.command)],
            cwd=ROOT,
            env=os.environ
            | {"DATABASE_URL": self.environment.get("DATABASE_URL") or database_url()}
            | self.environment,
            stdout=self.log,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # so that its workers, which kill -9 of the parent leaves behind, go with it
        )
        deadline = time.monotonic() + 90
        while True:
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return
            if time.monotonic() > deadline or self.process.poll() is not None:
                raise RuntimeError(f"The server did not start:\n{self.output()}")
            time.sleep(0.05)

    def output(self) -> str:
        self.log.seek(0)
        return self.log.read().decode(errors="replace")

    def kill(self) -> None:
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None

    def terminate(self, seconds: float = 40) -> int | None:
        """SIGTERM, as every process manager sends it; the exit status, or None for a process that stays."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return self.ended(seconds)

    def ended(self, seconds: float = 40) -> int | None:
        assert self.process is not None
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None

    def call(self, method: str, path: str, user: User | None = None, **body: Any) -> Any:
        """A REST call by `user`; the data of its answer. Raises for anything but success."""
        headers = {"Authorization": f"Bearer {token_of(user)}"} if user else {}
        answer = requests.request(method, f"{self.url}/api/v1{path}", json=body or None, headers=headers, timeout=30)
        assert answer.ok, f"{answer.status_code} {answer.text}"
        return answer.json()["data"]

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.kill()
        self.log.close()


def token_of(user: User) -> str:
    return open_session(user=user).access


class Live:
    """A client of /ws/: keeps every event that comes, in order."""

    def __init__(self, url: str, token: str | None = None, **options: Any) -> None:
        self.url, self.token, self.options = url, token, options
        self.events: list[dict[str, Any]] = []
        self.acks: dict[Any, asyncio.Future[dict[str, Any]]] = {}
        self.number = 0
        self.changed = asyncio.Event()
        self.close_code: int | None = None

    async def __aenter__(self) -> Self:
        protocols: list[Any] = [
            "event-platform",
            *self.options.pop("subprotocols", ()),
            *([self.token] if self.token else []),
        ]
        self.socket: ClientConnection = await connect(
            self.url, subprotocols=protocols, proxy=None, max_size=None, **self.options
        )
        self.reader = asyncio.create_task(self.read())
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.socket.close()
        self.reader.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self.reader

    async def read(self) -> None:
        try:
            async for text in self.socket:
                self.take(json.loads(text))
        except ConnectionClosed:
            pass  # Its code is what a test asks for.
        finally:
            self.close_code = self.socket.close_code
            self.changed.set()
            for ack in self.acks.values():
                ack.cancel()

    def take(self, frame: dict[str, Any]) -> None:
        if "ack" in frame:
            self.acks.pop(frame["ack"]).set_result(frame)
        else:
            self.events.append(frame)
        self.changed.set()

    async def ask(self, event: str, **data: Any) -> dict[str, Any]:
        """The whole acknowledgement."""
        self.number += 1
        answer = self.acks[self.number] = asyncio.get_running_loop().create_future()
        await self.socket.send(json.dumps({"id": self.number, "event": event, "data": data}))
        return await asyncio.wait_for(answer, 20)

    async def subscribe(self, room_id: str, **data: Any) -> dict[str, Any]:
        answer = await self.ask("room:subscribe", roomId=room_id, **data)
        assert answer["success"], answer
        return answer["data"]

    async def until(self, true: Callable[[], Any], seconds: float = 15) -> None:
        async with asyncio.timeout(seconds):
            while not true():
                self.changed.clear()
                await self.changed.wait()

    async def event(self, name: str, seconds: float = 15) -> dict[str, Any]:
        """The data of the first event of that name, now or soon."""
        await self.until(lambda: any(each["event"] == name for each in self.events), seconds)
        return next(each["data"] for each in self.events if each["event"] == name)

    async def closed(self, seconds: float = 15) -> int | None:
        await self.until(lambda: self.close_code is not None, seconds)
        return self.close_code

    def names(self) -> list[str]:
        return [each["event"] for each in self.events]

    def numbers(self) -> list[int]:
        """The numbers of the logged events, in the order in which they came."""
        return [
            each["data"]["seq"] for each in self.events if "seq" in each["data"] and each["event"] != "room:subscribed"
        ]
