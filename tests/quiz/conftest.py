"""A quiz with three questions, and people who play it."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from accounts.models import User
from apps_registry.builtin.quiz.actions import show_question
from apps_registry.builtin.quiz.answers import submit_answer
from apps_registry.builtin.quiz.models import Answer, Round
from apps_registry.models import App
from rooms.models import Room, RoomEvent
from tests.factories import add_participant, make_room, make_user
from tests.live import Server

QUESTIONS: list[dict[str, Any]] = [
    {"id": "q1", "text": "Two and two?", "options": ["three", "four"], "correctIndex": 1},
    {
        "id": "q2",
        "text": "Capital of France?",
        "options": ["Rome", "Bonn", "Paris"],
        "correctIndex": 2,
        "timeLimit": 10,
    },
    {"id": "q3", "text": "Colour of snow?", "options": ["white", "green"], "correctIndex": 0},
]


def make_quiz(by: User, **settings: Any) -> Room:
    app = App.objects.get(app_id="app_quiz_v1")
    fields = {name: settings.pop(name) for name in ("active", "is_public") if name in settings}
    return make_room(by, app=app, app_settings={"questions": QUESTIONS} | settings, **fields)


def make_players(room: Room, number: int) -> list[User]:
    users = [make_user() for _ in range(number)]
    for user in users:
        add_participant(room, user)
    return users


def after(shown: Round, milliseconds: int) -> datetime:
    return shown.shown_at + timedelta(milliseconds=milliseconds)


def give_answer(room: Room, by: User, shown: Round, option: int, milliseconds: int = 1000) -> Answer:
    """`by` answers so many milliseconds after the question was shown."""
    return submit_answer(
        room_id=room.pk, by=by, question_id=shown.question_id, option=option, arrived_at=after(shown, milliseconds)
    )


def told(room: Room, name: str) -> list[dict[str, Any]]:
    return list(RoomEvent.objects.filter(room=room, type=name).order_by("seq").values_list("payload", flat=True))


@pytest.fixture
def quiz(organiser: User) -> Room:
    return make_quiz(organiser)


@pytest.fixture
def players(quiz: Room) -> list[User]:
    return make_players(quiz, 3)


@pytest.fixture
def shown(quiz: Room, players: list[User], organiser: User) -> Round:
    """The first question, just shown."""
    return show_question(room_id=quiz.pk, by=organiser)


@pytest.fixture
def committed_db(transactional_db: None) -> None:
    """Rows are committed: other processes see them."""


@pytest.fixture(scope="session")
def server_process(django_db_setup: None) -> Iterator[Server]:
    with Server() as server:
        yield server


@pytest.fixture
def server(committed_db: None, server_process: Server) -> Server:
    """A server process on the test's database, one for the run."""
    return server_process
