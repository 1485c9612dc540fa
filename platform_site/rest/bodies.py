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

    async def __call__(
        self,
        scope: dict[str, Any],
        receive: Callable[[], Awaitable[Message]],
        send: Callable[[Message], Awaitable[None]],
    ) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        room = most_bytes(scope["path"]) + 1
        clock = asyncio.get_running_loop().time
        deadline: float | None = clock() + settings.REQUEST_SECONDS

        async def in_time() -> Message:
            if deadline is None:
                return await receive()
            try:
                async with asyncio.timeout(max(deadline - clock(), 0)):
                    return await receive()
            except TimeoutError:
                return {"type": "http.disconnect"}  # whoever stops in the middle of a request has gone

        async def bounded() -> Message:
            nonlocal room, deadline
            message = await in_time()
            while room == 0 and message["type"] == "http.request":
                message = await receive()  # what is too much is thrown away; the next news is that the client left
            if message["type"] != "http.request":
                return message
            body = message.get("body", b"")[:room]
            room -= len(body)
            more = message.get("more_body", False) and room > 0
            if deadline is not None:
                deadline = deadline + len(body) / LEAST_BYTES_A_SECOND if more else None
            return message | {"body": body, "more_body": more}

        await self.app(scope, bounded, send)


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
