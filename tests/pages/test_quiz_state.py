"""What a page knows of a quiz after events: static/js/quiz-state.js, run by Node."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.programs import NODE

pytestmark = pytest.mark.node
SCRIPT = Path(__file__).resolve().parents[2] / "platform_site" / "static" / "js" / "quiz-state.js"
RUN = """
globalThis.window = globalThis;
require(process.argv[1]);
const frozen = (value) => {
  if (value && typeof value === "object") Object.values(value).forEach(frozen);
  return Object.freeze(value);
};
const [start, events] = JSON.parse(require("fs").readFileSync(0, "utf8"));
let state = QuizState.start(start);
for (const [event, data] of events) state = QuizState.reduce(frozen(state), event, data);
console.log(JSON.stringify(state));
"""
QUESTION = {"id": "q1", "text": "?", "options": ["a", "b"], "timeLimit": 20}
TIMES = {"shownAt": "2026-11-24T19:00:00.000Z", "endsAt": "2026-11-24T19:00:20.000Z"}
SHOWN = ("quiz:question_shown", {"question": QUESTION, "questionIndex": 0, "totalQuestions": 3} | TIMES)


def after(*events: tuple[str, dict[str, Any]]) -> dict[str, Any]:
    start: dict[str, Any] = {
        "status": "WAITING",
        "questionIndex": None,
        "totalQuestions": 3,
        "question": None,
        "leaderboard": [],
    }
    done = subprocess.run(
        [str(NODE.path()), "-e", RUN, str(SCRIPT)],
        input=json.dumps([start, events]),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    quiz: dict[str, Any] = json.loads(done.stdout)
    return quiz


def closed(
    correct: int | None, board: Any = None, distribution: tuple[int, ...] = (1, 2)
) -> tuple[str, dict[str, Any]]:
    data = {"questionId": "q1", "questionIndex": 0, "distribution": list(distribution)}
    return "quiz:round_closed", data | {"correctIndex": correct, "leaderboard": board, "timestamp": "now"}


def test_a_question_begins_without_answers() -> None:
    quiz = after(SHOWN)
    assert quiz["status"] == "QUESTION_ACTIVE"
    assert quiz["question"] == QUESTION | TIMES | {
        "closedAt": None,
        "answerCount": 0,
        "distribution": None,
        "correctIndex": None,
    }


def test_a_count_never_falls_and_belongs_to_its_question() -> None:
    counts = [("quiz:answer_count", {"questionId": each, "count": n}) for each, n in (("q1", 3), ("q1", 2), ("q0", 9))]
    assert after(SHOWN, *counts)["question"]["answerCount"] == 3


def test_the_distribution_comes_before_the_solution() -> None:
    assert after(SHOWN, closed(None))["question"]["correctIndex"] is None
    board = [{"place": 1, "participantId": "p1", "participantName": "Anna", "wins": 1, "points": 1}]
    quiz = after(SHOWN, closed(None), closed(1, board))
    assert (quiz["question"]["correctIndex"], quiz["question"]["answerCount"]) == (1, 3)
    assert quiz["leaderboard"] == board


def test_the_winner_of_a_round_goes_with_the_next_question() -> None:
    won = ("quiz:round_winner", {"winner": {"participantId": "p1", "participantName": "Anna", "questionId": "q1"}})
    assert after(SHOWN, won)["winner"]["participantName"] == "Anna"
    assert after(SHOWN, won, SHOWN)["winner"] is None
    assert after(won)["winner"] is None


def test_the_end_keeps_the_board() -> None:
    board = [{"place": 1, "participantId": "p1", "participantName": "Anna", "wins": 1, "points": 1}]
    quiz = after(SHOWN, ("quiz:finished", {"leaderboard": board}))
    assert (quiz["status"], quiz["leaderboard"]) == ("FINISHED", board)
