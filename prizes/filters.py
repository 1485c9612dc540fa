"""Filters of the list of winners."""

import django_filters

from platform_site.rest.filters import EnumFilter
from prizes.models import Winner, WinnerState


class WinnerFilter(django_filters.FilterSet):
    """Without `state` the live wins; revoked ones by state=REVOKED."""

    prizeId = django_filters.CharFilter(field_name="prize_id")
    participantId = django_filters.CharFilter(field_name="participant_id")
    state = EnumFilter(choices=WinnerState.choices)

    class Meta:
        model = Winner
        fields: tuple[str, ...] = ()

    def filter_queryset(self, queryset):  # type: ignore[no-untyped-def]
        winners = super().filter_queryset(queryset)
        return winners if self.form.cleaned_data.get("state") else winners.live()
