"""Answers as they come in, in the order in which they arrived at the server.

They take no lock of the room: five hundred phones answer within a second. Each holds a shared lock on its round, and
whoever closes the round takes it exclusively: so all answers are in before the round is counted, and none comes after.
"""

from datetime import datetime, timedelta

from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from accounts.models import User
from apps_registry.builtin.quiz.errors import AlreadyAnswered, JoinedLate, PlayersOnly, QuestionClosed, TooFast
from apps_registry.builtin.quiz.models import Answer, Round
from apps_registry.builtin.quiz.questions import Question, fastest_of, is_first_wins, points_for, question_of
from apps_registry.builtin.quiz.rounds import LONGEST_SETTLE, SETTLE
from platform_site.rest.exceptions import InvalidInput, NotFound
from rooms.enums import ParticipantRole, RoomStatus
from rooms.models import Participant


def submit_answer(*, room_id: str, by: User, question_id: str, option: int, arrived_at: datetime) -> Answer:
    """Records the answer of `by`, which the server read at `arrived_at`. The same answer again: no change.

    Says nothing of whether it is right. Raises NotFound, PlayersOnly, QuestionClosed (also after the time limit),
    JoinedLate, TooFast, AlreadyAnswered, InvalidInput (no such option).
    """
    player = player_of(room_id, by)
    rounds = Round.objects.filter(quiz__room=room_id, question_id=question_id, quiz__room__deleted_at=None)
    current = rounds.select_related("quiz__room").first()
    if current is None or current.quiz.room.status != RoomStatus.ACTIVE:
        raise QuestionClosed
    try:
        return recorded(current, player, option, arrived_at)
    except (QuestionClosed, IntegrityError):
        # A phone that did not hear that it was heard asks again.
        earlier = Answer.objects.filter(round=current, participant=player).first()
        if earlier is None:
            raise
        if earlier.option != option:
            raise AlreadyAnswered from None
        return earlier


def recorded(round: Round, player: Participant, option: int, arrived_at: datetime) -> Answer:
    room = round.quiz.room
    question = question_of(room, round)
    require_in_time(round, question, player, option, arrived_at)
    answer = Answer(
        round=round, participant=player, option=option, is_right=option == question.correct, arrived_at=arrived_at
    )
    if answer.is_right:
        answer.points = points_for(shown_at=round.shown_at, ends_at=round.ends_at, arrived_at=arrived_at)
    with transaction.atomic():
        closed_at, first_right_at = held(round)
        if closed_at is not None:
            raise QuestionClosed
        answer.save(force_insert=True)
        if is_first_wins(room) and (answer.is_right or (first_right_at and arrived_at < first_right_at)):
            put_off(round, answer)
    return answer


def player_of(room_id: str, user: User) -> Participant:
    player = Participant.objects.filter(room=room_id, user_id=user.pk).first()
    if player is None:
        raise NotFound("You are not in this room.")
    if player.role != ParticipantRole.PARTICIPANT:
        raise PlayersOnly
    return player


def require_in_time(round: Round, question: Question, player: Participant, option: int, arrived_at: datetime) -> None:
    if round.closed_at is not None or (round.ends_at is not None and arrived_at > round.ends_at):
        raise QuestionClosed
    if player.joined_at > round.shown_at:
        raise JoinedLate
    if not 0 <= option < len(question.options):
        raise InvalidInput({"answerIndex": ["There is no such option."]})
    least = fastest_of(round.quiz.room)
    if arrived_at - round.shown_at < timedelta(milliseconds=least):
        raise TooFast(least)


def held(round: Round) -> tuple[datetime | None, datetime | None]:
    """When the round was closed and when its first right answer arrived; neither changes from None to a moment of
    closing until the surrounding transaction ends."""
    if connection.vendor != "postgresql":  # SQLite: one transaction at a time
        return Round.objects.values_list("closed_at", "first_right_at").get(pk=round.pk)
    with connection.cursor() as cursor:
        # Django has no word for this lock. It lets other answers in and keeps close_round out.
        cursor.execute("SELECT closed_at, first_right_at FROM quiz_round WHERE id = %s FOR KEY SHARE", [round.pk])
        row: tuple[datetime | None, datetime | None] = cursor.fetchone()
        return row


def put_off(round: Round, answer: Answer) -> None:
    """The first right answer, and each one that arrived before it and came in later, puts the decision off."""
    soon = timezone.now() + SETTLE
    this = Round.objects.filter(pk=round.pk)
    if answer.is_right:
        latest = soon - SETTLE + LONGEST_SETTLE
        this.filter(first_right_at=None).update(first_right_at=answer.arrived_at, decide_at=soon, decide_by=latest)
    this.filter(first_right_at__gt=answer.arrived_at, decide_by__gte=soon).update(decide_at=soon)
    if answer.is_right:
        this.filter(first_right_at__gt=answer.arrived_at).update(first_right_at=answer.arrived_at)
