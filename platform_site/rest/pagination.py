"""Lists in pages: `page` and `limit` in, `meta` out."""

from typing import Any

from rest_framework.pagination import BasePagination
from rest_framework.response import Response

from platform_site.rest.exceptions import InvalidInput
from platform_site.rest.renderers import Envelope

MOST_A_PAGE = 100
LAST_PAGE = 2**31


class Pages(BasePagination):
    """Numbered pages. A page past the end is an empty list; a value out of range is 422."""

    default_limit = 20

    def paginate_queryset(self, queryset: Any, request: Any, view: Any = None) -> list[Any]:
        self.page = whole_number(request, "page", 1, LAST_PAGE)
        self.limit = whole_number(request, "limit", getattr(view, "default_limit", self.default_limit), MOST_A_PAGE)
        self.total = queryset.count()
        start = (self.page - 1) * self.limit
        return list(queryset[start : start + self.limit]) if start < self.total else []

    def get_paginated_response(self, data: Any) -> Response:
        pages = -(-self.total // self.limit)
        meta = {"page": self.page, "limit": self.limit, "total": self.total, "totalPages": pages, "pages": pages}
        return Response(Envelope(data=data, meta=meta))


def whole_number(request: Any, name: str, default: int, most: int) -> int:
    value = request.query_params.get(name)
    if value is None:
        return default
    if not value.isascii() or not value.isdigit() or len(value) > 12 or not 1 <= int(value) <= most:
        raise InvalidInput({name: [f"Use a whole number from 1 to {most}."]})
    return int(value)
