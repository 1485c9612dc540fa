"""Who follows which room: begins subscriptions, lets them catch up, and alone ends them."""

import asyncio
import logging
import math
from collections.abc import Awaitable, Callable, Iterable
from contextlib import aclosing
from typing import Any, Protocol

from django.conf import settings

from platform_site.rest.exceptions import NotFound
from rooms.live import log
from rooms.live.connections import TRY_AGAIN, Connection, Subscription
from rooms.live.directory import Directory
from rooms.live.feed import Feed
from rooms.live.frames import Frame, frame_now
from rooms.live.listener import Listener
from rooms.live.refusals import TooManyMessages
from rooms.live.worker import Turn, Worker
from rooms.viewers import room_of_screen

logger = logging.getLogger(__name__)

MOST_HEARD = 2000
ROWS_A_MESSAGE = 100  # replayed rows that count as one message of the client
TURN = 25  # replayed frames that are given before others have a turn


def most_replayed() -> int:
    """Rows of the log; whoever missed more, or more than a full allowance pays for, reads the room anew."""
    return min(log.MOST_REPLAYED, ROWS_A_MESSAGE * (settings.REALTIME_MESSAGES_PER_MINUTE - 1))


class Watcher(Protocol):
    """Is told who came to follow a room and who went; `figures` are part of every answer to room:subscribe."""

    async def opened(self, room_id: str) -> None: ...

    def figures(self, subscription: Subscription) -> dict[str, Any]: ...

    def came(self, subscription: Subscription) -> None: ...

    def went(self, subscription: Subscription) -> None: ...


def viewer_key(subscription: Subscription) -> str:
    """What log.viewers_of knows the viewer of a room by."""
    is_screen = room_of_screen(subscription.connection.user) == subscription.room_id
    return log.SCREEN if is_screen else subscription.connection.identity.user_id


