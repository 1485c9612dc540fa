"""A client's live connection, whichever door it came through: who it is, what it follows, how much it may send."""

import math
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings

from apps_registry.manifest import Level
from rooms.live.frames import Frame, frame_now
from rooms.live.identity import ANONYMOUS, Identity
from rooms.live.log import Entry, Viewer

# Close codes: 1xxx are the WebSocket protocol's, 4xxx ours.
SERVER_FAULT = 1011
TRY_AGAIN = 1013
TOKEN_REFUSED = 4401
TOO_SLOW = 4408
TOO_MANY_MESSAGES = 4429
MOST_ROOMS = 50
MOST_WAITING = 2000  # events that may come in while a viewer catches up


class Connection:
    """What all doors share. Each door adds how a frame is sent (push, deliver) and how to hang up (cut)."""

    def __init__(self, address: str = "") -> None:
        self.address = address  # what is counted as one; empty where nobody knows
        self.identity: Identity = ANONYMOUS
        self.subscriptions: dict[str, Subscription] = {}
        self.after_answer: list[Callable[[], Awaitable[None]]] = []
        self.allowance = float(settings.REALTIME_MESSAGES_PER_MINUTE)
        self.counted_at = time.monotonic()

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

    def spend(self, messages: int = 1) -> bool:
        """Counts messages of the client, or what counts as such; False where it has sent too many within the minute."""
        rate = settings.REALTIME_MESSAGES_PER_MINUTE
        now = time.monotonic()
        self.allowance = min(rate, self.allowance + (now - self.counted_at) * rate / 60)
        self.counted_at = now
        if self.allowance < messages:
            return False
        self.allowance -= messages
        return True

    def expire(self) -> None:
        """The token has ended or was revoked."""
        self.push(frame_now("token:expired"))
        self.cut(TOKEN_REFUSED)


@dataclass(eq=False, slots=True)
class Subscription:
    """A connection's place in one room: `seq` is the number of the last event it was given, at its level."""

    connection: Connection
    room_id: str
    level: Level = "public"
    member: bool = False
    role: str | None = None
    seq: float = -1
    admitted: bool = False
    figures: dict[str, Any] = field(default_factory=dict)  # of presence, as it was last told by itself
    waiting: list[Entry] = field(default_factory=list)  # what happens while it catches up

    @property
    def viewer(self) -> Viewer:
        return Viewer(self.level, self.member, self.role)

    def offer(self, entry: Entry) -> None:
        """Gives what its level may see and it has not seen."""
        number = entry.row.public_seq if self.level == "public" else entry.row.seq
        if number is not None and number > self.seq:
            self.seq = number
            frame = entry.shown.get(self.viewer) if entry.shown else None
            if frame is None:
                frame = entry.whole if self.level != "public" else entry.public_for(self.connection.identity.user_id)
            self.connection.push(frame)

    def keep(self, entry: Entry) -> None:
        if len(self.waiting) < MOST_WAITING:
            self.waiting.append(entry)
        else:
            self.connection.cut(TOO_SLOW)

    def end(self) -> None:
        """Nothing is offered any more, not even by a round that has begun."""
        self.seq, self.waiting = math.inf, []
