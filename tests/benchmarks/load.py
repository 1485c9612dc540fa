"""The load client of the live benchmark, in a process of its own: many sockets in one room, and REST calls beside them.

Speaks just enough WebSocket and HTTP by hand, so that it is not the client that is measured. Prints one JSON object.
"""

import argparse
import asyncio
import base64
import json
import os
import sys
import time
from collections.abc import Callable
from typing import cast

MARK = b'"name":"bench '


class Socket(asyncio.Protocol):
    """One subscriber: notes when each numbered prize arrives."""

    def __init__(self, options: argparse.Namespace, heard: Callable[[int], None]) -> None:
        self.options, self.heard = options, heard
        self.buffer = b""
        self.open = False
        loop = asyncio.get_running_loop()
        self.ready: asyncio.Future[None] = loop.create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        key = base64.b64encode(os.urandom(16)).decode()
        self.transport.write(
            f"GET /ws/ HTTP/1.1\r\nHost: 127.0.0.1:{self.options.port}\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )

    def connection_lost(self, error: Exception | None) -> None:
        if not self.ready.done():
            self.ready.set_exception(error or ConnectionError("closed"))

    def say(self, opcode: int, text: bytes) -> None:
        length = bytes([0x80 | len(text)]) if len(text) < 126 else b"\xfe" + len(text).to_bytes(2)
        self.transport.write(bytes([0x80 | opcode]) + length + b"\0\0\0\0" + text)  # a mask of zeros

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        if not self.open:
            head, found, rest = self.buffer.partition(b"\r\n\r\n")
            if not found:
                return
            assert b" 101 " in head.split(b"\r\n")[0], head
            self.open, self.buffer = True, rest
            question = {"id": 1, "event": "room:subscribe", "data": {"roomId": self.options.room}}
            self.say(1, json.dumps(question).encode())
        at = 0
        while (frame := frame_at(self.buffer, at)) is not None:
            opcode, body, at = frame
            if opcode == 9:
                self.say(10, body)
            elif opcode == 1:
                self.note(body)
        self.buffer = self.buffer[at:]

    def note(self, body: bytes) -> None:
        mark = body.find(MARK)
        if mark >= 0:
            self.heard(int(body[mark + len(MARK) : body.index(b'"', mark + len(MARK))]))
        elif not self.ready.done() and b'"room:subscribed"' in body:
            self.ready.set_result(None)


def frame_at(buffer: bytes, at: int) -> tuple[int, bytes, int] | None:
    """Opcode and body of the frame that begins there, and where the next one does; None while it is not whole."""
    if len(buffer) - at < 2:
        return None
    length, head = buffer[at + 1], 2
    if length == 126:
        length, head = int.from_bytes(buffer[at + 2 : at + 4]), 4
    elif length == 127:
        length, head = int.from_bytes(buffer[at + 2 : at + 10]), 10
    end = at + head + length
    return (buffer[at] & 15, buffer[at + head : end], end) if end <= len(buffer) else None


class Calls:
    """REST calls that create prizes, over connections that stay open."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.idle: asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = asyncio.Queue()
        self.made = 0

    async def create(self, number: int) -> None:
        if self.idle.empty() and self.made < self.options.in_flight:
            self.made += 1
            reader, writer = await asyncio.open_connection("127.0.0.1", self.options.port)
        else:
            reader, writer = await self.idle.get()
        body = json.dumps({"name": f"bench {number}", "description": "x" * 100}).encode()
        writer.write(
            f"POST /api/v1/rooms/{self.options.room}/prizes HTTP/1.1\r\nHost: 127.0.0.1:{self.options.port}\r\n"
            f"Authorization: Bearer {self.options.token}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n".encode()
            + body
        )
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        assert b" 201 " in head.split(b"\r\n")[0], head
        await reader.readexactly(int(head.split(b"content-length:")[1].split(b"\r\n")[0]))
        self.idle.put_nowait((reader, writer))


def memory_of(pid: int) -> int:
    """Resident memory in bytes."""
    with open(f"/proc/{pid}/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def cpu_of(pid: int) -> float:
    """CPU seconds used so far: unlike elapsed time, they do not depend on who else uses the machine."""
    with open(f"/proc/{pid}/stat") as file:
        user, system = file.read().rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def spread(latencies: list[float]) -> dict[str, float]:
    ordered = sorted(latencies)
    last = len(ordered) - 1
    at = {"p50": last // 2, "p99": round(last * 0.99), "max": last}
    return {name: round(ordered[index] * 1000, 1) for name, index in at.items()}


class Hall:
    """All sockets, and what arrives at them."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.calls = Calls(options)
        self.sent: dict[int, float] = {}
        self.arrived: list[float] = []
        self.expected = 0
        self.all_in = asyncio.Event()
        self.sockets: list[Socket] = []

    def heard(self, number: int) -> None:
        self.arrived.append(time.perf_counter() - self.sent[number])
        if len(self.arrived) == self.expected:
            self.all_in.set()

    async def fill(self) -> None:
        gate = asyncio.Semaphore(self.options.handshakes)
        loop = asyncio.get_running_loop()

        async def come_in() -> None:
            async with gate:
                at = ("127.0.0.1", self.options.port)
                _, socket = await loop.create_connection(lambda: Socket(self.options, self.heard), *at)
                self.sockets.append(socket)
                await asyncio.wait_for(socket.ready, 120)

        await asyncio.gather(*(come_in() for _ in range(self.options.sockets)))

    async def publish(self, number: int) -> None:
        self.sent[number] = time.perf_counter()
        await self.calls.create(number)

    async def one_by_one(self, numbers: range) -> list[float]:
        """The latencies at all receivers, each event after the one before has reached everybody."""
        self.arrived, self.expected = [], 0
        for number in numbers:
            self.expected += self.options.sockets
            await self.publish(number)
            await self.everybody()
            await asyncio.sleep(0.05)
        return self.arrived

    async def in_flight(self, numbers: range) -> list[float]:
        """The same with many calls at a time."""
        self.arrived, self.expected = [], len(numbers) * self.options.sockets
        left = iter(numbers)

        async def caller() -> None:
            for number in left:
                await self.publish(number)

        await asyncio.gather(*(caller() for _ in range(self.options.in_flight)))
        await self.everybody()
        return self.arrived

    async def everybody(self) -> None:
        if len(self.arrived) < self.expected:
            await asyncio.wait_for(self.all_in.wait(), 300)
        self.all_in.clear()


async def measure(options: argparse.Namespace) -> dict[str, object]:
    hall = Hall(options)
    before, used, began = memory_of(options.pid), cpu_of(options.pid), time.perf_counter()
    await hall.fill()
    connecting, connecting_cpu = time.perf_counter() - began, cpu_of(options.pid) - used
    await asyncio.sleep(2)
    memory = (memory_of(options.pid) - before) / options.sockets
    await hall.one_by_one(range(3))  # warm: threads, connections, caches
    single = spread(await hall.one_by_one(range(100, 100 + options.single)))
    used, began = cpu_of(options.pid), time.perf_counter()
    burst = spread(await hall.in_flight(range(1000, 1000 + options.burst)))
    took = time.perf_counter() - began
    return {
        "sockets": options.sockets,
        "connected_per_s": round(options.sockets / connecting),
        "cpu_ms_per_connect": round(connecting_cpu / options.sockets * 1000, 1),
        "kB_per_socket": round(memory / 1000, 1),
        "one_by_one_ms": single,
        "burst_events_per_s": round(options.burst / took, 1),
        "burst_messages_per_s": round(options.burst * options.sockets / took),
        "burst_ms": burst,
        "cpu_ms_per_event": round((cpu_of(options.pid) - used) / options.burst * 1000, 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser()
    for name in ("port", "pid", "sockets", "single", "burst", "in-flight", "handshakes"):
        parser.add_argument(f"--{name}", type=int, required=True)
    parser.add_argument("--room", required=True)
    parser.add_argument("--token", required=True)
    json.dump(asyncio.run(measure(parser.parse_args())), sys.stdout)


if __name__ == "__main__":
    main()
