"""What accounts leave behind and nobody needs any more."""

from datetime import timedelta

from django.conf import settings
from django.db.models import Exists, ForeignObjectRel, OuterRef, QuerySet
from django.utils import timezone

from accounts.actors import PLATFORM
from accounts.erasure import erase_user
from accounts.models import OneTimeCode, PageSession, Session, TokenBlacklist, User


def clean_accounts() -> dict[str, int]:
    """Forgets expired sessions, revocations and codes, and guests who are long gone; says how many of each."""
    now = timezone.now()
    counts = {
        # These first: they go with their devices otherwise, uncounted.
        "page sessions": PageSession.objects.filter(expire_date__lte=now).delete()[0],
        "sessions": Session.objects.filter(expires_at__lte=now).delete()[0],
        "revoked tokens": TokenBlacklist.objects.filter(expires_at__lte=now).delete()[0],
        "one-time codes": OneTimeCode.objects.filter(expires_at__lte=now).delete()[0],
    }
    return counts | clean_guests()


def clean_guests() -> dict[str, int]:
    """Deletes guests who never took part; erases those who did, so that their wins and entries keep their places."""
    deleted = erased = 0
    for guest in gone_guests().iterator(chunk_size=500):
        if has_history(guest):
            erase_user(user=guest, by=PLATFORM)
            erased += 1
        else:
            guest.delete()
            deleted += 1
    return {"guests deleted": deleted, "guests erased": erased}


def gone_guests() -> QuerySet[User]:
    """Guests without a device that could come back, not seen for GUEST_RETENTION days."""
    before = timezone.now() - timedelta(days=settings.GUEST_RETENTION)
    live = Session.objects.live().filter(user=OuterRef("pk"))
    seen = Session.objects.filter(user=OuterRef("pk"), last_used_at__gt=before)
    # Whoever stands for somebody on a list has no device and is there as long as their room: rooms forgets them.
    guests = User.objects.filter(is_guest=True, created_at__lte=before).exclude(is_placeholder=True, claimed_by=None)
    return guests.exclude(Exists(live)).exclude(Exists(seen))


def has_history(guest: User) -> bool:
    """Whether a row of another app points at the guest, deleted ones too."""
    return any(
        relation.related_model._base_manager.filter(**{relation.field.name: guest}).exists()
        for relation in User._meta.get_fields(include_hidden=True)
        if isinstance(relation, ForeignObjectRel)
        and not relation.many_to_many
        and relation.related_model._meta.app_label != User._meta.app_label
    )
