"""Who makes a request: `Authorization: Bearer {access token}`."""

from typing import Any

from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed

from accounts.tokens import loaded_user, named_user


class BearerAuthentication(BaseAuthentication):
    """No query: `request.user` knows its id and reads the rest when somebody asks. `request.auth` are the claims."""

    read = staticmethod(named_user)

    def authenticate(self, request: Any) -> tuple[Any, Any] | None:
        parts = get_authorization_header(request).split()
        if not parts:
            return None
        if len(parts) != 2 or parts[0].lower() != b"bearer":
            raise AuthenticationFailed
        found = self.read(parts[1].decode("latin-1"))
        if found is None:
            raise AuthenticationFailed
        return found

    def authenticate_header(self, request: Any) -> str:
        return "Bearer"


class StrictBearerAuthentication(BearerAuthentication):
    """Asks the tables whether the token was revoked and the account is alive: for logout, deletion, sessions and what
    platform admins do."""

    read = staticmethod(loaded_user)
