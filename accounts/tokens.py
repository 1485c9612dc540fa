"""Tokens: access tokens (JWT, HS256) and the hashes under which secrets are kept."""

import hashlib
import secrets
from typing import Any, cast

from rest_framework_simplejwt.exceptions import TokenError
from rest_framework_simplejwt.tokens import AccessToken

from accounts.models import Session, User


def hashed(secret: str) -> str:
    """How a long random secret is stored: SHA-256, lower-case hex."""
    return hashlib.sha256(secret.encode()).hexdigest()


def new_refresh_token() -> str:
    return secrets.token_urlsafe(48)


def access_token_for(session: Session) -> str:
    """A JWT of ACCESS_TOKEN_TTL seconds with the claims sub and userId (the user), sid (the device), jti, iat, exp."""
    token = AccessToken.for_user(session.user)
    token["userId"] = session.user_id
    token["sid"] = session.family
    return str(token)


def claims_of(access_token: str) -> dict[str, Any]:
    """The verified claims. Raises TokenError for a token that is forged, expired or of another kind."""
    claims = AccessToken(cast("Any", access_token)).payload  # the stubs take it for a Token
    if not isinstance(claims.get("sub"), str) or not isinstance(claims.get("sid"), str):
        raise TokenError("incomplete")
    return claims


def user_of(access_token: str) -> User | None:
    """Whom an access token stands for, or None."""
    try:
        claims = claims_of(access_token)
    except TokenError:
        return None
    return User.objects.filter(pk=claims["sub"], is_active=True).first()
