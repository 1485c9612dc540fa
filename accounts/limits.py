"""How often a password may be guessed: few times from one address, so that nobody locks out a neighbour."""

import time
from datetime import UTC, datetime

from django.conf import settings

from accounts.errors import TooManyAttempts
from accounts.models import User
from platform_site.rest.addresses import address_block
from platform_site.rest.fields import iso
from platform_site.rest.throttling import Limit, hit


def count_sign_in(*, email: str, address: str | None, failed: bool = True) -> None:
    """Counts a sign-in as failed before its password is looked at, and takes that back with `failed=False`.

    Counting first is what stops a hundred guesses that arrive at once. The second, high limit is for many addresses
    that guess at one account. Raises TooManyAttempts.
    """
    account = User._meta.get_field("email").to_python(email) or ""
    for key, limit in (
        (f"login:{account}:{address_block(address or '')}", settings.RATE_LIMIT_LOGIN),
        (f"login:{account}", settings.RATE_LIMIT_LOGIN_ACCOUNT),
    ):
        standing = hit(key, limit=limit, cost=1 if failed else -1)
        if failed:
            require(standing)


def count_refresh(family: str) -> None:
    require(hit(f"refresh:{family}", limit=settings.RATE_LIMIT_REFRESH))


def require(standing: Limit) -> None:
    """Raises TooManyAttempts where `standing` says so."""
    if not standing.allowed:
        raise TooManyAttempts(
            retry_after=max(1, standing.reset_at - int(time.time())),
            limit=standing.limit,
            resetAt=iso(datetime.fromtimestamp(standing.reset_at, UTC)),
        )
