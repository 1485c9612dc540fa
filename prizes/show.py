"""What the big screen of a room shows: one row a room."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q

from platform_site.db.models import Row, RowQuerySet
from rooms.models import Room

LONGEST_MESSAGE = 300


class ScreenMode(models.TextChoices):
    LOBBY = "LOBBY", "How to join"
    PRIZES = "PRIZES", "The prizes"
    DRAW = "DRAW", "A draw"
    WINNERS = "WINNERS", "The winners"
    QUIZ = "QUIZ", "The quiz"
    LEADERBOARD = "LEADERBOARD", "The leaderboard"
    MESSAGE = "MESSAGE", "A message"
    BLANK = "BLANK", "Nothing"


class Screen(Row):
    """What everybody may see that the screen shows; prizes.actions.screen alone changes it, and counts `revision`.

    `rehearsed` (null: no rehearsal) is what it shows instead while something is rehearsed, which only screens and those
    who run the room hear of: the same fields as prizes.shapes.screen_shape tells.
    """

    room = models.OneToOneField(Room, on_delete=models.CASCADE, related_name="screen")
    mode = models.CharField(max_length=11, choices=ScreenMode, default=ScreenMode.LOBBY)
    draw = models.ForeignKey("prizes.Draw", on_delete=models.PROTECT, null=True, related_name="+")
    prize = models.ForeignKey("prizes.Prize", on_delete=models.PROTECT, null=True, related_name="+")
    message = models.CharField(max_length=LONGEST_MESSAGE, blank=True)
    hide_names = models.BooleanField(default=False)
    rehearsed = models.JSONField(null=True)
    revision = models.PositiveIntegerField(default=0)

    objects: ClassVar[Any] = models.Manager.from_queryset(RowQuerySet)()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(mode__in=ScreenMode.values), name="screen_mode_known"),
            models.CheckConstraint(
                condition=~Q(mode=ScreenMode.DRAW) | Q(draw__isnull=False), name="screen_draw_has_a_draw"
            ),
            models.CheckConstraint(
                condition=Q(mode=ScreenMode.MESSAGE) & ~Q(message="") | ~Q(mode=ScreenMode.MESSAGE) & Q(message=""),
                name="screen_message_has_a_text",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.mode} in {self.room_id}"


class StagePhase(models.TextChoices):
    """How far a prize of the run of show is."""

    READY = "READY", "Announced"
    COMMITTED = "COMMITTED", "Its draw is committed and waits for the word"
    DRAWN = "DRAWN", "Drawn, and not revealed"
    REVEALED = "REVEALED", "The winners are known"


class Stage(Row):
    """Where the evening of a room is. `current` is the key of a step: `lobby`, `end`, or the id of a prize.

    `order` are the ids of prizes in the order of the show; those that it does not name follow in their own. `progress`
    is {prize id: {phase, drawId}}. Each change counts `revision`, which a press of Next names as where it came from.
    """

    room = models.OneToOneField(Room, on_delete=models.CASCADE, related_name="stage")
    current = models.CharField(max_length=25, default="lobby")
    order = models.JSONField(default=list)
    progress = models.JSONField(default=dict)
    entropy_plan = models.CharField(max_length=1000, blank=True)
    is_rehearsal = models.BooleanField(default=False)
    revision = models.PositiveIntegerField(default=0)

    objects: ClassVar[Any] = models.Manager.from_queryset(RowQuerySet)()

    def __str__(self) -> str:
        return f"{self.current} in {self.room_id}"
