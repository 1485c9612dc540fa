"""`manage.py audit_fund`: recomputes the stock of every prize from its wins and open draws."""

import sys
from typing import Any

from django.core.management import BaseCommand
from django.db.models import Count, F, OuterRef, Subquery, Sum
from django.db.models.functions import Coalesce

from prizes.enums import OPEN_DRAWS
from prizes.models import DrawPrize, Prize, Winner


class Command(BaseCommand):
    help = "Checks of every prize that live winners + remaining = quantity and that reserved = what open draws promise."

    def handle(self, *args: Any, **options: Any) -> None:
        total = 0
        faults = 0
        for prize in prizes_with_sums().iterator(chunk_size=1000):
            total += 1
            for fault in faults_of(prize):
                faults += 1
                self.stdout.write(f"{prize.pk} {prize.name!r} (room {prize.room_id}): {fault}")
        self.stdout.write(f"{total} prizes, {faults} faults.")
        if faults:
            sys.exit(1)


def prizes_with_sums() -> Any:
    """All prizes, deleted ones too, with `live` wins and `promised` pieces, in one query."""
    wins = Winner.all_objects.live().filter(prize=OuterRef("pk")).order_by().values("prize")
    lines = DrawPrize.objects.filter(prize=OuterRef("pk"), draw__status__in=OPEN_DRAWS, draw__rehearsal=False)
    return Prize.all_objects.annotate(
        live=Coalesce(Subquery(wins.annotate(n=Count("pk")).values("n")), 0),
        promised=Coalesce(Subquery(lines.order_by().values("prize").annotate(n=Sum("count")).values("n")), 0),
        held=F("quantity") - F("quantity_remaining"),
    ).order_by("pk")


def faults_of(prize: Any) -> list[str]:
    faults = []
    if prize.live != prize.held:
        faults.append(
            f"{prize.live} live winners + {prize.quantity_remaining} remaining is not quantity {prize.quantity}"
        )
    if prize.promised != prize.quantity_reserved:
        faults.append(f"{prize.quantity_reserved} reserved, but open draws promise {prize.promised}")
    if prize.deleted_at is not None and prize.live:
        faults.append(f"deleted, but {prize.live} people hold it")
    return faults
