"""Quiz clients that were written before this server play to the end, and gain nothing by what they claim."""

import json

import pytest

from prizes.models import Winner
from rooms.models import Room
from tests.live import apart
from tests.quiz.conftest import QUESTIONS, make_players, make_quiz
from tests.quiz.older_client import OlderClient


@pytest.mark.usefixtures("committed_db")
async def test_a_whole_quiz(server, organiser):
    quiz = await apart(make_quiz, organiser, fastestAnswerMs=0)
    ann, ben = await apart(make_players, quiz, 2)
    forged = QUESTIONS[0] | {"text": "Another text", "options": ["four", "three"], "correctIndex": 0}
    async with (
        OlderClient(server, organiser, quiz.pk) as host,
        OlderClient(server, ann, quiz.pk) as first,
        OlderClient(server, ben, quiz.pk) as second,
    ):
        await host.show(0, forged)
        shown = await first.until("quiz:question_shown")
        assert shown["question"]["text"] == QUESTIONS[0]["text"]
        assert shown["question"]["options"] == QUESTIONS[0]["options"]
        assert (await second.until("quiz:status_changed"))["newStatus"] == "QUESTION_ACTIVE"

        await first.answer("q1", 0)  # right in the forged question, and wrong here
        await host.until("quiz:answer_submitted")
        await second.answer("q1", 1)
        winner = (await first.until("quiz:round_winner"))["winner"]
        assert winner["participantName"] == ben.name
        assert winner["responseTimeMs"] > 1
        assert (await first.until("quiz:round_closed"))["correctIndex"] == 1
        assert (await first.until("winner:selected"))["winner"]["metadata"]["type"] == "quiz_round_win"

        await first.answer("q1", 1)  # too late
        assert (await first.until("error"))["details"]["reason"] == "already_answered"

        await host.show(1, QUESTIONS[1])
        await second.until("quiz:question_shown", times=2)
        await host.complete()
        finished = await second.until("quiz:finished")
        assert [(row["participantName"], row["wins"]) for row in finished["leaderboard"]] == [
            (ben.name, 1),
            (ann.name, 0),
        ]
        assert not [event for event, _ in first.events if event == "quiz:answer_submitted"]
        questions = [data for event, data in first.events if event == "quiz:question_shown"]
        assert "correctIndex" not in json.dumps(questions)

    def stored() -> tuple[dict, int]:
        return Room.objects.get(pk=quiz.pk).app_settings, Winner.objects.count()

    settings, wins = await apart(stored)
    assert wins == 1
    assert not settings.keys() & {"quizStatus", "currentQuestionIndex", "questionShownAt"}
