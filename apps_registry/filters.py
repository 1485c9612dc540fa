"""Filters of the catalogue of applications."""

import django_filters

from apps_registry.models import App
from platform_site.rest.filters import BooleanFilter


class AppFilter(django_filters.FilterSet):
    isActive = BooleanFilter(field_name="is_active")
    search = django_filters.CharFilter(field_name="manifest__meta__name", lookup_expr="icontains")

    class Meta:
        model = App
        fields: tuple[str, ...] = ()
