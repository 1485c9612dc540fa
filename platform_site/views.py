"""Pages and answers that belong to no app: the start, health, descriptions of the API, and failures."""

import sys
from functools import cache
from itertools import pairwise
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.safestring import mark_safe
from django.utils.text import slugify
from django.utils.translation import gettext, gettext_lazy
from markdown_it import MarkdownIt
from redis import Redis, RedisError
from rest_framework.request import Request
from rest_framework.views import APIView

from platform_site.db.outages import RETRY_AFTER, is_outage
from platform_site.rest.exceptions import (
    DatabaseAway,
    DomainError,
    NotFound,
    ServiceUnavailable,
    error_body,
    tell_outage,
)
from platform_site.rest.openapi import document_json

API_PREFIX = "/api/"
# What is said of a failure whose own words are not for strangers.
GENERIC = {
    400: (400, "BAD_REQUEST", "This request cannot be read."),
    403: (403, "FORBIDDEN", "You may not see this."),
    404: (404, "NOT_FOUND", "There is nothing here."),
    405: (405, "METHOD_NOT_ALLOWED", "This method is not allowed here."),
    413: (413, "PAYLOAD_TOO_LARGE", "The body is larger than 1 MiB."),
    500: (500, "INTERNAL_ERROR", "Something went wrong on our side."),
}
# What a page says of it: what happened, and what to do.
TOLD = {
    400: (gettext_lazy("We cannot read this."), gettext_lazy("Go back, load the page again, and try once more.")),
    403: (
        gettext_lazy("This is not open to you."),
        gettext_lazy("Perhaps you are signed in as somebody else, or not at all."),
    ),
    404: (
        gettext_lazy("There is nothing here."),
        gettext_lazy("The address may be mistyped, or what was here is only for the people of its event."),
    ),
    413: (gettext_lazy("This is too large."), gettext_lazy("Send less at once, or a smaller file.")),
    429: (gettext_lazy("That was too often."), gettext_lazy("Wait a minute, then try again.")),
    500: (
        gettext_lazy("Something went wrong on our side."),
        gettext_lazy("It was written down. Go back and try it once more."),
    ),
    503: (
        gettext_lazy("We will be right back."),
        gettext_lazy("The server does not answer just now. This page tries again by itself."),
    ),
}


class UnknownPath(APIView):
    authentication_classes: tuple[Any, ...] = ()
    schema = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        self.check_throttles(request)
        raise NotFound("There is no such address in the API.")


class OpenAPIDocument(APIView):
    authentication_classes: tuple[Any, ...] = ()
    throttle_classes: tuple[Any, ...] = ()
    schema = None

    def get(self, request: Request) -> HttpResponse:
        return HttpResponse(document_json(), content_type="application/json")


def live(request: HttpRequest) -> HttpResponse:
    """The process answers."""
    return JsonResponse({"status": "ok"})


def ready(request: HttpRequest) -> HttpResponse:
    """This process can do its work: 200, or 503 with the names of what fails."""
    checks = {"database": database_answers, "migrations": migrations_applied, "redis": redis_answers}
    failing = [name for name, passes in checks.items() if not passes()]
    body = {"status": "failing" if failing else "ok", "failing": failing}
    return JsonResponse(body, status=503 if failing else 200)


def database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return False
    return True


def migrations_applied() -> bool:
    try:
        executor = MigrationExecutor(connection)
    except DatabaseError:
        return False
    return not executor.migration_plan(executor.loader.graph.leaf_nodes())


def redis_answers() -> bool:
    if not settings.REDIS_URL:
        return True
    client = Redis.from_url(settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2)
    try:
        return bool(client.ping())
    except RedisError:
        return False
    finally:
        client.close()


def home(request: HttpRequest) -> HttpResponse:
    return render(request, "home.html")


def fair_draw_page(request: HttpRequest) -> HttpResponse:
    """docs/fair-draw.md, for whoever reads what a draw promises and by which bytes."""
    return render(request, "fair_draw.html", {"text": fair_draw_text()})


@cache
def fair_draw_text() -> str:
    """The page as HTML, its headings with the anchors that it links to. The text is our own, and may hold no HTML."""
    reader = MarkdownIt("commonmark", {"html": False}).enable("table")
    parts = reader.parse((settings.BASE_DIR / "docs" / "fair-draw.md").read_text(encoding="utf-8"))
    for opening, words in pairwise(parts):
        if opening.type == "heading_open":
            opening.attrSet("id", slugify(words.content))
    return mark_safe(reader.renderer.render(parts, reader.options, {}))  # noqa: S308


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return failure(request, 400)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return failure(request, 403)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return failure(request, 404)


def server_error(request: HttpRequest) -> HttpResponse:
    """What crashed outside a view; Django calls this while the error is being handled."""
    error = sys.exc_info()[1]
    return outage(request, error) if error and is_outage(error) else failure(request, 500)


def outage(request: HttpRequest, error: BaseException) -> HttpResponse:
    """The database is away: 503, by API and page."""
    tell_outage(request.method, request.path, error)
    return unavailable(request.path, gettext(DatabaseAway.message), retry_after=RETRY_AFTER)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form of a page that was open for long, or of another site."""
    if request.path.startswith(API_PREFIX):
        return refusal(*GENERIC[403])
    return failure(request, 403, gettext("This page was open for too long. Go back, load it again, and send it again."))


def failure(
    request: HttpRequest, status: int, message: str = "", *, headers: dict[str, str] | None = None
) -> HttpResponse:
    """A refusal outside DRF: the envelope below /api/, a page elsewhere. The page asks nothing of the database."""
    if request.path.startswith(API_PREFIX):
        return refusal(*GENERIC.get(status, GENERIC[500]))
    title, advice = TOLD.get(status, TOLD[500])
    context = {
        "status": status,
        "title": title,
        "advice": gettext(message) if message else advice,
        "is_quiet": status >= 500,
    }
    response = render(request, "error.html", context, status=status)
    for name, value in (headers or {}).items():
        response[name] = value
    return response


def unavailable(path: str, message: str, *, retry_after: int) -> HttpResponse:
    """503 without the database, in the envelope or as a page that asks again by itself."""
    if path.startswith(API_PREFIX):
        response = refusal(503, ServiceUnavailable.code, message)
    else:
        context = {"message": message, "retry_after": retry_after}
        response = HttpResponse(render_to_string("unavailable.html", context), status=503)
    response["Retry-After"] = str(retry_after)
    response["Cache-Control"] = "no-store"
    return response


def refusal(status: int, code: str, message: str) -> HttpResponse:
    return JsonResponse(error_body(code, message), status=status)


def envelope(error: DomainError) -> HttpResponse:
    """A refusal raised before DRF had the request."""
    return JsonResponse(
        error_body(error.code, error.message, error.details), status=error.status, headers=error.headers
    )
