"""What surrounds every request: its id, security headers, and an API that speaks JSON whatever goes wrong."""

import logging
import re
import time
import uuid
from collections.abc import Callable

from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, HttpResponse

from platform_site.rest.bodies import bound_body
from platform_site.rest.callers import anonymous
from platform_site.rest.exceptions import BadRequest, DomainError
from platform_site.rest.logs import RequestFacts, current
from platform_site.rest.throttling import RateLimited, count_request, headers_of
from platform_site.views import API_PREFIX, GENERIC, envelope, live, ready, refusal

logger = logging.getLogger("platform_site.requests")

PAGES = (
    "default-src 'self'; img-src 'self' data: https:; style-src 'self' 'unsafe-inline'; connect-src 'self' ws: wss:; "
    "object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
)
# The admin is ours from the first byte to the last; only its Alpine.js evaluates expressions found in attributes.
ADMIN = (
    "default-src 'self'; script-src 'self' 'unsafe-eval'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; "
    "object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
)
DOCS = API_PREFIX + "docs/"  # a page
VERSION = API_PREFIX + "v1/"
UNLIMITED = (VERSION + "openapi.json", VERSION + "asyncapi.json")  # like the pages that show them
HEALTH = {"/health/live": live, "/health/ready": ready}
REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
ROOM = re.compile(r"/rooms/(c[0-9a-z]{24})(?:/|$)")

Next = Callable[[HttpRequest], HttpResponse]


class RequestIdMiddleware:
    """X-Request-ID: the caller's own or a new one, on the answer and in every line of the log."""

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
            if request.path.startswith(API_PREFIX):
                logger.info(
                    "%s %s %s",
                    request.method,
                    request.path,
                    response.status_code,
                    extra={
                        "facts": {
                            "status": response.status_code,
                            "milliseconds": round((time.perf_counter() - started) * 1000),
                        }
                    },
                )
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
        if response.status_code >= 400 and not response.headers.get("Content-Type", "").startswith("application/json"):
            # Django's own page, in DEBUG one with everything in it.
            response = refusal(*GENERIC.get(response.status_code, GENERIC[500]))
        if request.path.startswith(VERSION) and request.path not in UNLIMITED:
            response = limited(request, response)
        response.setdefault("Cache-Control", "no-store")
        return response


def check_text(request: HttpRequest) -> None:
    """No database stores a NUL, and no honest caller sends one. Paths need no look: no address has room for one."""
    headers = (value for name, value in request.META.items() if name.startswith("HTTP_"))
    query = (text for name, values in request.GET.lists() for text in (name, *values))
    if any("\0" in text for text in (*headers, *query)):
        raise BadRequest("NUL characters are not allowed.")


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


class ContentSecurityPolicyMiddleware:
    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.setdefault("Content-Security-Policy", ADMIN if request.path.startswith("/admin/") else PAGES)
        response.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
        return response
