"""Who is there: people, not tabs. Members of a room who follow it are online; presence is not written to the log.

In one process it is counted here. With Redis each process keeps its people alive in a sorted set per room, with the
time until which they count: whoever a killed process held drops out by itself.
"""

import logging
import time
from os import getpid
from secrets import token_hex
from typing import Any

from django.conf import settings
from redis import asyncio as aioredis
from redis.exceptions import RedisError

from accounts.models import User
from accounts.shapes import person
from rooms.bells import room_group, tell
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


def people(user_ids: list[str]) -> dict[str, dict[str, Any]]:
    return {user.pk: person(user) for user in User.objects.filter(pk__in=user_ids)}


def people_for(room_id: str, viewer: Any, user_ids: list[str]) -> list[dict[str, Any]]:
    """Who they are, as `viewer` may see them in this room. Raises NotFound."""
    shown: list[dict[str, Any]] = as_shown(list(people(user_ids).values()), readable_room(room_id, viewer), viewer)
    return shown


def people_and_masking(room_id: str, user_ids: list[str]) -> tuple[dict[str, dict[str, Any]], bool]:
    """Who they are, and whether their room masks names."""
    return people(user_ids), Room.objects.filter(pk=room_id, mask_names=True).exists()


class Presence:
    """Watches who follows what. `told` is who the local viewers believe to be online."""

    def __init__(self, following: Following) -> None:
        self.following, self.worker = following, following.worker
        following.watchers.append(self)
        self.process = f"{getpid()}.{token_hex(4)}"
        self.here: dict[str, dict[str, int]] = {}  # room → person → connections of theirs
        self.told: dict[str, set[str]] = {}
        self.gathering: set[str] = set()
        self.signed_at = 0.0
        self.redis: Any = None

    # --- Comings and goings ------------------------------------------------------------------------------------

    def came(self, subscription: Subscription) -> None:
        user_id = subscription.connection.identity.user_id
        if not subscription.member or not user_id:
            return
        counts = self.here.setdefault(subscription.room_id, {})
        counts[user_id] = counts.get(user_id, 0) + 1
        if counts[user_id] == 1:
            self.worker.spawn(self.sign(subscription.room_id, [user_id], changed=True))

    def went(self, subscription: Subscription) -> None:
        user_id = subscription.connection.identity.user_id
        counts = self.here.get(subscription.room_id, {})
        if not subscription.admitted or not subscription.member or user_id not in counts:
            return
        subscription.admitted = False
        counts[user_id] -= 1
        if not counts[user_id]:
            del counts[user_id]
            self.worker.spawn(self.strike(subscription.room_id, user_id))
        if not counts:
            self.here.pop(subscription.room_id, None)

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
            try:
                async with self.client().pipeline(transaction=False) as pipe:
                    pipe.zadd(key_of(room_id), {f"{user_id}|{self.process}": until for user_id in user_ids})
                    pipe.expire(key_of(room_id), int(ALIVE_FOR) + 1)
                    await pipe.execute()
            except (RedisError, OSError) as error:
                logger.info("Presence is local for now: %r", error)
        if changed:
            tell({"type": "presence.changed", "roomId": room_id}, group=room_group(room_id))

    async def strike(self, room_id: str, user_id: str) -> None:
        if settings.REDIS_URL:
            try:
                await self.client().zrem(key_of(room_id), f"{user_id}|{self.process}")
            except (RedisError, OSError) as error:
                logger.info("Presence is local for now: %r", error)
        tell({"type": "presence.changed", "roomId": room_id}, group=room_group(room_id))

    async def online(self, room_id: str) -> set[str]:
        """The ids of who is there, on all processes."""
        found = set(self.here.get(room_id, ()))
        if settings.REDIS_URL:
            try:
                members = await self.client().zrangebyscore(key_of(room_id), time.time(), "+inf")
            except (RedisError, OSError):
                return found | self.told.get(room_id, set())
            found |= {member.partition("|")[0] for member in members}
        return found

    # --- Telling -----------------------------------------------------------------------------------------------

    def gather(self, room_id: str) -> None:
        if room_id in self.following.feeds and room_id not in self.gathering:
            self.gathering.add(room_id)
            self.worker.loop.call_later(GATHER, lambda: self.worker.spawn(self.tell_changes(room_id)))

    async def tell_changes(self, room_id: str) -> None:
        self.gathering.discard(room_id)
        feed = self.following.feeds.get(room_id)
        if feed is None:
            return
        online = await self.online(room_id)
        before, self.told[room_id] = self.told.get(room_id, set()), online
        viewers = feed.admitted()
        changes = [("presence:user_online", each) for each in online - before]
        changes += [("presence:user_offline", each) for each in before - online]
        if not changes or not viewers:
            return
        hidden: list[Frame] | None = None  # for those who see masked names
        if len(changes) > max(1, MOST_SENDS // len(viewers)):
            frames = [frame_now("presence:changed", roomId=room_id, onlineCount=len(online))]
        else:
            known, masks = await self.worker.run(people_and_masking, room_id, [user_id for _, user_id in changes])
            told = [
                (name, {"roomId": room_id, "userId": user_id, "user": known.get(user_id), "onlineCount": len(online)})
                for name, user_id in changes
            ]
            frames = [frame_now(name, **data) for name, data in told]
            if masks:
                hidden = [frame_now(name, **masked(data)) for name, data in told]
        for subscription in viewers:
            for frame in frames if hidden is None or subscription.level != "public" else hidden:
                subscription.connection.push(frame)


def key_of(room_id: str) -> str:
    return f"presence:{room_id}"
