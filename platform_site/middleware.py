"""What surrounds every request: its id, security headers, and an API that speaks JSON whatever goes wrong."""

import logging
import re
import time
import uuid
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.exceptions import BadRequest as UnreadableAddress
from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.db import DatabaseError
from django.http import Http404, HttpRequest, HttpResponse, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.middleware.locale import LocaleMiddleware
from django.urls import Resolver404, resolve
from django.utils import translation

from platform_site.db.ids import ID_PATTERN
from platform_site.db.outages import is_outage
from platform_site.rest.bodies import bound_body
from platform_site.rest.callers import anonymous
from platform_site.rest.exceptions import BadRequest, DomainError, ServiceUnavailable
from platform_site.rest.logs import RequestFacts, current
from platform_site.rest.throttling import RateLimited, count_request, headers_of
from platform_site.views import API_PREFIX, GENERIC, envelope, failure, live, outage, ready, refusal, unavailable

logger = logging.getLogger("platform_site.requests")

# For pages: no script or style but our files, nothing from elsewhere. Scripts set styles by properties, which counts as
# neither. Browsers that do not take ws: for 'self' (older Safari) need the socket's schemes by name.
PAGES = (
    "default-src 'self'; img-src 'self' data:; style-src 'self'; connect-src 'self' ws: wss:; "
    "object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
)
# The descriptions of the APIs: Swagger UI writes styles into its elements.
DESCRIPTIONS = PAGES.replace("style-src 'self'", "style-src 'self' 'unsafe-inline'")
# The admin is ours from the first byte to the last; only its Alpine.js evaluates expressions found in attributes.
ADMIN = (
    "default-src 'self'; script-src 'self' 'unsafe-eval'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; "
    "object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
)
ADMIN_PREFIX = "/admin/"
DOCS = API_PREFIX + "docs/"  # pages
VERSION = API_PREFIX + "v1/"
UNLIMITED = (VERSION + "openapi.json", VERSION + "asyncapi.json")  # like the pages that show them
HEALTH = {"/health/live": live, "/health/ready": ready}
REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
ROOM = re.compile(rf"/rooms/({ID_PATTERN})(?:/|$)")

Next = Callable[[HttpRequest], HttpResponse]


class RequestIdMiddleware:
    """X-Request-ID: the caller's own or a new one, on the answer and in every line of the log.

    Each request has one line of its own, without the query: addresses of pages carry e-mails and one-time codes.
    """

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-ID", "")
        room = ROOM.search(request.path)
        facts = RequestFacts(given if REQUEST_ID.fullmatch(given) else uuid.uuid4().hex, room=room[1] if room else "")
        before = current.set(facts)
        started = time.perf_counter()
        try:
            response = self.get_response(request)
            response["X-Request-ID"] = facts.request_id
            took = round((time.perf_counter() - started) * 1000)
            logger.info(
                "%s %s %s",
                request.method,
                request.path,
                response.status_code,
                extra={"facts": {"status": response.status_code, "milliseconds": took}},
            )
            response._has_been_logged = True  # type: ignore[attr-defined]  # Django would tell refusals once more
            return response
        finally:
            current.reset(before)


class HealthMiddleware:
    """Answers probes before anything looks at the host: they name an address, and no name that ALLOWED_HOSTS knows."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return HEALTH.get(request.path, self.get_response)(request)


class ApiMiddleware:
    """Below /api/: refuses what no view should have to read, and puts every failure into the envelope.

    Views count their callers; what fails before a view can (a token that is none, a body too large) counts here.
    """

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path.startswith(API_PREFIX) or request.path.startswith(DOCS):
            return self.get_response(request)
        try:
            check_text(request)
            bound_body(request)
            response = self.get_response(request)
        except DomainError as error:
            response = envelope(error)
        except SuspiciousOperation:  # more parameters than anybody needs
            response = envelope(BadRequest())
        return self.finished(request, response)

    def finished(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        if response.status_code >= 400 and not response.headers.get("Content-Type", "").startswith("application/json"):
            # Django's own page, in DEBUG one with everything in it.
            response = refusal(*GENERIC.get(response.status_code, GENERIC[500]))
        is_away = response.status_code == 503 and not hasattr(request, "rate_limit")  # nowhere to count
        if request.path.startswith(VERSION) and request.path not in UNLIMITED and not is_away:
            try:
                response = limited(request, response)
            except DatabaseError as error:
                if not is_outage(error):
                    raise
                response = outage(request, error)
        response.setdefault("Cache-Control", "no-store")
        return response


class AddressMiddleware:
    """Refuses pages whose address holds a NUL, which PostgreSQL answers with an error: 400 instead of 500."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        is_api = request.path.startswith(API_PREFIX)  # where unknown addresses are told in the envelope
        if not is_api and ("\0" in request.path or any("\0" in text for text in query_of(request))):
            raise UnreadableAddress("An address with a NUL character.")
        return self.get_response(request)


