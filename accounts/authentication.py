"""Who makes a request: `Authorization: Bearer {access token}`."""

from typing import Any

from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed

from accounts.tokens import user_of


class BearerAuthentication(BaseAuthentication):
    def authenticate(self, request: Any) -> tuple[Any, Any] | None:
        parts = get_authorization_header(request).split()
        if not parts:
            return None
        if len(parts) != 2 or parts[0].lower() != b"bearer":
            raise AuthenticationFailed
        user = user_of(parts[1].decode("latin-1"))
        if user is None:
            raise AuthenticationFailed
        return user, parts[1]

    def authenticate_header(self, request: Any) -> str:
        return "Bearer"
