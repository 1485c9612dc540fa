"""A client's live connection, whichever door it came through: who it is, what it follows, how much it may send."""

import math
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.conf import settings

from apps_registry.manifest import Level
from rooms.frames import Frame, frame_now
from rooms.identity import Identity

if TYPE_CHECKING:
    from rooms.feeds import Entry
    from rooms.hub import Hub

# Close codes: 1xxx are the WebSocket protocol's, 4xxx ours.
TRY_AGAIN = 1013
TOKEN_REFUSED = 4401
TOO_SLOW = 4408
TOO_MANY_MESSAGES = 4429
MOST_ROOMS = 50
MOST_WAITING = 2000  # events that may come in while a viewer catches up


@dataclass(eq=False, slots=True)
class Subscription:
    """A connection's place in one room: `seq` is the number of the last event it was given, at its level."""

    connection: "Connection"
    room_id: str
    level: Level = "public"
    member: bool = False
    seq: float = -1
    admitted: bool = False
    waiting: "list[Entry]" = field(default_factory=list)  # what happens while it catches up

    def offer(self, number: int, frame: Frame) -> None:
        if number > self.seq:
            self.seq = number
            self.connection.push(frame)

    def keep(self, entry: "Entry") -> None:
        if len(self.waiting) < MOST_WAITING:
            self.waiting.append(entry)
        else:
            self.connection.cut(TOO_SLOW)

    def end(self) -> None:
        """Nothing is offered any more, not even by a round that has begun."""
        self.seq, self.waiting = math.inf, []


class Connection:
    """What all doors share. Each door adds how a frame is sent (push, deliver) and how to hang up (cut)."""

    def __init__(self, hub: "Hub", identity: Identity) -> None:
        self.hub = hub
        self.identity = identity
        self.subscriptions: dict[str, Subscription] = {}
        self.after_answer: list[Callable[[], Awaitable[None]]] = []
        self.allowance = float(settings.REALTIME_MESSAGES_PER_MINUTE)
        self.counted_at = time.monotonic()
        self.expiry: Any = None

    @property
    def user(self) -> Any:
        return self.identity.user

    def push(self, frame: Frame) -> None:
        """Sends without waiting, in order. Whoever cannot keep up is cut off: TOO_SLOW. Never raises."""
        raise NotImplementedError

    async def deliver(self, frame: Frame) -> None:
        """Sends, and waits while the client has much to read already."""
        raise NotImplementedError

    def cut(self, code: int) -> None:
        """Hangs up. Never raises; may be called twice."""
        raise NotImplementedError

    def spend(self) -> bool:
        """Counts one message of the client; False where it has sent too many within the minute."""
        rate = settings.REALTIME_MESSAGES_PER_MINUTE
        now = time.monotonic()
        self.allowance = min(rate, self.allowance + (now - self.counted_at) * rate / 60)
        self.counted_at = now
        if self.allowance < 1:
            return False
        self.allowance -= 1
        return True

    def identify(self, identity: Identity) -> None:
        """From now on the connection is `identity`, until its token ends."""
        if self not in self.hub.connections:
            return
        self.hub.forget_identity(self)
        self.identity = identity
        self.hub.know_identity(self)
        if self.expiry is not None:
            self.expiry.cancel()
            self.expiry = None
        if identity.expires_at is not None:
            left = max(0.0, identity.expires_at - time.time())
            self.expiry = self.hub.loop.call_later(left, self.expire)

    def expire(self) -> None:
        """The token has ended or was revoked."""
        self.push(frame_now("token:expired"))
        self.cut(TOKEN_REFUSED)

    def leave(self) -> None:
        """The connection is gone: nobody waits for it any more."""
        if self.expiry is not None:
            self.expiry.cancel()
        self.hub.leave(self)
