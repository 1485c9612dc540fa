"""Who is at the other end of a live connection: by access token, or by the session cookie of this site's own pages."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qs

from django.conf import settings
from django.contrib.auth import get_user
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest

from accounts.models import PageSession, TokenBlacklist, User
from accounts.page_sessions import DEVICE, SessionStore, guest_in
from accounts.revocation import device_mark, person_mark
from accounts.tokens import claims_of, hashed, user_of
from rooms.live.origins import header, is_same_origin
from rooms.screen_keys import live_key, screen_mark
from rooms.viewers import ScreenViewer


@dataclass(frozen=True)
class Identity:
    """`marks` are the hashes under which this identity can be revoked; `expires_at` is in Unix seconds."""

    user: Any
    expires_at: float | None = None
    marks: tuple[str, ...] = ()
    session_key: str | None = None
    screen_key: str = ""  # the id of the key that a big screen has shown

    @property
    def user_id(self) -> str:
        """Empty for somebody who has not said who they are."""
        return self.user.pk or "" if self.user.is_authenticated else ""


MOST_ASKED = 1000  # marks in one statement
ANONYMOUS = Identity(AnonymousUser())


def identity_of_token(token: Any) -> Identity | None:
    """Whom an access token stands for; None where it is wrong, expired or revoked, or nobody's."""
    user = user_of(token) if isinstance(token, str) and 0 < len(token) < 8192 else None
    if user is None:
        return None
    claims = claims_of(token)
    marks = tuple(hashed(f"{name}:{claims[name]}") for name in ("jti", "sid", "sub") if claims.get(name))
    return Identity(user, float(claims["exp"]), marks)


def identity_of_session(session_key: str, room_id: str = "") -> Identity:
    """Who is signed in on this site's pages with that session, if anybody. A browser may have several guests: the one
    who sits in `room_id`."""
    request = HttpRequest()
    request.session = SessionStore(session_key)
    user = get_user(request)
    if not user.is_authenticated:
        return ANONYMOUS
    family = request.session[DEVICE]
    seat = guest_in(request.session, room_id) if user.is_guest and room_id else None
    if seat is not None:
        user, family = seat
    marks = (device_mark(family), person_mark(user.pk))
    return Identity(user, request.session.get_expiry_date().timestamp(), marks, session_key)


def identity_of_screen_key(key: Any) -> Identity | None:
    """The big screen that shows a key of its room; None where the key is wrong or was revoked."""
    row = live_key(key)
    if row is None:
        return None
    return Identity(ScreenViewer(row.room_id), marks=(screen_mark(row.pk),), screen_key=row.pk)


async def identity_of_cookie(run: Callable[..., Awaitable[Identity]], scope: dict[str, Any]) -> Identity:
    """Whoever is signed in on the page of this site that connects; `run` runs what waits for the database."""
    try:
        cookie = SimpleCookie(header(scope, b"cookie")).get(settings.SESSION_COOKIE_NAME)
    except CookieError:
        cookie = None
    query = parse_qs(scope.get("query_string", b"").decode("latin-1"))
    # A big screen in the browser of somebody who is signed in is nobody until it shows its key.
    if cookie is None or not cookie.value or not is_same_origin(scope) or query.get("as") == ["nobody"]:
        return ANONYMOUS
    return await run(identity_of_session, cookie.value, query.get("room", [""])[0])


def ended_marks(marks: set[str]) -> set[str]:
    """Those of `marks` that were revoked."""
    asked = sorted(marks)
    return {
        mark
        for start in range(0, len(asked), MOST_ASKED)
        for mark in TokenBlacklist.objects.filter(token_hash__in=asked[start : start + MOST_ASKED]).values_list(
            "token_hash", flat=True
        )
    }


def ended_people(user_ids: list[str]) -> set[str]:
    """Those of `user_ids` who were switched off or erased."""
    return set(user_ids) - set(User.objects.filter(pk__in=user_ids, is_active=True).values_list("pk", flat=True))


def ended_sessions(session_keys: list[str]) -> set[str]:
    """Those of `session_keys` that were signed out."""
    there = PageSession.objects.filter(session_key__in=session_keys).values_list("session_key", flat=True)
    return set(session_keys) - set(there)
