"""Pictures of prizes, kept in the database under the hash of their content."""

import hashlib
import io
import re
import warnings
from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from PIL import Image, ImageOps

from platform_site.db.models import Row, RowQuerySet
from platform_site.rest.exceptions import InvalidInput

FORMATS = ("PNG", "JPEG", "WEBP")
MEDIA_TYPES = ("image/png", "image/jpeg", "image/webp")
MOST_PIXELS = 24_000_000  # decoded some 100 MB
LONGEST_SIDE = 1600
CONTENT_TYPE = "image/webp"
ADDRESS = re.compile(r"/pictures/(?P<digest>[0-9a-f]{64})\.webp")


class Picture(Row):
    """A picture as it is served. Nothing changes it: another content is another row. `room` is where it was sent first,
    and counts how many a room may send."""

    digest = models.CharField(max_length=64, unique=True, editable=False)
    content = models.BinaryField()
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    room = models.ForeignKey("rooms.Room", on_delete=models.CASCADE, related_name="pictures")

    objects: ClassVar[Any] = models.Manager.from_queryset(RowQuerySet)()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(width__gte=1, height__gte=1), name="picture_has_a_size"),
        ]

    def __str__(self) -> str:
        return self.address

    @property
    def address(self) -> str:
        """Where this site serves it, for ever."""
        return f"/pictures/{self.digest}.webp"


def is_address(text: str) -> bool:
    """Whether `text` is the address of a picture that is kept here."""
    match = ADDRESS.fullmatch(text)
    return match is not None and Picture.objects.filter(digest=match["digest"]).exists()


def encoded_anew(data: bytes) -> tuple[bytes, int, int]:
    """(WebP, width, height) of a PNG, JPEG or WebP file: upright, at most LONGEST_SIDE pixels wide and high, without
    the metadata that a camera writes, such as the place. Raises InvalidInput; a picture that would fill the memory is
    refused by the size that it states, before it is decoded."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            picture: Image.Image = Image.open(io.BytesIO(data), formats=FORMATS)
            width, height = picture.size
            if width * height > MOST_PIXELS:
                raise InvalidInput({"picture": [f"A picture has at most {MOST_PIXELS // 1_000_000} million pixels."]})
            picture = ImageOps.exif_transpose(picture)
            picture = picture.convert("RGBA" if picture.has_transparency_data else "RGB")
            picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
            # A new image holds pixels and nothing else.
            bare = Image.new(picture.mode, picture.size)
            bare.paste(picture)
            file = io.BytesIO()
            bare.save(file, "WEBP", quality=82)
    except InvalidInput:
        raise
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise InvalidInput({"picture": ["This is no PNG, JPEG or WebP file that can be read."]}) from None
    return file.getvalue(), bare.width, bare.height


def digest_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
