"""What organizers do with a quiz: start it, show questions, close them, show solutions, end it."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from accounts.actors import Actor
from apps_registry.builtin.quiz.enums import QuizStatus
from apps_registry.builtin.quiz.errors import AlreadyPlayed, OtherGame, QuestionClosed, QuestionOpen, QuizOver
from apps_registry.builtin.quiz.models import Quiz, Round
from apps_registry.builtin.quiz.questions import Question, is_first_wins, questions_of
from apps_registry.builtin.quiz.rounds import close_round, last_round, move, open_round, solve_round, tell_status
from apps_registry.builtin.quiz.standings import MOST_TOLD, leaderboard
from platform_site.rest.exceptions import InvalidInput
from platform_site.rest.fields import iso
from prizes.actions import create_prize, require_active
from prizes.models import Prize
from rooms.enums import RoomStatus
from rooms.events import record
from rooms.models import Room
from rooms.permissions import Need, locked_room

APP_ID = "app_quiz_v1"
PRIZE_NAME = "Quiz Point"


@transaction.atomic
def start_quiz(*, room_id: str, by: Actor) -> Quiz:
    """Begins the quiz, without a question yet. Again: no change. With scoring `first`, makes the prize that rounds win
    where the room has none. Raises RoomNotActive, RoomClosed, QuizOver, InvalidInput (no questions)."""
    room = quiz_room(room_id, by)
    return started(room, by=by)


@transaction.atomic
def show_question(
    *,
    room_id: str,
    by: Actor,
    index: int | None = None,
    question_id: str | None = None,
    now: datetime | None = None,
) -> Round:
    """Puts a question to everybody: by its index, or its id, else the next one. Starts the quiz where nobody did, and
    closes the question that is open. The one that is open already: no change.

    Raises AlreadyPlayed, InvalidInput (no such question), and what start_quiz raises.
    """
    room = quiz_room(room_id, by)
    question = chosen(room, index, question_id)
    # Everybody hears of the start and of the question as one step: whoever shows a question first has started.
    quiz = started(room, by=by, quietly=True)
    now = now or timezone.now()
    current = open_round(quiz)
    if current is not None:
        if current.question_id == question.id:
            return current
        close_round(room, quiz, current, by=by, now=now)
    if Round.objects.filter(quiz=quiz, question_id=question.id).exists():
        raise AlreadyPlayed
    shown = Round.objects.create(
        quiz=quiz, question_id=question.id, index=question.index, shown_at=now, ends_at=question.ends_at(now)
    )
    told = {
        "question": question.shown(),
        "questionIndex": question.index,
        "totalQuestions": len(questions_of(room)),
        "shownAt": iso(now),
        "endsAt": shown.ends_at and iso(shown.ends_at),
    }
    record(room, "quiz:question_shown", told, by=by)
    move(room, quiz, QuizStatus.QUESTION_ACTIVE, by=by, index=question.index)
    return shown


@transaction.atomic
def close_question(*, room_id: str, by: Actor, now: datetime | None = None) -> Round:
    """Ends the answering. Again: no change. Raises QuestionClosed where no question was shown."""
    room = quiz_room(room_id, by)
    quiz = Quiz.objects.filter(room=room).first()
    current = (open_round(quiz) or last_round(quiz)) if quiz else None
    if quiz is None or current is None:
        raise QuestionClosed("No question is open.")
    if current.closed_at is None:
        close_round(room, quiz, current, by=by, now=now or timezone.now())
        move(room, quiz, QuizStatus.BETWEEN_ROUNDS, by=by, index=current.index)
    return current


@transaction.atomic
def show_solution(*, room_id: str, by: Actor, now: datetime | None = None) -> Round:
    """Tells the right answer of the question that was played last. Again: no change. Raises QuestionOpen,
    QuestionClosed where no question was shown."""
    room = quiz_room(room_id, by)
    quiz = Quiz.objects.filter(room=room).first()
    played = last_round(quiz) if quiz else None
    if quiz is None or played is None:
        raise QuestionClosed("No question was played.")
    if played.closed_at is None:
        raise QuestionOpen
    if played.solved_at is None:
        solve_round(room, quiz, played, by=by, now=now or timezone.now())
    return played


@transaction.atomic
def end_quiz(*, room_id: str, by: Actor) -> Quiz:
    """Ends the quiz and tells the leaderboard. Again: no change."""
    room = quiz_room(room_id, by)
    quiz = started(room, by=by, quietly=True, over=True)
    finish(room, quiz, by=by)
    return quiz


def finish(room: Room, quiz: Quiz, *, by: Actor) -> None:
    """Closes what is open and shows what was not solved, in a locked room that is still open."""
    if quiz.status == QuizStatus.FINISHED:
        return
    now = timezone.now()
    current = open_round(quiz)
    if current is not None:
        close_round(room, quiz, current, by=by, now=now)
    for played in Round.objects.filter(quiz=quiz, solved_at=None).order_by("shown_at"):
        solve_round(room, quiz, played, by=by, now=now)
    last = last_round(quiz)
    quiz.finished_at = now
    record(room, "quiz:finished", {"leaderboard": leaderboard(quiz)[:MOST_TOLD]}, by=by)
    move(room, quiz, QuizStatus.FINISHED, by=by, index=last.index if last else None)


def finish_with_room(room: Room, *, by: Actor) -> None:
    """The event ends, and its quiz with it: whoever follows the room gets a leaderboard, an empty one where nothing was
    played."""
    if room.status != RoomStatus.ACTIVE:
        return
    quiz = started(room, by=by, quietly=True, over=True)
    finish(room, quiz, by=by)


# --- Steps in a locked room -------------------------------------------------------------------------------------------


def quiz_room(room_id: str, by: Actor) -> Room:
    """The room, locked, for whoever organizes it. Raises NotFound, Forbidden, OtherGame, RoomNotActive, RoomClosed."""
    room = locked_room(room_id, by, Need.ORGANIZE)
    if room.app_id != APP_ID:
        raise OtherGame
    require_active(room)
    return room


def started(room: Room, *, by: Actor, quietly: bool = False, over: bool = False) -> Quiz:
    """The quiz of a locked room, begun where it was not. `quietly`: the caller tells the status. Raises QuizOver unless
    the caller can do with a quiz that is `over`."""
    quiz = Quiz.objects.filter(room=room).first()
    if quiz is not None:
        quiz.room = room
        if quiz.status == QuizStatus.FINISHED and not over:
            raise QuizOver
        return quiz
    questions = questions_of(room)
    if not questions and not over:
        raise InvalidInput({"appSettings.questions": ["Add questions first."]})
    # A quiz that is over at once gives no prize away.
    prize = quiz_prize(room, questions, by=by) if is_first_wins(room) and not over else None
    quiz = Quiz.objects.create(room=room, prize=prize)
    if quietly:
        quiz.status = QuizStatus.WAITING  # until the caller's move, which is told as one step
    else:
        tell_status(room, QuizStatus.WAITING, quiz.status, by=by, index=None)
    return quiz


def quiz_prize(room: Room, questions: Sequence[Question], *, by: Actor) -> Prize:
    """The prize that rounds win. The organizer's own one by that name stays as it is."""
    own = Prize.objects.filter(room=room, name=PRIZE_NAME).order_by("created_at", "pk").first()
    if own is not None:
        return own
    description = "Won with the first right answer of a round."
    prize = create_prize(
        room_id=room.pk, by=by, name=PRIZE_NAME, description=description, quantity=len(questions), metadata={}
    )
    room.refresh_from_db(fields=["last_seq", "last_public_seq"])
    return prize


def chosen(room: Room, index: int | None, question_id: str | None) -> Question:
    questions = questions_of(room)
    if index is None and question_id is None:
        played = set(Round.objects.filter(quiz__room=room).values_list("question_id", flat=True))
        left = [question for question in questions if question.id not in played]
        if not left:
            raise InvalidInput({"questionIndex": ["There is no further question."]})
        return left[0]
    for question in questions:
        if question.index == index or (index is None and question.id == question_id):
            return question
    raise InvalidInput({"questionIndex": ["There is no such question."]})
