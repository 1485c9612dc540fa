"""Nobody who plays can learn a right answer before its solution is shown.

Two quizzes are played alike; all that differs is which answers are right. Until the solution, everything that anybody
but an organizer can read must be the same in both, but for ids, times and the
codes to join.
"""

import json
import re
from typing import Any

import pytest

from apps_registry.builtin.quiz.actions import close_question, end_quiz, show_question, show_solution
from apps_registry.builtin.quiz.state import state_of
from rooms.permissions import readable_room
from tests.factories import add_participant, make_user
from tests.quiz.conftest import QUESTIONS, give_answer, make_quiz

ID = re.compile(r"\bc[a-z0-9]{24}\b")
CODE = re.compile(r'"joinCode": "\w+"')
TIME = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z")
LISTS = ("participants", "prizes", "winners", "draws", "events")
PLACES = [f"/rooms/{{room}}/{name}" for name in LISTS] + ["/rooms/{room}", "/rooms", "/notifications"]
OTHERS = [question | {"correctIndex": 1 - question["correctIndex"] % 2} for question in QUESTIONS]


def without_ids_and_times(value: Any) -> str:
    text = json.dumps(value, sort_keys=True)
    names: dict[str, str] = {}
    text = ID.sub(lambda found: names.setdefault(found[0], f"id{len(names)}"), text)
    return TIME.sub("time", CODE.sub("code", text))


class World:
    """One quiz with its people, and what each of them can read."""

    def __init__(self, api: Any, name: str, questions: list[dict[str, Any]], **settings: Any) -> None:
        self.api, self.organiser = api, make_user("Olga", email=f"olga.{name}@example.com")
        self.quiz = make_quiz(self.organiser, questions=questions, **settings)
        self.players = [make_user(player, email=f"{player}.{name}@example.com") for player in ("Ann", "Ben", "Cem")]
        self.moderator = make_user("Mo", email=f"mo.{name}@example.com")
        for player in self.players:
            add_participant(self.quiz, player)
        add_participant(self.quiz, self.moderator, "MODERATOR")

    def seen(self) -> dict[str, str]:
        viewers = {"player": self.players[0], "moderator": self.moderator, "visitor": None}
        seen = {}
        for name, user in viewers.items():
            for place in PLACES:
                if name == "visitor" and place == "/notifications":
                    continue
                path = place.format(room=self.quiz.pk)
                # Of the list of rooms one's own row: the other quiz stands in it, too.
                answer = self.api(user).get(f"/api/v1{path}").json()["data"]
                if place == "/rooms":
                    answer = [row for row in answer if row["id"] == self.quiz.pk]
                seen[f"{name} {place}"] = without_ids_and_times(answer)
            state = state_of(readable_room(self.quiz.pk, user), user)
            seen[f"{name} state"] = without_ids_and_times(state)
        return seen

    def show(self) -> None:
        self.shown = show_question(room_id=self.quiz.pk, by=self.organiser)

    def answer(self) -> None:
        for at, player in enumerate(self.players):
            give_answer(self.quiz, player, self.shown, at % 2, 1000 + at)

    def close(self) -> None:
        close_question(room_id=self.quiz.pk, by=self.organiser)

    def solve(self) -> None:
        show_solution(room_id=self.quiz.pk, by=self.organiser)

    def end(self) -> None:
        end_quiz(room_id=self.quiz.pk, by=self.organiser)


@pytest.fixture
def worlds(api, db):
    def make(**settings):
        return World(api, "one", QUESTIONS, **settings), World(api, "two", OTHERS, **settings)

    return make


def differences(worlds):
    one, two = (world.seen() for world in worlds)
    return {place for place in one if one[place] != two[place]}


def test_points_give_nothing_away_before_the_solution(worlds):
    both = worlds(scoring="points")
    for step in ("show", "answer", "close"):
        for world in both:
            getattr(world, step)()
        assert differences(both) == set(), step
    for world in both:
        world.solve()
    # The control: now they can tell the two apart.
    assert {"player state", "visitor /rooms/{room}/events"} <= differences(both)
    for step in ("show", "answer", "close"):
        before = differences(both)
        for world in both:
            getattr(world, step)()
        assert differences(both) == before, step


def test_first_gives_nothing_away_while_the_question_is_open(worlds):
    both = worlds(scoring="first")
    for step in ("show", "answer"):
        for world in both:
            getattr(world, step)()
        assert differences(both) == set(), step
    for world in both:
        world.close()
    assert "player /rooms/{room}/winners" in differences(both)


def test_questions_that_were_not_played_are_not_given_away_at_the_end(api, organiser):
    world = World(api, "one", QUESTIONS)
    world.show()
    world.end()
    everything = " ".join(world.seen()[place] for place in world.seen() if not place.startswith("moderator"))
    assert QUESTIONS[0]["text"] in everything
    assert not any(question["text"] in everything for question in QUESTIONS[1:])


@pytest.mark.parametrize("path", ["export.json", "export.csv", "export.xlsx", "evidence.zip"])
def test_the_files_are_for_organizers(api, worlds, path):
    world, _ = worlds()
    for user in (*world.players[:1], world.moderator):
        assert api(user).get(f"/api/v1/rooms/{world.quiz.pk}/{path}").status_code == 403


def test_questions_to_come_are_in_no_answer_to_a_player(api, worlds):
    world, _ = worlds()
    world.show()
    seen = world.seen()
    for place, text in seen.items():
        if not place.startswith("moderator"):
            assert QUESTIONS[1]["text"] not in text, place
