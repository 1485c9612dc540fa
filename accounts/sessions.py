"""What can be done to sessions: a device signs in, takes a new pair of tokens, signs out, is signed out."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts.actors import PLATFORM, Actor
from accounts.errors import InvalidToken
from accounts.limits import count_refresh
from accounts.models import PageSession, Session, User
from accounts.revocation import device_mark, lift, person_mark, revoke, token_mark
from accounts.tokens import access_token_for, hashed, new_secret
from platform_site.hooks import SIGNED_IN
from platform_site.rest.exceptions import NotFound


@dataclass(frozen=True)
class Tokens:
    access: str
    refresh: str
    expires_in: int
    user: User


def locked_user(user_id: str) -> User | None:
    """The living, active user, locked until the transaction ends.

    Everything that opens or ends sessions takes this lock first: a family that ends while it is refreshed would
    otherwise leave the newest token behind.
    """
    return User.objects.select_for_update(no_key=True).filter(pk=user_id, is_active=True).first()


@transaction.atomic
def open_session(*, user: User, device_info: str = "", ip_address: str | None = None, room_id: str = "") -> Tokens:
    """A new device of `user`, with its first pair of tokens; for guests, good for `room_id` only.

    Raises InvalidToken for an account that was erased or deactivated meanwhile.
    """
    living = locked_user(user.pk)
    if living is None:
        raise InvalidToken
    tell_sign_in(living)
    return issue(Session(user=living, room_id=room_id), device_info=device_info, ip_address=ip_address)


def tell_sign_in(user: User) -> None:
    """Lets other apps do what is theirs when somebody signs in, through the hook SIGNED_IN."""
    # After the commit: hooks lock rooms, and who holds a room may be waiting for this user's row.
    for function in SIGNED_IN.functions():
        transaction.on_commit(partial(function, user=user), robust=True)


def tell_page_sign_in(sender: Any, user: User, **kwargs: Any) -> None:
    tell_sign_in(user)


def issue(session: Session, *, device_info: str, ip_address: str | None) -> Tokens:
    """Saves a new `session` with a new refresh token, of which only the hash is kept."""
    refresh = new_secret()
    session.token_hash = hashed(refresh)
    session.last_used_at = timezone.now()
    session.expires_at = session.last_used_at + timedelta(seconds=settings.REFRESH_TOKEN_TTL)
    session.device_info, session.ip_address = device_info[:500], ip_address or None
    session.save(force_insert=True)
    return Tokens(access_token_for(session), refresh, settings.ACCESS_TOKEN_TTL, session.user)


def drop_unused(tokens: Tokens) -> None:
    """Forgets a session whose tokens were given to nobody: a page has a session of its own."""
    Session.objects.filter(token_hash=hashed(tokens.refresh)).delete()


def refresh_session(*, refresh_token: str, device_info: str = "", ip_address: str | None = None) -> Tokens:
    """A new pair of tokens for an unused refresh token.

    A token that was used already ends its whole family: two parties hold it, and one is a thief. One retry within
    REFRESH_RETRY_SECONDS from the same User-Agent is forgiven, for the answer may have been lost on its way: the token
    that it carried dies unused. Raises InvalidToken, RateLimited.
    """
    session = Session.objects.filter(token_hash=hashed(refresh_token)).first()
    if session is None:
        raise InvalidToken
    count_refresh(session.family)
    tokens = rotate(session, device_info=device_info[:500], ip_address=ip_address)
    if tokens is None:  # raised out here, or the end of the family would be rolled back
        raise InvalidToken
    return tokens


@transaction.atomic
def rotate(shown: Session, *, device_info: str, ip_address: str | None) -> Tokens | None:
    user = locked_user(shown.user_id)
    if user is None or not Session.objects.filter(pk=shown.pk).exists():
        return None
    shown.refresh_from_db()
    now = timezone.now()
    if shown.expires_at <= now:
        return None
    if (shown.rotated_at or shown.revoked_at) and not forgive(shown, device_info):
        end_families([shown.family], user=user, by=PLATFORM, reason="a used refresh token was shown again")
        return None
    Session.objects.filter(pk=shown.pk, rotated_at=None).update(rotated_at=now)
    successor = Session(user=user, family=shown.family, room_id=shown.room_id, rotated_from=shown)
    return issue(successor, device_info=device_info, ip_address=ip_address)


def forgive(shown: Session, device_info: str) -> bool:
    """Whether a rotated token comes again only because its answer was lost; then the token of that answer dies."""
    oldest = timezone.now() - timedelta(seconds=settings.REFRESH_RETRY_SECONDS)
    successors = list(shown.successors.all())
    if shown.revoked_at or not shown.rotated_at or shown.rotated_at <= oldest or len(successors) != 1:
        return False
    lost = successors[0]
    if lost.rotated_at or lost.revoked_at or lost.device_info != device_info:
        return False
    return bool(Session.objects.filter(pk=lost.pk).update(revoked_at=timezone.now()))


def end_families(families: Iterable[str], *, user: User, by: Actor, reason: str) -> int:
    """Ends devices of a locked user, with their access tokens; says how many were signed in."""
    live = list(user.sessions.live().filter(family__in=families).values_list("family", flat=True))
    user.sessions.filter(family__in=live, revoked_at=None).update(revoked_at=timezone.now())
    PageSession.objects.filter(device__user=user, device__family__in=live).delete()
    revoke(map(device_mark, live), user_id=user.pk, by=by, reason=reason)
    return len(live)


@transaction.atomic
def sign_out(*, user: User, family: str, token_id: str) -> None:
    """Ends the device `family` and at once the access token `token_id`; other devices stay."""
    living = locked_user(user.pk)
    if living is None:
        raise InvalidToken
    end_families([family], user=living, by=living, reason="signed out")
    revoke([token_mark(token_id)], user_id=living.pk, by=living, reason="signed out")


@transaction.atomic
def end_session(*, user: User, family: str, by: User) -> None:
    """Signs one device of `user` out. Raises NotFound where it is not signed in."""
    living = locked_user(user.pk)
    if living is None or not end_families([family], user=living, by=by, reason="device signed out"):
        raise NotFound("There is no such session.")


@transaction.atomic
def end_other_sessions(*, user: User, family: str, by: User) -> int:
    """Signs out every device of `user` but `family`; says how many."""
    living = locked_user(user.pk)
    if living is None:
        raise InvalidToken
    others = living.sessions.live().exclude(family=family).values_list("family", flat=True)
    return end_families(list(others), user=living, by=by, reason="other devices signed out")


def end_sessions_of_old_password(sender: type[User], instance: User, created: bool, **kwargs: Any) -> None:
    """After a new password, however it was set: whoever knew the old one is signed out."""
    if not created and vars(instance).get("_password") is not None:  # set_password keeps it until the save is done
        end_old_password(instance)


@transaction.atomic
def end_old_password(user: User) -> None:
    living = locked_user(user.pk)
    if living is not None:
        families = list(living.sessions.live().values_list("family", flat=True))
        end_families(families, user=living, by=PLATFORM, reason="password changed")


@transaction.atomic
def deactivate_user(*, user: User, by: Actor) -> None:
    """Locks an account: its devices and tokens die at once, and it cannot sign in."""
    living = locked_user(user.pk)
    if living is None:
        return
    User.objects.filter(pk=living.pk).update(is_active=False)
    end_person(user_id=living.pk, by=by, reason="account deactivated")
    user.is_active = False


@transaction.atomic
def reactivate_user(*, user: User, by: Actor) -> None:
    """Lets a deactivated account sign in again. Its old devices stay signed out."""
    if User.objects.filter(pk=user.pk, is_active=False, claimed_by=None).update(is_active=True):
        lift(person_mark(user.pk))
        user.is_active = True


def end_person(*, user_id: str, by: Actor, reason: str) -> None:
    """Ends every session and token of a person, for as long as an access token could live."""
    Session.objects.filter(user_id=user_id, revoked_at=None).update(revoked_at=timezone.now())
    PageSession.objects.filter(device__user=user_id).delete()
    revoke([person_mark(user_id)], user_id=user_id, by=by, reason=reason)
