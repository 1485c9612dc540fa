"""How often a password may be guessed: few times from one address, so that nobody locks out a neighbour."""

from typing import Any

from django.conf import settings
from rest_framework.throttling import BaseThrottle

from accounts.models import User
from platform_site.rest.addresses import address_block, client_address
from platform_site.rest.throttling import Limit, RateLimited, hit

TOO_OFTEN = "Too many attempts. Wait a little and try again."
UNLIMITED = 10**9  # for counts that are read, not enforced


class SignInThrottle(BaseThrottle):
    """For signing in and staying signed in, instead of the limit for anonymous callers: a hall is one address, and
    everybody in it comes at once. Guesses have limits of their own."""

    def allow_request(self, request: Any, view: Any) -> bool:
        address = address_block(client_address(request))
        counted = hit(f"sign-in:{address}", limit=settings.RATE_LIMIT_SIGN_IN)
        request._request.rate_limit = counted  # what the headers of the answer tell
        if not counted.allowed:
            raise RateLimited(counted)
        return True


def begin_attempt(*, email: str, address: str | None) -> list[str]:
    """Counts an attempt to sign in before its password is looked at, or a hundred guesses at once would all be read.

    Attempts that were not right are failures. They are limited for each account and address, and, much higher, for the
    account, against many addresses that guess at one. Returns what `end_attempt` counts it as right under. Raises
    RateLimited.
    """
    account = User._meta.get_field("email").to_python(email) or ""
    right = []
    for key, limit in (
        (f"login:{account}:{address_block(address or '')}", settings.RATE_LIMIT_LOGIN),
        (f"login:{account}", settings.RATE_LIMIT_LOGIN_ACCOUNT),
    ):
        attempts = hit(key, limit=UNLIMITED)
        right.append(f"{key}:right:{attempts.reset_at}")  # of this window of attempts and no other
        failures = used(attempts) - used(hit(right[-1], limit=UNLIMITED, cost=0))
        if failures > limit:
            raise RateLimited(Limit(limit, 0, attempts.reset_at, allowed=False), TOO_OFTEN)
    return right


def end_attempt(right: list[str]) -> None:
    """Says that the password of an attempt was right."""
    for key in right:
        hit(key, limit=UNLIMITED)


def count_refresh(family: str) -> None:
    """Raises RateLimited where one device refreshes too often."""
    standing = hit(f"refresh:{family}", limit=settings.RATE_LIMIT_REFRESH)
    if not standing.allowed:
        raise RateLimited(standing)


def used(standing: Limit) -> int:
    return standing.limit - standing.remaining
