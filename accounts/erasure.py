"""The erasure of a person: name, e-mail, avatar and provider data leave every table, what happened stays."""

import json
from typing import Any

from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.contrib.admin.models import LogEntry
from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from accounts.actors import Actor
from accounts.guests import former_guests
from accounts.models import DELETED_USER_NAME, OneTimeCode, Session, TokenBlacklist, User
from accounts.sessions import end_person
from accounts.traces import Traces, rewrite, traces_of
from platform_site.hooks import ERASING


@transaction.atomic
def erase_user(*, user: User, by: Actor) -> None:
    """Erases `user` for good. Rooms, wins and draws keep their places, with "Deleted user" in them.

    Every app forgets its part through the hook ERASING, which locks rooms, before the user row is locked: whoever joins
    a room takes the locks in this order too. They run again under the lock, for what came meanwhile. Raises what they
    refuse (StillOrganises), and then nothing has changed. Erasing twice changes nothing.
    """
    person = User.all_objects.filter(pk=user.pk, erased_at=None).first()
    if person is None:
        return
    for guest in former_guests(person):
        erase_user(user=guest, by=by)
    ERASING(user=person)
    person = User.all_objects.select_for_update().get(pk=user.pk)
    ERASING(user=person)
    forget_admin_log(traces_of(person))
    end_person(user_id=person.pk, by=by, reason="account deleted")
    Session.objects.filter(user=person).delete()
    OneTimeCode.objects.filter(user=person).delete()
    EmailAddress.objects.filter(Q(user=person) | Q(email__iexact=person.email or "")).delete()
    SocialAccount.objects.filter(user=person).delete()
    scrub_row(person)


def scrub_row(person: User) -> None:
    person.groups.clear()
    person.user_permissions.clear()
    person.name = DELETED_USER_NAME
    person.email = person.avatar = person.provider = person.provider_id = person.last_login = None
    person.email_verified = person.is_active = person.is_staff = person.is_superuser = False
    person.password = make_password(None)
    person.erased_at = timezone.now()
    person.deleted_at = person.deleted_at or person.erased_at
    person.save()


def forget_admin_log(traces: Traces) -> None:
    """The admin's log names objects as they were called, also those of other people that a page changed beside."""
    TokenBlacklist.objects.filter(user=traces.user_id).update(reason="account deleted")
    LogEntry.objects.filter(object_id=traces.user_id).update(object_repr=DELETED_USER_NAME)
    entries = LogEntry.objects.filter(traces.mentioned_in("object_repr", "change_message", ids=False))
    rewrite(entries, {"object_repr": traces.in_text, "change_message": lambda text: in_message(text, traces)})


def in_message(text: str, traces: Traces) -> str:
    """A log message is free text, or JSON with escapes in it."""
    try:
        message: Any = json.loads(text)
    except ValueError:
        return traces.in_text(text)
    return json.dumps(strings_in(message, traces))


def strings_in(value: Any, traces: Traces) -> Any:
    if isinstance(value, str):
        return traces.in_text(value)
    if isinstance(value, dict):
        return {key: strings_in(item, traces) for key, item in value.items()}
    return [strings_in(item, traces) for item in value] if isinstance(value, list) else value
