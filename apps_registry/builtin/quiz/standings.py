"""Who leads: rounds won and points, over rounds whose solution is shown. A place before that would give it away."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Count, Q, Sum

from accounts.shapes import person
from apps_registry.builtin.quiz.models import Answer, Quiz, Round
from apps_registry.builtin.quiz.questions import is_first_wins
from prizes.enums import WinnerState
from rooms.enums import ParticipantRole
from rooms.models import Participant

MOST_TOLD = 100


def leaderboard(quiz: Quiz) -> list[dict[str, Any]]:
    """[{place, participantId, participantName, wins, points}] of everybody in the room who has answered, the best
    first. With scoring `first` a round that was won is one point. Equal results share a place; among them, whoever
    needed less time for right answers stands first, then whoever joined earlier."""
    solved = Round.objects.filter(quiz=quiz, solved_at__isnull=False)
    wins = dict(
        solved.filter(winner__isnull=False)
        .exclude(win__state=WinnerState.REVOKED)
        .values_list("winner")
        .annotate(number=Count("pk"))
    )
    points, seconds = points_and_times(solved)
    answered = Answer.objects.filter(round__quiz=quiz).values("participant")
    people = Participant.objects.filter(pk__in=answered).select_related("user").order_by("joined_at", "pk")
    first = is_first_wins(quiz.room)
    rows = [
        {
            "participantId": each.pk,
            "participantName": person(each.user)["name"],
            "wins": wins.get(each.pk, 0),
            "points": wins.get(each.pk, 0) if first else points.get(each.pk, 0),
        }
        for each in people
    ]
    rows.sort(key=lambda row: (-row["points"], -row["wins"], seconds.get(row["participantId"], 0)))
    return list(placed(rows))


def points_and_times(solved: Any) -> tuple[dict[str, int], dict[str, float]]:
    """By participant: the points of right answers, and the seconds that these took together."""
    right = Answer.objects.filter(round__in=solved, is_right=True)
    points = dict(right.values_list("participant").annotate(sum=Sum("points")))
    seconds: dict[str, float] = {}
    for participant_id, arrived_at, shown_at in right.values_list("participant", "arrived_at", "round__shown_at"):
        seconds[participant_id] = seconds.get(participant_id, 0) + (arrived_at - shown_at).total_seconds()
    return points, seconds


def placed(rows: Iterable[dict[str, Any]]) -> Iterable[dict[str, Any]]:
    before, place = None, 0
    for number, row in enumerate(rows, start=1):
        result = row["points"], row["wins"]
        if result != before:
            before, place = result, number
        yield {"place": place} | row


def distribution(round: Round, options: int) -> list[int]:
    """How many chose each option."""
    counts = dict(Answer.objects.filter(round=round).values_list("option").annotate(number=Count("pk")))
    return [counts.get(option, 0) for option in range(options)]


def answer_count(round: Round) -> int:
    return Answer.objects.filter(round=round).count()


def right_answers(round: Round) -> Any:
    """Right answers of people who still take part, in their order of arrival."""
    here = Q(participant__deleted_at=None, participant__role=ParticipantRole.PARTICIPANT)
    answers = Answer.objects.filter(here, round=round, is_right=True).select_related("participant__user")
    return answers.order_by("arrived_at", "pk")
