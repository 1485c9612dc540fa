"""Filters of the lists of rooms and people."""

import django_filters

from platform_site.rest.filters import BooleanFilter, EnumFilter
from rooms.enums import ParticipantRole, RoomStatus
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
    search = django_filters.CharFilter(field_name="user__name", lookup_expr="icontains")

    class Meta:
        model = Participant
        fields: tuple[str, ...] = ()
