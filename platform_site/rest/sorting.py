"""`sort=-createdAt,name` on the fields that a viewset lists, and `fields=id,name` for answers with less in them."""

from collections.abc import Iterable
from typing import Any

from rest_framework.filters import BaseFilterBackend

from platform_site.rest.exceptions import InvalidInput

MOST_SORT_KEYS = 3


class SortBackend(BaseFilterBackend):
    """Reads `view.sort_fields`: {name on the wire: field of the query set}. None of these fields may be null.

    Equal rows follow by id, so that pages never overlap.
    """

    def filter_queryset(self, request: Any, queryset: Any, view: Any) -> Any:
        wanted = request.query_params.get("sort")
        known: dict[str, str] = getattr(view, "sort_fields", {})
        if not known or wanted is None:
            return queryset
        order = []
        for word in wanted.split(","):
            name = word.removeprefix("-")
            if name not in known:
                raise InvalidInput(
                    {"sort": [f"Use one of {', '.join(sorted(known))}, with or without a minus before it."]}
                )
            order.append(("-" if word.startswith("-") else "") + known[name])
        if len(order) > MOST_SORT_KEYS or len({word.lstrip("-") for word in order}) < len(order):
            raise InvalidInput({"sort": [f"Use at most {MOST_SORT_KEYS} fields, each of them once."]})
        return queryset.order_by(*order, "id")


def wanted_fields(request: Any, known: Iterable[str]) -> list[str] | None:
    """The names in `fields=`, or None where all are wanted. Raises InvalidInput for a name that is not `known`."""
    wanted = request.query_params.get("fields")
    if wanted is None:
        return None
    names: list[str] = wanted.split(",")
    if unknown := sorted(set(names) - set(known)):
        listed = ", ".join(name[:50] for name in unknown[:10])
        raise InvalidInput({"fields": [f"Unknown: {listed}. There are {', '.join(known)}."]})
    return names


def only(data: Any, names: list[str]) -> Any:
    """One object, or each of a list, reduced to `names`."""
    if isinstance(data, list):
        return [only(item, names) for item in data]
    return {name: data[name] for name in names if name in data}
