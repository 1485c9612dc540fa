"""What the big screen shows, and the end of the wait for a draw's result."""

from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.actors import PLATFORM, Actor
from apps_registry.registry import room_app
from platform_site.rest.exceptions import InvalidInput, InvalidTransition, NotFound
from prizes.actions.commit import tell_draw
from prizes.enums import DrawStatus
from prizes.models import Draw, Prize, Screen, Winner
from prizes.shapes import screen_shape
from prizes.show import LONGEST_MESSAGE, ScreenMode
from rooms.events import push_unlogged, record
from rooms.models import Room
from rooms.permissions import Need, locked_room, require
from rooms.viewers import ScreenViewer, is_screen_of

TAKES = {
    ScreenMode.PRIZES: {"prizeId"},
    ScreenMode.DRAW: {"drawId"},
    ScreenMode.WINNERS: {"drawId", "prizeId"},
    ScreenMode.MESSAGE: {"message"},
}


@transaction.atomic
def show_on_screen(
    *,
    room_id: str,
    by: Actor,
    mode: str,
    draw_id: str | None = None,
    prize_id: str | None = None,
    message: str = "",
    hide_names: bool = False,
    rehearsal: bool = False,
) -> Screen:
    """Makes the screen show something else. DRAW needs `draw_id`, MESSAGE a `message`; PRIZES may single out a prize,
    WINNERS a prize or a draw. QUIZ and LEADERBOARD need a game that has them.

    With `rehearsal`, or a draw that is one, only screens and those who run the room hear of it, and it ends with the
    next call that is none. Again: no change. Raises Forbidden, NotFound (no such draw or prize), InvalidInput.
    """
    room = locked_room(room_id, by, Need.RUN)
    given = {"drawId": draw_id, "prizeId": prize_id, "message": message or None}
    require_fitting(room, ScreenMode(mode), given)
    draw = draw_in(room, draw_id) if draw_id else None
    if prize_id and not Prize.objects.filter(pk=prize_id, room=room).exists():
        raise NotFound("There is no such prize in this room.")
    screen, _ = Screen.objects.select_for_update().get_or_create(room=room)
    state = {"mode": str(mode), **given, "hideNames": hide_names}
    if rehearsal or (draw is not None and draw.rehearsal):
        if screen.rehearsed != state:
            change(screen, rehearsed=state)
            tell_rehearsed(room, screen)
        return screen
    if screen.revision and screen.rehearsed is None and {name: screen_shape(screen)[name] for name in state} == state:
        return screen
    was_rehearsed = screen.rehearsed is not None
    fields = {"draw_id": draw_id, "prize_id": prize_id, "message": message, "hide_names": hide_names}
    change(screen, mode=mode, rehearsed=None, **fields)
    record(room, "screen:changed", screen_shape(screen), by=by)
    if was_rehearsed:
        push_unlogged(room.pk, "screen:changed", screen_shape(screen), for_screens=True)
    return screen


@transaction.atomic
def end_screen_rehearsal(*, room_id: str, by: Actor) -> Screen:
    """The screen goes back to what it showed before the rehearsal. Again: no change. Raises Forbidden, NotFound."""
    room = locked_room(room_id, by, Need.RUN)
    screen, _ = Screen.objects.select_for_update().get_or_create(room=room)
    if screen.rehearsed is not None:
        change(screen, rehearsed=None)
        tell_rehearsed(room, screen)
    return screen


def change(screen: Screen, **fields: Any) -> None:
    for name, value in fields.items():
        setattr(screen, name, value)
    screen.revision += 1
    screen.save(update_fields=[*fields, "revision", "updated_at"])


def tell_rehearsed(room: Room, screen: Screen) -> None:
    """Nothing of a rehearsal stands in the log: it is told once, to those who run the room and to screens."""
    for audience in ({"level": "organizer"}, {"for_screens": True}):
        push_unlogged(room.pk, "screen:changed", screen_shape(screen, rehearsed=True), **audience)


def require_fitting(room: Room, mode: ScreenMode, given: dict[str, str | None]) -> None:
    faults: dict[str, list[str]] = {}
    for name, value in given.items():
        if value and name not in TAKES.get(mode, ()):
            faults[name] = [f"The mode {mode} shows none."]
    if mode == ScreenMode.DRAW and not given["drawId"]:
        faults["drawId"] = ["Say which draw."]
    if mode == ScreenMode.MESSAGE and not given["message"]:
        faults["message"] = ["Say what to show."]
    if len(given["message"] or "") > LONGEST_MESSAGE:
        faults["message"] = [f"Use at most {LONGEST_MESSAGE} characters."]
    if mode in (ScreenMode.QUIZ, ScreenMode.LEADERBOARD) and mode not in room_app(room.app_id).screen_modes:
        faults["mode"] = ["The game of this room has none."]
    if faults:
        raise InvalidInput(faults)


def draw_in(room: Room, draw_id: str) -> Draw:
    draw: Draw | None = Draw.objects.light().filter(pk=draw_id, room=room).first()
    if draw is None:
        raise NotFound("There is no such draw in this room.")
    return draw


@transaction.atomic
def reveal_draw(*, room_id: str, draw_id: str, by: Actor | ScreenViewer) -> Draw:
    """The big screen has shown the result, or whoever runs the room skips it: nobody waits for it any more. The first
    time counts; again changes nothing. Raises Forbidden, NotFound, InvalidTransition (not run)."""
    room = locked_room(room_id, by, Need.READ)  # type: ignore[arg-type]
    if not is_screen_of(room, by):
        require(room, by, Need.RUN)
    draw = draw_in(room, draw_id)
    if draw.status != DrawStatus.COMPLETED:
        raise InvalidTransition("This draw has no result yet.")
    if draw.revealed_at is None:
        draw.revealed_at = timezone.now()
        if draw.reveal_at is not None:
            draw.reveal_at = min(draw.reveal_at, draw.revealed_at)
            Winner.all_objects.filter(draw=draw, reveal_at__gt=draw.reveal_at).update(reveal_at=draw.reveal_at)
        draw.save(update_fields=["revealed_at", "reveal_at", "updated_at"])
        told = {"drawId": draw.pk, "drawSeq": draw.seq, "rehearsal": draw.rehearsal}
        tell_draw(room, draw, "draw:revealed", told, by=PLATFORM if isinstance(by, ScreenViewer) else by)
    return draw
