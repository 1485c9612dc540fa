"""What the log may forget once a room is long over."""

from datetime import timedelta

from django.conf import settings
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from accounts.actors import PLATFORM
from accounts.erasure import erase_user
from accounts.models import User
from rooms.models import Participant, Room, RoomEvent

A_TIME = 1000  # rows: a lock is held for no longer than these take


def clean_placeholders() -> dict[str, int]:
    """Erases people of lists who never signed in, GUEST_RETENTION days after the last of their rooms ended."""
    before = timezone.now() - timedelta(days=settings.GUEST_RETENTION)
    over = Q(room__closed_at__lte=before) | Q(room__deleted_at__lte=before)
    needed = Participant.all_objects.filter(~over, user=OuterRef("pk"))
    old = User.objects.filter(is_placeholder=True, claimed_by=None, created_at__lte=before).exclude(Exists(needed))
    erased = 0
    for placeholder in old.iterator(chunk_size=500):
        erase_user(user=placeholder, by=PLATFORM)
        erased += 1
    return {"people of lists erased": erased}


def clean_events() -> dict[str, int]:
    """Deletes events of rooms closed or deleted EVENT_RETENTION days ago, but never what proves a draw or a win."""
    before = timezone.now() - timedelta(days=settings.EVENT_RETENTION)
    over = Room.all_objects.filter(Q(closed_at__lte=before) | Q(deleted_at__lte=before))
    old = RoomEvent.objects.filter(room__in=over.values("pk"), created_at__lte=before)
    old = old.exclude(type__startswith="draw:").exclude(type__startswith="winner:")
    deleted = 0
    while some := list(old.values_list("pk", flat=True)[:A_TIME]):
        deleted += RoomEvent.objects.filter(pk__in=some).delete()[0]
    return {"events": deleted}
