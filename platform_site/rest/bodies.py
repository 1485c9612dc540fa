"""Bodies no larger than a path takes and no slower than they may be, with or without Content-Length."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from io import BytesIO
from typing import Any

from django.conf import settings
from django.http import HttpRequest

from platform_site.rest.exceptions import BadRequest, PayloadTooLarge

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
# A body has REQUEST_SECONDS, and a second more for each so many bytes: a picture by a slow phone arrives, a body that
# comes a byte at a time does not.
LEAST_BYTES_A_SECOND = 64 * 1024


def most_bytes(path: str) -> int:
    """How large a body sent to `path` may be."""
    if any(re.search(pattern, path) for pattern in settings.LARGE_BODIES):
        return settings.MOST_LARGE_BODY_BYTES
    return settings.MOST_BODY_BYTES


class BoundedBodies:
    """ASGI: hands the application one byte more than a body may have, and no more; waits for it no longer than it may.

    Django stores a whole body before anyone can look at it; here an endless one ends early.
    """

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            body = ArrivingBody(receive, send, most_bytes(scope["path"]))
            receive, send = body.receive, body.send
        await self.app(scope, receive, send)


class ArrivingBody:
    def __init__(self, receive: Receive, send: Send, most: int) -> None:
        self.from_client, self.to_client = receive, send
        self.room = most + 1
        self.clock = asyncio.get_running_loop().time
        self.deadline: float | None = self.clock() + settings.REQUEST_SECONDS

    async def receive(self) -> Message:
        if self.room == 0:
            # Not read: the server stops taking more from the client, which is about to be refused. Whoever waits here
            # for the client to leave is cancelled when the answer is out.
            await asyncio.Event().wait()
        message = await self.in_time()
        if message["type"] != "http.request":
            return message
        body = message.get("body", b"")[: self.room]
        self.room -= len(body)
        more = message.get("more_body", False) and self.room > 0
        if self.deadline is not None:
            self.deadline = self.deadline + len(body) / LEAST_BYTES_A_SECOND if more else None
        return message | {"body": body, "more_body": more}

    async def in_time(self) -> Message:
        if self.deadline is None:
            return await self.from_client()
        try:
            async with asyncio.timeout(max(self.deadline - self.clock(), 0)):
                return await self.from_client()
        except TimeoutError:
            return {"type": "http.disconnect"}  # whoever stops in the middle of a request has gone

    async def send(self, message: Message) -> None:
        if self.room == 0 and message["type"] == "http.response.start":
            # The rest of the body would be read as the next request.
            headers = [pair for pair in message.get("headers", ()) if pair[0].lower() != b"connection"]
            message = message | {"headers": [*headers, (b"connection", b"close")]}
        await self.to_client(message)


def bound_body(request: HttpRequest) -> None:
    """Raises PayloadTooLarge for a body larger than its path takes. Gives a body that came in chunks the length that
    DRF looks for."""
    most = most_bytes(request.path)
    if length := request.META.get("CONTENT_LENGTH"):
        if not str(length).isdecimal():
            raise BadRequest
        if len(str(length)) > 15 or int(length) > most:
            raise PayloadTooLarge(f"The body is larger than {most // 1024**2} MiB.")
        return
    if "chunked" not in request.META.get("HTTP_TRANSFER_ENCODING", "").lower():
        return
    stream: Any = request
    if "wsgi.input" in request.META:
        if not request.META.get("wsgi.input_terminated"):
            raise BadRequest("Send this body with a Content-Length.")
        stream = request.META["wsgi.input"]  # Django's own reader stops at the missing length
    body = stream.read(most + 1)
    if len(body) > most:
        raise PayloadTooLarge(f"The body is larger than {most // 1024**2} MiB.")
    # What HttpRequest.body keeps, so that everybody can read it again.
    request._body, request._stream, request._read_started = body, BytesIO(body), True  # type: ignore[attr-defined]
    request.META["CONTENT_LENGTH"] = str(len(body))
