"""The big screen: an empty page for every id, and what fills it for those who have the room's screen key."""

import random
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.shapes import person
from apps_registry.registry import room_app
from platform_site.pages.snapshot import snapshot_of
from prizes.entries import entries_of, withdrawn_now
from prizes.enums import DrawStatus
from prizes.models import Draw, Screen
from prizes.shapes import DrawSerializer, screen_shape
from prizes.show import ScreenMode
from rooms.enums import OPEN_STATUSES, EntryPolicy
from rooms.masking import as_shown
from rooms.models import Participant, Room
from rooms.screen_access import HEADER
from rooms.screen_keys import viewer_of_key
from rooms.viewers import ScreenViewer

SCRIPTS = (
    *("js/page.js", "js/room-state.js", "js/quiz-state.js", "js/live.js", "js/screen-plan.js", "js/screen-field.js"),
    *("js/screen-parts.js", "js/screen-sound.js", "js/screen-draw.js", "js/screen-quiz.js", "js/screen-view.js"),
    "js/screen-page.js",
)
MOST_NAMES = 2000  # that move across the screen


@never_cache
@require_safe
def screen_page(request: HttpRequest, room_id: str) -> HttpResponse:
    """Asks nothing about the room: whether there is one is told to holders of its key alone."""
    return render(request, "pages/screen.html", {"scripts": SCRIPTS})


@never_cache
@require_safe
def screen_state(request: HttpRequest, room_id: str) -> HttpResponse:
    """What the screen begins with: the room's snapshot at public level, what is shown, the way in, the game."""
    viewer = viewer_of(request, room_id)
    whole = snapshot_of(room_id, viewer)
    room = Room.objects.as_seen_by(viewer).with_counts().select_related("app", "created_by").get(pk=room_id)
    screen = Screen.objects.filter(room=room_id).first() or Screen(room_id=room_id)
    shown = screen_shape(screen, rehearsed=True)
    game = room_app(room.app_id)
    return JsonResponse(
        whole
        | {
            "draws": with_shown(whole["draws"], room, shown["drawId"]),
            "screen": shown,
            "join": way_in(request, room),
            "quiz": game.state_for(room, viewer) if ScreenMode.QUIZ in game.screen_modes else None,
        }
    )


def with_shown(draws: list[dict[str, Any]], room: Room, draw_id: str | None) -> list[dict[str, Any]]:
    """The draw that is shown may be a rehearsal, which no outsider sees elsewhere, or older than those."""
    if draw_id is None or any(each["id"] == draw_id for each in draws):
        return draws
    draw = Draw.objects.filter(room=room, pk=draw_id).light().with_lines().get()
    return [*draws, DrawSerializer(draw).data]


@never_cache
@require_safe
def screen_draw(request: HttpRequest, room_id: str, draw_id: str) -> HttpResponse:
    """The names of a draw: {pool, winners [{id, name, prize}], pieces}. The pool is without those who cannot win."""
    viewer = viewer_of(request, room_id)
    room = Room.objects.as_seen_by(viewer).get(pk=room_id)
    draw = Draw.objects.filter(room=room_id, pk=draw_id).with_lines().first()
    if draw is None:
        raise Http404
    wins: list[dict[str, Any]] = draw.outcome or []
    pool = names_of(room, viewer, those_who_may_win(draw))
    names = pool | names_of(room, viewer, [win["participantId"] for win in wins])
    prizes = {line.prize_id: line.name for line in draw.lines}
    shown = {
        "pool": list(pool.values()),
        "winners": [
            {"id": win["participantId"], "name": names[win["participantId"]], "prize": prizes[win["prizeId"]]}
            for win in wins
        ],
        "pieces": sum(line.count for line in draw.lines),
    }
    return JsonResponse(shown)


def those_who_may_win(draw: Draw) -> list[str]:
    """Entries, chosen by chance where they are more than can move across a screen; before the run without those who
    have left or won meanwhile, after it without those who had when it ran."""
    entries = [entry for entry, _ in entries_of(draw)]
    some = random.sample(entries, min(len(entries), MOST_NAMES))
    if draw.status == DrawStatus.COMPLETED:
        withdrawn = draw.withdrawn
    else:
        # No lock: what is wrong for a moment is a name too many in the picture.
        withdrawn = withdrawn_now(draw, set(some), [line.prize_id for line in draw.lines], timezone.now())
    gone = {each["participantId"] for each in withdrawn}
    return [entry for entry in some if entry not in gone]


def viewer_of(request: HttpRequest, room_id: str) -> ScreenViewer:
    """Raises Http404 for a key that does not open this room, as for a room that is none."""
    viewer = viewer_of_key(request.headers.get(HEADER))
    if viewer is None or viewer.screen_of != room_id:
        raise Http404
    return viewer


def names_of(room: Room, viewer: ScreenViewer, participant_ids: list[str]) -> dict[str, str]:
    """In the order of the ids, as the room shows names to outsiders. People who left are in the draw still."""
    people = Participant.all_objects.filter(room=room, pk__in=participant_ids).select_related("user")
    found = {each.pk: as_shown({"user": person(each.user)}, room, viewer)["user"]["name"] for each in people}
    return {each: found[each] for each in participant_ids if each in found}


def way_in(request: HttpRequest, room: Room) -> dict[str, str] | None:
    """Null where nobody can come in by the code."""
    if room.status not in OPEN_STATUSES or room.join_locked or room.entry_policy == EntryPolicy.INVITE_ONLY:
        return None
    path = reverse("join-by-code", args=(room.join_code,))
    return {"path": path, "address": f"{request.get_host()}{path}"}
