"""Who is there: people, not tabs. Members of a room who follow it are online; presence is not written to the log.

In one process it is counted here. With Redis each process keeps its people alive in a sorted set per room, with the
time until which they count: whoever a killed process held drops out by itself.
"""

import logging
import time
from os import getpid
from secrets import token_hex
from typing import Any, NamedTuple

from django.conf import settings
from redis import asyncio as aioredis
from redis.exceptions import RedisError

from accounts.models import User
from accounts.shapes import person
from rooms.bells import room_group, tell
from rooms.enums import RUNNERS
from rooms.live.connections import Subscription
from rooms.live.following import Following
from rooms.live.frames import Frame, frame_now
from rooms.masking import as_shown, masked
from rooms.models import Room
from rooms.permissions import readable_room

logger = logging.getLogger(__name__)

ALIVE_FOR = 25.0  # seconds after the last sign of life
SIGN_EVERY = 8.0  # seconds
GATHER = 1.0  # seconds: comings and goings are told together, so that an entering hall is no storm
MOST_SENDS = 2000  # frames of presence for one room at a time, all its sockets together
LONGEST_CALL = 2.0  # seconds
RUNS = "|runs"


def people(user_ids: list[str]) -> dict[str, dict[str, Any]]:
    return {user.pk: person(user) for user in User.objects.filter(pk__in=user_ids)}


def people_for(room_id: str, viewer: Any, user_ids: list[str]) -> list[dict[str, Any]]:
    """Who they are, as `viewer` may see them in this room. Raises NotFound."""
    shown: list[dict[str, Any]] = as_shown(list(people(user_ids).values()), readable_room(room_id, viewer), viewer)
    return shown


def people_and_masking(room_id: str, user_ids: list[str]) -> tuple[dict[str, dict[str, Any]], bool]:
    """Who they are, and whether their room masks names."""
    return people(user_ids), Room.objects.filter(pk=room_id, mask_names=True).exists()


class Standing(NamedTuple):
    """Who is in a room now: `people` by id, and whether an organizer or moderator is among them."""

    people: frozenset[str] = frozenset()
    is_run: bool = False

    @property
    def figures(self) -> dict[str, Any]:
        """What everybody who follows the room is told."""
        return {"onlineCount": len(self.people), "organizerOnline": self.is_run}


