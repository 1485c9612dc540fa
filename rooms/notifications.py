"""Messages to one person: kept until read, and pushed to all their connections."""

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone
from rest_framework import serializers

from accounts.models import User
from platform_site.rest.exceptions import NotFound
from platform_site.rest.fields import ModelSerializer, UTCDateTimeField
from rooms.bells import tell
from rooms.connections import Subscription
from rooms.frames import frame_now
from rooms.models import Notification, Room
from rooms.protocol import ID, database_command, shape

if TYPE_CHECKING:
    from rooms.hub import Hub

LOOK_BACK = timedelta(seconds=60)  # a transaction may end long after its notification was made
MOST_PUSHED = 500
MOST_BELLS = 20


class NotificationSerializer(ModelSerializer):
    roomId = serializers.CharField(source="room_id", allow_null=True)
    readAt = UTCDateTimeField(source="read_at", allow_null=True)
    createdAt = UTCDateTimeField(source="created_at")

    class Meta:
        model = Notification
        fields = ("id", "type", "title", "body", "roomId", "data", "readAt", "createdAt")


def notify(
    *,
    user_id: str,
    type: str,
    title: str,
    body: str = "",
    room: Room | None = None,
    data: dict[str, Any] | None = None,
) -> Notification:
    """Leaves a message for a person; their open pages show it as soon as the surrounding transaction is committed."""
    notification = Notification(user_id=user_id, type=type, title=title, body=body, room=room, data=data or {})
    notify_all([notification])
    return notification


def notify_all(notifications: list[Notification]) -> None:
    """Leaves these messages (unsaved) in one statement; many are shown by one bell."""
    Notification.objects.bulk_create(notifications)
    bells = [{"type": "person.notified", "userId": each.user_id, "id": each.pk} for each in notifications]
    for bell in bells if len(bells) <= MOST_BELLS else [{"type": "people.notified", "id": notifications[0].pk}]:
        transaction.on_commit(partial(tell, bell), robust=True)


@transaction.atomic
def mark_read(*, notification_id: str, by: User) -> Notification:
    """Marks a message to `by` as read; the first time counts. Raises NotFound for messages to others."""
    notification = Notification.objects.select_for_update().filter(pk=notification_id, user=by).first()
    if notification is None:
        raise NotFound
    if notification.read_at is None:
        notification.read_at = timezone.now()
        notification.save(update_fields=["read_at", "updated_at"])
    return notification


@database_command(
    "notification:mark_read",
    takes=shape(("notificationId",), notificationId=ID),
    answers=shape(("notification",), notification={"$ref": "#/components/schemas/Notification"}),
)
def mark_read_command(*, by: User, data: dict[str, Any]) -> dict[str, Any]:
    """Marks a message as read."""
    return {"notification": NotificationSerializer(mark_read(notification_id=data["notificationId"], by=by)).data}


def unread_among(user_ids: list[str]) -> list[Notification]:
    """Recent unread messages to these people, oldest first."""
    recent = Notification.objects.filter(user__in=user_ids, created_at__gte=timezone.now() - LOOK_BACK, read_at=None)
    return list(recent.order_by("created_at", "id")[:MOST_PUSHED])


class Push:
    """Beside a hub's feeds: hands new messages to the connections of whom they are for, once."""

    def __init__(self, hub: "Hub") -> None:
        self.hub = hub
        self.pushed: dict[str, None] = {}

    def hear(self, message: dict[str, Any]) -> None:
        if message["type"] == "person.notified" and message["userId"] in self.hub.by_user:
            self.hub.spawn(self.look([message["userId"]]))
        elif message["type"] == "people.notified":
            self.hub.spawn(self.tick())

    def came(self, subscription: Subscription) -> None:
        """Nothing: messages are for people, whichever rooms they follow."""

    went = came

    async def tick(self) -> None:
        """Finds what no bell told of, or told of in another process."""
        await self.look(list(self.hub.by_user))

    async def look(self, user_ids: list[str]) -> None:
        began = timezone.now() - LOOK_BACK
        for start in range(0, len(user_ids), MOST_PUSHED):
            for notification in await self.hub.run(unread_among, user_ids[start : start + MOST_PUSHED]):
                if notification.pk in self.pushed or notification.created_at < began:
                    continue
                self.pushed[notification.pk] = None
                frame = frame_now("notification:received", notification=NotificationSerializer(notification).data)
                for connection in list(self.hub.by_user.get(notification.user_id, ())):
                    connection.push(frame)
        while len(self.pushed) > 20_000:
            del self.pushed[next(iter(self.pushed))]
