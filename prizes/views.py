"""Pages about draws: checking one in the browser, and its record as a file."""

from pathlib import Path
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.names import masked_name
from accounts.shapes import person
from prizes import fair_draw
from prizes.models import Draw, Picture
from prizes.pictures import CONTENT_TYPE
from prizes.receipts import own_entry, receipt_json
from prizes.records import record_json
from rooms.masking import masks_for
from rooms.models import Participant, Room
from rooms.querysets import level_of

MOST_LISTED = 50


def readable_draw(draw_id: str, user: Any, draws: Any) -> tuple[Draw, Room]:
    """The draw and its room, as the session's user may read them. Raises Http404."""
    draw = draws.with_lines().filter(pk=draw_id).first()
    room = Room.objects.as_seen_by(user).filter(pk=draw.room_id).first() if draw else None
    if draw is None or room is None or (draw.rehearsal and level_of(room, user) == "public"):
        raise Http404
    return draw, room


@require_safe
def verify_draw(request: HttpRequest, draw_id: str) -> HttpResponse:
    draw, room = readable_draw(draw_id, request.user, Draw.objects.defer("entries", "sealed_seed"))
    me = None
    if not isinstance(request.user, AnonymousUser):
        me = Participant.objects.filter(room=room, user=request.user.pk).first()
    context = {
        "draw": draw,
        "room": room,
        "me": me.pk if me else "",
        "my_name": person(request.user)["name"] if me and not isinstance(request.user, AnonymousUser) else "",
        "draws": draws_beside(draw, room, request.user),
        "names": names_in(draw, me.pk if me else "", masks=masks_for(room, request.user)),
    }
    return render(request, "draws/verify.html", context)


@require_safe
def verify_file(request: HttpRequest) -> HttpResponse:
    """The same page for a record from a file."""
    return render(request, "draws/verify.html", {"me": "", "names": {}})


@require_safe
def draw_record(request: HttpRequest, draw_id: str) -> HttpResponse:
    """The record for browsers, which are signed in by their session."""
    draw, _ = readable_draw(draw_id, request.user, Draw.objects)
    return HttpResponse(record_json(draw), content_type="application/json")


@require_safe
def draw_receipt(request: HttpRequest, draw_id: str) -> HttpResponse:
    """The receipt of whoever is signed in by their session, or the winners' alone."""
    draw, _ = readable_draw(draw_id, request.user, Draw.objects.light())
    return HttpResponse(receipt_json(draw, own_entry(draw, request.user)), content_type="application/json")


@require_safe
def draw_program(request: HttpRequest) -> HttpResponse:
    """The program with which anybody checks a draw on their own computer: the very file that drew."""
    answer = HttpResponse(Path(fair_draw.__file__).read_bytes(), content_type="text/x-python; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="verify_draw.py"'
    return answer


@require_safe
def picture(request: HttpRequest, digest: str) -> HttpResponse:
    """A picture of a prize. Its address holds the hash of its content, so it may be kept for ever."""
    row = Picture.objects.filter(digest=digest).first()
    if row is None:
        raise Http404
    answer = HttpResponse(bytes(row.content), content_type=CONTENT_TYPE)
    answer["Cache-Control"] = "public, max-age=31536000, immutable"
    answer["X-Content-Type-Options"] = "nosniff"
    return answer


def draws_beside(draw: Draw, room: Room, user: Any) -> list[Draw]:
    """The last draws of the same room, in the order of their numbers, for the way from one to the next."""
    rows = Draw.objects.filter(room=room).seen_at(public_only=level_of(room, user) == "public").light().with_lines()
    return sorted(rows.order_by("-committed_at", "-pk")[:MOST_LISTED], key=lambda one: (one.rehearsal, one.seq))


def names_in(draw: Draw, own_id: str, *, masks: bool) -> dict[str, str]:
    """The names of those whom the page lists by id: winners and withdrawn. Where the room masks names, that of the
    participant `own_id` alone is whole."""
    ids = {one["participantId"] for one in [*(draw.outcome or ()), *draw.withdrawn]}
    people = Participant.all_objects.select_related("user").in_bulk(list(ids))
    names = {participant_id: person(one.user)["name"] for participant_id, one in people.items()}
    return {key: masked_name(name) if masks and key != own_id else name for key, name in names.items()}
