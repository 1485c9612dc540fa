"""The run of show: one Next leads through the evening, whoever presses it, on whichever device."""

from collections.abc import Sequence
from typing import Any

from django.db import transaction

from accounts.actors import Actor
from platform_site.rest.exceptions import InvalidInput, InvalidTransition
from prizes.actions.commit import commit_draw
from prizes.actions.fund import revoke_winner, winner_of
from prizes.actions.run import run_draw
from prizes.actions.screen import end_screen_rehearsal, reveal_draw, show_on_screen
from prizes.enums import DrawStatus
from prizes.errors import StageMoved
from prizes.models import Draw, Prize, Stage
from prizes.show import ScreenMode, StagePhase
from rooms.events import push_unlogged
from rooms.models import Room
from rooms.permissions import Need, locked_room

LOBBY, END = "lobby", "end"


def steps_of(stage: Stage) -> list[dict[str, Any]]:
    """The steps in their order: the lobby, each prize with its phase and draw, the end."""
    prizes = {prize.pk: prize for prize in Prize.objects.filter(room=stage.room_id).order_by("position", "id")}
    keys = [key for key in stage.order if key in prizes]
    keys += [key for key in prizes if key not in keys]
    steps = [{"key": key, "prizeId": key, "name": prizes[key].name, **progress_of(stage, key)} for key in keys]
    bare = {"prizeId": None, "name": "", "phase": None, "drawId": None}
    return [{"key": LOBBY, **bare}, *steps, {"key": END, **bare}]


def progress_of(stage: Stage, key: str) -> dict[str, Any]:
    progress: dict[str, Any] = stage.progress.get(key, {"phase": StagePhase.READY.value, "drawId": None})
    return progress


def stage_shape(stage: Stage) -> dict[str, Any]:
    steps = steps_of(stage)
    current = stage.current if any(step["key"] == stage.current for step in steps) else LOBBY
    return {
        "roomId": stage.room_id,
        "at": stage.revision,
        "current": current,
        "steps": steps,
        "entropyPlan": stage.entropy_plan,
        "rehearsal": stage.is_rehearsal,
    }


def locked_stage(room_id: str, by: Actor, at: int, need: Need = Need.RUN) -> tuple[Room, Stage]:
    """The stage in a locked room. Raises StageMoved where it is no longer where the caller saw it."""
    room = locked_room(room_id, by, need)
    stage, _ = Stage.objects.get_or_create(room=room)
    if stage.revision != at:
        raise StageMoved(at=stage.revision)
    return room, stage


def moved(room: Room, stage: Stage, **fields: Any) -> Stage:
    for name, value in fields.items():
        setattr(stage, name, value)
    stage.revision += 1
    stage.save()
    push_unlogged(room.pk, "stage:moved", {"at": stage.revision, "rehearsal": stage.is_rehearsal}, "organizer")
    return stage


def go_on(*, room_id: str, by: Actor, at: int, entropy: str = "") -> Stage:
    """Next: from the lobby to the first prize; at a prize commits its draw over all pieces that are free, runs it with
    the word, reveals the result, goes on. A prize of which nothing is free is passed over.

    `at` is where the caller saw the stage; a press that comes too late raises StageMoved and does nothing. Also raises
    what `commit_draw` and `run_draw` raise. Call it outside a transaction.
    """
    draw_id = draw_to_run(room_id, by, at)
    if draw_id is not None:
        # Between two transactions, as every run: where this process dies, the next press finds the result.
        if Draw.objects.filter(pk=draw_id).exclude(status=DrawStatus.COMPLETED).exists():
            run_draw(room_id=room_id, draw_id=draw_id, by=by, entropy=entropy)
        with transaction.atomic():
            room, stage = locked_stage(room_id, by, at, Need.ORGANIZE)
            return set_phase(room, stage, stage.current, StagePhase.DRAWN, draw_id)
    with transaction.atomic():
        room, stage = locked_stage(room_id, by, at)
        return step_on(room, stage, by)


@transaction.atomic
def draw_to_run(room_id: str, by: Actor, at: int) -> str | None:
    """The draw that the next press runs, if it is one that does."""
    _, stage = locked_stage(room_id, by, at)
    progress = progress_of(stage, stage.current)
    draw_id: str | None = progress["drawId"] if progress["phase"] == StagePhase.COMMITTED else None
    return draw_id


