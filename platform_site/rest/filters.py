"""Filters whose bad values are 422 in the envelope."""

from typing import Any

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django_filters.rest_framework import DjangoFilterBackend

from platform_site.rest.exceptions import InvalidInput


class FilterBackend(DjangoFilterBackend):
    def filter_queryset(self, request: Any, queryset: Any, view: Any) -> Any:
        filterset = self.get_filterset(request, queryset, view)
        if filterset is None:
            return queryset
        if not filterset.is_valid():
            raise InvalidInput(
                {name: [str(message) for message in messages] for name, messages in filterset.errors.items()}
            )
        return filterset.qs


class AnyCaseChoiceField(forms.ChoiceField):
    def to_python(self, value: Any) -> str:
        return super().to_python(value).upper()


class EnumFilter(django_filters.Filter):
    """An upper-case enum value, given in any case."""

    field_class = AnyCaseChoiceField


class StrictBooleanField(forms.Field):
    """true or false; django-filter's own field takes any other word for "no filter"."""

    def clean(self, value: Any) -> bool | None:
        if value in (None, ""):
            return None
        if str(value).lower() not in {"true", "false"}:
            raise ValidationError("Use true or false.")
        return str(value).lower() == "true"


class BooleanFilter(django_filters.Filter):
    field_class = StrictBooleanField