class Presence:
    """Watches who follows what. `told` is what the local viewers believe."""

    def __init__(self, following: Following) -> None:
        self.following, self.worker = following, following.worker
        following.watchers.append(self)
        self.process = f"{getpid()}.{token_hex(4)}"
        self.here: dict[str, dict[str, int]] = {}  # room → person → connections of theirs
        self.running: dict[str, dict[str, int]] = {}  # the same of those who run the room
        self.told: dict[str, Standing] = {}
        self.gathering: dict[str, bool] = {}  # room → whether more has changed since its telling began
        self.signed_at = 0.0
        self.redis: Any = None

    # --- Comings and goings ------------------------------------------------------------------------------------

    async def opened(self, room_id: str) -> None:
        """Somebody begins to follow a room that nobody followed here."""
        self.told[room_id] = await self.standing(room_id)

    def figures(self, subscription: Subscription) -> dict[str, Any]:
        subscription.figures = self.told.get(subscription.room_id, Standing()).figures
        return subscription.figures

    def came(self, subscription: Subscription) -> None:
        room_id, user_id = subscription.room_id, subscription.connection.identity.user_id
        # Those who were told of a change meanwhile were all but this one.
        if subscription.figures != self.told.get(room_id, Standing()).figures:
            subscription.connection.push(frame_now("presence:changed", roomId=room_id, **self.figures(subscription)))
        if not subscription.member or not user_id:
            return
        is_new = counted_up(self.here, room_id, user_id)
        runs = subscription.role in RUNNERS and counted_up(self.running, room_id, user_id)
        if is_new or runs:
            self.worker.spawn(self.sign(room_id, [user_id], changed=True))

    def went(self, subscription: Subscription) -> None:
        room_id, user_id = subscription.room_id, subscription.connection.identity.user_id
        if not subscription.admitted or not subscription.member or user_id not in self.here.get(room_id, {}):
            return
        subscription.admitted = False
        gone = []
        if counted_down(self.here, room_id, user_id):
            gone.append(self.sign_of(user_id))
        if subscription.role in RUNNERS and counted_down(self.running, room_id, user_id):
            gone.append(self.sign_of(user_id, runs=True))
        if gone:
            self.worker.spawn(self.strike(room_id, gone))

    def changed(self, message: dict[str, Any]) -> None:
        """Somebody came or went, here or on another process."""
        self.gather(message["roomId"])

    async def tick(self) -> None:
        if time.monotonic() - self.signed_at >= SIGN_EVERY:
            self.signed_at = time.monotonic()
            for room_id, counts in list(self.here.items()):
                await self.sign(room_id, list(counts))
        for room_id in self.told.keys() - self.following.feeds.keys():
            self.told.pop(room_id, None)
        if settings.REDIS_URL:
            for room_id in list(self.following.feeds):
                self.gather(room_id)

    # --- The shared set ----------------------------------------------------------------------------------------

    def client(self) -> Any:
        if self.redis is None:
            self.redis = aioredis.Redis.from_url(
                settings.REDIS_URL,
                decode_responses=True,
                socket_timeout=LONGEST_CALL,
                socket_connect_timeout=LONGEST_CALL,
            )
        return self.redis

    async def sign(self, room_id: str, user_ids: list[str], *, changed: bool = False) -> None:
        """Says that these people are here."""
        if settings.REDIS_URL and user_ids:
            until = time.time() + ALIVE_FOR
            running = self.running.get(room_id, {})
            signs = [self.sign_of(user_id) for user_id in user_ids]
            signs += [self.sign_of(user_id, runs=True) for user_id in user_ids if user_id in running]
            try:
                async with self.client().pipeline(transaction=False) as pipe:
                    pipe.zadd(key_of(room_id), dict.fromkeys(signs, until))
                    pipe.expire(key_of(room_id), int(ALIVE_FOR) + 1)
                    await pipe.execute()
            except (RedisError, OSError) as error:
                logger.info("Presence is local for now: %r", error)
        if changed:
            tell({"type": "presence.changed", "roomId": room_id}, group=room_group(room_id))

    def sign_of(self, user_id: str, *, runs: bool = False) -> str:
        """As it stands in the shared set; who runs the room stands there twice."""
        return f"{user_id}|{self.process}{RUNS if runs else ''}"

    async def strike(self, room_id: str, signs: list[str]) -> None:
        if settings.REDIS_URL:
            try:
                await self.client().zrem(key_of(room_id), *signs)
            except (RedisError, OSError) as error:
                logger.info("Presence is local for now: %r", error)
        tell({"type": "presence.changed", "roomId": room_id}, group=room_group(room_id))

    async def standing(self, room_id: str) -> Standing:
        """Who is there, on all processes."""
        found, is_run = frozenset(self.here.get(room_id, ())), room_id in self.running
        if settings.REDIS_URL:
            try:
                signs = await self.client().zrangebyscore(key_of(room_id), time.time(), "+inf")
            except (RedisError, OSError):
                told = self.told.get(room_id, Standing())
                return Standing(found | told.people, is_run or told.is_run)
            found |= {sign.partition("|")[0] for sign in signs}
            is_run = is_run or any(sign.endswith(RUNS) for sign in signs)
        return Standing(found, is_run)

    # --- Telling -----------------------------------------------------------------------------------------------

    def gather(self, room_id: str) -> None:
        if room_id in self.gathering:
            self.gathering[room_id] = True
        elif room_id in self.following.feeds:
            self.gathering[room_id] = False
            self.worker.loop.call_later(GATHER, lambda: self.worker.spawn(self.tell_gathered(room_id)))

    async def tell_gathered(self, room_id: str) -> None:
        """One telling of a room at a time, so that an older one never comes last."""
        self.gathering[room_id] = False
        try:
            await self.tell_changes(room_id)
        finally:
            if self.gathering.pop(room_id):
                self.gather(room_id)

    async def tell_changes(self, room_id: str) -> None:
        feed = self.following.feeds.get(room_id)
        if feed is None:
            return
        now = await self.standing(room_id)
        before, self.told[room_id] = self.told.get(room_id, Standing()), now
        viewers = feed.admitted()
        changes = [("presence:user_online", each) for each in now.people - before.people]
        changes += [("presence:user_offline", each) for each in before.people - now.people]
        if before == now or not viewers:
            return
        hidden: list[Frame] | None = None  # for those who see masked names
        if not changes or len(changes) > max(1, MOST_SENDS // len(viewers)):
            frames = [frame_now("presence:changed", roomId=room_id, **now.figures)]
        else:
            known, masks = await self.worker.run(people_and_masking, room_id, [user_id for _, user_id in changes])
            told = [
                (name, {"roomId": room_id, "userId": user_id, "user": known.get(user_id), **now.figures})
                for name, user_id in changes
            ]
            frames = [frame_now(name, **data) for name, data in told]
            if masks:
                hidden = [frame_now(name, **masked(data)) for name, data in told]
        for subscription in viewers:
            for frame in frames if hidden is None or subscription.level != "public" else hidden:
                subscription.connection.push(frame)


def counted_up(counts: dict[str, dict[str, int]], room_id: str, user_id: str) -> bool:
    """Whether this is the person's first connection."""
    people = counts.setdefault(room_id, {})
    people[user_id] = people.get(user_id, 0) + 1
    return people[user_id] == 1


def counted_down(counts: dict[str, dict[str, int]], room_id: str, user_id: str) -> bool:
    """Whether it was the person's last one. Neither people nor rooms without a connection are kept."""
    people = counts[room_id]
    people[user_id] -= 1
    if people[user_id]:
        return False
    del people[user_id]
    if not people:
        del counts[room_id]
    return True


def key_of(room_id: str) -> str:
    return f"presence:{room_id}"
