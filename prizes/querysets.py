"""Which prizes, winners and draws there are to see."""

from typing import Self

from django.apps import apps
from django.db.models import Count, F, OuterRef, Prefetch, Q, Subquery
from django.db.models.functions import Coalesce

from platform_site.db.models import RowQuerySet, SoftDeletedQuerySet
from prizes.enums import OPEN_DRAWS, WinnerState
from rooms.querysets import InRoomQuerySet


class PrizeQuerySet(InRoomQuerySet, SoftDeletedQuerySet):
    def available(self) -> Self:
        """Prizes with a piece that is free."""
        return self.filter(quantity_remaining__gt=F("quantity_reserved"))

    def with_winner_count(self) -> Self:
        """Adds `winner_count`: live winners."""
        winners = apps.get_model("prizes.Winner").objects.live().filter(prize=OuterRef("pk")).order_by()
        counted = winners.values("prize").annotate(n=Count("pk")).values("n")
        return self.annotate(winner_count=Coalesce(Subquery(counted), 0))


class WinnerQuerySet(InRoomQuerySet, SoftDeletedQuerySet):
    def live(self) -> Self:
        """Wins that count: not revoked."""
        return self.filter(~Q(state=WinnerState.REVOKED))

    def with_people(self) -> Self:
        return self.select_related("participant__user", "prize", "fulfilled_by")


class DrawQuerySet(InRoomQuerySet, RowQuerySet):
    def light(self) -> Self:
        """Without the columns that grow with the number of entries."""
        return self.defer("entries", "withdrawn", "outcome", "came_up", "sealed_seed")

    def open(self) -> Self:
        """Committed and neither completed nor cancelled."""
        return self.filter(status__in=OPEN_DRAWS)

    def seen_at(self, *, public_only: bool) -> Self:
        """Rehearsals are for those who run the event."""
        return self.filter(rehearsal=False) if public_only else self

    def with_lines(self) -> Self:
        """The prizes of each draw in their order, as `lines`."""
        lines = apps.get_model("prizes.DrawPrize").objects.order_by("position")
        return self.prefetch_related(Prefetch("prizes", queryset=lines, to_attr="lines"))
