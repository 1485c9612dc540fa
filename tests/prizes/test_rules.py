"""What the database holds of prizes, wins and draws, whoever writes."""

from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.utils import timezone

from accounts.actors import PLATFORM
from accounts.models import User
from prizes.actions import award_prize
from prizes.models import MOST_PIECES, Draw, DrawPrize, Prize, Winner
from rooms.models import Participant, Room
from tests.factories import add_participant, make_prize, make_room, make_user
from tests.rules import (
    FOREIGN_KEY,
    UNIQUE,
    can_be_added,
    can_become,
    cannot_be_added,
    cannot_be_deleted,
    cannot_become,
    delete_by_sql,
    only_the_orm_deletes,
    refused,
)

pytestmark = pytest.mark.django_db
PROTECTED = "protected foreign keys"
OUT_OF_RANGE = "prize_quantity_in_range|prize_stock_in_range|prize_reserved_in_stock|quantity"


@pytest.fixture
def prize(room):
    return make_prize(room, quantity=5)


@pytest.fixture
def person(room, participant):
    return room.participants.get(user=participant)


@pytest.fixture
def win(room, prize, person):
    return award_prize(room_id=room.pk, prize_id=prize.pk, participant_id=person.pk, by=PLATFORM)


@pytest.fixture
def draw(room, organiser, prize):
    draw = new_draw(room, organiser, seq=1)
    draw.save()
    DrawPrize.objects.create(draw=draw, prize=prize, position=1, name=prize.name, count=2)
    return draw


def new_prize(room: Room, **fields: Any) -> Prize:
    return Prize(**{"room": room, "name": "New", "quantity": 1, "quantity_remaining": 1} | fields)


def new_win(win: Winner, **fields: Any) -> Winner:
    """A second win like `win`."""
    values = {"room_id": win.room_id, "participant_id": win.participant_id, "prize_id": win.prize_id} | fields
    return Winner(**values)


def new_draw(room: Room, by: User, **fields: Any) -> Draw:
    values: dict[str, Any] = {
        "commitment": "c",
        "entries": "a:1\n",
        "entries_root": "e",
        "rules_hash": "r",
        "fingerprint": "f",
    }
    values |= {"entry_count": 1, "total_weight": 1, "committed_at": timezone.now()}
    return Draw(room=room, created_by=by, sealed_seed="s", strength="committed", **values | fields)


# --- Prize -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "stock",
    [
        {"quantity": 0, "quantity_remaining": 0},
        {"quantity": -1, "quantity_remaining": -1},
        {"quantity": MOST_PIECES + 1},
        {"quantity_remaining": -1},
        {"quantity_remaining": 6},
        {"quantity": 4},
        {"quantity_reserved": -1},
        {"quantity_reserved": 6},
        {"quantity_remaining": 1, "quantity_reserved": 2},
    ],
)
def test_stock_stays_in_range(prize, stock):
    cannot_become(prize, OUT_OF_RANGE, **stock)
    whole = {"quantity": 5, "quantity_remaining": 5} | stock
    cannot_be_added(new_prize(prize.room, **whole), OUT_OF_RANGE)


def test_stock_may_be_all_there_and_all_gone(prize):
    can_become(prize, quantity_remaining=0)
    can_become(prize, quantity_remaining=5, quantity_reserved=5)
    can_become(prize, quantity=MOST_PIECES)
    can_be_added(new_prize(prize.room))


def test_a_prize_has_a_name(prize):
    cannot_become(prize, "prize_has_a_name", name="")
    cannot_be_added(new_prize(prize.room, name=""), "prize_has_a_name")
    can_become(prize, name="C")


def test_a_prize_stays_with_its_room(prize, organiser):
    cannot_become(prize, "a prize stays with its room", room_id=make_room(organiser).pk)
    can_become(prize, position=7)


def test_a_prize_that_was_won_cannot_be_deleted(prize, win):
    cannot_be_deleted(prize, PROTECTED, by_sql=FOREIGN_KEY)
    assert delete_by_sql(make_prize(prize.room)) == 1


def test_a_revoked_win_still_protects(prize, win, person):
    can_become(win, state="REVOKED", revoked_at=timezone.now(), deleted_at=timezone.now())
    cannot_be_deleted(prize, PROTECTED, by_sql=FOREIGN_KEY)
    cannot_be_deleted(person, PROTECTED, by_sql=FOREIGN_KEY)


