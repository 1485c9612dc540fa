"""The one router of /api/v1."""

from django.urls import include, path, re_path
from rest_framework.routers import SimpleRouter

from accounts.api import AuthViewSet
from platform_site.rest.viewsets import ID_PATTERN
from platform_site.views import UnknownPath
from prizes.api import PrizeViewSet, WinnerViewSet
from rooms.api import ParticipantViewSet, RoomViewSet
from rooms.realtime_api import EventViewSet, NotificationViewSet

IN_ROOM = rf"rooms/(?P<room_id>{ID_PATTERN})"

router = SimpleRouter(trailing_slash=False)
router.register("auth", AuthViewSet, basename="auth")
router.register("rooms", RoomViewSet, basename="room")
router.register(f"{IN_ROOM}/participants", ParticipantViewSet, basename="participant")
router.register(f"{IN_ROOM}/prizes", PrizeViewSet, basename="prize")
router.register(f"{IN_ROOM}/winners", WinnerViewSet, basename="winner")
router.register(f"{IN_ROOM}/events", EventViewSet, basename="event")
router.register("notifications", NotificationViewSet, basename="notification")

urlpatterns = [
    path("v1/", include(router.urls)),
    re_path("", UnknownPath.as_view()),
]
