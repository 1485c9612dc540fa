"""Access tokens (JWT, HS256) and the opaque secrets beside them."""

import secrets
from typing import Any, cast

from rest_framework_simplejwt.exceptions import TokenError
from rest_framework_simplejwt.tokens import AccessToken

from accounts.hashes import hashed
from accounts.models import Session, User
from accounts.revocation import is_revoked

__all__ = ["access_token_for", "claims_of", "hashed", "new_secret", "user_of"]


def new_secret() -> str:
    """384 random bits, safe in an address."""
    return secrets.token_urlsafe(48)


def access_token_for(session: Session) -> str:
    """A JWT of ACCESS_TOKEN_TTL seconds with the claims sub and userId (the user), sid (the device), jti, iat, exp, and
    room where it is a guest's."""
    token = AccessToken.for_user(session.user)
    token["userId"] = session.user_id
    token["sid"] = session.family
    if session.room_id:
        token["room"] = session.room_id
    return str(token)


def claims_of(access_token: str) -> dict[str, Any]:
    """The claims, verified by the signature alone. Raises TokenError for a forged, expired or other token."""
    claims = AccessToken(cast("Any", access_token)).payload  # the stubs take it for a Token
    if not all(isinstance(claims.get(name), str) for name in ("sub", "sid", "jti")):
        raise TokenError("incomplete")
    return claims


def valid_claims(access_token: str, *, ask_table: bool = False) -> dict[str, Any] | None:
    """The claims of a token that was not revoked, or None."""
    try:
        claims = claims_of(access_token)
    except TokenError:
        return None
    return None if is_revoked(claims, ask_table=ask_table) else claims


def named_user(access_token: str) -> tuple[User, dict[str, Any]] | None:
    """Whom a token stands for, without a query, and its claims; None for a token that is not valid."""
    claims = valid_claims(access_token)
    return (User.named_by_token(claims["sub"]), claims) if claims else None


def loaded_user(access_token: str) -> tuple[User, dict[str, Any]] | None:
    """The same from the tables themselves, for what must not rest on a copy; the user is read and alive."""
    claims = valid_claims(access_token, ask_table=True)
    user = User.objects.filter(pk=claims["sub"], is_active=True).first() if claims else None
    if claims is None or user is None:
        return None
    return user, claims


def user_of(access_token: str) -> User | None:
    """Whom an access token stands for, read from the table, or None. For connections, which ask once and stay."""
    found = loaded_user(access_token)
    return found[0] if found else None
