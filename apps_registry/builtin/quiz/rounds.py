"""One question from its showing to its solution: answers come in, the first right one is found, the round closes.

Answers take no lock of the room: five hundred phones answer within a second. Each holds a shared lock on its round, and
whoever closes the round takes it exclusively: so all answers are in before the round is counted, and none comes after.
"""

from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.models import Q
from django.utils import timezone

from accounts.models import User
from apps_registry.builtin.quiz.enums import QuizStatus
from apps_registry.builtin.quiz.errors import AlreadyAnswered, JoinedLate, PlayersOnly, QuestionClosed, TooFast
from apps_registry.builtin.quiz.models import Answer, Quiz, Round
from apps_registry.builtin.quiz.questions import (
    Question,
    fastest_of,
    is_first_wins,
    milliseconds,
    points_for,
    question_of,
)
from apps_registry.builtin.quiz.standings import answer_count, distribution, leaderboard, right_answers
from platform_site.rest.exceptions import InvalidInput, NotFound
from platform_site.rest.fields import iso
from prizes.actions import award_prize
from prizes.enums import WinnerMethod
from prizes.errors import PrizeExhausted
from rooms.enums import ParticipantRole, RoomStatus, Visibility
from rooms.events import push_unlogged, record, record_many
from rooms.models import Participant, Room
from rooms.notifications import notify
from rooms.permissions import lock_room
from rooms.shapes import person

# After a right answer, or the end of the time, this long for answers that had arrived before it and still wait in a
# queue. Each one that then comes in asks for as much time again: a busy process lags behind another by more.
SETTLE = timedelta(milliseconds=300)
LONGEST_SETTLE = timedelta(seconds=5)
BETWEEN_COUNTS = timedelta(milliseconds=250)  # at most four frames a second to everybody


def open_round(quiz: Quiz) -> Round | None:
    return Round.objects.filter(quiz=quiz, closed_at=None).first()


# --- Answering --------------------------------------------------------------------------------------------------------


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
        this.filter(first_right_at=None).update(
            first_right_at=answer.arrived_at, decide_at=soon, decide_by=latest
        )
    this.filter(first_right_at__gt=answer.arrived_at, decide_by__gte=soon).update(decide_at=soon)
    if answer.is_right:
        this.filter(first_right_at__gt=answer.arrived_at).update(first_right_at=answer.arrived_at)


# --- Telling, closing, solving: in a locked room ----------------------------------------------------------------------


def tell_answers(room: Room, quiz: Quiz, round: Round, now: datetime) -> None:
    """Tells those who run the room who has answered, and everybody how many."""
    untold = list(Answer.objects.filter(round=round, told=False).select_related("participant__user"))
    if not untold:
        return
    told: list[tuple[str, dict[str, Any]]] = [
        (
            "quiz:answer_submitted",
            {
                "participantId": answer.participant_id,
                "participantName": person(answer.participant.user)["name"],
                "questionId": round.question_id,
            },
        )
        for answer in sorted(untold, key=lambda answer: (answer.arrived_at, answer.pk))
    ]
    record_many(room, told, by=None, visibility=Visibility.ORGANIZER)
    Answer.objects.filter(pk__in=[answer.pk for answer in untold]).update(told=True)
    Quiz.objects.filter(pk=quiz.pk).update(told_at=now)
    count = {"questionId": round.question_id, "count": answer_count(round)}
    push_unlogged(room.pk, "quiz:answer_count", count)


def close_round(room: Room, quiz: Quiz, round: Round, *, by: User | None, now: datetime) -> None:
    """Ends the answering, and with scoring `first` gives the round to the first right answer and shows the solution."""
    round = Round.objects.select_for_update().get(pk=round.pk)
    tell_answers(room, quiz, round, now)
    round.closed_at = now
    first = right_answers(round).first() if is_first_wins(room) else None
    if first is not None:
        give(room, quiz, round, first)
        round.solved_at = now
    round.save(update_fields=["closed_at", "solved_at", "winner", "win", "updated_at"])
    if first is not None:
        record(room, "quiz:round_winner", {"winner": winner_shown(round, first)}, by=by)
    tell_closed(room, quiz, round, by=by)


def give(room: Room, quiz: Quiz, round: Round, answer: Answer) -> None:
    """Makes the first right answer the winner of the round, with a piece of the quiz's prize where one is left."""
    round.winner = answer.participant
    if quiz.prize_id is None:
        return
    metadata = {
        "questionId": round.question_id,
        "responseTimeMs": milliseconds(answer.arrived_at - round.shown_at),
        "answerIndex": answer.option,
        "submittedAt": iso(answer.arrived_at),
        "type": "quiz_round_win",
    }
    try:
        round.win = award_prize(
            room_id=room.pk,
            prize_id=quiz.prize_id,
            participant_id=answer.participant_id,
            by=None,
            method=WinnerMethod.QUIZ,
            round_key=round.question_id,
            metadata=metadata,
        )
    except (PrizeExhausted, NotFound) as error:
        tell_no_piece(room, round, error.message)
    room.refresh_from_db(fields=["last_seq", "last_public_seq"])


