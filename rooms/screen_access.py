"""A screen key over HTTP, in the header X-Screen-Key: reading the room that it opens."""

from typing import Any

from rest_framework.exceptions import AuthenticationFailed

from accounts.authentication import BearerAuthentication
from rooms.screen_keys import viewer_of_key

HEADER = "X-Screen-Key"


class ScreenOrBearerAuthentication(BearerAuthentication):
    """A screen key where there is one, else an access token."""

    def authenticate(self, request: Any) -> tuple[Any, Any] | None:
        key = request.headers.get(HEADER)
        if key is None:
            return super().authenticate(request)
        viewer = viewer_of_key(key)
        if viewer is None:
            raise AuthenticationFailed
        return viewer, None
