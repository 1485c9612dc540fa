"""Ticket numbers, and the draws that the platform held by itself."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q

from platform_site.db.models import Row, RowQuerySet
from prizes.models import Draw
from rooms.models import Participant, Room


class Ticket(Row):
    """The ticket number of one person in one lottery. It stays theirs when they leave, as their metadata does."""

    # No index of its own: lottery_ticket_unique begins with it.
    room = models.ForeignKey(Room, on_delete=models.CASCADE, related_name="+", db_index=False)
    participant = models.OneToOneField(Participant, on_delete=models.CASCADE, related_name="lottery_ticket")
    number = models.PositiveIntegerField()

    objects: ClassVar[Any] = models.Manager.from_queryset(RowQuerySet)()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["room", "number"], name="lottery_ticket_unique"),
            models.CheckConstraint(condition=Q(number__gte=1), name="lottery_ticket_from_one"),
            # That the participant is of the ticket's room is the rule lottery_ticket_of_one_room (migration 0001).
        ]

    def __str__(self) -> str:
        return f"Ticket {self.number}"


class AutoDraw(Row):
    """What the platform did when a time of the draw had passed: one row for each draw that it committed, or one
    without a draw where there was nothing to draw. The row is written with the commit, so nothing is drawn twice."""

    # No index of its own: lottery_auto_draw_once begins with it.
    room = models.ForeignKey(Room, on_delete=models.CASCADE, related_name="+", db_index=False)
    due_at = models.DateTimeField()
    part = models.PositiveSmallIntegerField()
    draw = models.OneToOneField(Draw, on_delete=models.PROTECT, null=True, related_name="+")

    objects: ClassVar[Any] = models.Manager.from_queryset(RowQuerySet)()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["room", "due_at", "part"], name="lottery_auto_draw_once"),
        ]

    def __str__(self) -> str:
        return f"Draw of {self.due_at:%Y-%m-%d %H:%M}"
