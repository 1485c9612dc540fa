"""What a page begins with: where the quiz stands, for one viewer. Nothing that they may not know yet."""

from typing import Any

from django.utils import timezone

from accounts.models import User
from apps_registry.builtin.quiz.enums import QuizStatus
from apps_registry.builtin.quiz.models import Answer, Quiz, Round
from apps_registry.builtin.quiz.questions import question_of, questions_of
from apps_registry.builtin.quiz.rounds import last_round
from apps_registry.builtin.quiz.standings import MOST_TOLD, answer_count, distribution, leaderboard
from platform_site.rest.fields import iso
from rooms.enums import ParticipantRole
from rooms.masking import as_shown
from rooms.models import Participant, Room


def state_of(room: Room, user: User | None) -> dict[str, Any]:
    """The state of the quiz in `room`, read `as_seen_by(user)`. Names are masked where the room masks them."""
    quiz = Quiz.objects.filter(room=room).first()
    played = last_round(quiz) if quiz else None
    state: dict[str, Any] = {
        "status": quiz.status if quiz else QuizStatus.WAITING.value,
        "questionIndex": played.index if played else None,
        "totalQuestions": len(questions_of(room)),
        "serverTime": iso(timezone.now()),
        "question": None,
        "me": None,
        "leaderboard": [],
    }
    if quiz is None:
        return state
    state["leaderboard"] = places = leaderboard(quiz)
    if played is not None:
        state["question"] = round_shown(room, played)
    player = player_in(room, user)
    if player is not None:
        state["me"] = own_part(quiz, played, player, places)
    state["leaderboard"] = places[:MOST_TOLD]
    shown: dict[str, Any] = as_shown(state, room, user)
    return shown


def round_shown(room: Room, round: Round) -> dict[str, Any]:
    question = question_of(room, round)
    closed, solved = round.closed_at is not None, round.solved_at is not None
    return question.shown() | {
        "shownAt": iso(round.shown_at),
        "endsAt": round.ends_at and iso(round.ends_at),
        "closedAt": round.closed_at and iso(round.closed_at),
        "answerCount": answer_count(round),
        "distribution": distribution(round, len(question.options)) if closed else None,
        "correctIndex": question.correct if solved else None,
        "winnerId": round.winner_id if solved else None,
    }


def player_in(room: Room, user: User | None) -> Participant | None:
    if user is None or not user.is_authenticated:
        return None
    return Participant.objects.filter(room=room, user_id=user.pk, role=ParticipantRole.PARTICIPANT).first()


def own_part(quiz: Quiz, round: Round | None, player: Participant, places: list[dict[str, Any]]) -> dict[str, Any]:
    """Own answer to the question that was shown last, whether it was right once that is told, and own place."""
    answer = Answer.objects.filter(round=round, participant=player).first() if round else None
    waits = round is not None and round.closed_at is None and player.joined_at > round.shown_at
    own = next((place for place in places if place["participantId"] == player.pk), None)
    solved = round is not None and round.solved_at is not None
    return {
        "participantId": player.pk,
        "answerIndex": answer.option if answer else None,
        "isRight": answer.is_right if answer and solved else None,
        "playsFrom": "next" if waits else "now",
        "place": own["place"] if own else None,
        "wins": own["wins"] if own else 0,
        "points": own["points"] if own else 0,
    }