class Following:
    """The feeds of a process, one for each room that somebody follows here."""

    def __init__(self, worker: Worker, directory: Directory, listener: Listener) -> None:
        self.worker, self.directory, self.listener = worker, directory, listener
        self.feeds: dict[str, Feed] = {}
        self.opening: dict[Feed, asyncio.Task[None]] = {}
        self.watchers: list[Watcher] = []
        self.heard: dict[str, None] = {}  # ids of what was pushed lately
        # What the log tells at once is asked of the database too, in turn: it may have changed unheard.
        self.turn = Turn()

    # --- Subscriptions -----------------------------------------------------------------------------------------

    async def subscribe(
        self, connection: Connection, room_id: str, *, since: int | None, level: str | None
    ) -> tuple[dict[str, Any], Callable[[], Awaitable[None]]]:
        """Begins a subscription: the answer to it, and what gives the rest and is to be called after the answer.

        First the feed, then the snapshot, then what came in between: nothing is missed and nothing is sent twice.
        Raises NotFound where the connection may not know of the room.
        """
        feed = await self.feed_of(room_id)
        subscription = Subscription(connection, room_id)
        feed.joining.add(subscription)
        try:
            view = await feed.view(connection.user)
            missed = await self.missed(connection, view, room_id, since) if level in {None, view.level} else None
            if connection not in self.directory.connections:
                raise NotFound
        except BaseException:
            self.part(feed, subscription)
            raise
        old = connection.subscriptions.get(room_id)
        if old is not None:
            self.end(old)
        connection.subscriptions[room_id] = subscription
        subscription.level, subscription.member, subscription.role = view.level, view.member, view.role
        subscription.seq = view.seq
        data = {"roomId": room_id, "room": view.room, "level": view.level, "seq": view.seq}
        data["resumed"] = missed is not None
        for watcher in self.watchers:
            data |= watcher.figures(subscription)

        async def catch_up() -> None:
            connection.push(frame_now("room:subscribed", **data))
            for at, (_, frame) in enumerate(missed or ()):
                if at % TURN == 0:
                    await asyncio.sleep(0)  # a client that reads fast must not keep the others waiting
                if connection.subscriptions.get(room_id) is not subscription:
                    return
                await connection.deliver(frame)
            await feed.show_waiting(subscription)
            if connection.subscriptions.get(room_id) is subscription:
                self.admit(feed, subscription)

        return data, catch_up

    async def missed(
        self, connection: Connection, view: log.View, room_id: str, since: int | None
    ) -> list[tuple[int, Frame]] | None:
        """The events after number `since`, or None where there are too many or the log has not got them all.

        They count as messages of whoever asks: a small question must not draw a flood. Raises TooManyMessages.
        """
        if since is None or not 0 <= view.seq - since <= most_replayed():
            return None
        if not connection.spend(math.ceil((view.seq - since) / ROWS_A_MESSAGE)):
            raise TooManyMessages
        return await self.worker.run(
            lambda: log.missed(
                room_id,
                since=since,
                upto=view.seq,
                public_only=view.level == "public",
                viewer_id=connection.identity.user_id,
                room=view.room,
            )
        )

    def admit(self, feed: Feed, subscription: Subscription) -> None:
        if feed.admit(subscription):
            self.worker.spawn(self.recheck([subscription]))
        for watcher in self.watchers:
            watcher.came(subscription)

    def unsubscribe(self, connection: Connection, room_id: str, reason: str = "") -> bool:
        """Ends a subscription; the client is told, with the `reason`. False where there was none."""
        subscription = connection.subscriptions.get(room_id)
        if subscription is None:
            return False
        self.end(subscription)
        connection.push(frame_now("room:unsubscribed", roomId=room_id, reason=reason or "asked"))
        return True

    def end(self, subscription: Subscription) -> None:
        connection, room_id = subscription.connection, subscription.room_id
        if connection.subscriptions.get(room_id) is subscription:
            del connection.subscriptions[room_id]
        feed = self.feeds.get(room_id)
        if feed is not None:
            self.part(feed, subscription)
        for watcher in self.watchers:
            watcher.went(subscription)

    def end_all(self, connection: Connection) -> None:
        """The connection is gone."""
        for subscription in list(connection.subscriptions.values()):
            self.end(subscription)

    async def recheck(self, subscriptions: Iterable[Subscription], *, gone: frozenset[str] = frozenset()) -> None:
        """Asks the database what these viewers may see; those of `gone` have left and must come in again."""
        chosen = list(subscriptions)
        pairs = {(each.room_id, viewer_key(each)) for each in chosen}
        if not pairs:
            return
        places = await self.worker.run(log.viewers_of, pairs)
        for each in chosen:
            user_id = each.connection.identity.user_id
            place = places.get((each.room_id, viewer_key(each)))
            if place is not None and not place.member and user_id in gone:
                place = None
            await self.apply_place(each, place, "left" if user_id in gone else "access")

    async def apply_place(self, subscription: Subscription, place: log.Viewer | None, reason: str) -> None:
        """What a viewer may see has changed: the subscription ends, or begins anew with what they may see now."""
        connection, room_id = subscription.connection, subscription.room_id
        if connection.subscriptions.get(room_id) is not subscription:
            return
        if place is None:
            self.unsubscribe(connection, room_id, reason)
        elif place != subscription.viewer:
            self.end(subscription)
            try:
                _, catch_up = await self.subscribe(connection, room_id, since=None, level=None)
                await catch_up()
            except NotFound:
                connection.push(frame_now("room:unsubscribed", roomId=room_id, reason=reason))
            except Exception:
                connection.cut(TRY_AGAIN)  # without the room's state, better let the client come back for all of it
                raise

    # --- Feeds -------------------------------------------------------------------------------------------------

    async def feed_of(self, room_id: str) -> Feed:
        while True:
            feed = self.feeds.get(room_id)
            if feed is None:
                feed = self.feeds[room_id] = Feed(self.worker, room_id)
                self.opening[feed] = self.worker.spawn(self.open(feed))
            if feed in self.opening:
                await asyncio.shield(self.opening[feed])
            if self.feeds.get(room_id) is feed:  # else the last viewer left while this one waited
                return feed

    async def open(self, feed: Feed) -> None:
        """Listens first, reads where the log stands then."""
        try:
            await self.listener.follow(feed.room_id)
            await feed.open()
            for watcher in self.watchers:
                await watcher.opened(feed.room_id)
        except BaseException:
            self.drop(feed)
            raise
        finally:
            del self.opening[feed]
        self.rung(feed.room_id, feed.newest)

    def part(self, feed: Feed, subscription: Subscription) -> None:
        feed.part(subscription)
        if feed.is_empty:
            self.drop(feed)

    def drop(self, feed: Feed) -> None:
        if self.feeds.get(feed.room_id) is feed:
            del self.feeds[feed.room_id]
            self.listener.forget(feed.room_id)

    # --- What is new -------------------------------------------------------------------------------------------

    def room_rang(self, message: dict[str, Any]) -> None:
        self.rung(message["roomId"], message["seq"])

    def room_pushed(self, message: dict[str, Any]) -> None:
        """Something that stands in no log. It may be heard twice: in this process, and through the channel layer."""
        feed = self.feeds.get(message["roomId"])
        if feed is None or message["id"] in self.heard:
            return
        self.heard[message["id"]] = None
        if len(self.heard) > MOST_HEARD:
            del self.heard[next(iter(self.heard))]
        frame = Frame(message["event"], message["data"])
        hidden = Frame(message["event"], message["masked"]) if "masked" in message else None
        self.worker.spawn(feed.push(frame, message["level"], hidden, for_screens=message.get("forScreens", False)))

    def rung(self, room_id: str, seq: int | None) -> None:
        feed = self.feeds.get(room_id)
        if feed is not None and feed.rung(seq):
            self.worker.spawn(self.hand_out(feed))

    async def hand_out(self, feed: Feed) -> None:
        try:
            async with aclosing(feed.batches()) as batches:
                async for batch in batches:
                    await self.mind_access(feed, batch[0].row)
                    await feed.give(batch)
                    if any(entry.row.type == "room:deleted" for entry in batch):
                        for subscription in feed.everybody():
                            self.unsubscribe(subscription.connection, feed.room_id, "deleted")
        except Exception:
            logger.exception("The log of room %s cannot be read now; the next tick tries again", feed.room_id)

    async def mind_access(self, feed: Feed, row: log.Row) -> None:
        """An event that changes who may see the room counts before it is shown."""
        if not row.is_about_access:
            return
        if row.user_id is None:
            await self.recheck(feed.admitted())
            return
        mine = [
            connection.subscriptions[feed.room_id]
            for connection in self.directory.of_person(row.user_id)
            if feed.room_id in connection.subscriptions
        ]
        await self.recheck(mine, gone=frozenset({row.user_id} if row.type == "participant:left" else ()))

    async def tick(self) -> None:
        if not self.feeds:
            return
        seqs = await self.worker.run(log.last_seqs, list(self.feeds))
        for room_id in list(self.feeds):
            # Deleted: the log's last rows tell so themselves, unless somebody used SQL.
            self.rung(room_id, seqs.get(room_id))
        await self.recheck(self.turn.some_of([each for feed in self.feeds.values() for each in feed.admitted()]))
