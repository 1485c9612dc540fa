"""Hands new messages to the connections of whom they are for, once."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from rooms.live.directory import Directory
from rooms.live.frames import frame_now
from rooms.models import Notification
from rooms.notifications import NotificationSerializer

LOOK_BACK = timedelta(seconds=60)  # a transaction may end long after its notification was made
MOST_PUSHED = 500
MOST_REMEMBERED = 20_000


def unread_among(user_ids: list[str]) -> list[Notification]:
    """Recent unread messages to these people, oldest first."""
    recent = Notification.objects.filter(user__in=user_ids, created_at__gte=timezone.now() - LOOK_BACK, read_at=None)
    return list(recent.order_by("created_at", "id")[:MOST_PUSHED])


class Push:
    def __init__(self, directory: Directory) -> None:
        self.directory = directory
        self.pushed: dict[str, None] = {}

    def person_notified(self, message: dict[str, Any]) -> None:
        if message["userId"] in self.directory.by_user:
            self.directory.worker.spawn(self.look([message["userId"]]))

    def people_notified(self, message: dict[str, Any]) -> None:
        self.directory.worker.spawn(self.tick())

    async def tick(self) -> None:
        """Finds what no bell told of, or told of in another process."""
        await self.look(list(self.directory.by_user))

    async def look(self, user_ids: list[str]) -> None:
        began = timezone.now() - LOOK_BACK
        for start in range(0, len(user_ids), MOST_PUSHED):
            for notification in await self.directory.worker.run(unread_among, user_ids[start : start + MOST_PUSHED]):
                if notification.pk in self.pushed or notification.created_at < began:
                    continue
                self.pushed[notification.pk] = None
                frame = frame_now("notification:received", notification=NotificationSerializer(notification).data)
                for connection in self.directory.of_person(notification.user_id):
                    connection.push(frame)
        while len(self.pushed) > MOST_REMEMBERED:
            del self.pushed[next(iter(self.pushed))]
