"""Keys for big screens: made, listed for those who run the room, revoked."""

from secrets import token_urlsafe

from django.db import transaction
from django.utils import timezone

from accounts.actors import Actor, person_of
from accounts.hashes import hashed
from accounts.revocation import revoke
from platform_site.rest.exceptions import NotFound
from rooms.errors import TooManyScreenKeys
from rooms.models import ScreenKey
from rooms.permissions import Need, locked_room
from rooms.screen_keys import screen_mark

MOST_SCREEN_KEYS = 20  # that open one room


@transaction.atomic
def make_screen_key(*, room_id: str, by: Actor) -> tuple[ScreenKey, str]:
    """A new key that opens the room for a screen, with its text, which is kept nowhere. Raises Forbidden, NotFound,
    TooManyScreenKeys."""
    room = locked_room(room_id, by, Need.RUN)
    if ScreenKey.objects.filter(room=room, revoked_at=None).count() >= MOST_SCREEN_KEYS:
        raise TooManyScreenKeys
    key = f"screen_{token_urlsafe(32)}"
    return ScreenKey.objects.create(room=room, key_hash=hashed(key), created_by=person_of(by)), key


@transaction.atomic
def revoke_screen_key(*, room_id: str, key_id: str, by: Actor) -> None:
    """The key opens nothing any more, and the connections of its screens end. Again: no change. Raises Forbidden,
    NotFound."""
    room = locked_room(room_id, by, Need.RUN)
    keys = ScreenKey.objects.filter(pk=key_id, room=room)
    if not keys.exists():
        raise NotFound("There is no such screen key in this room.")
    if keys.filter(revoked_at=None).update(revoked_at=timezone.now(), seen_until=None):
        revoke([screen_mark(key_id)], user_id=None, by=by, reason="screen key")
