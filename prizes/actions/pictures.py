"""Keeping a picture that somebody sends for a prize."""

from django.db import transaction

from accounts.actors import Actor
from prizes.errors import TooManyPictures
from prizes.models import Picture
from prizes.pictures import digest_of, encoded_anew
from rooms.errors import RoomClosed
from rooms.permissions import Need, locked_room, readable_room, require

MOST_PICTURES = 500  # that one room sends


def add_picture(*, room_id: str, by: Actor, data: bytes) -> Picture:
    """Keeps the picture in the file `data`, encoded anew. The same picture once more is the same row. Call it outside a
    transaction: the room is not locked while pixels are counted.

    Raises Forbidden, NotFound, RoomClosed, TooManyPictures, InvalidInput (not a picture, too large)."""
    room = readable_room(room_id, by)
    require(room, by, Need.RUN)  # before the work
    if not room.is_open:
        raise RoomClosed
    content, width, height = encoded_anew(data)
    return keep(room_id, by, content, width, height)


@transaction.atomic
def keep(room_id: str, by: Actor, content: bytes, width: int, height: int) -> Picture:
    room = locked_room(room_id, by, Need.RUN)
    if not room.is_open:
        raise RoomClosed
    digest = digest_of(content)
    known: Picture | None = Picture.objects.defer("content").filter(digest=digest).first()
    if known is not None:
        return known
    if Picture.objects.filter(room=room).count() >= MOST_PICTURES:
        raise TooManyPictures
    fields = {"content": content, "width": width, "height": height, "room": room}
    # Two rooms may send the same picture at once: the second finds the row of the first.
    picture: Picture = Picture.objects.get_or_create(digest=digest, defaults=fields)[0]
    return picture
