"""What daphne and uvicorn leave open: bodies without end, requests that never become whole, a way to say "come again",
lines of requests with query strings, forwarded headers from anybody.

Both are changed in place when the application is loaded, because their command lines let nobody choose a class.
"""

import asyncio
import sys
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from daphne import http_protocol
from daphne.access import AccessLogGenerator
from daphne.ws_protocol import WebSocketProtocol
from django.conf import settings
from twisted.internet import reactor as twisted_reactor

from platform_site.rest.bodies import LEAST_BYTES_A_SECOND, most_bytes

reactor: Any = twisted_reactor


class BoundedRequest(http_protocol.WebRequest):
    """Daphne's request, which reads a body to its end before anybody may look at it. Here it reads as much as is
    allowed and a byte, so that the application can refuse it, and waits no longer than is allowed."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._parsePOSTFormSubmission = False  # Django reads forms; Twisted would answer a broken one without our words
        self.size = 0
        self.whole = False
        self.waited = 0.0
        self.timer: Any = reactor.callLater(settings.REQUEST_SECONDS, self.hurry)

    def handleContentChunk(self, data: bytes) -> None:
        room = most_bytes(self.channel._path.decode("latin-1").partition("?")[0]) + 1 - self.size
        if room <= 0:
            return
        super().handleContentChunk(data[:room])
        self.size += len(data)
        if len(data) >= room:
            # Not at once: whoever calls this still counts what is left of the body.
            reactor.callLater(0, self.cut)

    def cut(self) -> None:
        if not self.whole and self.channel is not None:
            self.channel.persistent = False
            self.channel.allContentReceived()

    def hurry(self) -> None:
        """Hangs up on a request that is not whole in time; a large body has more time, while it comes."""
        self.timer = None
        earned = self.size / LEAST_BYTES_A_SECOND - self.waited
        if earned > 0:
            self.waited += earned
            self.timer = reactor.callLater(earned, self.hurry)
        elif self.channel is not None:
            self.channel.loseConnection()

    def requestReceived(self, command: bytes, path: bytes, version: bytes) -> None:
        self.whole = True
        self.forget_timer()
        super().requestReceived(command, path, version)

    def connectionLost(self, reason: Any) -> None:
        self.forget_timer()
        super().connectionLost(reason)

    def forget_timer(self) -> None:
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None


def close_with_any_code(self: WebSocketProtocol, code: int | None = None) -> None:
    """Autobahn's sendClose takes no code that the protocol itself defines, such as "service restart"."""
    if self.state == self.STATE_OPEN:
        self.sendCloseFrame(code=1000 if code is None else code, isReply=False)


def bound_daphne() -> None:
    AccessLogGenerator.write_entry = say_nothing
    http_protocol.WebRequest = BoundedRequest
    WebSocketProtocol.serverClose = close_with_any_code


def say_nothing(self: AccessLogGenerator, *args: Any, **kwargs: Any) -> None:
    """Daphne's line of a request holds its query string, where e-mails and one-time codes are; ours does not."""


async def believe_nobody(self: Any, scope: Any, receive: Any, send: Any) -> None:
    """By itself uvicorn believes the forwarded headers of every caller of this machine; TRUSTED_PROXIES says whom."""
    await self.app(scope, receive, send)


def bound_uvicorn() -> None:
    """Heads that never become whole; bodies are bounded by the application.

    By its command line uvicorn loads the application before its protocols, so they are loaded here.
    """
    if "uvicorn" not in sys.modules:
        return
    import_module("uvicorn.middleware.proxy_headers").ProxyHeadersMiddleware.__call__ = believe_nobody
    for name, needs in (("h11_impl.H11Protocol", "h11"), ("httptools_impl.HttpToolsProtocol", "httptools")):
        if find_spec(needs) is None:
            continue
        module, _, kind = f"uvicorn.protocols.http.{name}".rpartition(".")
        protocol = getattr(import_module(module), kind)
        if not hasattr(protocol, "waits_for_head"):
            bound_head(protocol)


def bound_head(protocol: Any) -> None:
    made, received, lost = protocol.connection_made, protocol.data_received, protocol.connection_lost

    def wait_for_head(self: Any) -> None:
        if self.waits_for_head is None:
            self.waits_for_head = asyncio.get_running_loop().call_later(settings.REQUEST_SECONDS, self.transport.close)

    def head_came(self: Any) -> None:
        if self.waits_for_head is not None:
            self.waits_for_head.cancel()
            self.waits_for_head = None

    def connection_made(self: Any, transport: Any) -> None:
        made(self, transport)
        wait_for_head(self)

    def data_received(self: Any, data: bytes) -> None:
        received(self, data)
        upgraded = self.transport.get_protocol() is not self
        if upgraded or (self.cycle is not None and not self.cycle.response_complete):
            head_came(self)
        else:
            wait_for_head(self)

    def connection_lost(self: Any, error: Exception | None) -> None:
        head_came(self)
        lost(self, error)

    protocol.waits_for_head = None
    protocol.connection_made, protocol.data_received = connection_made, data_received
    protocol.connection_lost = connection_lost
