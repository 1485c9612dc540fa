"""Prizes that change, wins that are handed over or taken back, and the audit of it all."""

import pytest
from django.core.management import call_command

from platform_site.rest.exceptions import Forbidden, InvalidInput, InvalidTransition, NotFound
from prizes.actions import award_prize, delete_prize, fulfil_winner, revoke_winner, run_draw, update_prize
from prizes.errors import PrizeExhausted, PrizeInUse, QuantityPromised
from prizes.models import Prize, Winner
from rooms.actions import update_room
from rooms.enums import RoomStatus
from rooms.errors import RoomClosed
from rooms.models import RoomEvent
from tests.factories import add_participant, make_draw, make_prize, make_room


def last_event(room):
    event = RoomEvent.objects.filter(room=room).latest("seq")
    return event.type, event.payload


def events_of(room):
    return RoomEvent.objects.filter(room=room).count()


def stock(prize):
    prize = Prize.all_objects.get(pk=prize.pk)
    return prize.quantity, prize.quantity_remaining, prize.quantity_reserved


@pytest.fixture
def prize(room):
    return make_prize(room, quantity=5, metadata={"value": 10, "brand": "Acme"})


@pytest.fixture
def win(room, organiser, prize):
    return award_prize(room_id=room.pk, prize_id=prize.pk, participant_id=add_participant(room).pk, by=organiser)


def change(room, prize, by, **changes):
    return update_prize(room_id=room.pk, prize_id=prize.pk, by=by, **changes)


def test_update_prize_changes_and_tells(room, moderator, prize):
    change(room, prize, moderator, name="Bigger cup", metadata={"brand": None, "size": "L"})
    prize.refresh_from_db()
    assert (prize.name, prize.metadata) == ("Bigger cup", {"value": 10, "size": "L"})
    kind, told = last_event(room)
    assert kind == "prize:updated"
    assert told["prizeId"] == prize.pk
    assert told["changes"] == {"name": "Bigger cup", "metadata": {"value": 10, "size": "L"}}
    assert told["prize"]["name"] == "Bigger cup"


def test_update_prize_to_what_it_is_tells_nothing(room, organiser, prize):
    before = events_of(room)
    change(room, prize, organiser, name="Cup", quantity=5)
    assert events_of(room) == before


@pytest.mark.parametrize(("quantity", "after"), [(9, (9, 8, 2)), (3, (3, 2, 2))])
def test_update_prize_moves_the_stock_with_the_quantity(room, organiser, prize, win, quantity, after):
    make_draw(room, prize, 2)
    changed = change(room, prize, organiser, quantity=quantity)
    assert stock(prize) == after
    assert last_event(room)[1]["changes"] == {"quantity": quantity, "quantityRemaining": after[1]}
    assert changed.winner_count == 1


def test_update_prize_never_below_awarded_and_reserved(room, organiser, prize, win):
    make_draw(room, prize, 2)
    before = events_of(room)
    with pytest.raises(QuantityPromised):
        change(room, prize, organiser, name="Smaller", quantity=2)
    prize.refresh_from_db()
    assert stock(prize) == (5, 4, 2)
    assert prize.name == "Cup"
    assert events_of(room) == before


def test_update_prize_keeps_metadata_within_bounds(room, organiser, prize):
    change(room, prize, organiser, metadata={"a": "x" * 10_000})
    with pytest.raises(InvalidInput):
        change(room, prize, organiser, metadata={"b": "x" * 10_000})
    prize.refresh_from_db()
    assert "b" not in prize.metadata


def test_update_prize_is_for_those_who_run_an_open_event(room, organiser, participant, stranger, prize):
    for user in (participant, stranger):
        with pytest.raises(Forbidden):
            change(room, prize, user, name="Mine")
    other = make_room(organiser)
    with pytest.raises(NotFound):
        change(other, prize, organiser, name="Mine")
    update_room(room_id=room.pk, by=organiser, status=RoomStatus.COMPLETED)
    with pytest.raises(RoomClosed):
        change(room, prize, organiser, name="Late")
    prize.refresh_from_db()
    assert prize.name == "Cup"


def test_delete_prize_hides_it(room, moderator, prize):
    delete_prize(room_id=room.pk, prize_id=prize.pk, by=moderator)
    assert not Prize.objects.filter(pk=prize.pk).exists()
    assert Prize.all_objects.get(pk=prize.pk).deleted_at is not None
    assert last_event(room) == ("prize:deleted", {"prizeId": prize.pk})
    with pytest.raises(NotFound):
        delete_prize(room_id=room.pk, prize_id=prize.pk, by=moderator)


def test_delete_prize_that_somebody_holds_is_refused_until_revoked(room, organiser, prize, win):
    with pytest.raises(PrizeInUse):
        delete_prize(room_id=room.pk, prize_id=prize.pk, by=organiser)
    revoke_winner(room_id=room.pk, winner_id=win.pk, by=organiser)
    delete_prize(room_id=room.pk, prize_id=prize.pk, by=organiser)
    assert stock(prize) == (5, 5, 0)