def test_who_won_cannot_be_deleted(win, person, participant):
    cannot_be_deleted(person, PROTECTED, by_sql=FOREIGN_KEY)
    cannot_be_deleted(participant, PROTECTED, by_sql=FOREIGN_KEY)
    other = add_participant(win.room)
    assert delete_by_sql(other) == 1


def test_a_room_with_winners_only_goes_softly(room, win):
    can_become(room, status="CANCELLED", closed_at=timezone.now())
    can_become(room, deleted_at=timezone.now())
    cannot_be_deleted(room, PROTECTED, by_sql=FOREIGN_KEY)


def test_prizes_go_with_a_deleted_room(organiser):
    room = make_room(organiser, active=False)
    prize = make_prize(room)
    can_become(room, deleted_at=timezone.now())
    only_the_orm_deletes(room)
    assert not Prize.all_objects.filter(pk=prize.pk).exists()


# --- Winner ------------------------------------------------------------------------------------------------------


def revoke(win: Winner) -> None:
    can_become(win, state="REVOKED", revoked_at=timezone.now())


def test_one_live_win_per_prize_and_person(win, room):
    cannot_be_added(new_win(win), UNIQUE)
    other = new_win(win, participant_id=add_participant(room).pk)
    can_be_added(other)
    cannot_become(other, UNIQUE, participant_id=win.participant_id)
    can_be_added(new_win(win, prize_id=make_prize(room).pk))


def test_a_fulfilled_win_counts_and_a_revoked_one_does_not(win):
    can_become(win, state="FULFILLED", fulfilled_at=timezone.now())
    cannot_be_added(new_win(win), UNIQUE)
    second = Winner.objects.create(
        room=win.room, prize=win.prize, participant=add_participant(win.room), state="AWARDED"
    )
    revoke(second)
    can_be_added(new_win(second))


def test_one_live_win_per_round(win, room):
    first = new_win(win, round_key="q1")
    can_be_added(first)
    cannot_be_added(new_win(win, round_key="q1", participant_id=add_participant(room).pk), UNIQUE)
    can_be_added(new_win(win, round_key="q2"))
    cannot_become(Winner.objects.get(round_key="q2"), UNIQUE, round_key="q1")
    revoke(first)
    can_be_added(new_win(win, round_key="q1", participant_id=add_participant(room).pk))


def test_rounds_of_two_prizes_are_two(win, room):
    can_be_added(new_win(win, round_key="q1"))
    can_be_added(new_win(win, round_key="q1", prize_id=make_prize(room).pk))


def test_only_a_revoked_win_is_deleted(win):
    now, by = timezone.now(), "winner_deleted_only_when_revoked"
    cannot_become(win, by, deleted_at=now)
    cannot_become(win, by, deleted_at=now, state="FULFILLED")
    can_become(win, deleted_at=now, state="REVOKED", revoked_at=now)


def test_state_and_method_are_known(win):
    cannot_become(win, "winner_state_known|winner_revocation_agrees", state="LOST")
    cannot_become(win, "winner_method_known", method="BRIBE")
    for method in ("APP", "QUIZ", "MANUAL"):
        can_become(win, method=method)


def test_a_win_goes_from_awarded_to_fulfilled_and_back_or_to_revoked(win):
    final = "a win that was revoked stays so, and one that was handed over is not revoked"
    can_become(win, state="FULFILLED", fulfilled_at=timezone.now())
    cannot_become(win, final, state="REVOKED", fulfilled_at=None, revoked_at=timezone.now())
    can_become(win, state="AWARDED", fulfilled_at=None)
    other = Winner.objects.create(room=win.room, prize=win.prize, participant=add_participant(win.room))
    revoke(other)
    cannot_become(other, final, state="AWARDED", revoked_at=None)
    cannot_become(other, final, state="FULFILLED", revoked_at=None, fulfilled_at=timezone.now())


def test_a_hand_over_agrees_with_the_state(win, organiser):
    by = "winner_fulfilment_agrees"
    cannot_become(win, by, state="FULFILLED")
    cannot_become(win, by, fulfilled_at=timezone.now())
    cannot_become(win, by, fulfilled_by_id=organiser.pk)
    can_become(win, state="FULFILLED", fulfilled_at=timezone.now(), fulfilled_by_id=organiser.pk)


