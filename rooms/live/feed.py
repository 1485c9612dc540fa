"""A feed holds the log of one room for this process: each row is read once, and each frame encoded once."""

import asyncio
from collections.abc import AsyncGenerator, Iterable
from typing import Any

from apps_registry.manifest import LEVELS, Level
from platform_site.rest.exceptions import NotFound
from rooms.live import log
from rooms.live.connections import Connection, Subscription
from rooms.live.frames import Frame
from rooms.live.log import Entry, Viewer
from rooms.live.worker import Worker

PAUSE = 0.2  # seconds in which clients read, when one look did not bring all
TURN = 250  # frames that are given before others have a turn
LONGEST_KEPT = 2.0  # seconds


class Feed:
    """One room in this process. `seq` is the number of the newest row that was handed out.

    A feed decides nothing about anybody's access: whoever reads its batches does, before giving them.
    """

    def __init__(self, worker: Worker, room_id: str) -> None:
        self.worker, self.room_id = worker, room_id
        self.seq = self.newest = 0  # handed out; heard of
        self.opened = self.reading = False
        self.joining: set[Subscription] = set()
        self.outsiders: dict[Connection, Subscription] = {}
        self.insiders: dict[Connection, Subscription] = {}
        self.views: dict[tuple[str, bool, str | None], log.View] = {}

    async def open(self) -> None:
        """Reads where the log stands. Raises NotFound."""
        numbers = await self.worker.run(log.numbers_of, self.room_id)
        if numbers is None:
            raise NotFound
        self.seq = numbers[0]
        self.newest = max(self.newest, self.seq)
        self.opened = True

    async def view(self, user: Any) -> log.View:
        """The room as `user` may see it. What is alike for many is read once: a room changes with its log only.

        Names of people change without the log, so nothing is kept for long. Raises NotFound.
        """
        standing = await self.worker.run(log.standing_of, self.room_id, user)
        known = self.views.get((standing.level, standing.member, standing.role))
        now = self.worker.loop.time()
        if known is None or known.last_seq != standing.last_seq or now - known.read_at > LONGEST_KEPT:
            known = await self.worker.run(log.view_of, self.room_id, user, now)
            self.views[known.level, known.member, known.role] = known
        return known

    # --- Who looks ---------------------------------------------------------------------------------------------

    def admitted(self) -> list[Subscription]:
        return [*self.outsiders.values(), *self.insiders.values()]

    def everybody(self) -> list[Subscription]:
        """Those who catch up, too."""
        return [*self.admitted(), *self.joining]

    @property
    def is_empty(self) -> bool:
        return not (self.joining or self.outsiders or self.insiders)

    def admit(self, subscription: Subscription) -> bool:
        """From now on the subscription is given what is new, after what came in while it caught up.

        True where that may have changed what it may see: its snapshot may be older, so ask the database.
        """
        self.joining.discard(subscription)
        waiting, subscription.waiting = subscription.waiting, []
        side = self.outsiders if subscription.level == "public" else self.insiders
        side[subscription.connection] = subscription
        subscription.admitted = True
        for entry in waiting:
            subscription.offer(entry)
        about = {entry.row.user_id for entry in waiting if entry.row.is_about_access}
        return bool(about & {None, subscription.connection.identity.user_id})

    def part(self, subscription: Subscription) -> None:
        """Gives nothing more to the subscription."""
        subscription.end()
        self.joining.discard(subscription)
        for side in (self.outsiders, self.insiders):
            if side.get(subscription.connection) is subscription:
                del side[subscription.connection]

    # --- What is new -------------------------------------------------------------------------------------------

    def rung(self, seq: int | None) -> bool:
        """The log reaches up to `seq` (None: look whatever was heard). True where the caller has to read the batches;
        bells during a reading are answered by it."""
        self.newest = max(self.newest, self.seq + 1 if seq is None else seq)
        if not self.opened or self.reading or self.newest <= self.seq:
            return False
        self.reading = True
        return True

    async def batches(self) -> AsyncGenerator[list[Entry]]:
        """What is new, until nothing is. A batch counts as handed out when the next one is asked for."""
        try:
            while self.seq < self.newest:
                heard = self.newest
                rows = await self.worker.run(log.rows_after, self.room_id, self.seq)
                for batch in log.batches([Entry(self.room_id, row) for row in rows]):
                    yield batch
                    self.seq = batch[-1].row.seq
                if not rows and heard == self.newest:
                    self.newest = self.seq
                elif len(rows) == log.MOST_A_LOOK:
                    await asyncio.sleep(PAUSE)
        finally:
            self.reading = False

    async def give(self, batch: list[Entry]) -> None:
        """Hands a batch to all who look, each what their level may see."""
        while kinds := self.unshown(batch, (each.viewer for each in self.admitted())):
            await self.show_room(batch, kinds)
        # Whoever is catching up first, all in one go: who comes after this reads a snapshot with these events in it.
        for subscription in list(self.joining):
            for entry in batch:
                subscription.keep(entry)
        await self.give_side(self.outsiders.values(), [entry for entry in batch if entry.row.public_seq is not None])
        await self.give_side(self.insiders.values(), batch)

    def unshown(self, entries: Iterable[Entry], viewers: Iterable[Viewer]) -> set[Viewer]:
        """The kinds among `viewers` for whom an entry that carries the room has not been made yet."""
        carrying = [entry for entry in entries if entry.row.carries_room]
        return (
            {viewer for viewer in viewers if any(viewer not in entry.shown for entry in carrying)}
            if carrying
            else set()
        )

    async def show_room(self, entries: Iterable[Entry], viewers: set[Viewer]) -> None:
        """Puts the room as each of these kinds may see it now into the entries that carry it."""
        rooms = await self.worker.run(log.rooms_as_seen, self.room_id, viewers)
        for entry in entries:
            if entry.row.carries_room:
                for viewer in viewers:
                    entry.show(viewer, rooms.get(viewer))

    async def show_waiting(self, subscription: Subscription) -> None:
        """Makes what came in while the subscription caught up ready for it."""
        while kinds := self.unshown(subscription.waiting, [subscription.viewer]):
            await self.show_room(subscription.waiting, kinds)

    async def push(self, frame: Frame, level: Level, hidden: Frame | None = None, *, for_screens: bool = False) -> None:
        """Hands a frame that has no number to all who look at `level` or above it, or to big screens alone; `hidden` is
        what level public sees of it, where that is less."""
        for at, subscription in enumerate(self.admitted(), start=1):
            followed = subscription.connection.subscriptions.get(self.room_id) is subscription
            shown = frame if hidden is None or subscription.level != "public" else hidden
            is_meant = subscription.role == log.SCREEN if for_screens else LEVELS[subscription.level] >= LEVELS[level]
            if followed and is_meant:
                subscription.connection.push(shown)
            if at % TURN == 0:
                await asyncio.sleep(0)

    async def give_side(self, side: Iterable[Subscription], entries: list[Entry]) -> None:
        # Socket by socket, so that a server which gathers writes puts all of a batch into one.
        given = 0
        for subscription in list(side):
            for entry in entries:
                subscription.offer(entry)
            given += len(entries)
            if given >= TURN:
                given = 0
                await asyncio.sleep(0)
