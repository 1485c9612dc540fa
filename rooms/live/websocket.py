"""The native WebSocket protocol at /ws/: JSON text frames with commands in, acknowledgements and events out.

A plain ASGI application: Channels' consumers hop threads for every message to every socket, which is most of the time
that a full hall has to wait.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Generator
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils import timezone

from platform_site.rest.parsers import strict_json
from rooms.live.connections import (
    SERVER_FAULT,
    TOKEN_REFUSED,
    TOO_MANY_MESSAGES,
    TOO_SLOW,
    TRY_AGAIN,
    Connection,
)
from rooms.live.frames import Frame, encoded
from rooms.live.hub import Hub, hub_here
from rooms.live.identity import Identity, identity_of_cookie, identity_of_token
from rooms.live.origins import address_of, is_allowed_host, is_allowed_origin
from rooms.live.protocol import LONGEST_MESSAGE, complain, obey, refusal, settle
from rooms.live.refusals import MessageTooLarge, TooManyConnections, Unreadable, WrongId

logger = logging.getLogger(__name__)

PROTOCOL = "event-platform"
CLOSING_TIME = 10.0  # seconds that a client which reads nothing gets to hear why it was cut off
LONGEST_ID = 100  # bytes
MOST_UNANSWERED = 50  # messages that are read ahead
MOST_REFUSED = 200  # messages over the limit, then the connection ends

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Coroutine[Any, Any, None]]


async def native_door(scope: Scope, receive: Receive, send: Send) -> None:
    """The ASGI application. Serves one connection from its handshake to its end."""
    await receive()  # websocket.connect
    if not (is_allowed_host(scope) and is_allowed_origin(scope)):
        await send({"type": "websocket.close", "code": 4403})
        return
    hub = hub_here()
    offered = scope.get("subprotocols") or []
    identity = await identity_at_handshake(hub, scope, offered)
    # A browser fails a handshake in which it offered subprotocols and none was chosen.
    chosen = PROTOCOL if PROTOCOL in offered else offered[0] if offered else None
    await send({"type": "websocket.accept", "subprotocol": chosen})
    if identity is None:
        await send({"type": "websocket.close", "code": TOKEN_REFUSED})
        return
    connection = NativeConnection(hub, send, address_of(scope))
    try:
        hub.enter(connection)
    except TooManyConnections:
        await send({"type": "websocket.close", "code": TRY_AGAIN})
        return
    hub.directory.identify(connection, identity)
    try:
        while True:
            message = await receive()
            if message["type"] == "websocket.disconnect":
                return
            await connection.receive(message.get("text"), timezone.now())
    finally:
        connection.gone = True
        hub.leave(connection)


async def identity_at_handshake(hub: Hub, scope: Scope, offered: list[str]) -> Identity | None:
    """By token among the subprotocols (None when it is wrong), by this site's session cookie, or nobody yet."""
    token = next((each for each in offered if each.count(".") == 2), None)
    if token is not None:
        return await hub.worker.run(identity_of_token, token)
    return await identity_of_cookie(hub.worker.run, scope)