def test_no_two_wins_ever_have_one_claim_code(win):
    revoke(win)
    other = Winner.objects.create(room=win.room, prize=win.prize, participant=win.participant)
    cannot_be_added(new_win(other, participant_id=add_participant(win.room).pk, claim_code=win.claim_code), UNIQUE)
    cannot_be_added(new_win(other, participant_id=add_participant(win.room).pk, claim_code=""), "claim_code_length")
    cannot_become(win, "the claim code of a win cannot change", claim_code="AAAAAA")
    cannot_be_deleted(win, "a win stays on record", by_sql="a win stays on record")


def test_revocation_agrees_with_the_state(win, organiser):
    by = "winner_revocation_agrees"
    cannot_become(win, by, state="REVOKED")
    cannot_become(win, by, revoked_at=timezone.now())
    cannot_become(win, by, revoked_by_id=organiser.pk)
    cannot_become(win, by, revocation_reason="Absent")
    can_become(win, state="REVOKED", revoked_at=timezone.now(), revoked_by_id=organiser.pk, revocation_reason="Absent")


def test_who_revoked_cannot_be_deleted(win, stranger):
    can_become(win, state="REVOKED", revoked_at=timezone.now(), revoked_by_id=stranger.pk)
    cannot_be_deleted(stranger, PROTECTED, by_sql=FOREIGN_KEY)


def test_prize_participant_and_win_are_of_one_room(win, organiser):
    by = "prize and participant are of the room of the win"
    elsewhere = make_room(organiser)
    prize, person = make_prize(elsewhere), add_participant(elsewhere)
    cannot_become(win, by, prize_id=prize.pk)
    cannot_become(win, by, participant_id=person.pk)
    cannot_become(win, by, room_id=elsewhere.pk)
    cannot_be_added(new_win(win, prize_id=prize.pk), by)
    cannot_be_added(new_win(win, participant_id=person.pk), by)
    can_be_added(new_win(win, prize_id=prize.pk, participant_id=person.pk, room_id=elsewhere.pk))


def test_a_drawn_win_has_its_draw(win, draw):
    cannot_become(win, "winner_drawn_has_a_draw", method="DRAW")
    can_become(win, method="DRAW", draw_id=draw.pk)
    cannot_become(win, "winner_drawn_has_a_draw", draw_id=None)


def test_a_win_outlives_its_participant(win, person):
    Participant.objects.filter(pk=person.pk).soft_delete()
    assert Winner.objects.with_people().get(pk=win.pk).participant == person
    assert Winner.objects.get(pk=win.pk).participant.user.name == "Pat Participant"


# --- Draw --------------------------------------------------------------------------------------------------------


def test_draws_are_numbered(room, organiser, draw):
    cannot_be_added(new_draw(room, organiser, seq=1), UNIQUE)
    cannot_be_added(new_draw(room, organiser, seq=0), "draw_seq_from_one")
    can_be_added(new_draw(room, organiser, seq=2))
    can_be_added(new_draw(room, organiser, seq=1, rehearsal=True))
    cannot_be_added(new_draw(room, organiser, seq=1, rehearsal=True), UNIQUE)
    can_be_added(new_draw(make_room(make_user()), organiser, seq=1))


def test_a_draw_keeps_its_seed_until_the_end(draw):
    by = "draw_seed_secret_until_the_end"
    cannot_become(draw, by, seed="00")
    can_become(draw, status="RUNNING", entropy="")
    cannot_become(draw, by, seed="00")
    cannot_become(draw, by, status="CANCELLED")
    cannot_become(draw, "draw_status_known|draw_seed_secret|draw_entropy", status="LOST")
    can_become(draw, status="CANCELLED", seed="00")


def test_the_first_public_value_of_a_draw_counts(draw):
    by = "draw_entropy_from_the_claim_on"
    cannot_become(draw, by, entropy="snow")
    cannot_become(draw, by, status="RUNNING")
    can_become(draw, status="RUNNING", entropy="snow")
    cannot_become(draw, "the first public value of a draw counts", entropy="rain")
    cannot_become(draw, "the first public value of a draw counts|draw_entropy", entropy=None)
    cannot_become(draw, by, status="COMMITTED")


def test_a_draw_has_entries_and_a_known_mode(room, organiser):
    for wrong in ({"entry_count": 0}, {"total_weight": 0}, {"entry_count": 2}):
        cannot_be_added(new_draw(room, organiser, seq=2, **wrong), "draw_has_entries")
    cannot_be_added(new_draw(room, organiser, seq=2, mode="app"), "draw_mode_known")


