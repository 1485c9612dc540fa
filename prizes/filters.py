"""Filters of the lists of winners and draws."""

from typing import Any

import django_filters

from platform_site.rest.filters import BooleanFilter, EnumFilter
from prizes.enums import DrawStatus, WinnerState
from prizes.models import Draw, Winner


class WinnerFilter(django_filters.FilterSet):
    """Without `state` the live wins; revoked ones by state=REVOKED."""

    prizeId = django_filters.CharFilter(field_name="prize_id")
    participantId = django_filters.CharFilter(field_name="participant_id")
    state = EnumFilter(choices=WinnerState.choices)

    class Meta:
        model = Winner
        fields: tuple[str, ...] = ()

    def filter_queryset(self, queryset: Any) -> Any:
        winners = super().filter_queryset(queryset)
        return winners if self.form.cleaned_data.get("state") else winners.live()


class DrawFilter(django_filters.FilterSet):
    status = EnumFilter(choices=DrawStatus.choices)
    prizeId = django_filters.CharFilter(field_name="prizes__prize_id")
    rehearsal = BooleanFilter(field_name="rehearsal")

    class Meta:
        model = Draw
        fields: tuple[str, ...] = ()
