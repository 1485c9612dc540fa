"""Answers as they come in, in the order in which they arrived at the server.

They take no lock of the room: five hundred phones answer within a second. Each holds a shared lock on its round, and
whoever closes the round takes it exclusively: so all answers are in before the round is counted, and none comes after.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from accounts.models import User
from apps_registry.builtin.quiz.errors import AlreadyAnswered, JoinedLate, PlayersOnly, QuestionClosed, TooFast
from apps_registry.builtin.quiz.models import Answer, Round
from apps_registry.builtin.quiz.questions import fastest_of, is_first_wins, points_for, question_of
from apps_registry.builtin.quiz.rounds import LONGEST_SETTLE, SETTLE
from platform_site.rest.exceptions import InvalidInput, NotFound
from rooms.enums import ParticipantRole
from rooms.models import Participant

MOST_KEPT = 1000


@dataclass(frozen=True)
class Terms:
    """What an answer to one question is held against. None of it changes while the round is open."""

    round_id: str
    options: int
    correct: int
    shown_at: datetime
    ends_at: datetime | None
    fastest: int
    first_wins: bool


TERMS: "dict[tuple[str, str], Terms]" = {}


def submit_answer(*, room_id: str, by: User, question_id: str, option: int, arrived_at: datetime) -> Answer:
    """Records the answer of `by`, which the server read at `arrived_at`. The same answer again: no change.

    Says nothing of whether it is right. Raises NotFound, PlayersOnly, QuestionClosed (also after the time limit),
    JoinedLate, TooFast, AlreadyAnswered, InvalidInput (no such option).
    """
    player_id, joined_at = player_of(room_id, by)
    terms = terms_of(room_id, question_id)
    try:
        require_in_time(terms, joined_at, option, arrived_at)
        return recorded(terms, player_id, option, arrived_at)
    except (QuestionClosed, IntegrityError):
        # A phone that did not hear that it was heard asks again.
        earlier = Answer.objects.filter(round=terms.round_id, participant=player_id).first()
        if earlier is None:
            raise
        if earlier.option != option:
            raise AlreadyAnswered from None
        return earlier


def recorded(terms: Terms, player_id: str, option: int, arrived_at: datetime) -> Answer:
    is_right = option == terms.correct
    points = points_for(shown_at=terms.shown_at, ends_at=terms.ends_at, arrived_at=arrived_at) if is_right else 0
    answer = Answer(
        round_id=terms.round_id,
        participant_id=player_id,
        option=option,
        is_right=is_right,
        points=points,
        arrived_at=arrived_at,
    )
    with transaction.atomic():
        closed_at, first_right_at = held(terms.round_id)
        if closed_at is not None:
            raise QuestionClosed
        answer.save(force_insert=True)
        if terms.first_wins and (is_right or (first_right_at and arrived_at < first_right_at)):
            put_off(answer)
    return answer


def terms_of(room_id: str, question_id: str) -> Terms:
    """Read once a process: five hundred phones answer the same question. Raises QuestionClosed if nobody showed it."""
    known = TERMS.get((room_id, question_id))
    if known is not None:
        return known
    shown = Round.objects.filter(quiz__room=room_id, question_id=question_id).select_related("quiz__room").first()
    if shown is None:
        raise QuestionClosed
    room = shown.quiz.room
    question = question_of(room, shown)
    terms = Terms(
        round_id=shown.pk,
        options=len(question.options),
        correct=question.correct,
        shown_at=shown.shown_at,
        ends_at=shown.ends_at,
        fastest=fastest_of(room),
        first_wins=is_first_wins(room),
    )
    if len(TERMS) >= MOST_KEPT:
        TERMS.clear()
    TERMS[room_id, question_id] = terms
    return terms


def player_of(room_id: str, user: User) -> tuple[str, datetime]:
    """The id of the place of `user`, and since when they have it."""
    places = Participant.objects.filter(room=room_id, user_id=user.pk).values_list("pk", "joined_at", "role")
    place = places.first()
    if place is None:
        raise NotFound  # in the words for a room that is not there: it may be a private one
    player_id, joined_at, role = place
    if role != ParticipantRole.PARTICIPANT:
        raise PlayersOnly
    return player_id, joined_at


def require_in_time(terms: Terms, joined_at: datetime, option: int, arrived_at: datetime) -> None:
    if terms.ends_at is not None and arrived_at > terms.ends_at:
        raise QuestionClosed
    if joined_at > terms.shown_at:
        raise JoinedLate
    if not 0 <= option < terms.options:
        raise InvalidInput({"answerIndex": ["There is no such option."]})
    if arrived_at - terms.shown_at < timedelta(milliseconds=terms.fastest):
        raise TooFast(terms.fastest)


def held(round_id: str) -> tuple[datetime | None, datetime | None]:
    """When the round was closed and when its first right answer arrived. The round is not closed meanwhile until the
    surrounding transaction ends."""
    if connection.vendor != "postgresql":  # SQLite: one transaction at a time
        return Round.objects.values_list("closed_at", "first_right_at").get(pk=round_id)
    with connection.cursor() as cursor:
        # Django has no word for this lock. It lets other answers in and keeps close_round out.
        cursor.execute("SELECT closed_at, first_right_at FROM quiz_round WHERE id = %s FOR KEY SHARE", [round_id])
        row: tuple[datetime | None, datetime | None] = cursor.fetchone()
        return row


def put_off(answer: Answer) -> None:
    """The first right answer, and each one that arrived before it and came in later, puts the decision off."""
    soon = timezone.now() + SETTLE
    this = Round.objects.filter(pk=answer.round_id)
    if answer.is_right:
        latest = soon - SETTLE + LONGEST_SETTLE
        this.filter(first_right_at=None).update(first_right_at=answer.arrived_at, decide_at=soon, decide_by=latest)
    this.filter(first_right_at__gt=answer.arrived_at, decide_by__gte=soon).update(decide_at=soon)
    if answer.is_right:
        this.filter(first_right_at__gt=answer.arrived_at).update(first_right_at=answer.arrived_at)
