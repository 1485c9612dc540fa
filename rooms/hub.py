"""The hub of a process: follows the logs of the rooms that local connections look at, and hands them what is new.

Per room one feed reads each new row once, encodes it once for outsiders and once for insiders, and pushes the same
frame to all connections. It looks when the bell rings and by the clock: a lost bell costs a tick, a doubled one
nothing.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from django.conf import settings
from django.db import close_old_connections

from platform_site.rest.exceptions import NotFound
from rooms import bells, identity, lookups
from rooms.connections import TRY_AGAIN, Connection, Subscription
from rooms.feeds import Feed
from rooms.frames import frame_now
from rooms.notifications import Push
from rooms.presence import Presence

logger = logging.getLogger(__name__)

T = TypeVar("T")
THREADS = 4

_hubs: "WeakKeyDictionary[asyncio.AbstractEventLoop, Hub]" = WeakKeyDictionary()


def hub_here() -> "Hub":
    """The hub of the running event loop."""
    loop = asyncio.get_running_loop()
    if loop not in _hubs:
        _hubs[loop] = Hub(loop)
    return _hubs[loop]


def in_thread(read: Callable[..., T], *args: Any) -> T:
    close_old_connections()
    try:
        return read(*args)
    finally:
        close_old_connections()


class Hub:
    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.threads = ThreadPoolExecutor(THREADS, thread_name_prefix="hub")
        self.connections: set[Connection] = set()
        self.by_user: dict[str, set[Connection]] = {}
        self.by_mark: dict[str, set[Connection]] = {}
        self.feeds: dict[str, Feed] = {}
        self.tasks: set[asyncio.Task] = set()
        self.life: list[asyncio.Task] = []
        self.channel: str | None = None
        self.listening = asyncio.Event()
        self.echoed_at = 0.0
        # What the log and the bells tell at once is asked of the database too, in turn: it may have changed unheard.
        self.recheck_turn, self.people_turn, self.session_turn = Turn(), Turn(), Turn()
        self.presence = Presence(self)
        self.companions: list[Any] = [self.presence, Push(self)]

    # --- Connections -------------------------------------------------------------------------------------------

    def enter(self, connection: Connection) -> None:
        self.connections.add(connection)
        if not self.life:
            # Started by the first connection and stopped with the last: an ASGI server need not have a lifespan.
            bells.listeners.add(self.overhear)
            self.life = [self.loop.create_task(self.tick_for_ever())]
            if bells.shared_layer() is not None:
                self.echoed_at = self.loop.time()
                self.life.append(self.loop.create_task(self.listen_for_ever()))

    def leave(self, connection: Connection) -> None:
        if connection not in self.connections:
            return
        self.connections.discard(connection)
        self.forget_identity(connection)
        for subscription in list(connection.subscriptions.values()):
            self.end(subscription)
        if not self.connections:
            bells.listeners.discard(self.overhear)
            for task in self.life:
                task.cancel()
            self.life, self.channel = [], None
            self.listening.clear()

    def know_identity(self, connection: Connection) -> None:
        if connection.identity.user_id:
            self.by_user.setdefault(connection.identity.user_id, set()).add(connection)
        for mark in connection.identity.marks:
            self.by_mark.setdefault(mark, set()).add(connection)

    def forget_identity(self, connection: Connection) -> None:
        for index, keys in (
            (self.by_user, (connection.identity.user_id,)),
            (self.by_mark, connection.identity.marks),
        ):
            for key in keys:
                known = index.get(key)
                if known is not None:
                    known.discard(connection)
                    if not known:
                        del index[key]

    # --- Subscriptions -----------------------------------------------------------------------------------------

    async def subscribe(
        self, connection: Connection, room_id: str, *, since: int | None, level: str | None
    ) -> tuple[dict[str, Any], Callable[[], Awaitable[None]]]:
        """Begins a subscription: the answer to it, and what gives the rest and is to be called after the answer.

        First the feed, then the snapshot, then what came in between: nothing is missed and nothing is sent twice.
        Raises NotFound where the connection may not know of the room.
        """
        feed = await self.feed_of(room_id)
        subscription = Subscription(connection, room_id, "public", False, -1)
        feed.joining.add(subscription)
        try:
            view = await feed.view(connection.user)
            same = level is None or level == view.level
            missed = None
            if since is not None and same:
                public_only = view.level == "public"
                missed = await self.run(
                    lambda: lookups.missed(room_id, since=since, upto=view.seq, public_only=public_only)
                )
        except BaseException:
            feed.part(subscription)
            raise
        if connection not in self.connections:
            feed.part(subscription)
            raise NotFound
        old = connection.subscriptions.pop(room_id, None)
        if old is not None:
            self.end(old)
        connection.subscriptions[room_id] = subscription
        subscription.level, subscription.member = view.level, view.member
        subscription.seq = view.seq
        data = {"roomId": room_id, "room": view.room, "level": view.level, "seq": view.seq}
        data["resumed"] = missed is not None

        async def catch_up() -> None:
            connection.push(frame_now("room:subscribed", **data))
            for _, frame in missed or ():
                if room_id not in connection.subscriptions:
                    return
                await connection.deliver(frame)
            if connection.subscriptions.get(room_id) is subscription:
                feed.admit(subscription)
                subscription.admitted = True
                self.notice("came", subscription)

        return data, catch_up

    def unsubscribe(self, connection: Connection, room_id: str, reason: str = "") -> bool:
        """Ends a subscription; with a `reason` the client is told. False where there was none."""
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
            feed.part(subscription)
        self.notice("went", subscription)

    async def feed_of(self, room_id: str) -> Feed:
        while True:
            feed = self.feeds.get(room_id)
            if feed is None:
                feed = self.feeds[room_id] = Feed(self, room_id)
            await asyncio.shield(feed.ready)
            if self.feeds.get(room_id) is feed:  # else the last viewer left while this one waited
                return feed

    async def apply_place(self, subscription: Subscription, place: lookups.Place | None, reason: str) -> None:
        """What a viewer may see has changed: the subscription ends, or begins anew with what they may see now."""
        connection, room_id = subscription.connection, subscription.room_id
        if connection.subscriptions.get(room_id) is not subscription:
            return
        if place is None:
            self.unsubscribe(connection, room_id, reason)
        elif place != (subscription.level, subscription.member):
            self.end(subscription)
            try:
                _, catch_up = await self.subscribe(connection, room_id, since=None, level=None)
                await catch_up()
            except NotFound:
                connection.push(frame_now("room:unsubscribed", roomId=room_id, reason=reason))
            except Exception:
                connection.cut(TRY_AGAIN)  # without the room's state, better let the client come back for all of it
                raise

    async def recheck(self, subscriptions: Iterable[Subscription], *, gone: frozenset[str] = frozenset()) -> None:
        """Asks the database what these viewers may see; those of `gone` have left and must come in again."""
        chosen = list(subscriptions)
        pairs = {(each.room_id, each.connection.identity.user_id) for each in chosen}
        if not pairs:
            return
        places = await self.run(lookups.places, pairs)
        for each in chosen:
            user_id = each.connection.identity.user_id
            place = places.get((each.room_id, user_id))
            if place is not None and not place[1] and user_id in gone:
                place = None
            await self.apply_place(each, place, "left" if user_id in gone else "access")

    # --- Bells -------------------------------------------------------------------------------------------------

    def overhear(self, message: bells.Message) -> None:
        """A bell that rang in this process, in any thread."""
        with suppress(RuntimeError):  # the loop has been closed meanwhile
            self.loop.call_soon_threadsafe(self.hear, message)

    def hear(self, message: bells.Message) -> None:
        if message["type"] == "room.rang":
            feed = self.feeds.get(message["roomId"])
            if feed is not None:
                feed.rung(message["seq"])
        elif message["type"] == "hub.echo":
            self.echoed_at = self.loop.time()
        elif message["type"] == "marks.revoked":
            self.expire_marks(message["marks"])
        else:
            for companion in self.companions:
                companion.hear(message)

    def expire_marks(self, marks: Iterable[str]) -> None:
        for mark in marks:
            for connection in list(self.by_mark.get(mark, ())):
                connection.expire()

    async def listen_for_ever(self) -> None:
        """One subscription to the channel layer a room, and one for what concerns all hubs."""
        layer = bells.shared_layer()
        while True:
            try:
                self.channel = channel = await layer.new_channel("hub")
                await layer.group_add(bells.ALL_HUBS, channel)
                self.listening.set()
                for feed in list(self.feeds.values()):
                    await feed.join_group()
                    feed.rung(None)  # what came while there was no bell
                while True:
                    self.hear(await layer.receive(channel))
            except asyncio.CancelledError:
                raise
            except Exception as error:  # noqa: BLE001 (whatever Redis says: look by the clock and try again)
                self.channel = None
                self.listening.clear()
                logger.warning("The channel layer does not answer, the hub looks by the clock: %r", error)
                await asyncio.sleep(1)

    # --- The clock ---------------------------------------------------------------------------------------------

    @property
    def layer_lost(self) -> bool:
        if bells.shared_layer() is None or not self.life:
            return False
        return self.loop.time() - self.echoed_at > 2.5 * settings.REALTIME_TICK

    async def tick_for_ever(self) -> None:
        while True:
            # Without bells the clock is all there is.
            await asyncio.sleep(min(1.0, settings.REALTIME_TICK) if self.layer_lost else settings.REALTIME_TICK)
            try:
                await self.tick()
            except Exception:
                logger.exception("The hub's tick failed; the next one tries again")

    async def tick(self) -> None:
        if bells.shared_layer() is not None:
            bells.tell({"type": "hub.echo"})
        if self.feeds:
            seqs = await self.run(lookups.last_seqs, list(self.feeds))
            for room_id, feed in list(self.feeds.items()):
                if room_id in seqs:
                    feed.rung(seqs[room_id])
                elif feed.ready.done():
                    # Deleted: the log's last rows tell so themselves, unless somebody used SQL.
                    feed.rung(None)
            await self.recheck(
                self.recheck_turn.some_of([each for feed in self.feeds.values() for each in feed.everybody()])
            )
        await self.check_identities()
        for companion in self.companions:
            await companion.tick()

    async def check_identities(self) -> None:
        """Ends the connections of revoked tokens, people switched off and sessions signed out."""
        self.expire_marks(await self.run(identity.ended_marks, set(self.by_mark)))
        for user_id in await self.run(identity.ended_people, self.people_turn.some_of(list(self.by_user))):
            for connection in list(self.by_user.get(user_id, ())):
                connection.expire()
        by_session = [each for each in self.connections if each.identity.session_key]
        chosen = {each: each.identity.session_key for each in self.session_turn.some_of(by_session)}
        ended = await self.run(identity.ended_sessions, list(set(chosen.values())))
        for connection, key in chosen.items():
            if key in ended:
                connection.expire()

    # --- Help --------------------------------------------------------------------------------------------------

    async def run(self, read: Callable[..., T], *args: Any) -> T:
        """Runs what waits for the database in one of the hub's threads."""
        return await self.loop.run_in_executor(self.threads, in_thread, read, *args)

    def spawn(self, coroutine: Any) -> asyncio.Task:
        task = self.loop.create_task(coroutine)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)
        return task

    def notice(self, what: str, subscription: Subscription) -> None:
        for companion in self.companions:
            getattr(companion, what)(subscription)


class Turn:
    """Takes the next few of a list at each call, from the start again after its end."""

    def __init__(self) -> None:
        self.next = 0

    def some_of(self, every: list[T]) -> list[T]:
        start = self.next if self.next < len(every) else 0
        self.next = start + settings.REALTIME_RECHECKS
        return every[start : self.next]


def health() -> dict[str, Any]:
    """How the live side of this process is: connections, rooms, and whether bells come through the channel layer."""
    hubs = list(_hubs.values())
    shared = bells.shared_layer() is not None
    lost = any(hub.layer_lost for hub in hubs)
    return {
        "connections": sum(len(hub.connections) for hub in hubs),
        "rooms": sum(len(hub.feeds) for hub in hubs),
        "layer": ("lost" if lost else "shared") if shared else "local",
    }
