"""The quiz over live connections: its clock, its counts, a server that dies in the middle of a question."""

import asyncio

import pytest

from apps_registry.builtin.quiz.models import Answer
from prizes.models import Winner
from tests.factories import make_user
from tests.live import Live, Server, apart, token_of
from tests.quiz.conftest import make_players, make_quiz

pytestmark = pytest.mark.usefixtures("committed_db")


async def phone(server: Server, user) -> Live:
    return Live(server.live_url, await apart(token_of, user))


async def test_a_round_closes_by_itself_and_everybody_hears(server, organiser):
    quiz = await apart(make_quiz, organiser, fastestAnswerMs=0)
    ann, ben = await apart(make_players, quiz, 2)
    async with (
        await phone(server, organiser) as host,
        await phone(server, ann) as first,
        await phone(server, ben) as second,
        Live(server.live_url) as screen,
    ):
        everybody = (host, first, second, screen)
        for each in everybody:
            await each.subscribe(quiz.pk)
        started = await host.ask("quiz:start", roomId=quiz.pk)
        assert started["data"] == {"status": "BETWEEN_ROUNDS", "questionIndex": None}
        shown = await host.ask("quiz:show_question", roomId=quiz.pk, questionIndex=0)
        assert shown["data"] == {"status": "QUESTION_ACTIVE", "questionIndex": 0}
        refused = await first.ask("quiz:close_question", roomId=quiz.pk)
        assert refused["error"]["code"] == "FORBIDDEN"
        wrong, right = await asyncio.gather(
            first.ask("quiz:answer", roomId=quiz.pk, questionId="q1", answerIndex=0),
            second.ask("quiz:answer", roomId=quiz.pk, questionId="q1", answerIndex=1),
        )
        # What an answer is told is the same, right or wrong.
        assert wrong["data"] == {"questionId": "q1", "answerIndex": 0}
        assert right["data"] == {"questionId": "q1", "answerIndex": 1}
        for each in everybody:
            assert (await each.event("quiz:round_closed"))["distribution"] == [1, 1]
            assert (await each.event("quiz:answer_count"))["questionId"] == "q1"
        assert host.names().count("quiz:answer_submitted") == 2
        for each in (first, second, screen):
            assert "quiz:answer_submitted" not in each.names()
            names = each.names()
            assert names.index("quiz:question_shown") < names.index("quiz:round_winner")
            assert each.numbers() == list(range(each.numbers()[0], each.numbers()[0] + len(each.numbers())))
        state = (await second.ask("quiz:state", roomId=quiz.pk))["data"]
        assert (state["me"]["place"], state["me"]["isRight"], state["question"]["correctIndex"]) == (1, True, 1)


async def test_a_server_that_dies_in_the_middle_of_a_question_loses_nothing(organiser):
    quiz = await apart(make_quiz, organiser, fastestAnswerMs=0)
    ann, ben = await apart(make_players, quiz, 2)
    with Server() as server:
        async with await phone(server, organiser) as host, await phone(server, ann) as first:
            await host.ask("quiz:show_question", roomId=quiz.pk)
            seen = (await first.subscribe(quiz.pk))["seq"]
            assert (await first.ask("quiz:answer", roomId=quiz.pk, questionId="q1", answerIndex=0))["success"]
            server.kill()
            await first.closed()
        await apart(server.start)
        async with (
            await phone(server, organiser) as host,
            await phone(server, ann) as first,
            await phone(server, ben) as second,
        ):
            state = (await first.ask("quiz:state", roomId=quiz.pk))["data"]
            assert (state["status"], state["question"]["id"], state["me"]["answerIndex"]) == (
                "QUESTION_ACTIVE",
                "q1",
                0,
            )
            again = await first.ask("quiz:answer", roomId=quiz.pk, questionId="q1", answerIndex=1)
            assert again["error"]["details"]["reason"] == "already_answered"
            await first.subscribe(quiz.pk, since=seen)
            assert (await second.ask("quiz:answer", roomId=quiz.pk, questionId="q1", answerIndex=1))["success"]
            assert (await first.event("quiz:round_closed"))["correctIndex"] == 1
    assert await apart(Answer.objects.count) == 2
    assert await apart(Winner.objects.count) == 1


async def test_who_comes_late_is_told_over_the_connection(server, organiser):
    quiz = await apart(make_quiz, organiser)
    late = await apart(make_user)
    async with await phone(server, organiser) as host, await phone(server, late) as phone_of_late:
        await host.ask("quiz:show_question", roomId=quiz.pk)
        await apart(server.call, "POST", f"/rooms/{quiz.pk}/participants", late)
        message = (await phone_of_late.event("notification:received"))["notification"]
        assert message["type"] == "quiz:next_question"
        refused = await phone_of_late.ask("quiz:answer", roomId=quiz.pk, questionId="q1", answerIndex=1)
        assert refused["error"]["details"]["reason"] == "joined_late"


async def test_a_private_room_is_unknown_whatever_is_sent_to_it(server, organiser, stranger):
    quiz = await apart(make_quiz, organiser, is_public=False)
    async with await phone(server, organiser) as host, await phone(server, stranger) as outsider:
        await host.ask("quiz:show_question", roomId=quiz.pk)
        answers = [
            await outsider.ask("quiz:answer", **data)
            for room_id in (quiz.pk, "nowhere")
            for data in (
                {"roomId": room_id, "questionId": "q1", "answerIndex": 1},
                {"roomId": room_id, "questionId": "q9", "answerIndex": 1},
                {"roomId": room_id},
            )
        ]
    assert {(each["error"]["code"], each["error"]["message"]) for each in answers} == {
        ("NOT_FOUND", "There is no such thing here.")
    }
