"""Which big screens are connected: written down for other processes, and told to those who run the room."""

import logging
import time
from collections import Counter
from datetime import timedelta
from typing import Any

from django.db.models import Count
from django.utils import timezone

from apps_registry.manifest import LEVELS
from rooms.bells import room_group, tell
from rooms.live.connections import Subscription
from rooms.live.following import Following
from rooms.live.frames import frame_now
from rooms.live.log import SCREEN
from rooms.models import ScreenKey
from rooms.screen_keys import SEEN_FOR, seen_keys

logger = logging.getLogger(__name__)

SIGN_EVERY = 8.0  # seconds


def sign(key_ids: list[str], *, here: bool) -> None:
    """Screens with these keys are here, or have gone."""
    until = timezone.now() + (SEEN_FOR if here else timedelta(0))
    ScreenKey.objects.filter(pk__in=key_ids, revoked_at=None).update(seen_until=until)


def screens_in(room_ids: list[str]) -> dict[str, int]:
    """{room: how many of its keys a screen uses now}."""
    rows = seen_keys().filter(room__in=room_ids).order_by().values_list("room").annotate(n=Count("pk"))
    return dict(rows)


class Screens:
    """Watches screens that follow their room here. `told` is what the local viewers believe."""

    def __init__(self, following: Following) -> None:
        self.following, self.worker = following, following.worker
        following.watchers.append(self)
        self.here: set[Subscription] = set()
        self.told: dict[str, int] = {}
        self.signed_at = 0.0

    # --- Comings and goings ------------------------------------------------------------------------------------

    def keys_here(self) -> Counter[str]:
        return Counter(each.connection.identity.screen_key for each in self.here)

    async def opened(self, room_id: str) -> None:
        """Whoever begins to follow the room reads there whether a screen is connected, and is told of changes."""
        self.told[room_id] = (await self.worker.run(screens_in, [room_id])).get(room_id, 0)

    def figures(self, subscription: Subscription) -> dict[str, Any]:
        return {}

    def came(self, subscription: Subscription) -> None:
        if subscription.role == SCREEN:
            self.here.add(subscription)
            self.worker.spawn(self.write(subscription, here=True))

    def went(self, subscription: Subscription) -> None:
        if subscription not in self.here:
            return
        self.here.remove(subscription)
        # Another process may hold a screen with the same key: it signs again within SIGN_EVERY.
        if not self.keys_here()[subscription.connection.identity.screen_key]:
            self.worker.spawn(self.write(subscription, here=False))

    async def write(self, subscription: Subscription, *, here: bool) -> None:
        key = subscription.connection.identity.screen_key
        await self.worker.run(lambda: sign([key], here=here))
        tell({"type": "screens.changed", "roomId": subscription.room_id}, group=room_group(subscription.room_id))

    async def tick(self) -> None:
        if self.here and time.monotonic() - self.signed_at >= SIGN_EVERY:
            self.signed_at = time.monotonic()
            keys = list(self.keys_here())
            await self.worker.run(lambda: sign(keys, here=True))
        for room_id in self.told.keys() - self.following.feeds.keys():
            del self.told[room_id]
        # A screen of a killed process goes without a word.
        await self.tell_changes([room_id for room_id, feed in self.following.feeds.items() if feed.insiders])

    # --- Telling -----------------------------------------------------------------------------------------------

    def changed(self, message: dict[str, Any]) -> None:
        self.worker.spawn(self.tell_changes([message["roomId"]]))

    async def tell_changes(self, room_ids: list[str]) -> None:
        followed = [room_id for room_id in room_ids if room_id in self.following.feeds]
        if not followed:
            return
        counts = await self.worker.run(screens_in, followed)
        for room_id in followed:
            count = counts.get(room_id, 0)
            if self.told.get(room_id, 0) == count:
                continue
            self.told[room_id] = count
            feed = self.following.feeds.get(room_id)
            frame = frame_now("screen:presence", roomId=room_id, connected=count > 0, screens=count)
            for subscription in feed.admitted() if feed is not None else ():
                if LEVELS[subscription.level] > LEVELS["public"]:
                    subscription.connection.push(frame)