def tell_no_piece(room: Room, round: Round, why: str) -> None:
    """The round counts on the leaderboard all the same; whoever organizes the room can add pieces and award by hand."""
    notify(
        user_id=room.created_by_id,
        type="quiz:no_piece",
        title=f"Round {round.index + 1} was won, but no prize was awarded",
        body=why,
        room=room,
        data={"questionId": round.question_id},
    )


def winner_shown(round: Round, answer: Answer) -> dict[str, Any]:
    return {
        "participantId": answer.participant_id,
        "participantName": person(answer.participant.user)["name"],
        "questionId": round.question_id,
        "responseTimeMs": milliseconds(answer.arrived_at - round.shown_at),
    }


def solve_round(room: Room, quiz: Quiz, round: Round, *, by: User | None, now: datetime) -> None:
    """Shows the right answer of a closed round."""
    round.solved_at = now
    round.save(update_fields=["solved_at", "updated_at"])
    tell_closed(room, quiz, round, by=by)


def tell_closed(room: Room, quiz: Quiz, round: Round, *, by: User | None) -> None:
    """How the answers fell; with the solution, and who leads now, once it is shown."""
    question = question_of(room, round)
    solved = round.solved_at is not None
    told = {
        "questionId": round.question_id,
        "questionIndex": round.index,
        "distribution": distribution(round, len(question.options)),
        "correctIndex": question.correct if solved else None,
        "leaderboard": leaderboard(quiz)[:10] if solved else None,
    }
    record(room, "quiz:round_closed", told, by=by)


def tell_late_comer(room: Room, participant: Participant) -> None:
    """Whoever comes in while a question is open hears when they begin to play."""
    if participant.role != ParticipantRole.PARTICIPANT:
        return
    if Round.objects.filter(quiz__room=room, closed_at=None, shown_at__lt=participant.joined_at).exists():
        notify(
            user_id=participant.user_id,
            type="quiz:next_question",
            title="You play from the next question",
            body="A question is open that was shown before you came in.",
            room=room,
        )


def last_round(quiz: Quiz) -> Round | None:
    return Round.objects.filter(quiz=quiz).order_by("-shown_at", "-pk").first()


def move(room: Room, quiz: Quiz, status: QuizStatus, *, by: User | None, index: int | None) -> None:
    """Brings the quiz into `status`, in its own row and in what members read of the room, and tells everybody."""
    old = quiz.status
    quiz.status = status
    quiz.save(update_fields=["status", "finished_at", "updated_at"])
    tell_status(room, old, status, by=by, index=index)


def tell_status(room: Room, old: str, new: str, *, by: User | None, index: int | None) -> None:
    room.app_runtime = {"quizStatus": str(new), "currentQuestionIndex": index}
    Room.all_objects.filter(pk=room.pk).update(app_runtime=room.app_runtime, updated_at=room.updated_at)
    told: dict[str, Any] = {"oldStatus": str(old), "newStatus": str(new), "status": str(new), "questionIndex": index}
    record(room, "quiz:status_changed", told, by=by)


# --- What is due ------------------------------------------------------------------------------------------------------


def due_at(round: Round) -> datetime | None:
    """When the round closes by itself: at the end of its time, or once its first right answer is certain to be it."""
    moments = [moment for moment in (round.decide_at, round.ends_at and round.ends_at + SETTLE) if moment is not None]
    return min(moments, default=None)


def next_moment(room_id: str) -> datetime | None:
    """When there is something to tell or to close in this room."""
    current = Round.objects.filter(quiz__room=room_id, closed_at=None).select_related("quiz").first()
    if current is None:
        return None
    moments = [due_at(current)]
    if Answer.objects.filter(round=current, told=False).exists():
        told_at = current.quiz.told_at
        moments.append(told_at + BETWEEN_COUNTS if told_at else current.shown_at)
    return min((moment for moment in moments if moment is not None), default=None)


def wake_room(room_id: str, now: datetime) -> datetime | None:
    """Tells and closes what is due in a room; says when something will be. The clock of a process, another process and
    the worker may all call it for the same room."""
    due = next_moment(room_id)
    if due is None or due > now:
        return due
    try:
        with transaction.atomic():
            room = lock_room(room_id, None)
            if room.status == RoomStatus.ACTIVE:
                do_what_is_due(room, now)
    except NotFound:  # deleted meanwhile
        return None
    return next_moment(room_id)


def do_what_is_due(room: Room, now: datetime) -> None:
    quiz = Quiz.objects.filter(room=room).first()
    current = quiz and open_round(quiz)
    if quiz is None or current is None:
        return
    quiz.room = room
    due = due_at(current)
    if due is not None and due <= now:
        close_round(room, quiz, current, by=None, now=now)
        move(room, quiz, QuizStatus.BETWEEN_ROUNDS, by=None, index=current.index)
    elif quiz.told_at is None or quiz.told_at + BETWEEN_COUNTS <= now:
        tell_answers(room, quiz, current, now)


def rooms_with_open_rounds() -> list[str]:
    open_rounds = Round.objects.filter(closed_at=None, quiz__room__status=RoomStatus.ACTIVE)
    timed = open_rounds.filter(Q(decide_at__isnull=False) | Q(ends_at__isnull=False) | Q(answers__told=False))
    return list(timed.values_list("quiz__room", flat=True).distinct())