def test_delete_prize_of_an_open_draw_is_refused(room, organiser, prize):
    make_draw(room, prize, 1)
    with pytest.raises(PrizeInUse):
        delete_prize(room_id=room.pk, prize_id=prize.pk, by=organiser)
    assert Prize.objects.filter(pk=prize.pk).exists()


def test_fulfil_winner_once(room, moderator, win):
    for _ in range(2):
        winner = fulfil_winner(room_id=room.pk, winner_id=win.pk, by=moderator)
        assert winner.state == "FULFILLED"
    told = RoomEvent.objects.filter(room=room, type="winner:updated")
    assert [event.payload["winner"]["state"] for event in told] == ["FULFILLED"]


def test_revoke_winner_returns_the_piece_once(room, organiser, prize, win):
    for reason in ("not there", "another reason"):
        revoke_winner(room_id=room.pk, winner_id=win.pk, by=organiser, reason=reason)
    win.refresh_from_db()
    assert (win.state, win.revocation_reason, win.revoked_by) == ("REVOKED", "not there", organiser)
    assert win.deleted_at is None
    assert stock(prize) == (5, 5, 0)
    assert last_event(room) == (
        "winner:removed",
        {"winnerId": win.pk, "participantId": win.participant_id, "prizeId": prize.pk},
    )
    assert RoomEvent.objects.filter(room=room, type="winner:removed").count() == 1


def test_revoke_winner_after_it_was_handed_over_is_refused(room, organiser, prize, win):
    fulfil_winner(room_id=room.pk, winner_id=win.pk, by=organiser)
    with pytest.raises(InvalidTransition):
        revoke_winner(room_id=room.pk, winner_id=win.pk, by=organiser)
    assert stock(prize) == (5, 4, 0)


def test_fulfil_winner_after_it_was_revoked_is_refused(room, organiser, win):
    revoke_winner(room_id=room.pk, winner_id=win.pk, by=organiser)
    with pytest.raises(InvalidTransition):
        fulfil_winner(room_id=room.pk, winner_id=win.pk, by=organiser)
    assert Winner.objects.get(pk=win.pk).state == "REVOKED"


def test_fulfil_and_revoke_go_on_after_the_event(room, organiser, prize, win):
    other = award_prize(room_id=room.pk, prize_id=prize.pk, participant_id=add_participant(room).pk, by=organiser)
    update_room(room_id=room.pk, by=organiser, status=RoomStatus.COMPLETED)
    assert fulfil_winner(room_id=room.pk, winner_id=win.pk, by=organiser).state == "FULFILLED"
    assert revoke_winner(room_id=room.pk, winner_id=other.pk, by=organiser).state == "REVOKED"
    assert stock(prize) == (5, 4, 0)


def test_revoke_winner_is_for_organizers(room, moderator, participant, stranger, prize, win):
    for user in (moderator, participant, stranger):
        with pytest.raises(Forbidden):
            revoke_winner(room_id=room.pk, winner_id=win.pk, by=user)
    assert stock(prize) == (5, 4, 0)


def test_who_lost_a_prize_can_win_it_again(room, organiser, prize, win):
    revoke_winner(room_id=room.pk, winner_id=win.pk, by=organiser)
    award_prize(room_id=room.pk, prize_id=prize.pk, participant_id=win.participant_id, by=organiser)
    assert stock(prize) == (5, 4, 0)
    assert Winner.objects.filter(prize=prize).count() == 2


def test_reserved_pieces_are_not_awarded_by_hand(room, organiser):
    prize = make_prize(room, quantity=1)
    draw = make_draw(room, prize)
    with pytest.raises(PrizeExhausted):
        award_prize(room_id=room.pk, prize_id=prize.pk, participant_id=add_participant(room).pk, by=organiser)
    run_draw(room_id=room.pk, draw_id=draw.pk, by=organiser)
    assert stock(prize) == (1, 0, 0)


# --- audit_fund -------------------------------------------------------------------------------------------------------


def test_audit_of_a_sound_fund(room, organiser, prize, win, capsys, django_assert_num_queries):
    make_draw(room, prize, 2)
    make_draw(room, prize, 1, rehearsal=True)
    run_draw(room_id=room.pk, draw_id=make_draw(room, prize, 1).pk, by=organiser)
    with django_assert_num_queries(1):
        call_command("audit_fund")
    assert capsys.readouterr().out == "1 prizes, 0 faults.\n"


@pytest.mark.parametrize(
    ("fault", "named"),
    [
        ({"quantity_remaining": 3}, "1 live winners + 3 remaining is not quantity 5"),
        ({"quantity_reserved": 1}, "1 reserved, but open draws promise 2"),
    ],
)
def test_audit_names_what_is_wrong(room, prize, win, capsys, fault, named):
    make_draw(room, prize, 2)
    sound = make_prize(room)
    Prize.objects.filter(pk=prize.pk).update(**fault)
    with pytest.raises(SystemExit) as end:
        call_command("audit_fund")
    out = capsys.readouterr().out
    assert end.value.code == 1
    assert named in out
    assert prize.pk in out
    assert sound.pk not in out
    assert out.endswith("2 prizes, 1 faults.\n")
