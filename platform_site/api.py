"""The one router of /api/v1."""

from django.urls import include, path, re_path
from drf_spectacular.views import SpectacularSwaggerSplitView
from rest_framework.routers import SimpleRouter

from accounts.api import AuthViewSet, UserViewSet
from apps_registry.api import AppViewSet
from platform_site.rest.viewsets import ID_PATTERN
from platform_site.views import OpenAPIDocument, UnknownPath
from prizes.api import PrizeViewSet, WinnerViewSet
from rooms.api import ParticipantViewSet, RoomViewSet

IN_ROOM = rf"rooms/(?P<room_id>{ID_PATTERN})"

router = SimpleRouter(trailing_slash=False)
router.register("auth", AuthViewSet, basename="auth")
router.register("apps", AppViewSet, basename="app")
router.register("users", UserViewSet, basename="user")
router.register("rooms", RoomViewSet, basename="room")
router.register(f"{IN_ROOM}/participants", ParticipantViewSet, basename="participant")
router.register(f"{IN_ROOM}/prizes", PrizeViewSet, basename="prize")
router.register(f"{IN_ROOM}/winners", WinnerViewSet, basename="winner")

urlpatterns = [
    path("v1/openapi.json", OpenAPIDocument.as_view(), name="openapi"),
    path("v1/", include(router.urls)),
    path("docs/", SpectacularSwaggerSplitView.as_view(url_name="openapi", throttle_classes=[]), name="docs"),
    re_path("", UnknownPath.as_view()),
]
