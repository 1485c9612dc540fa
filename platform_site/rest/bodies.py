"""Bodies no larger than the API takes, with or without Content-Length, on both kinds of servers."""

from collections.abc import Awaitable, Callable
from io import BytesIO
from typing import Any

from django.conf import settings
from django.http import HttpRequest

from platform_site.rest.exceptions import BadRequest, PayloadTooLarge

Message = dict[str, Any]


class BoundedBodies:
    """ASGI: hands the application one byte more than an API body may have, and no more.

    Django stores a whole body before anyone can look at it; here an endless one ends early.
    """

    def __init__(self, app: Any, prefix: str) -> None:
        self.app = app
        self.prefix = prefix

    async def __call__(
        self,
        scope: dict[str, Any],
        receive: Callable[[], Awaitable[Message]],
        send: Callable[[Message], Awaitable[None]],
    ) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(self.prefix):
            await self.app(scope, receive, send)
            return
        room = settings.MOST_BODY_BYTES + 1

        async def bounded() -> Message:
            nonlocal room
            message = await receive()
            while room == 0 and message["type"] == "http.request":
                message = await receive()  # what is too much is thrown away; the next news is that the client left
            if message["type"] != "http.request":
                return message
            body = message.get("body", b"")[:room]
            room -= len(body)
            return message | {"body": body, "more_body": message.get("more_body", False) and room > 0}

        await self.app(scope, bounded, send)


def bound_body(request: HttpRequest) -> None:
    """Raises PayloadTooLarge for a body over 1 MiB. Gives a body that came in chunks the length that DRF looks for."""
    if length := request.META.get("CONTENT_LENGTH"):
        if not str(length).isdecimal():
            raise BadRequest
        if len(str(length)) > 15 or int(length) > settings.MOST_BODY_BYTES:
            raise PayloadTooLarge
        return
    if "chunked" not in request.META.get("HTTP_TRANSFER_ENCODING", "").lower():
        return
    stream: Any = request
    if "wsgi.input" in request.META:
        if not request.META.get("wsgi.input_terminated"):
            raise BadRequest("Send this body with a Content-Length.")
        stream = request.META["wsgi.input"]  # Django's own reader stops at the missing length
    body = stream.read(settings.MOST_BODY_BYTES + 1)
    if len(body) > settings.MOST_BODY_BYTES:
        raise PayloadTooLarge
    # What HttpRequest.body keeps, so that everybody can read it again.
    request._body, request._stream, request._read_started = body, BytesIO(body), True  # type: ignore[attr-defined]
    request.META["CONTENT_LENGTH"] = str(len(body))
