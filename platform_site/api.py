"""The one router of /api/v1."""

from typing import Any

from django.urls import include, path, re_path
from drf_spectacular.views import SpectacularSwaggerSplitView
from rest_framework.routers import SimpleRouter

from accounts.api import AuthViewSet, SessionViewSet, UserViewSet
from apps_registry.api import AppViewSet
from platform_site.asyncapi import asyncapi_json, asyncapi_page
from platform_site.db.ids import ID_PATTERN
from platform_site.views import OpenAPIDocument, UnknownPath, fair_draw_page
from prizes.api import DrawViewSet, ExportViewSet, PrizeViewSet, WinnerViewSet
from prizes.claims_api import ClaimCodeViewSet
from prizes.pictures_api import PictureViewSet
from prizes.screen_api import ScreenViewSet
from prizes.stage_api import StageViewSet
from rooms.api import ParticipantViewSet, RoomViewSet
from rooms.claims_api import ClaimViewSet
from rooms.invitations_api import InvitationViewSet
from rooms.realtime_api import EventViewSet, NotificationViewSet

IN_ROOM = rf"rooms/(?P<room_id>{ID_PATTERN})"


class Router(SimpleRouter):
    """A list may also be deleted, but for what one needs oneself."""

    _list: Any = SimpleRouter.routes[0]
    routes = [_list._replace(mapping=_list.mapping | {"delete": "destroy_others"}), *SimpleRouter.routes[1:]]


router = Router(trailing_slash=False)
router.register("auth", AuthViewSet, basename="auth")
router.register("auth/sessions", SessionViewSet, basename="session")
router.register("auth", ClaimViewSet, basename="guest")
router.register("apps", AppViewSet, basename="app")
router.register("users", UserViewSet, basename="user")
router.register("rooms", RoomViewSet, basename="room")
router.register(f"{IN_ROOM}/participants", ParticipantViewSet, basename="participant")
router.register(f"{IN_ROOM}/prizes", PrizeViewSet, basename="prize")
router.register(f"{IN_ROOM}/winners", WinnerViewSet, basename="winner")
router.register(f"{IN_ROOM}/events", EventViewSet, basename="event")
router.register("claims", ClaimCodeViewSet, basename="claim-code")
router.register("invitations", InvitationViewSet, basename="invitation")
router.register("notifications", NotificationViewSet, basename="notification")
router.register(f"{IN_ROOM}/draws", DrawViewSet, basename="draw")
router.register(IN_ROOM, PictureViewSet, basename="picture")
router.register(IN_ROOM, StageViewSet, basename="stage")
router.register(IN_ROOM, ScreenViewSet, basename="screen")
router.register(IN_ROOM, ExportViewSet, basename="export")

urlpatterns = [
    path("v1/asyncapi.json", asyncapi_json, name="asyncapi"),
    path("v1/openapi.json", OpenAPIDocument.as_view(), name="openapi"),
    path("v1/", include(router.urls)),
    path("docs/", SpectacularSwaggerSplitView.as_view(url_name="openapi", throttle_classes=[]), name="docs"),
    path("docs/fair-draw/", fair_draw_page, name="fair-draw-docs"),
    path("docs/live/", asyncapi_page, name="live-docs"),
    re_path("", UnknownPath.as_view()),
]
