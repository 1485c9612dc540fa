"""The page of a room: rendered here as it is now, moved on by room-page.js as things happen."""

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.models import User
from apps_registry.registry import room_app
from platform_site.pages.seats import resume_seat
from platform_site.pages.snapshot import snapshot_of
from prizes.show import ScreenMode
from rooms.enums import OPEN_STATUSES, EntryPolicy

SKINS = {"new-year", "christmas", "birthday"}


@never_cache
@require_safe
def room_page(request: HttpRequest, room_id: str) -> HttpResponse:
    resume_seat(request, room_id)
    snapshot = snapshot_of(room_id, request.user)
    room, me = snapshot["room"], snapshot["me"]
    context = {
        "snapshot": snapshot,
        "room": room,
        "me": me,
        "ticket": ticket_of(me),
        "prizes": snapshot["prizes"],
        "winners": [each for each in snapshot["winners"] if not is_held(each)],
        "people": snapshot["people"],
        "skin": skin_of(room),
        "zone": room.get("timeZone", "UTC"),
        "may_join": may_join(room, request.user) and me is None,
        "may_leave": me is not None and room["createdBy"] != me["userId"],
        "is_open": room["status"] in OPEN_STATUSES,
        "has_quiz": ScreenMode.QUIZ in room_app(room["appId"]).screen_modes,
    }
    return render(request, "pages/room.html", context)


@never_cache
@require_safe
def room_state(request: HttpRequest, room_id: str) -> HttpResponse:
    """The snapshot alone, for a page that missed too much."""
    resume_seat(request, room_id)
    return JsonResponse(snapshot_of(room_id, request.user))


def ticket_of(me: dict[str, Any] | None) -> Any:
    return (me or {}).get("metadata", {}).get("ticketNumber") if me else None


def skin_of(room: dict[str, Any]) -> str:
    """The lottery's theme, where it is one of ours."""
    theme = room["appSettings"].get("theme")
    return theme if isinstance(theme, str) and theme in SKINS else ""


def is_held(winner: dict[str, Any]) -> bool:
    """Whether the big screen has not shown this win yet, as far as its time tells."""
    reveal = parse_datetime(winner.get("revealAt") or "")
    return reveal is not None and reveal > timezone.now()


def may_join(room: dict[str, Any], user: Any) -> bool:
    """Whether a button to join makes sense here: guests come by the code, everybody else where the room is public."""
    is_open = room["status"] in OPEN_STATUSES and room["isPublic"]
    return is_open and room["entryPolicy"] != EntryPolicy.INVITE_ONLY and not (isinstance(user, User) and user.is_guest)
