"""A small hall at once: nobody is lost, let in twice, or passed over. tests/benchmarks/hall.py times a large one."""

import pytest

from accounts.models import User
from tests import crowd
from tests.live import UVICORN, Server, apart, token_of
from tests.lottery.test_tickets import make_lottery
from tests.quiz.conftest import make_quiz

pytestmark = [pytest.mark.postgres, pytest.mark.usefixtures("committed_db")]
PHONES = 60


async def test_a_hall_joins_by_code_at_once(organiser: User) -> None:
    room = await apart(make_lottery, organiser, ticketCount=PHONES)
    with Server(UVICORN) as server:
        figures = await crowd.join_all(server.url, room, PHONES)
    assert (figures["came"], figures["people"], figures["tickets"]) == (PHONES, PHONES, PHONES)
    assert figures["who got two places"] == 0


@pytest.mark.parametrize("scoring", ["points", "first"])
async def test_a_hall_answers_one_question_at_once(organiser: User, scoring: str) -> None:
    room = await apart(make_quiz, organiser, scoring=scoring)
    tokens = await apart(crowd.seat_guests, room, PHONES)
    with Server(UVICORN) as server:
        figures = await crowd.answer_all(server.live_url, room, await apart(token_of, organiser), tokens, within=0.3)
    assert figures["recorded"] == figures["accepted"] > 0
    if scoring == "points":
        assert figures["accepted"] == PHONES
    else:
        assert figures["first right one wins"]
    # Four a second, however long this machine took; one at once and one at the close beside them.
    assert 1 <= figures["counts"] <= 4 * figures["seconds"] + 2


async def test_a_hall_comes_back_and_misses_nothing(organiser: User) -> None:
    room = await apart(make_quiz, organiser)
    tokens = await apart(crowd.seat_guests, room, PHONES)
    with Server(UVICORN) as server:
        figures = await crowd.come_back(server.live_url, room, organiser, tokens)
    assert (figures["came back"], figures["missed nothing"]) == (PHONES, PHONES)
