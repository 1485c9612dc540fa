"""Paging: by number (`page`, with totals) and by cursor, whose cost does not grow with depth."""

import hashlib
from datetime import datetime
from typing import Any

from django.core.signing import BadSignature, Signer
from django.db.models import OrderBy, Q
from rest_framework.pagination import BasePagination
from rest_framework.response import Response

from platform_site.rest.exceptions import InvalidInput
from platform_site.rest.renderers import Envelope

MOST_A_PAGE = 100
LAST_PAGE = 2**31

Order = list[tuple[str, bool]]  # field, descending


class Pages(BasePagination):
    """`page` and `limit`, or `cursor` and `limit`. A page past the end is an empty list; a bad value is 422.

    Every page tells `nextCursor`, so that one may go on from page 1 by cursor; `cursor=` with nothing behind it is the
    beginning. A cursor holds the place of its last row in the list's order: it belongs to that list and that `sort`.
    """

    default_limit = 20

    def paginate_queryset(self, queryset: Any, request: Any, view: Any = None) -> list[Any]:
        most = getattr(view, "most_a_page", MOST_A_PAGE)
        self.limit = whole_number(request, "limit", getattr(view, "default_limit", self.default_limit), most)
        order = order_of(queryset)
        self.seal = Cursors(f"{type(view).__name__} {order}")
        cursor = request.query_params.get("cursor")
        if cursor is None:
            return self.numbered(queryset, request, order)
        if "page" in request.query_params:
            raise InvalidInput({"cursor": ["Give either a page or a cursor."]})
        self.meta: dict[str, Any] = {"limit": self.limit}
        if cursor:
            queryset = after(queryset, order, self.seal.opened(cursor, len(order)))
        rows = list(queryset[: self.limit + 1])
        self.tell_next(rows[: self.limit], order, more=len(rows) > self.limit)
        return rows[: self.limit]

    def numbered(self, queryset: Any, request: Any, order: Order) -> list[Any]:
        page = whole_number(request, "page", 1, LAST_PAGE)
        total = queryset.count()
        pages = -(-total // self.limit)
        start = (page - 1) * self.limit
        rows = list(queryset[start : start + self.limit]) if start < total else []
        self.meta = {"page": page, "limit": self.limit, "total": total, "totalPages": pages, "pages": pages}
        self.tell_next(rows, order, more=page < pages)
        return rows

    def tell_next(self, rows: list[Any], order: Order, *, more: bool) -> None:
        values = [value_of(rows[-1], name) for name, _ in order] if more and rows else [None]
        # Databases do not agree where null stands: no list that is long is sorted by what may be null.
        self.meta["nextCursor"] = None if None in values else self.seal.closed(values)

    def get_paginated_response(self, data: Any) -> Response:
        return Response(Envelope(data=data, meta=self.meta))


class Cursors:
    """Signed places in one list: nobody else can make one, and none fits another list or order."""

    def __init__(self, listing: str) -> None:
        # Hashed: a cursor can be read, and what our classes and columns are called is nobody's business.
        self.listing = hashlib.sha256(listing.encode()).hexdigest()[:16]
        self.signer = Signer(salt="platform_site.rest.cursor")

    def closed(self, values: list[Any]) -> str:
        packed = [["time", value.isoformat()] if isinstance(value, datetime) else ["", value] for value in values]
        return self.signer.sign_object([self.listing, packed])

    def opened(self, cursor: str, length: int) -> list[Any]:
        try:
            listing, packed = self.signer.unsign_object(cursor)
        except (BadSignature, ValueError) as error:
            raise InvalidInput({"cursor": ["This is no cursor of ours; give meta.nextCursor as it came."]}) from error
        if listing != self.listing or len(packed) != length:
            raise InvalidInput({"cursor": ["This cursor belongs to another list or another sort."]})
        return [datetime.fromisoformat(value) if kind == "time" else value for kind, value in packed]


def order_of(queryset: Any) -> Order:
    """The order of a list by field names; it must end with a unique one. Ours all end with the id or a number."""
    names = queryset.query.order_by or queryset.model._meta.ordering
    order = []
    for name in names:
        if isinstance(name, OrderBy):
            expression: Any = name.expression  # an F(); anything else has no name, and no place for a cursor
            order.append((expression.name, bool(name.descending)))
        else:
            order.append((name.removeprefix("-"), name.startswith("-")))
    return order


def after(queryset: Any, order: Order, values: list[Any]) -> Any:
    """The rows behind the place `values` in `order`.

    (a, b) > (x, y) as a >= x and (a > x or a = x and b > y): the first part lets the database start in its index.
    """
    behind, equal = Q(), Q()
    for (name, descending), value in zip(order, values, strict=True):
        behind |= equal & Q(**{f"{name}__{'lt' if descending else 'gt'}": value})
        equal &= Q(**{name: value})
    name, descending = order[0]
    return queryset.filter(Q(**{f"{name}__{'lte' if descending else 'gte'}": values[0]}) & behind)


def value_of(row: Any, name: str) -> Any:
    for part in name.split("__"):
        row = row[part] if isinstance(row, dict) else getattr(row, part)
    return row


def whole_number(request: Any, name: str, default: int, most: int) -> int:
    value = request.query_params.get(name)
    if value is None:
        return default
    if not value.isascii() or not value.isdigit() or len(value) > 12 or not 1 <= int(value) <= most:
        raise InvalidInput({name: [f"Use a whole number from 1 to {most}."]})
    return int(value)
