"""How often people come to a door: a hall is one address, everybody in it joins within minutes, and hardly anybody
guesses a code."""

from django.conf import settings

from platform_site.rest.addresses import address_block
from platform_site.rest.exceptions import NotFound
from platform_site.rest.throttling import Limit, RateLimited, hit
from rooms.models import Room


def count_join(address: str | None) -> Limit:
    """Counts an attempt to join from `address`. Raises RateLimited. Call it outside a transaction."""
    counted = hit(f"joins:{address_block(address or '')}", limit=settings.RATE_LIMIT_JOIN)
    if not counted.allowed:
        raise RateLimited(counted)
    return counted


def room_id_of_code(code: str, address: str | None) -> str:
    """The living room that has `code`, as people type it. A wrong one is counted. Raises NotFound, RateLimited."""
    room_id: str | None = Room.objects.filter(join_code=spelled(code)).values_list("pk", flat=True).first()
    if room_id is not None:
        return room_id
    wrong = hit(f"wrong-codes:{address_block(address or '')}", limit=settings.RATE_LIMIT_WRONG_CODES)
    if not wrong.allowed:
        raise RateLimited(wrong, "Too many wrong codes. Wait a little.")
    raise NotFound("No room has this code.")


def spelled(code: str) -> str:
    """A code as it is stored, from how people type it: any case, with spaces or dashes."""
    return "".join(letter for letter in code.upper() if letter.isalnum())
