"""The questions of a room, from its settings: what they ask, and what of it may be shown."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from apps_registry.builtin.quiz.models import Round
from rooms.models import Room

FASTEST_MS = 150
MOST_POINTS, LEAST_POINTS = 1000, 500


@dataclass(frozen=True)
class Question:
    index: int
    id: str
    text: str
    options: tuple[str, ...]
    correct: int
    seconds: int | None

    def shown(self) -> dict[str, Any]:
        """The question without its answer."""
        return {"id": self.id, "text": self.text, "options": list(self.options), "timeLimit": self.seconds}

    def ends_at(self, shown_at: datetime) -> datetime | None:
        return shown_at + timedelta(seconds=self.seconds) if self.seconds else None


def questions_of(room: Room) -> list[Question]:
    return [
        Question(
            index=index,
            id=each["id"],
            text=each["text"],
            options=tuple(each["options"]),
            correct=each["correctIndex"],
            seconds=each.get("timeLimit"),
        )
        for index, each in enumerate(room.app_settings.get("questions", []))
    ]


def question_of(room: Room, round: Round) -> Question:
    """The question of a round: settings do not change while the event runs."""
    return questions_of(room)[round.index]


def is_first_wins(room: Room) -> bool:
    """Whether a round goes to the first right answer; else every right answer counts points."""
    return room.app_settings.get("scoring", "first") == "first"


def fastest_of(room: Room) -> int:
    """In milliseconds: what arrives sooner after the question no human sent."""
    return room.app_settings.get("fastestAnswerMs", FASTEST_MS)


def points_for(*, shown_at: datetime, ends_at: datetime | None, arrived_at: datetime) -> int:
    """From 1,000 for an answer at once, in a straight line down to 500 for one at the end of the time; without a time
    limit always 1,000."""
    if ends_at is None:
        return MOST_POINTS
    share = min(max((arrived_at - shown_at) / (ends_at - shown_at), 0.0), 1.0)
    return round(MOST_POINTS - (MOST_POINTS - LEAST_POINTS) * share)


def milliseconds(span: timedelta) -> int:
    return round(span.total_seconds() * 1000)