class NativeConnection(Connection):
    """Frames go straight to the server while it takes them at once; else they queue up, to a bound."""

    def __init__(self, hub: Hub, send: Send, address: str) -> None:
        super().__init__(address)
        self.hub, self.send = hub, send
        self.gone = False
        self.refused = 0
        self.inbox: deque[tuple[str | None, datetime]] = deque()
        self.answering: asyncio.Task | None = None
        self.queue: deque[dict[str, Any]] | None = None  # None while nothing waits
        self.draining: asyncio.Task | None = None

    # --- In ----------------------------------------------------------------------------------------------------

    async def receive(self, text: str | None, arrived_at: datetime) -> None:
        """Keeps a message until its turn. Messages are answered one after the other; reading goes on meanwhile, so
        that each is stamped when it arrives and not when the one before it is done, up to MOST_UNANSWERED."""
        self.inbox.append((text, arrived_at))
        if self.answering is None:
            self.answering = self.hub.worker.spawn(self.answer_all())
        if len(self.inbox) >= MOST_UNANSWERED:
            await asyncio.wait([self.answering])

    async def answer_all(self) -> None:
        try:
            while self.inbox:
                await self.take(*self.inbox.popleft())
        except Exception:
            logger.exception("A connection cannot be answered any more")
            self.cut(SERVER_FAULT)
        finally:
            self.answering = None

    async def take(self, text: str | None, arrived_at: datetime) -> None:
        """One message of the client: does what it asks, answers, and sends what follows from it."""
        number = None
        if text is None or len(text) > LONGEST_MESSAGE or len(text.encode()) > LONGEST_MESSAGE:
            self.spend()
            answer = refusal(Unreadable("Send JSON as text.") if text is None else MessageTooLarge())
        else:
            try:
                message = strict_json(text)
            except ValueError:
                message = None
            if isinstance(message, dict) and not can_be_sent_back(message.get("id")):
                self.spend()
                answer = refusal(WrongId())
            elif isinstance(message, dict):
                number = message.get("id")
                answer = await obey(self.hub, self, message.get("event"), message.get("data"), arrived_at)
            else:
                self.spend()
                answer = refusal(Unreadable())
        if number is not None:
            self.write({"type": "websocket.send", "text": encoded({"ack": number, **answer})})
        elif not answer["success"]:
            complain(self, answer)
        await settle(self)
        if self.allowance < 1 and not answer["success"]:
            self.refused += 1
            if self.refused > MOST_REFUSED:
                self.cut(TOO_MANY_MESSAGES)

    # --- Out ---------------------------------------------------------------------------------------------------

    def push(self, frame: Frame) -> None:
        self.write(frame.message)

    async def deliver(self, frame: Frame) -> None:
        if self.draining is not None:
            await asyncio.wait([self.draining])
        self.write(frame.message)

    def write(self, message: dict[str, Any]) -> None:
        if self.gone:
            return
        if self.queue is not None:
            if len(self.queue) >= settings.REALTIME_QUEUE:
                self.cut(TOO_SLOW)
            else:
                self.queue.append(message)
            return
        # Stepping the coroutine by hand: a task for each frame and socket would cost more than the frame.
        sending = self.send(message)
        try:
            waits_for = sending.send(None)
        except StopIteration:
            return
        except Exception:  # noqa: BLE001 (each server has its own way to say that the client has gone)
            self.cut(SERVER_FAULT)
            return
        self.queue = deque()
        self.draining = self.hub.worker.spawn(self.drain(Resumed(sending, waits_for)))

    async def drain(self, first: "Resumed") -> None:
        """Sends what queued up while the client did not read."""
        queue = self.queue
        assert queue is not None  # noqa: S101
        try:
            await first
            while queue:
                await self.send(queue.popleft())
            self.queue = self.draining = None
        except Exception:  # noqa: BLE001 (as above)
            self.cut(SERVER_FAULT)

    def cut(self, code: int) -> None:
        if self.gone:
            return
        self.gone = True
        if self.queue is not None:
            self.queue.clear()
        self.hub.leave(self)
        self.hub.worker.spawn(self.hang_up(code))

    async def hang_up(self, code: int) -> None:
        try:
            await asyncio.wait_for(self.send({"type": "websocket.close", "code": code}), CLOSING_TIME)
        except Exception:  # noqa: BLE001 (gone, or deaf: there is nobody to be polite to)
            logger.debug("A client was cut off without a word: %s", code)
        abort(self.send)


def can_be_sent_back(number: Any) -> bool:
    """Whether a message's `id` can stand in its acknowledgement: null, a number, or a short text that is Unicode."""
    if isinstance(number, str):
        try:
            return len(number.encode()) <= LONGEST_ID
        except UnicodeEncodeError:
            return False
    return number is None or isinstance(number, int | float)


def abort(send: Any) -> None:
    """Drops the TCP connection of a client that does not read, where the server lets us find it."""
    protocol = getattr(send, "__self__", None)
    transport = getattr(protocol, "transport", None)
    if transport is not None and transport.get_write_buffer_size() > 0:
        transport.abort()


class Resumed:
    """Awaits the rest of a coroutine that was stepped by hand as far as `waits_for`."""

    def __init__(self, coroutine: Coroutine[Any, Any, None], waits_for: Any) -> None:
        self.coroutine, self.waits_for = coroutine, waits_for

    def __await__(self) -> Generator[Any, Any, None]:
        waits_for = self.waits_for
        while True:
            thrown: BaseException | None = None
            try:
                yield waits_for
            except BaseException as error:  # noqa: BLE001 (handed on to the coroutine, a cancellation too)
                thrown = error
            try:
                waits_for = self.coroutine.send(None) if thrown is None else self.coroutine.throw(thrown)
            except StopIteration:
                return
