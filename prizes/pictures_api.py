"""/rooms/{id}/pictures."""

from typing import Any

from rest_framework.decorators import action
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response

from platform_site.rest.bodies import most_bytes
from platform_site.rest.components import object_of
from platform_site.rest.exceptions import BadRequest, Forbidden, PayloadTooLarge
from platform_site.rest.openapi import operation
from platform_site.rest.viewsets import APIViewSet
from prizes import actions
from prizes.errors import TooManyPictures
from prizes.pictures import MEDIA_TYPES
from rooms.api import signed_in
from rooms.errors import RoomClosed
from rooms.permissions import Need, readable_room, require


class PictureParser(BaseParser):
    """The body as it is."""

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        most = most_bytes(parser_context["request"].path)
        body: bytes = stream.read(most + 1)
        if len(body) > most:
            raise PayloadTooLarge
        return body


PARSERS: list[Any] = [type("PictureParser", (PictureParser,), {"media_type": kind}) for kind in MEDIA_TYPES]


class PictureViewSet(APIViewSet):
    """Pictures of prizes."""

    tag = "Prizes"
    parser_classes = PARSERS

    @operation(
        "Send a picture",
        uploads=MEDIA_TYPES,
        answer=object_of(imageUrl={"type": "string", "example": f"/pictures/{'0' * 64}.webp"}),
        status=201,
        errors=(Forbidden, RoomClosed, TooManyPictures),
    )
    @action(detail=False, methods=["post"], url_path="pictures")
    def create_picture(self, request: Request, room_id: str) -> Response:
        """For organizers and moderators: the body is the file itself, PNG, JPEG or WebP, up to 10 MiB and 24 million
        pixels. It is encoded anew, upright, at most 1,600 pixels wide and high, without the metadata that cameras
        write. The answer is an address of this host for the `imageUrl` of a prize; what it shows never changes. The
        same picture once more has the same address."""
        user = signed_in(request)
        require(readable_room(room_id, user), user, Need.RUN)  # before the body is read
        data: Any = request.data
        if not isinstance(data, bytes):  # there is no body
            raise BadRequest("Send the picture as the body, with its media type.")
        picture = actions.add_picture(room_id=room_id, by=user, data=data)
        return Response({"imageUrl": picture.address}, status=201)