def step_on(room: Room, stage: Stage, by: Actor) -> Stage:
    steps = steps_of(stage)
    key = stage.current
    step = next((one for one in steps if one["key"] == key), steps[0])
    if step["prizeId"] and step["phase"] == StagePhase.READY and Prize.objects.available().filter(pk=key).exists():
        draw = commit_draw(
            room_id=room.pk,
            by=by,
            prizes=[(key, None)],
            entropy_plan=stage.entropy_plan,
            rehearsal=stage.is_rehearsal,
        )
        show_on_screen(room_id=room.pk, by=by, mode=ScreenMode.DRAW, draw_id=draw.pk, rehearsal=stage.is_rehearsal)
        return set_phase(room, stage, key, StagePhase.COMMITTED, draw.pk)
    if step["phase"] == StagePhase.DRAWN:
        reveal_draw(room_id=room.pk, draw_id=step["drawId"], by=by)
        return set_phase(room, stage, key, StagePhase.REVEALED, step["drawId"])
    if step["key"] == END:
        return stage
    return go_to(room, stage, steps[steps.index(step) + 1], by)


@transaction.atomic
def go_back(*, room_id: str, by: Actor, at: int) -> Stage:
    """To the step before, as it was left: what was drawn stays drawn. Raises StageMoved."""
    room, stage = locked_stage(room_id, by, at)
    steps = steps_of(stage)
    position = next((number for number, one in enumerate(steps) if one["key"] == stage.current), 0)
    return go_to(room, stage, steps[position - 1], by) if position else stage


def go_to(room: Room, stage: Stage, step: dict[str, Any], by: Actor) -> Stage:
    if step["prizeId"] and step["drawId"]:
        shown: dict[str, Any] = {"mode": ScreenMode.DRAW, "draw_id": step["drawId"]}
    elif step["prizeId"]:
        shown = {"mode": ScreenMode.PRIZES, "prize_id": step["prizeId"]}
    else:
        shown = {"mode": ScreenMode.LOBBY if step["key"] == LOBBY else ScreenMode.WINNERS}
    show_on_screen(room_id=room.pk, by=by, rehearsal=stage.is_rehearsal, **shown)
    return moved(room, stage, current=step["key"])


def set_phase(room: Room, stage: Stage, key: str, phase: StagePhase, draw_id: str | None) -> Stage:
    return moved(room, stage, progress=stage.progress | {key: {"phase": phase.value, "drawId": draw_id}})


@transaction.atomic
def replace_absent(*, room_id: str, by: Actor, at: int, winner_id: str, reason: str = "Absent") -> Stage:
    """An absent winner in one press: their win is revoked, and a draw of that piece among those who are left is
    committed; the next press runs it. Raises StageMoved, InvalidTransition (in a rehearsal nobody has won; handed
    over), InvalidInput (the win is of another prize than the current one)."""
    room, stage = locked_stage(room_id, by, at, Need.ORGANIZE)
    if stage.is_rehearsal:
        raise InvalidTransition("In a rehearsal nobody has won anything.")
    win = winner_of(room, winner_id)
    if win.prize_id != stage.current:
        raise InvalidInput({"winnerId": ["This win is not of the prize that the stage is at."]})
    revoke_winner(room_id=room_id, winner_id=winner_id, by=by, reason=reason)
    draw = commit_draw(room_id=room_id, by=by, entropy_plan=stage.entropy_plan, replaces=winner_id)
    show_on_screen(room_id=room_id, by=by, mode=ScreenMode.DRAW, draw_id=draw.pk)
    return set_phase(room, stage, win.prize_id, StagePhase.COMMITTED, draw.pk)


@transaction.atomic
def arrange_stage(
    *, room_id: str, by: Actor, at: int, order: Sequence[str] | None = None, entropy_plan: str | None = None
) -> Stage:
    """The order of the prizes, and where the word of each draw will come from. Raises StageMoved, InvalidInput."""
    room, stage = locked_stage(room_id, by, at)
    known = {step["prizeId"] for step in steps_of(stage)} - {None}
    if order is not None and (len(set(order)) < len(order) or not set(order) <= known):
        raise InvalidInput({"order": ["Name prizes of this room, each once."]})
    plan = stage.entropy_plan if entropy_plan is None else entropy_plan
    return moved(room, stage, order=stage.order if order is None else list(order), entropy_plan=plan)


@transaction.atomic
def rehearse_stage(*, room_id: str, by: Actor, at: int, rehearsal: bool) -> Stage:
    """Begins a rehearsal of the whole evening at the lobby, or ends it. It leaves no win, no stock and no public event
    behind, and is refused once a real draw was made on the stage. Again: no change. Raises StageMoved,
    InvalidTransition."""
    room, stage = locked_stage(room_id, by, at, Need.ORGANIZE)
    if stage.is_rehearsal == rehearsal:
        return stage
    if rehearsal and stage.progress:
        raise InvalidTransition("The evening has begun: it is not rehearsed any more.")
    moved(room, stage, is_rehearsal=rehearsal, current=LOBBY, progress={})
    if rehearsal:
        show_on_screen(room_id=room_id, by=by, mode=ScreenMode.LOBBY, rehearsal=True)
    else:
        end_screen_rehearsal(room_id=room_id, by=by)
    return stage
