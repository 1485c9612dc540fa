"""The moves of the stock: each keeps both sums, or changes nothing and says so."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prizes import stock
from prizes.errors import PrizeExhausted, QuantityPromised
from prizes.models import Prize
from rooms.models import Room
from tests.factories import make_prize, make_room, make_user


def figures(prize: Prize) -> tuple[int, int, int]:
    prize.refresh_from_db()
    return prize.quantity, prize.quantity_remaining, prize.quantity_reserved


def test_only_free_pieces_are_taken(room: Room) -> None:
    prize = make_prize(room, quantity=3)
    stock.reserve(prize.pk, 2)
    stock.take(prize.pk)
    assert figures(prize) == (3, 2, 2)
    with pytest.raises(PrizeExhausted):
        stock.take(prize.pk)
    with pytest.raises(PrizeExhausted):
        stock.reserve(prize.pk, 1)
    assert figures(prize) == (3, 2, 2)
    stock.give_back(prize.pk)
    assert figures(prize) == (3, 3, 2)


def test_a_promise_ends_once_and_its_wins_leave_the_stock(room: Room) -> None:
    prize = make_prize(room, quantity=3)
    stock.reserve(prize.pk, 2)
    with pytest.raises(RuntimeError, match="reserved for a draw are gone"):
        stock.release(prize.pk, 2, won=3)
    stock.release(prize.pk, 2, won=1)
    assert figures(prize) == (3, 2, 0)
    with pytest.raises(RuntimeError, match="reserved for a draw are gone"):
        stock.release(prize.pk, 2)
    assert figures(prize) == (3, 2, 0)


def test_the_fund_shrinks_no_further_than_what_is_free(room: Room) -> None:
    prize = make_prize(room, quantity=5)
    stock.take(prize.pk)
    stock.reserve(prize.pk, 2)
    prize.refresh_from_db()
    with pytest.raises(QuantityPromised):
        stock.resize(prize, 2)
    stock.resize(prize, 3)
    assert figures(prize) == (3, 2, 2)


def test_a_quantity_that_was_read_too_early_is_not_taken_for_the_present_one(room: Room) -> None:
    prize = make_prize(room, quantity=5)
    stock.resize(prize, 7)  # `prize` still says 5
    with pytest.raises(QuantityPromised):
        stock.resize(prize, 6)
    assert figures(prize) == (7, 7, 0)


MOVES = st.lists(
    st.tuples(st.sampled_from(["take", "give_back", "resize", "reserve", "release"]), st.integers(1, 6)), max_size=25
)


@pytest.mark.django_db
@settings(deadline=None)  # a busy machine is no fault
@given(MOVES)
def test_both_sums_hold_after_any_moves(moves: list[tuple[str, int]]) -> None:
    prize = make_prize(make_room(make_user()), quantity=4)
    wins, promises = 0, [0]
    for name, number in moves:
        prize.refresh_from_db()
        before = figures(prize)
        try:
            if name == "take":
                stock.take(prize.pk)
                wins += 1
            elif name == "give_back" and wins:
                stock.give_back(prize.pk)
                wins -= 1
            elif name == "resize":
                stock.resize(prize, number)
            elif name == "reserve":
                stock.reserve(prize.pk, number)
                promises.append(number)
            elif name == "release" and len(promises) > 1:
                count = promises.pop()
                stock.release(prize.pk, count, won=min(count, number))
                wins += min(count, number)
        except (PrizeExhausted, QuantityPromised):
            assert figures(prize) == before
        quantity, remaining, reserved = figures(prize)
        assert (wins + remaining, reserved) == (quantity, sum(promises))
        assert 0 <= reserved <= remaining
