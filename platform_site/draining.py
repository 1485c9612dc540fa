"""SIGTERM under ASGI: requests in flight are answered, new ones refused, live connections told to come again.

Servers stop their event loop while threads still compute answers; daphne then waits for them for ever. So the signal is
taken before the server gets it: first everything that runs comes to its end, then the server stops as it always does.
"""

import asyncio
import contextlib
import logging
import os
import signal
import threading
from collections.abc import Awaitable, Callable
from typing import Any

from django.conf import settings
from django.http import HttpResponse

from platform_site.views import unavailable

logger = logging.getLogger(__name__)

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

COME_AGAIN = 1012  # the WebSocket protocol's "service restart": clients connect again, and resume where they were
LEAVING = 0.3  # seconds that the last bytes of answers and farewells get to leave the process
RESERVE = 2  # seconds of DRAIN_SECONDS that the server itself gets to stop


class Gate:
    """The outermost ASGI application of a process."""

    def __init__(self, app: Any, *, long_poll: str) -> None:
        self.app = app
        self.long_poll = long_poll  # where a GET waits for news: it is told to come again, nobody waits for it
        self.told = self.draining = False
        self.answering = 0
        self.idle = asyncio.Event()
        self.idle.set()
        self.sockets: set[Send] = set()
        self.polls: set[Poll] = set()
        self.loop: asyncio.AbstractEventLoop | None = None
        self.server_stops: Any = None
        self.task: asyncio.Task | None = None

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        if self.loop is None:
            self.watch()
        if scope["type"] == "websocket":
            await self.live(scope, receive, send)
        elif scope["type"] != "http":
            await self.app(scope, receive, send)
        elif self.draining:
            await refuse(scope, send)
        elif scope["method"] == "GET" and scope["path"].startswith(self.long_poll):
            await self.poll(scope, receive, send)
        else:
            self.answering += 1
            self.idle.clear()
            try:
                await self.app(scope, receive, send)
            finally:
                self.answering -= 1
                if not self.answering:
                    self.idle.set()

    async def live(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        if self.draining:
            await receive()
            await send({"type": "websocket.close", "code": COME_AGAIN})
            return
        self.sockets.add(send)
        try:
            await self.app(scope, receive, send)
        finally:
            self.sockets.discard(send)

    async def poll(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        poll = Poll(scope, send)
        self.polls.add(poll)
        try:
            await self.app(scope, receive, poll.send)
        finally:
            self.polls.discard(poll)

    def watch(self) -> None:
        """Takes the signal over from the server, which has set its own handler by the time of the first request.

        Under runserver's reloader the application has no main thread, and the signal ends the process at once.
        """
        self.loop = asyncio.get_running_loop()
        if threading.current_thread() is threading.main_thread():
            self.server_stops = signal.signal(signal.SIGTERM, self.begin)

    def begin(self, signum: int, frame: Any) -> None:
        if self.told:  # once more: somebody cannot wait
            self.stop_server()
            return
        self.told = True
        threading.Thread(target=end_in_time, args=(settings.DRAIN_SECONDS,), daemon=True).start()
        assert self.loop is not None  # noqa: S101
        self.loop.call_soon_threadsafe(self.start)

    def start(self) -> None:
        self.draining = True  # after what the loop has read already
        self.task = asyncio.ensure_future(self.drain())

    async def drain(self) -> None:
        assert self.loop is not None  # noqa: S101
        logger.info("Stopping: %s requests to answer, %s live connections.", self.answering, len(self.sockets))
        last = [self.idle.wait(), *(poll.end() for poll in self.polls), *(farewell(send) for send in self.sockets)]
        _, late = await asyncio.wait(map(self.loop.create_task, last), timeout=settings.DRAIN_SECONDS - RESERVE)
        for task in late:
            task.cancel()
        if self.answering:
            logger.warning("Stopping with %s requests unanswered.", self.answering)
        await asyncio.sleep(LEAVING)
        self.stop_server()

    def stop_server(self) -> None:
        if callable(self.server_stops):
            self.server_stops(signal.SIGTERM, None)
        elif self.server_stops is not signal.SIG_IGN:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            os.kill(os.getpid(), signal.SIGTERM)


class Poll:
    """A GET that waits for news. Whoever answers first, its application or the end of the process, is heard."""

    def __init__(self, scope: dict[str, Any], send: Send) -> None:
        self.scope, self.to_server = scope, send
        self.started = self.ended = False

    async def send(self, message: Message) -> None:
        self.started = True
        if not self.ended:
            await self.to_server(message)

    async def end(self) -> None:
        if not self.started:
            self.ended = True
            with contextlib.suppress(Exception):  # the client has gone; each server has its own way to say so
                await refuse(self.scope, self.to_server)


async def farewell(send: Send) -> None:
    with contextlib.suppress(Exception):  # gone, or not yet accepted
        await send({"type": "websocket.close", "code": COME_AGAIN, "reason": "The server restarts."})


async def refuse(scope: dict[str, Any], send: Send) -> None:
    response: HttpResponse = unavailable(scope["path"], "The server restarts. Try again in a moment.", retry_after=2)
    response["Content-Length"] = str(len(response.content))
    response["Connection"] = "close"
    headers = [(name.lower().encode(), value.encode("latin-1")) for name, value in response.items()]
    await send({"type": "http.response.start", "status": response.status_code, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else response.content})


def end_in_time(seconds: float) -> None:
    """Ends the process when everything else has failed to: a thread that never returns would keep it for ever."""
    threading.Event().wait(seconds)
    logger.error("The process did not stop within %s seconds and was ended.", seconds)
    logging.shutdown()
    os._exit(1)