def check_text(request: HttpRequest) -> None:
    """No database stores a NUL, and no honest caller sends one. Paths need no look: no address has room for one."""
    headers = (value for name, value in request.META.items() if name.startswith("HTTP_"))
    if any("\0" in text for text in (*headers, *query_of(request))):
        raise BadRequest("NUL characters are not allowed.")


def query_of(request: HttpRequest) -> list[str]:
    return [text for name, values in request.GET.lists() for text in (name, *values)]


def limited(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """The answer with the rate limit's headers, or 429 where nobody had counted the caller and the limit is reached."""
    counted = getattr(request, "rate_limit", None)
    if counted is None:
        counted = count_request(request, anonymous(request))
        if not counted.allowed:
            response = envelope(RateLimited(counted))
    for name, value in headers_of(counted).items():
        response.setdefault(name, value)
    return response


class PagesLanguageMiddleware(LocaleMiddleware):
    """Pages in the reader's language: by their choice (a cookie), else by what their browser asks for.

    The API and the dashboard speak English: what programs read must not depend on a browser's settings, and a
    dashboard half of which is Django's own Russian would be worse than one in English.
    """

    def process_request(self, request: HttpRequest) -> None:
        if is_page(request.path):
            super().process_request(request)
        else:
            translation.activate(settings.LANGUAGE_CODE)
            request.LANGUAGE_CODE = settings.LANGUAGE_CODE

    def process_response(self, request: HttpRequest, response: Any) -> Any:
        return super().process_response(request, response) if is_page(request.path) else response


def is_page(path: str) -> bool:
    return not path.startswith((API_PREFIX, ADMIN_PREFIX, "/health/", "/static/"))


class FailurePagesMiddleware:
    """What goes wrong on a page is told on a page of ours, in DEBUG as well: a demo is looked at by guests.

    Only a crash in DEBUG keeps Django's own page, for whoever must mend it.
    """

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        try:
            bound_body(request)
        except DomainError as error:
            return failure(request, error.status, error.message)
        if is_page(request.path):
            try:
                resolve(request.path_info, getattr(request, "urlconf", None))
            except Resolver404:
                return failure(request, 404)
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if is_outage(error):
            return outage(request, error)
        if not is_page(request.path):
            return None
        if isinstance(error, ServiceUnavailable):
            return unavailable(request.path, error.message, retry_after=int(error.headers["Retry-After"]))
        if isinstance(error, DomainError):
            return failure(request, error.status, error.message, headers=error.headers)
        status = next((status for kind, status in PAGE_FAILURES if isinstance(error, kind)), None)
        return failure(request, status) if status else None


# Most specific first.
PAGE_FAILURES: list[tuple[type[Exception], int]] = [
    (Http404, 404),
    (PermissionDenied, 403),
    (RequestDataTooBig, 413),
    (MultiPartParserError, 400),
    (UnreadablePostError, 400),
    (SuspiciousOperation, 400),
]


class ContentSecurityPolicyMiddleware:
    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.setdefault("Content-Security-Policy", policy_of(request.path))
        response.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
        return response


def policy_of(path: str) -> str:
    if path.startswith(ADMIN_PREFIX):
        return ADMIN
    return DESCRIPTIONS if path.startswith(DOCS) else PAGES
