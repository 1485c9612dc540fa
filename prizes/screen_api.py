"""/rooms/{id}/screen and its keys."""

from typing import Any

from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from platform_site.rest.exceptions import Forbidden, NotFound
from platform_site.rest.fields import Body, EnumField, ModelSerializer, UTCDateTimeField
from platform_site.rest.openapi import operation
from platform_site.rest.viewsets import APIViewSet
from prizes import actions
from prizes.models import Screen
from prizes.shapes import SCREEN_SHAPE, screen_shape
from prizes.show import LONGEST_MESSAGE, ScreenMode
from rooms.actions import make_screen_key, revoke_screen_key
from rooms.api import signed_in
from rooms.errors import TooManyScreenKeys
from rooms.models import Room, ScreenKey
from rooms.permissions import Need, is_allowed, readable_room, require
from rooms.screen_keys import is_screen_there
from rooms.viewers import is_screen_of


class ScreenInput(Body):
    whole_example = {"mode": "MESSAGE", "message": "We start at eight.", "hideNames": False}

    mode = EnumField(choices=ScreenMode.choices)
    drawId = serializers.CharField(max_length=25, required=False, allow_null=True, source="draw_id")
    prizeId = serializers.CharField(max_length=25, required=False, allow_null=True, source="prize_id")
    message = serializers.CharField(max_length=LONGEST_MESSAGE, allow_blank=True, required=False)
    hideNames = serializers.BooleanField(default=False, source="hide_names")
    rehearsal = serializers.BooleanField(
        default=False, help_text="True shows it to screens and those who run the room alone."
    )


class ScreenKeySerializer(ModelSerializer):
    seenUntil = UTCDateTimeField(source="seen_until", allow_null=True)
    createdAt = UTCDateTimeField(source="created_at")

    class Meta:
        model = ScreenKey
        fields = ("id", "seenUntil", "createdAt")


class NewScreenKeySerializer(ScreenKeySerializer):
    key = serializers.SerializerMethodField()

    class Meta(ScreenKeySerializer.Meta):
        fields: tuple[str, ...] = ("key", *ScreenKeySerializer.Meta.fields)  # type: ignore[assignment]

    def get_key(self, row: ScreenKey) -> str:
        key: str = self.context["key"]
        return key


class ScreenViewSet(APIViewSet):
    """The big screen: what it shows, and the keys that open the room for it.

    A screen sends its key in the header `X-Screen-Key` (REST) or with the command `auth` (live connections). It reads
    the room at public level, a private one too, and learns the code to join by."""

    tag = "Screen"

    @operation("Read what the big screen shows", answer=SCREEN_SHAPE)
    @action(detail=False, methods=["get"], url_path="screen")
    def screen(self, request: Request, room_id: str) -> Response:
        """`connected` says whether a screen is there; it is null to all but those who run the room. During a rehearsal
        they, and screens, read what is rehearsed (`rehearsal` is true); all others what was shown before."""
        return self.answer(readable_room(room_id, request.user), request.user)

    @operation("Show something else", body=ScreenInput, answer=SCREEN_SHAPE, errors=(Forbidden,))
    @screen.mapping.put
    def show(self, request: Request, room_id: str) -> Response:
        """DRAW needs a `drawId`, MESSAGE a `message`; PRIZES may single out a `prizeId`, WINNERS a `prizeId` or a
        `drawId`. QUIZ and LEADERBOARD are for rooms whose game has them. Everybody is told by `screen:changed`."""
        user = signed_in(request)
        form = ScreenInput(data=request.data)
        form.is_valid(raise_exception=True)
        actions.show_on_screen(room_id=room_id, by=user, **form.validated_data)
        return self.answer(readable_room(room_id, user), user)

    @operation("End a rehearsal on the screen", answer=SCREEN_SHAPE, errors=(Forbidden,))
    @action(detail=False, methods=["post"], url_path="screen/end-rehearsal")
    def end_rehearsal(self, request: Request, room_id: str) -> Response:
        """The screen goes back to what it showed before."""
        user = signed_in(request)
        actions.end_screen_rehearsal(room_id=room_id, by=user)
        return self.answer(readable_room(room_id, user), user)

    @operation("List screen keys", answer=ScreenKeySerializer, many=True, access="required", errors=(Forbidden,))
    @action(detail=False, methods=["get"], url_path="screen/keys")
    def keys(self, request: Request, room_id: str) -> Response:
        """Those that open the room, without the keys themselves. `seenUntil` lies ahead while a screen uses one."""
        user = signed_in(request)
        room = readable_room(room_id, user)
        require(room, user, Need.RUN)
        rows = ScreenKey.objects.filter(room=room, revoked_at=None).order_by("pk")
        return Response(ScreenKeySerializer(rows, many=True).data)

    @operation("Make a screen key", answer=NewScreenKeySerializer, status=201, errors=(Forbidden, TooManyScreenKeys))
    @keys.mapping.post
    def make_key(self, request: Request, room_id: str) -> Response:
        """For organizers and moderators. The `key` is shown this once."""
        row, key = make_screen_key(room_id=room_id, by=signed_in(request))
        return Response(NewScreenKeySerializer(row, context={"key": key}).data, status=201)

    @operation("Revoke a screen key", errors=(Forbidden, NotFound))
    @action(detail=False, methods=["delete"], url_path="screen/keys/(?P<key_id>[a-z0-9]{25})")
    def revoke_key(self, request: Request, room_id: str, key_id: str) -> Response:
        """Screens that use it are disconnected."""
        revoke_screen_key(room_id=room_id, key_id=key_id, by=signed_in(request))
        return Response({"success": True})

    def answer(self, room: Room, user: Any) -> Response:
        runs = is_allowed(room, user, Need.RUN)
        screen = Screen.objects.filter(room=room).first() or Screen(room=room)
        shown = screen_shape(screen, rehearsed=runs or is_screen_of(room, user))
        return Response({"roomId": room.pk} | shown | {"connected": is_screen_there(room.pk) if runs else None})
