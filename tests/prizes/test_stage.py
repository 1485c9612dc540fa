"""The run of show: one Next through the evening, an absent winner, a rehearsal that leaves nothing behind."""

import threading

import pytest
from django.db import transaction

from platform_site.rest.exceptions import Forbidden, InvalidInput, InvalidTransition
from prizes.actions.stage import arrange_stage, go_back, go_on, rehearse_stage, replace_absent, stage_shape
from prizes.errors import StageMoved
from prizes.models import Draw, Stage, Winner
from rooms.models import RoomEvent
from tests.factories import add_participant, make_prize
from tests.races import DONE, at_once, ends


@pytest.fixture
def evening(room):
    for _ in range(4):
        add_participant(room)
    return [make_prize(room, name=name) for name in ("Small", "Grand")]


def press(room, by, **more):
    at = Stage.objects.filter(room=room).values_list("revision", flat=True).first() or 0
    return stage_shape(go_on(room_id=room.pk, by=by, at=at, **more))


def phase(shape):
    return next(step["phase"] for step in shape["steps"] if step["key"] == shape["current"])


def test_next_leads_through_the_evening(room, organiser, evening):
    small, grand = evening
    arrange_stage(room_id=room.pk, by=organiser, at=0, order=[grand.pk], entropy_plan="A word")
    assert press(room, organiser)["current"] == grand.pk
    assert phase(press(room, organiser)) == "COMMITTED"
    with pytest.raises(InvalidInput):
        press(room, organiser)
    assert phase(press(room, organiser, entropy="apple")) == "DRAWN"
    assert room.screen.mode == "DRAW"
    assert phase(press(room, organiser)) == "REVEALED"
    assert press(room, organiser)["current"] == small.pk
    for word in ("", "pear", ""):
        press(room, organiser, entropy=word)
    shape = press(room, organiser)
    assert shape["current"] == "end"
    assert press(room, organiser) == shape
    assert Winner.objects.count() == 2


def test_back_undoes_nothing(room, organiser, evening):
    for _ in range(4):
        press(room, organiser)
    stage = Stage.objects.get()
    assert go_back(room_id=room.pk, by=organiser, at=stage.revision).current == "lobby"
    assert phase(press(room, organiser)) == "REVEALED"
    assert Winner.objects.count() == 1


def test_a_press_that_comes_too_late_does_nothing(room, organiser, evening):
    press(room, organiser)
    with pytest.raises(StageMoved) as refusal:
        go_on(room_id=room.pk, by=organiser, at=0)
    assert refusal.value.details == {"reason": "stage_moved", "at": 1}
    assert not Draw.objects.exists()


def test_a_run_that_broke_off_before_the_stage_moved_goes_on(room, organiser, evening, monkeypatch):
    press(room, organiser)
    press(room, organiser)
    monkeypatch.setattr("prizes.actions.stage.set_phase", lambda *args: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        press(room, organiser)
    monkeypatch.undo()
    assert phase(press(room, organiser)) == "DRAWN"
    assert Winner.objects.count() == 1


def test_an_absent_winner_is_one_press(room, organiser, moderator, evening):
    for _ in range(4):
        press(room, organiser)
    win, at = Winner.objects.get(), Stage.objects.get().revision
    with pytest.raises(Forbidden):
        replace_absent(room_id=room.pk, by=moderator, at=at, winner_id=win.pk)
    stage = replace_absent(room_id=room.pk, by=organiser, at=at, winner_id=win.pk)
    assert phase(stage_shape(stage)) == "COMMITTED"
    assert phase(press(room, organiser)) == "DRAWN"
    assert Winner.objects.live().get().participant_id != win.participant_id


def test_a_rehearsal_of_the_whole_evening_leaves_nothing_behind(room, organiser, evening):
    room.refresh_from_db()
    public = room.last_public_seq
    rehearse_stage(room_id=room.pk, by=organiser, at=0, rehearsal=True)
    for _ in range(8):
        press(room, organiser)
    shape = press(room, organiser)
    assert (shape["current"], shape["rehearsal"]) == ("end", True)
    with pytest.raises(InvalidTransition):
        replace_absent(room_id=room.pk, by=organiser, at=shape["at"], winner_id="none")
    stage = rehearse_stage(room_id=room.pk, by=organiser, at=shape["at"], rehearsal=False)
    assert (stage.current, stage.progress) == ("lobby", {})
    room.refresh_from_db()
    assert room.last_public_seq == public
    assert not Winner.objects.exists()
    assert not Draw.objects.filter(rehearsal=False).exists()
    for prize in evening:
        prize.refresh_from_db()
        assert (prize.quantity_remaining, prize.quantity_reserved) == (1, 0)
    assert not RoomEvent.objects.filter(room=room, type="screen:changed").exists()
    press(room, organiser)
    press(room, organiser)
    with pytest.raises(InvalidTransition):
        rehearse_stage(room_id=room.pk, by=organiser, at=Stage.objects.get().revision, rehearsal=True)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_presses_at_once_go_on_once(room, organiser, evening):
    """The control looks where the stage is and then moves it, without the lock of the room: both presses do."""
    press(room, organiser)
    at = Stage.objects.get().revision
    both_have_read = threading.Barrier(2)

    def look_then_move() -> None:
        with transaction.atomic():
            stage = Stage.objects.get()
            both_have_read.wait(timeout=60)
            if stage.revision != at:
                raise StageMoved
            Stage.objects.filter(pk=stage.pk).update(entropy_plan="")

    assert ends(at_once(look_then_move, look_then_move)) == {DONE: 2}
    calls = [lambda: go_on(room_id=room.pk, by=organiser, at=at)] * 2
    assert ends(at_once(*calls)) == {DONE: 1, StageMoved: 1}
    assert Draw.objects.count() == 1
    assert phase(stage_shape(Stage.objects.get())) == "COMMITTED"
