"""The quiz: questions on every phone, and the order in which the answers arrived."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from apps_registry.builtin.quiz import actions, rounds
from apps_registry.builtin.quiz.commands import COMMANDS, EVENTS
from apps_registry.builtin.quiz.enums import QuizStatus
from apps_registry.builtin.quiz.state import state_of
from apps_registry.contract import RoomApp


class Quiz(RoomApp):
    app_id = actions.APP_ID
    commands = COMMANDS
    events = EVENTS
    screen_modes = frozenset({"QUIZ", "LEADERBOARD"})

    def settings_faults(self, settings: dict[str, Any]) -> dict[str, list[str]]:
        """A right option that is there, and ids of which each stands for one question."""
        faults: dict[str, list[str]] = {}
        seen: set[str] = set()
        for at, question in enumerate(settings.get("questions", [])):
            if question["correctIndex"] >= len(question["options"]):
                faults[f"appSettings.questions.{at}.correctIndex"] = ["There is no such option."]
            if question["id"] in seen:
                faults[f"appSettings.questions.{at}.id"] = ["Another question has this id."]
            seen.add(question["id"])
        return faults

    def on_join(self, room: Any, participant: Any, by: Any) -> None:
        rounds.tell_late_comer(room, participant)

    def on_closing(self, room: Any, by: Any) -> None:
        actions.finish_with_room(room, by=by)

    def runtime_values(self, room: Any) -> dict[str, Any]:
        waiting = {"quizStatus": QuizStatus.WAITING.value, "currentQuestionIndex": None}
        return waiting | (room.app_runtime or {})

    def state_for(self, room: Any, user: Any) -> dict[str, Any]:
        return state_of(room, user)

    def wake(self, room_id: str, now: datetime) -> datetime | None:
        return rounds.wake_room(room_id, now)

    def due_rooms(self, now: datetime) -> Sequence[str]:
        return rounds.overdue_rooms(now)


GAME = Quiz()
