"""Filters of the lists of rooms and people."""

from typing import Any

import django_filters

from platform_site.rest.filters import BooleanFilter, EnumFilter
from rooms.enums import ParticipantRole, RoomStatus
from rooms.masking import masks_for
from rooms.models import Participant, Room


class RoomFilter(django_filters.FilterSet):
    status = EnumFilter(choices=RoomStatus.choices)
    appId = django_filters.CharFilter(field_name="app_id")
    isPublic = BooleanFilter(field_name="is_public")
    createdBy = django_filters.CharFilter(field_name="created_by_id")
    search = django_filters.CharFilter(field_name="name", lookup_expr="icontains")

    class Meta:
        model = Room
        fields: tuple[str, ...] = ()


class ParticipantFilter(django_filters.FilterSet):
    role = EnumFilter(choices=ParticipantRole.choices)
    search = django_filters.CharFilter(method="by_name")

    def by_name(self, people: Any, name: str, text: str) -> Any:
        """By a part of the name; where names are masked by how they begin, or guessing would tell the rest of them."""
        view = self.request.parser_context["view"]
        if not masks_for(view.room, self.request.user):
            return people.filter(user__name__icontains=text)
        words = text.partition("@")[0].split()
        return people.filter(user__name__istartswith=words[0]) if words else people.none()

    class Meta:
        model = Participant
        fields: tuple[str, ...] = ()
