"""The quiz of a room as it runs. All of it is here, so that a restart of the server loses nothing."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q

from apps_registry.builtin.quiz.enums import QuizStatus
from platform_site.db.models import Row, RowQuerySet
from prizes.models import Prize, Winner
from rooms.models import Participant, Room


class Quiz(Row):
    """One quiz, from its start on; a room without this row is WAITING. `told_at` is when answers were last told."""

    room = models.OneToOneField(Room, on_delete=models.CASCADE, related_name="quiz")
    status = models.CharField(max_length=15, choices=QuizStatus, default=QuizStatus.BETWEEN_ROUNDS)
    prize = models.ForeignKey(Prize, on_delete=models.RESTRICT, null=True, related_name="+")
    told_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    objects: ClassVar[Any] = models.Manager.from_queryset(RowQuerySet)()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=QuizStatus.values) & ~Q(status=QuizStatus.WAITING), name="quiz_status_known"
            ),
            models.CheckConstraint(
                condition=Q(status=QuizStatus.FINISHED, finished_at__isnull=False)
                | ~Q(status=QuizStatus.FINISHED) & Q(finished_at=None),
                name="quiz_finished_at_agrees",
            ),
        ]

    def __str__(self) -> str:
        return f"Quiz of {self.room}"


class Round(Row):
    """One question as it was played. With scoring `first`, `first_right_at` is when the earliest right answer that is
    known arrived. The round is decided at `decide_at`, when nothing that arrived earlier is expected any more; what
    still comes in may put that off until `decide_by`."""

    # No index of its own: quiz_round_once begins with it.
    quiz = models.ForeignKey(Quiz, on_delete=models.CASCADE, related_name="rounds", db_index=False)
    question_id = models.CharField(max_length=64)
    index = models.PositiveSmallIntegerField()
    shown_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)
    first_right_at = models.DateTimeField(null=True)
    decide_at = models.DateTimeField(null=True)
    decide_by = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    solved_at = models.DateTimeField(null=True)
    winner = models.ForeignKey(Participant, on_delete=models.RESTRICT, null=True, related_name="+")
    win = models.OneToOneField(Winner, on_delete=models.RESTRICT, null=True, related_name="+")

    objects: ClassVar[Any] = models.Manager.from_queryset(RowQuerySet)()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["quiz", "question_id"], name="quiz_round_once"),
            models.UniqueConstraint(fields=["quiz"], condition=Q(closed_at=None), name="quiz_one_open_round"),
            models.CheckConstraint(
                condition=Q(closed_at__isnull=False) | Q(solved_at=None, winner=None, win=None),
                name="quiz_round_secret_while_open",
            ),
            models.CheckConstraint(
                condition=Q(ends_at=None) | Q(ends_at__gt=F("shown_at")), name="quiz_round_ends_after_it_begins"
            ),
        ]

    def __str__(self) -> str:
        return f"Round {self.index + 1}"


class Answer(Row):
    """One answer of one person. `arrived_at` is when the server read it; it alone says who was first. `told` once
    those who run the room have heard of it."""

    # No index of its own: quiz_answer_once begins with it.
    round = models.ForeignKey(Round, on_delete=models.CASCADE, related_name="answers", db_index=False)
    participant = models.ForeignKey(Participant, on_delete=models.CASCADE, related_name="quiz_answers")
    option = models.PositiveSmallIntegerField()
    is_right = models.BooleanField()
    points = models.PositiveSmallIntegerField(default=0)
    arrived_at = models.DateTimeField()
    told = models.BooleanField(default=False)

    objects: ClassVar[Any] = models.Manager.from_queryset(RowQuerySet)()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["round", "participant"], name="quiz_answer_once"),
            models.CheckConstraint(condition=Q(is_right=True) | Q(points=0), name="quiz_points_for_right_answers"),
        ]
        indexes = [
            models.Index(fields=["round", "arrived_at", "id"], name="quiz_answer_right", condition=Q(is_right=True)),
            models.Index(fields=["round"], name="quiz_answer_untold", condition=Q(told=False)),
        ]

    def __str__(self) -> str:
        return f"{self.participant} in {self.round}"
