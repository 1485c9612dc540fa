"""A feed follows the log of one room for this process: each row is read once and each frame encoded once."""

import asyncio
import logging
from collections.abc import Iterator
from contextlib import suppress
from functools import cached_property
from typing import TYPE_CHECKING, Any

from platform_site.rest.exceptions import NotFound
from rooms import bells, lookups
from rooms.connections import Connection, Subscription
from rooms.frames import Frame

if TYPE_CHECKING:
    from rooms.hub import Hub

logger = logging.getLogger(__name__)

PAUSE = 0.2  # seconds in which clients read, when one look did not bring all
TURN = 250  # frames that are given before others have a turn
LONGEST_KEPT = 2.0  # seconds
LONGEST_JOIN = 2.0  # seconds that a feed waits for the channel layer before it goes on without


class Feed:
    """One room in this process. `seq` is the number of the newest row that was handed out."""

    def __init__(self, hub: "Hub", room_id: str) -> None:
        self.hub, self.room_id = hub, room_id
        self.seq = self.newest = 0  # handed out; heard of
        self.joining: set[Subscription] = set()
        self.outsiders: dict[Connection, Subscription] = {}
        self.insiders: dict[Connection, Subscription] = {}
        self.reader: asyncio.Task | None = None
        self.grouped = False
        self.views: dict[tuple[str, bool, str | None], lookups.View] = {}
        self.ready = hub.spawn(self.open())

    async def open(self) -> None:
        """Listens first, reads where the log stands then."""
        try:
            if bells.shared_layer() is not None:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self.join_group(), LONGEST_JOIN)
            numbers = await self.hub.run(lookups.numbers_of, self.room_id)
            if numbers is None:
                raise NotFound
        except BaseException:
            self.hub.feeds.pop(self.room_id, None)
            await self.leave_group()
            raise
        self.seq = numbers[0]
        self.newest = max(self.newest, self.seq)

    async def join_group(self) -> None:
        await self.hub.listening.wait()
        try:
            await bells.shared_layer().group_add(bells.room_group(self.room_id), self.hub.channel)
            self.grouped = True
        except Exception as error:  # noqa: BLE001 (whatever Redis says: the clock stands in)
            logger.warning("Room %s has no bell for now: %r", self.room_id, error)

    async def leave_group(self) -> None:
        channel = self.hub.channel
        if channel is None or not self.grouped or self.room_id in self.hub.feeds:
            return
        try:
            await bells.shared_layer().group_discard(bells.room_group(self.room_id), channel)
        except Exception as error:  # noqa: BLE001 (a bell for nobody does no harm)
            logger.warning("Room %s keeps its bell: %r", self.room_id, error)

    async def view(self, user: Any) -> lookups.View:
        """The room as `user` may see it. What is alike for many is read once: a room changes with its log only.

        Names of people change without the log, so nothing is kept for long. Raises NotFound.
        """
        standing = await self.hub.run(lookups.standing_of, self.room_id, user)
        known = self.views.get((standing.level, standing.member, standing.role))
        if known is None or known.last_seq != standing.last_seq or self.hub.loop.time() - known.read_at > LONGEST_KEPT:
            known = await self.hub.run(lookups.view_of, self.room_id, user, self.hub.loop.time())
            self.views[known.level, known.member, known.role] = known
        return known

    # --- Who looks ---------------------------------------------------------------------------------------------

    def everybody(self) -> list[Subscription]:
        return [*self.outsiders.values(), *self.insiders.values()]

    def admit(self, subscription: Subscription) -> None:
        """From now on the subscription is given what is new, after what came in while it caught up."""
        self.joining.discard(subscription)
        waiting, subscription.waiting = subscription.waiting, []
        public_only = subscription.level == "public"
        side = self.outsiders if public_only else self.insiders
        side[subscription.connection] = subscription
        for entry in waiting:
            entry.offer(subscription)
        about = {entry.row.user_id for entry in waiting if entry.row.is_about_access}
        if about & {None, subscription.connection.identity.user_id}:
            # The snapshot may be older than that.
            self.hub.spawn(self.hub.recheck([subscription]))

    def part(self, subscription: Subscription) -> None:
        subscription.end()
        self.joining.discard(subscription)
        for side in (self.outsiders, self.insiders):
            if side.get(subscription.connection) is subscription:
                del side[subscription.connection]
        self.drop_if_empty()

    def drop_if_empty(self) -> None:
        if self.joining or self.outsiders or self.insiders or self.hub.feeds.get(self.room_id) is not self:
            return
        del self.hub.feeds[self.room_id]
        if self.grouped:
            self.hub.spawn(self.leave_group())

    # --- What is new -------------------------------------------------------------------------------------------

    def rung(self, seq: int | None) -> None:
        """The log reaches up to `seq` (None: look whatever was heard). Bells during a reading are answered by it."""
        self.newest = max(self.newest, self.seq + 1 if seq is None else seq)
        if self.newest > self.seq and self.reader is None and self.ready.done() and not self.ready.cancelled():
            self.reader = self.hub.spawn(self.read())

    async def read(self) -> None:
        try:
            while self.seq < self.newest:
                heard = self.newest
                rows = await self.hub.run(lookups.rows_after, self.room_id, self.seq)
                for batch in batches([Entry(self.room_id, row) for row in rows]):
                    await self.hand_out(batch)
                    self.seq = batch[-1].row.seq
                if not rows and heard == self.newest:
                    self.newest = self.seq
                elif len(rows) == lookups.MOST_A_LOOK:
                    await asyncio.sleep(PAUSE)
        except Exception:
            logger.exception("The log of room %s cannot be read now; the next tick tries again", self.room_id)
        finally:
            self.reader = None

    async def hand_out(self, batch: "list[Entry]") -> None:
        first = batch[0].row
        if first.is_about_access:
            await self.mind_access(first)
        # Whoever is catching up first, all in one go: who comes after this reads a snapshot with these events in it.
        for subscription in list(self.joining):
            for entry in batch:
                subscription.keep(entry)
        public = [(entry.row.public_seq, entry.public) for entry in batch if entry.row.public_seq is not None]
        await self.give(self.outsiders, public)
        await self.give(self.insiders, [(entry.row.seq, entry.whole) for entry in batch])
        if any(entry.row.type == "room:deleted" for entry in batch):
            for subscription in [*self.everybody(), *self.joining]:
                self.hub.unsubscribe(subscription.connection, self.room_id, "deleted")

    async def give(self, side: dict[Connection, Subscription], numbered: list[tuple[int, Frame]]) -> None:
        # Socket by socket, so that a server which gathers writes puts all of a batch into one.
        given = 0
        for subscription in list(side.values()):
            for number, frame in numbered:
                subscription.offer(number, frame)
            given += len(numbered)
            if given >= TURN:
                given = 0
                await asyncio.sleep(0)

    async def mind_access(self, row: lookups.Row) -> None:
        """An event that changes who may see the room counts before it is shown."""
        if row.user_id is None:
            await self.hub.recheck(self.everybody())
            return
        mine = [
            connection.subscriptions[self.room_id]
            for connection in self.hub.by_user.get(row.user_id, ())
            if self.room_id in connection.subscriptions
        ]
        await self.hub.recheck(mine, gone=frozenset({row.user_id} if row.type == "participant:left" else ()))


class Entry:
    """One row of the log on its way to the viewers, as outsiders and as insiders get it."""

    def __init__(self, room_id: str, row: lookups.Row) -> None:
        self.room_id, self.row = room_id, row

    @cached_property
    def public(self) -> Frame:
        return self.row.frame(self.room_id, public_only=True)

    @cached_property
    def whole(self) -> Frame:
        return self.row.frame(self.room_id, public_only=False)

    def offer(self, subscription: Subscription) -> None:
        if subscription.level != "public":
            subscription.offer(self.row.seq, self.whole)
        elif self.row.public_seq is not None:
            subscription.offer(self.row.public_seq, self.public)


def batches(entries: list[Entry]) -> Iterator[list[Entry]]:
    """Cuts before each event that changes who may see the room: it must be minded first."""
    batch: list[Entry] = []
    for entry in entries:
        if batch and entry.row.is_about_access:
            yield batch
            batch = []
        batch.append(entry)
    if batch:
        yield batch
