"""Pictures of prizes: encoded anew, bounded, served from this host for ever."""

import io
import struct
import zlib

import pytest
from PIL import Image

from platform_site.rest.exceptions import Forbidden, InvalidInput
from prizes.actions import add_picture
from prizes.actions import pictures as picture_actions
from prizes.errors import TooManyPictures
from prizes.models import Picture

SECRET = b"GPS 59.9375 30.3086"


def picture(kind="PNG", size=(40, 30), **options):
    file = io.BytesIO()
    Image.new("RGB", size, (200, 30, 30)).save(file, kind, **options)
    return file.getvalue()


def bomb(width, height):
    """A PNG that states its size and holds none of it."""
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + header + struct.pack(">I", zlib.crc32(header)) + b"\0" * 12


def send(client, room, data, media_type="image/png"):
    return client.generic("POST", f"/api/v1/rooms/{room.pk}/pictures", data, content_type=media_type)


@pytest.mark.parametrize(("kind", "media_type"), [("PNG", "image/png"), ("JPEG", "image/jpeg"), ("WEBP", "image/webp")])
def test_a_picture_is_sent_used_and_served(api, room, moderator, kind, media_type):
    made = send(api(moderator), room, picture(kind), media_type)
    assert made.status_code == 201, made.content
    address = made.json()["data"]["imageUrl"]
    assert send(api(moderator), room, picture(kind), media_type).json()["data"]["imageUrl"] == address
    served = api().get(address)
    assert (served["Content-Type"], served["Cache-Control"]) == (
        "image/webp",
        "public, max-age=31536000, immutable",
    )
    assert Image.open(io.BytesIO(served.content)).size == (40, 30)
    prize = api(moderator).post(f"/api/v1/rooms/{room.pk}/prizes", {"name": "Cup", "imageUrl": address})
    assert prize.json()["data"]["imageUrl"] == address
    unknown = f"/pictures/{'0' * 64}.webp"
    refused = api(moderator).post(f"/api/v1/rooms/{room.pk}/prizes", {"name": "Cup", "imageUrl": unknown})
    assert list(refused.json()["error"]["details"]["fields"]) == ["imageUrl"]
    assert api().get(unknown).status_code == 404


def test_no_metadata_of_a_camera_is_kept_and_the_picture_stands_upright(room, organiser):
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = 6, SECRET.decode()  # on its side; a description
    data = picture("JPEG", exif=exif)
    assert SECRET in data
    kept = add_picture(room_id=room.pk, by=organiser, data=data)
    assert (kept.width, kept.height) == (30, 40)
    content = bytes(Picture.objects.get().content)
    assert SECRET not in content
    assert not Image.open(io.BytesIO(content)).getexif()


def test_a_large_picture_is_made_smaller(room, organiser):
    kept = add_picture(room_id=room.pk, by=organiser, data=picture(size=(3200, 100)))
    assert (kept.width, kept.height) == (1600, 50)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"GIF89a",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        picture()[:60],
        bomb(60_000, 60_000),
        bomb(5000, 5000),
    ],
)
def test_what_is_no_picture_or_too_large_is_refused(room, organiser, data):
    with pytest.raises(InvalidInput):
        add_picture(room_id=room.pk, by=organiser, data=data)
    assert not Picture.objects.exists()


def test_pixels_are_bounded_before_they_are_decoded(room, organiser, monkeypatch):
    monkeypatch.setattr(Image.Image, "load", lambda self: pytest.fail("decoded"))
    with pytest.raises(InvalidInput, match="fields"):
        add_picture(room_id=room.pk, by=organiser, data=bomb(5000, 5000))


def test_those_who_run_the_room_send_a_limited_number(room, organiser, participant, monkeypatch):
    with pytest.raises(Forbidden):
        add_picture(room_id=room.pk, by=participant, data=picture())
    monkeypatch.setattr(picture_actions, "MOST_PICTURES", 1)
    first = add_picture(room_id=room.pk, by=organiser, data=picture())
    with pytest.raises(TooManyPictures):
        add_picture(room_id=room.pk, by=organiser, data=picture(size=(41, 30)))
    assert add_picture(room_id=room.pk, by=organiser, data=picture()) == first
