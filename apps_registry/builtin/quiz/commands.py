"""The commands and events of a quiz on live connections, with their shapes."""

from datetime import datetime
from typing import Any

from accounts.models import User
from apps_registry.builtin.quiz import actions
from apps_registry.builtin.quiz.answers import submit_answer
from apps_registry.builtin.quiz.models import Quiz, Round
from apps_registry.builtin.quiz.state import state_of
from apps_registry.contract import AppCommand, EventShape
from rooms.permissions import readable_room

TEXT, NUMBER, INDEX = {"type": "string"}, {"type": "integer"}, {"type": "integer", "minimum": 0, "maximum": 1000}
ID = {"type": "string", "minLength": 1, "maxLength": 100}
TIME_OR_NULL = {"type": ["string", "null"], "format": "date-time"}
NUMBER_OR_NULL = {"type": ["integer", "null"]}
STATUS = {"enum": ["WAITING", "QUESTION_ACTIVE", "BETWEEN_ROUNDS", "FINISHED"]}
QUESTION = {
    "type": "object",
    "description": "Without its answer.",
    "required": ["id", "text", "options", "timeLimit"],
    "properties": {
        "id": ID,
        "text": TEXT,
        "options": {"type": "array", "items": TEXT},
        "timeLimit": NUMBER_OR_NULL | {"description": "In seconds."},
    },
}
LEADERBOARD = {
    "type": "array",
    "description": "The best first, at most 100.",
    "items": {
        "type": "object",
        "required": ["place", "participantId", "participantName", "wins", "points"],
        "properties": {
            "place": NUMBER,
            "participantId": ID,
            "participantName": TEXT,
            "wins": NUMBER,
            "points": NUMBER,
        },
    },
}
WINNER = {
    "type": "object",
    "required": ["participantId", "participantName", "questionId", "responseTimeMs"],
    "properties": {"participantId": ID, "participantName": TEXT, "questionId": ID, "responseTimeMs": NUMBER},
}


def data_of(required: tuple[str, ...] = (), **properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(required)}


ROUND = data_of(("status", "questionIndex"), status=STATUS, questionIndex=NUMBER_OR_NULL)


def standing(quiz: Quiz, round: Round | None = None) -> dict[str, Any]:
    quiz.refresh_from_db(fields=["status"])
    return {"status": quiz.status, "questionIndex": round.index if round else None}


def start(*, room_id: str, by: User, data: dict[str, Any], arrived_at: datetime) -> dict[str, Any]:
    return standing(actions.start_quiz(room_id=room_id, by=by))


def show(*, room_id: str, by: User, data: dict[str, Any], arrived_at: datetime) -> dict[str, Any]:
    # Older clients send the whole question. Only its id is believed: the text is the server's own.
    question = data.get("question") or {}
    shown = actions.show_question(
        room_id=room_id,
        by=by,
        index=data.get("questionIndex"),
        question_id=data.get("questionId") or question.get("id"),
    )
    return standing(shown.quiz, shown)


def close(*, room_id: str, by: User, data: dict[str, Any], arrived_at: datetime) -> dict[str, Any]:
    closed = actions.close_question(room_id=room_id, by=by)
    return standing(closed.quiz, closed)


def solve(*, room_id: str, by: User, data: dict[str, Any], arrived_at: datetime) -> dict[str, Any]:
    solved = actions.show_solution(room_id=room_id, by=by)
    return standing(solved.quiz, solved)


def end(*, room_id: str, by: User, data: dict[str, Any], arrived_at: datetime) -> dict[str, Any]:
    return standing(actions.end_quiz(room_id=room_id, by=by))


def answer(*, room_id: str, by: User, data: dict[str, Any], arrived_at: datetime) -> dict[str, Any]:
    recorded = submit_answer(
        room_id=room_id, by=by, question_id=data["questionId"], option=data["answerIndex"], arrived_at=arrived_at
    )
    return {"questionId": data["questionId"], "answerIndex": recorded.option}


def state(*, room_id: str, by: User, data: dict[str, Any], arrived_at: datetime) -> dict[str, Any]:
    return state_of(readable_room(room_id, by), by)


COMMANDS = (
    AppCommand("quiz:start", "Starts the quiz, without a question yet. For organizers.", data_of(), ROUND, start),
    AppCommand(
        "quiz:show_question",
        "Shows a question, the next one where none is named; starts the quiz, and closes the question before. For "
        "organizers.",
        data_of(questionIndex=INDEX, questionId=ID, question={"type": "object", "properties": {"id": ID}}),
        ROUND,
        show,
    ),
    AppCommand("quiz:close_question", "Ends the answering. For organizers.", data_of(), ROUND, close),
    AppCommand("quiz:show_solution", "Tells the right answer. For organizers.", data_of(), ROUND, solve),
    AppCommand("quiz:end", "Ends the quiz and tells the leaderboard. For organizers.", data_of(), ROUND, end),
    AppCommand(
        "quiz:answer",
        "Answers the open question, once. 422 too_fast may be repeated. For participants.",
        data_of(("questionId", "answerIndex"), questionId=ID, answerIndex={"type": "integer"}),
        data_of(("questionId", "answerIndex"), questionId=ID, answerIndex=NUMBER),
        answer,
        asks_for_access=True,
    ),
    AppCommand(
        "quiz:state",
        "Where the quiz stands: what a page that was reloaded goes on with.",
        data_of(),
        data_of(
            ("status", "questionIndex", "totalQuestions", "serverTime", "question", "me", "leaderboard"),
            status=STATUS,
            questionIndex=NUMBER_OR_NULL,
            totalQuestions=NUMBER,
            serverTime=TEXT,
            question={"type": ["object", "null"]},
            me={"type": ["object", "null"]},
            leaderboard=LEADERBOARD,
        ),
        state,
    ),
)

EVENTS = (
    EventShape(
        "quiz:status_changed",
        "The quiz goes on.",
        {"oldStatus": STATUS, "newStatus": STATUS, "status": STATUS, "questionIndex": NUMBER_OR_NULL},
    ),
    EventShape(
        "quiz:question_shown",
        "A question may be answered, until `endsAt` where that is no null.",
        {
            "question": QUESTION,
            "questionIndex": NUMBER,
            "totalQuestions": NUMBER,
            "shownAt": TEXT,
            "endsAt": TIME_OR_NULL,
        },
    ),
    EventShape(
        "quiz:answer_submitted",
        "Somebody answered. For those who run the room.",
        {"participantId": ID, "participantName": TEXT, "questionId": ID},
    ),
    EventShape(
        "quiz:answer_count",
        "How many have answered so far, at most four times a second.",
        {"questionId": ID, "count": NUMBER},
        logged=False,
    ),
    EventShape("quiz:round_winner", "Somebody had the first right answer.", {"winner": WINNER}),
    EventShape(
        "quiz:round_closed",
        "How the answers fell. Comes once more when the solution is shown: then with the solution, and the ten best.",
        {
            "questionId": ID,
            "questionIndex": NUMBER,
            "distribution": {"type": "array", "items": NUMBER},
            "correctIndex": NUMBER_OR_NULL,
            "leaderboard": {"anyOf": [LEADERBOARD, {"type": "null"}]},
        },
    ),
    EventShape("quiz:finished", "The quiz is over.", {"leaderboard": LEADERBOARD}),
)
