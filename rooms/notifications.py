"""Messages to one person: written, rung for, marked as read. What pushes them to open pages is rooms.live.push."""

from functools import partial
from typing import Any

from django.db import transaction
from django.utils import timezone
from rest_framework import serializers

from accounts.models import User
from platform_site.rest.exceptions import NotFound
from platform_site.rest.fields import ModelSerializer, UTCDateTimeField
from rooms.bells import tell
from rooms.models import Notification, Room

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
