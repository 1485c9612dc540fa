"""The keys that open a room for a big screen, and which screens are there."""

from datetime import timedelta
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.hashes import hashed
from platform_site.db.models import Row, RowQuerySet
from rooms.viewers import ScreenViewer

LONGEST_KEY = 100
SEEN_FOR = timedelta(seconds=25)  # after a screen's last sign of life


class ScreenKey(Row):
    """A key that opens one room for a screen; only its hash is kept. `seen_until` says until when a screen that uses it
    counts as connected: the process that holds the connection moves it, and a killed process stops doing so."""

    room = models.ForeignKey("rooms.Room", on_delete=models.CASCADE, related_name="screen_keys")
    key_hash = models.CharField(max_length=64, unique=True, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    seen_until = models.DateTimeField(null=True, blank=True, editable=False)
    revoked_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects: ClassVar[Any] = models.Manager.from_queryset(RowQuerySet)()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(revoked_at=None) | Q(seen_until=None), name="screen_key_revoked_shows_nothing"
            ),
        ]

    def __str__(self) -> str:
        return f"Screen key of {self.room_id}"


def screen_mark(key_id: str) -> str:
    """The hash under which the connections of a key are ended."""
    return hashed(f"screen:{key_id}")


def live_key(key: Any) -> ScreenKey | None:
    """The row of a key that opens a living room; None for anything else."""
    if not isinstance(key, str) or not 0 < len(key) <= LONGEST_KEY or not key.isascii():
        return None
    rows = ScreenKey.objects.filter(key_hash=hashed(key), revoked_at=None, room__deleted_at=None)
    row: ScreenKey | None = rows.first()
    return row


def viewer_of_key(key: Any) -> ScreenViewer | None:
    """The viewer that a screen key stands for; None for a wrong or revoked key."""
    row = live_key(key)
    return ScreenViewer(row.room_id) if row is not None else None


def seen_keys() -> Any:
    """Keys that a screen uses now."""
    return ScreenKey.objects.filter(revoked_at=None, seen_until__gt=timezone.now())


def is_screen_there(room_id: str) -> bool:
    """Whether a big screen shows the room now."""
    there: bool = seen_keys().filter(room=room_id).exists()
    return there
