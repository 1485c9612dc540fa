"""Many phones at once: every answer is recorded, the earliest arrival wins, a closed round stays closed."""

import random
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import transaction
from django.utils import timezone

from apps_registry.builtin.quiz import answers
from apps_registry.builtin.quiz.actions import close_question, show_question
from apps_registry.builtin.quiz.errors import QuestionClosed
from apps_registry.builtin.quiz.models import Answer, Quiz, Round
from apps_registry.builtin.quiz.rounds import LONGEST_SETTLE, wake_room
from prizes.models import Prize, Winner
from rooms.models import RoomEvent
from tests.quiz.conftest import give_answer, make_players, make_quiz, told
from tests.races import together

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
PHONES, THREADS = 500, 20


def in_threads(calls):
    """Runs `calls` on THREADS connections, in an order of their own."""
    shares = [calls[at::THREADS] for at in range(THREADS)]
    together(THREADS, lambda at: [call() for call in shares[at]])


def test_the_order_of_commits_is_not_the_order_of_arrivals(organiser):
    """The control: whoever took the first row that is there would give the round to the wrong person."""
    quiz = make_quiz(organiser)
    early, late = make_players(quiz, 2)
    shown = show_question(room_id=quiz.pk, by=organiser)
    recorded = Barrier(2)

    def answer(at: int) -> None:
        if at == 0:
            recorded.wait(30)  # it arrived first and waits in a queue
        give_answer(quiz, (early, late)[at], shown, 1, (400, 900)[at])
        if at == 1:
            recorded.wait(30)

    together(2, answer)
    in_order_of_commits = Answer.objects.order_by("created_at")
    assert [each.participant.user for each in in_order_of_commits] == [late, early]
    wake_room(quiz.pk, timezone.now() + LONGEST_SETTLE)
    assert Winner.objects.get().participant.user == early


def test_five_hundred_phones_answer_within_a_second(organiser):
    quiz = make_quiz(organiser)
    players = make_players(quiz, PHONES)
    shown = show_question(room_id=quiz.pk, by=organiser)
    shuffled = random.Random(11)
    stamps = shuffled.sample(range(150, 1150), PHONES)
    right = set(shuffled.sample(range(PHONES), 50))
    first = min(right, key=lambda at: stamps[at])
    in_threads(
        [
            lambda at=at: give_answer(quiz, players[at], shown, 1 if at in right else 0, stamps[at])
            for at in shuffled.sample(range(PHONES), PHONES)
        ]
    )
    assert Answer.objects.filter(round=shown).count() == PHONES
    wake_room(quiz.pk, timezone.now() + LONGEST_SETTLE)
    win = Winner.objects.get()
    assert win.participant.user == players[first]
    assert win.metadata["responseTimeMs"] == stamps[first]
    assert told(quiz, "quiz:round_closed")[0]["distribution"] == [PHONES - 50, 50]
    assert len(told(quiz, "quiz:answer_submitted")) == PHONES
    prize = Prize.objects.get(room=quiz)
    assert (prize.quantity, prize.quantity_remaining) == (3, 2)


def test_without_the_lock_an_answer_comes_in_after_the_close(organiser, monkeypatch):
    """The control for the next test: the answer looks, the round closes, the answer is written."""
    quiz = make_quiz(organiser, scoring="points")
    (player,) = make_players(quiz, 1)
    shown = show_question(room_id=quiz.pk, by=organiser)
    looked, closed = Barrier(2), Barrier(2)

    def look_only(current):
        looked.wait(30)
        closed.wait(30)
        return None, None

    monkeypatch.setattr(answers, "held", look_only)

    def act(at: int) -> None:
        if at == 0:
            give_answer(quiz, player, shown, 1)
            return
        looked.wait(30)
        close_question(room_id=quiz.pk, by=organiser)
        closed.wait(30)

    together(2, act)
    assert told(quiz, "quiz:round_closed")[0]["distribution"] == [0, 0]
    assert Answer.objects.count() == 1


def test_what_is_recorded_is_counted_and_what_is_counted_is_recorded(organiser):
    quiz = make_quiz(organiser, scoring="points")
    players = make_players(quiz, 60)
    shown = show_question(room_id=quiz.pk, by=organiser)

    def act(at: int) -> bool:
        if at == 0:
            close_question(room_id=quiz.pk, by=organiser)
            return False
        try:
            give_answer(quiz, players[at], shown, 1)
        except QuestionClosed:
            return False
        return True

    recorded = sum(together(40, act))
    assert Answer.objects.count() == recorded
    assert told(quiz, "quiz:round_closed")[0]["distribution"] == [0, recorded]
    assert len(told(quiz, "quiz:answer_submitted")) == recorded


def test_one_person_on_two_phones_has_one_answer(organiser):
    quiz = make_quiz(organiser)
    (player,) = make_players(quiz, 1)
    shown = show_question(room_id=quiz.pk, by=organiser)
    together(8, lambda at: give_answer(quiz, player, shown, 0, 500 + at))
    assert Answer.objects.count() == 1


def test_two_clocks_close_a_round_once(organiser):
    quiz = make_quiz(organiser)
    players = make_players(quiz, 3)
    shown = show_question(room_id=quiz.pk, by=organiser)
    for at, player in enumerate(players):
        give_answer(quiz, player, shown, 1, 500 + at)
    later = timezone.now() + timedelta(minutes=1)
    together(6, lambda at: wake_room(quiz.pk, later))
    assert Winner.objects.count() == 1
    assert len(told(quiz, "quiz:round_closed")) == 1
    assert len(told(quiz, "quiz:answer_submitted")) == 3
    assert RoomEvent.objects.filter(room=quiz, type="winner:selected").count() == 1


def test_two_organizers_press_next_at_once(organiser):
    quiz = make_quiz(organiser)
    together(4, lambda at: show_question(room_id=quiz.pk, by=organiser, index=0))
    assert (Quiz.objects.count(), Round.objects.count(), Prize.objects.count()) == (1, 1, 1)
    assert len(told(quiz, "quiz:question_shown")) == 1


def test_a_crash_between_answer_and_acknowledgement_changes_nothing(organiser):
    """What was rolled back was not recorded; asked again, it is, with the stamp of the message that came again."""
    quiz = make_quiz(organiser)
    (player,) = make_players(quiz, 1)
    shown = show_question(room_id=quiz.pk, by=organiser)
    with pytest.raises(RuntimeError), transaction.atomic():
        give_answer(quiz, player, shown, 1, 500)
        raise RuntimeError
    assert Round.objects.get().first_right_at is None
    give_answer(quiz, player, shown, 1, 900)
    wake_room(quiz.pk, timezone.now() + LONGEST_SETTLE)
    assert Winner.objects.get().metadata["responseTimeMs"] == 900