def test_a_draw_has_a_result_when_it_is_completed(draw):
    by = "draw_result_only_when_completed"
    result = {"outcome": [], "run_at": timezone.now()}
    for name, value in result.items():
        cannot_become(draw, by, **{name: value})
        rest = {key: kept for key, kept in result.items() if key != name}
        cannot_become(draw, by, status="COMPLETED", entropy="", seed="00", **rest)
    cannot_become(draw, "draw_entropy_from_the_claim_on", status="COMPLETED", seed="00", **result)
    can_become(draw, status="COMPLETED", entropy="", seed="00", **result)


@pytest.mark.parametrize(
    "change",
    [
        {"seq": 9},
        {"rehearsal": True},
        {"distinct": False},
        {"entropy_plan": "The last lottery number"},
        {"commitment": "x"},
        {"entries": "b:1\n"},
        {"entry_count": 2},
        {"total_weight": 2},
        {"entries_root": "x"},
        {"committed_at": timezone.now()},
        {"mode": "delegated-draw"},
        {"rules_hash": "x"},
        {"fingerprint": "x"},
    ],
)
def test_what_a_draw_committed_to_is_final(draw, change):
    cannot_become(draw, "what a draw committed to cannot change", **change)
    can_become(draw, status="RUNNING", entropy="", claimed_until=timezone.now())


def test_a_draw_stays_with_its_room_and_its_replaced_win(draw, win, organiser):
    by = "what a draw committed to cannot change"
    cannot_become(draw, by, room_id=make_room(organiser).pk)
    cannot_become(draw, by, replaces_id=win.pk)


def test_a_draw_that_is_over_is_final(draw, organiser):
    by = "a draw that is over cannot change"
    result = {"outcome": [{"rank": 1}], "entropy": "42", "run_at": timezone.now()}
    can_become(draw, status="COMPLETED", seed="00", **result)
    more = {"withdrawn": [{"by": None}], "came_up": [7]}
    for name, value in {"seed": "01", "outcome": [], "run_at": timezone.now(), **more}.items():
        cannot_become(draw, by, **{name: value})
    cannot_become(draw, by, status="CANCELLED", outcome=None, run_at=None)
    cancelled = new_draw(draw.room, organiser, seq=2)
    cancelled.save()
    can_become(cancelled, status="CANCELLED", seed="00", cancelled_at=timezone.now())
    cannot_become(cancelled, by, status="COMMITTED", seed=None)


def test_the_lines_of_a_draw_are_final(draw, room):
    line = draw.prizes.get()
    for name, value in {"count": 3, "position": 2, "name": "Car", "prize_id": make_prize(room).pk}.items():
        cannot_become(line, "what a draw committed to cannot change", **{name: value})
    cannot_be_deleted(line, "a draw stays on record")
    more = {"draw": draw, "name": "More", "count": 1}
    cannot_be_added(DrawPrize(prize=line.prize, position=2, **more), UNIQUE)
    cannot_be_added(DrawPrize(prize=make_prize(room), position=1, **more), UNIQUE)
    cannot_be_added(DrawPrize(prize=make_prize(room), position=2, **more | {"count": 0}), "draw_prize_count_from_one")
    can_be_added(DrawPrize(prize=make_prize(room), position=2, **more))


def test_a_draw_and_all_it_names_stay(draw, room, prize, organiser):
    cannot_be_deleted(draw, "a draw stays on record")
    cannot_be_deleted(prize, PROTECTED, by_sql=FOREIGN_KEY)
    cannot_be_deleted(organiser, PROTECTED, by_sql=FOREIGN_KEY)
    can_become(room, status="CANCELLED", closed_at=timezone.now())
    can_become(room, deleted_at=timezone.now())
    cannot_be_deleted(room, PROTECTED, by_sql=FOREIGN_KEY)
    with refused("a draw stays on record"):
        delete_by_sql(draw)
    assert Room.all_objects.filter(pk=room.pk).exists()
    connection.check_constraints()


def test_the_migration_to_the_entries_tree_refuses_draws_made_before_it(draw):
    migration = import_module("prizes.migrations.0003_entries_tree")
    with pytest.raises(RuntimeError, match="cannot be carried over"):
        migration.refuse_draws(apps, None)
