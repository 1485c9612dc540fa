"""The start page and the list of public events."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from rooms.enums import RoomStatus
from rooms.models import Room

MOST_AT_THE_START = 8
A_PAGE = 20
LONGEST_SEARCH = 100


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    mine = []
    if request.user.is_authenticated:
        own = Room.objects.filter(participants__user=request.user.pk, participants__deleted_at=None)
        mine = list(own.order_by("-participants__joined_at", "-id")[:MOST_AT_THE_START])
    rooms = Room.objects.listed_for(None).filter(status=RoomStatus.ACTIVE).with_counts().order_by("-created_at", "id")
    return render(request, "home.html", {"rooms": rooms[:MOST_AT_THE_START], "my_rooms": mine})


@require_safe
def public_rooms(request: HttpRequest) -> HttpResponse:
    """All public events that anybody may see in a list, the newest first."""
    search = "".join(letter for letter in request.GET.get("search", "") if letter.isprintable())[
        :LONGEST_SEARCH
    ].strip()
    rooms = Room.objects.listed_for(None).with_counts().order_by("-created_at", "id")
    if search:
        rooms = rooms.filter(name__icontains=search)
    page = Paginator(rooms, A_PAGE).get_page(request.GET.get("page"))
    return render(request, "pages/rooms.html", {"page": page, "search": search})
