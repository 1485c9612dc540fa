"""Who makes a request: `Authorization: Bearer {access token}`."""

import re
from typing import Any

from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed

from accounts.errors import OtherRoom
from accounts.tokens import loaded_user, named_user
from platform_site.db.ids import ID_LENGTH
from platform_site.rest.exceptions import DomainError

ROOM_IN_PATH = re.compile(rf"/rooms/(c[0-9a-z]{{{ID_LENGTH - 1}}})(?:/|$)")


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
        user, claims = found
        room = ROOM_IN_PATH.search(request.path)
        if user.guest_room_id and room and room[1] != user.guest_room_id:
            raise OtherRoom
        return user, claims

    def refusals(self, path: str) -> tuple[type[DomainError], ...]:
        """What `authenticate` can refuse below the templated `path`, for the API's description."""
        return (OtherRoom,) if "/rooms/{" in path else ()

    def authenticate_header(self, request: Any) -> str:
        return "Bearer"


class StrictBearerAuthentication(BearerAuthentication):
    """Asks the tables whether the token was revoked and the account is alive: for logout, deletion, sessions and what
    platform admins do."""

    read = staticmethod(loaded_user)
