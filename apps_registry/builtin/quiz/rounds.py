"""What becomes of a round: who answered is told, the first right answer wins it, it closes, its solution is shown."""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q

from accounts.actors import PLATFORM, Actor
from accounts.shapes import person
from apps_registry.builtin.quiz.enums import QuizStatus
from apps_registry.builtin.quiz.models import Answer, Quiz, Round
from apps_registry.builtin.quiz.questions import (
    is_first_wins,
    milliseconds,
    question_of,
)
from apps_registry.builtin.quiz.standings import answer_count, distribution, leaderboard, right_answers
from platform_site.rest.exceptions import NotFound
from platform_site.rest.fields import iso
from prizes.actions import award_prize
from prizes.enums import WinnerMethod
from prizes.errors import PrizeExhausted
from rooms.enums import ParticipantRole, RoomStatus, Visibility
from rooms.events import push_unlogged, record, record_many
from rooms.models import Participant, Room
from rooms.notifications import notify
from rooms.permissions import lock_room

# After a right answer, or the end of the time, this long for answers that had arrived before it and still wait in a
# queue. Each one that then comes in asks for as much time again: a busy process lags behind another by more.
SETTLE = timedelta(milliseconds=500)
LONGEST_SETTLE = timedelta(seconds=5)
BETWEEN_COUNTS = timedelta(milliseconds=250)  # at most four frames a second to everybody


def open_round(quiz: Quiz) -> Round | None:
    return Round.objects.filter(quiz=quiz, closed_at=None).first()


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
    record_many(room, told, by=PLATFORM, visibility=Visibility.ORGANIZER)
    Answer.objects.filter(pk__in=[answer.pk for answer in untold]).update(told=True)
    Quiz.objects.filter(pk=quiz.pk).update(told_at=now)
    push_unlogged(room.pk, "quiz:answer_count", {"questionId": round.question_id, "count": answer_count(round)})


def close_round(room: Room, quiz: Quiz, round: Round, *, by: Actor, now: datetime) -> None:
    """Ends the answering, and with scoring `first` gives the round to the first right answer and shows the solution."""
    round.refresh_from_db(from_queryset=Round.objects.select_for_update())
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
            by=PLATFORM,
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


def solve_round(room: Room, quiz: Quiz, round: Round, *, by: Actor, now: datetime) -> None:
    """Shows the right answer of a closed round."""
    round.solved_at = now
    round.save(update_fields=["solved_at", "updated_at"])
    tell_closed(room, quiz, round, by=by)


def tell_closed(room: Room, quiz: Quiz, round: Round, *, by: Actor) -> None:
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


def move(room: Room, quiz: Quiz, status: QuizStatus, *, by: Actor, index: int | None) -> None:
    """Brings the quiz into `status`, in its own row and in what members read of the room, and tells everybody."""
    old = quiz.status
    quiz.status = status
    quiz.save(update_fields=["status", "finished_at", "updated_at"])
    tell_status(room, old, status, by=by, index=index)


def tell_status(room: Room, old: str, new: str, *, by: Actor, index: int | None) -> None:
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
            room = lock_room(room_id, PLATFORM)
            if room.status == RoomStatus.ACTIVE:
                do_what_is_due(room, now)
    except NotFound:  # deleted meanwhile
        return None
    return next_moment(room_id)


def do_what_is_due(room: Room, now: datetime) -> None:
    quiz = Quiz.objects.filter(room=room).first()
    current = open_round(quiz) if quiz else None
    if quiz is None or current is None:
        return
    quiz.room = room
    due = due_at(current)
    if due is not None and due <= now:
        close_round(room, quiz, current, by=PLATFORM, now=now)
        move(room, quiz, QuizStatus.BETWEEN_ROUNDS, by=PLATFORM, index=current.index)
    elif quiz.told_at is None or quiz.told_at + BETWEEN_COUNTS <= now:
        tell_answers(room, quiz, current, now)


def overdue_rooms(now: datetime) -> list[str]:
    """Where a round should be over. The clock of the process that has the phones is quicker; after a restart, or where
    that process died, the worker finds it here."""
    timed = Q(decide_at__lte=now) | Q(ends_at__lte=now - SETTLE)
    due = Round.objects.filter(timed, closed_at=None, quiz__room__status=RoomStatus.ACTIVE)
    return list(due.values_list("quiz__room", flat=True))
