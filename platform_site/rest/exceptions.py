"""Errors as facts (a stable code, a status, details) and the one handler that turns every failure into the envelope."""

import logging
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.http import Http404, UnreadablePostError
from rest_framework import exceptions as drf
from rest_framework.response import Response

from platform_site.db.outages import RETRY_AFTER, is_outage, told
from platform_site.rest.renderers import Envelope

logger = logging.getLogger(__name__)


class DomainError(Exception):
    """A refusal that the caller is told. Subclasses fix `code` (for programs), `status` and `message` (for people), and
    where several refusals share a code, `reason`, a word from platform_site.rest.reasons that is told in `details`.

    The API answers it in the envelope, the admin shows it as a message, a socket sends it as an error
    acknowledgement. `details` is JSON and must hold nothing private. `headers` go with the API's answer.
    """

    code = "CONFLICT"
    status = 409
    message = "This is not possible now."
    reason = ""

    def __init__(self, message: str = "", **details: Any) -> None:
        self.message = message or self.message
        self.details = ({"reason": self.reason} if self.reason else {}) | details
        self.headers: dict[str, str] = {}
        super().__init__(self.message)


class NotFound(DomainError):
    code, status, message = "NOT_FOUND", 404, "There is no such thing here."


class Forbidden(DomainError):
    code, status, message, reason = "FORBIDDEN", 403, "You may not do this.", "not_allowed"


class Conflict(DomainError):
    """409. Never raised itself: each subclass has a `reason`."""


class InvalidTransition(DomainError):
    code, message = "INVALID_TRANSITION", "This change of status is not possible."


class InvalidInput(DomainError):
    """422; `fields` maps a dotted path to a list of messages."""

    code, status, message = "VALIDATION_ERROR", 422, "Some fields are not valid."

    def __init__(self, fields: dict[str, list[str]], message: str = "") -> None:
        super().__init__(message, fields=fields)


class BadRequest(DomainError):
    code, status, message = "BAD_REQUEST", 400, "This request cannot be read."


class PayloadTooLarge(DomainError):
    code, status, message = "PAYLOAD_TOO_LARGE", 413, "The body is larger than 1 MiB."


class ServiceUnavailable(DomainError):
    """503; `retry_after` says in how many seconds it is worth another try."""

    code, status, message = "SERVICE_UNAVAILABLE", 503, "This is not possible for the moment. Try again soon."

    def __init__(self, message: str = "", *, retry_after: int) -> None:
        super().__init__(message)
        self.headers = {"Retry-After": str(retry_after)}


class DatabaseAway(ServiceUnavailable):
    message = "The database does not answer. Try again in a moment."

    def __init__(self) -> None:
        super().__init__(retry_after=RETRY_AFTER)


# What Django and DRF raise, most specific first: (class, code, status, message).
FOREIGN: list[tuple[type[Exception], str, int, str]] = [
    (drf.ParseError, "BAD_REQUEST", 400, "The body cannot be read."),
    (drf.UnsupportedMediaType, "BAD_REQUEST", 400, "The body must be JSON (Content-Type: application/json)."),
    (drf.NotAuthenticated, "UNAUTHORIZED", 401, "Sign in first."),
    (drf.AuthenticationFailed, "INVALID_TOKEN", 401, "The token is not valid or has expired."),
    (drf.PermissionDenied, "FORBIDDEN", 403, Forbidden.message),
    (PermissionDenied, "FORBIDDEN", 403, Forbidden.message),
    (drf.NotFound, "NOT_FOUND", 404, NotFound.message),
    (Http404, "NOT_FOUND", 404, NotFound.message),
    (drf.MethodNotAllowed, "METHOD_NOT_ALLOWED", 405, "This method is not allowed here."),
    (UnreadablePostError, "BAD_REQUEST", 400, BadRequest.message),
    (RequestDataTooBig, "PAYLOAD_TOO_LARGE", 413, PayloadTooLarge.message),
    (SuspiciousOperation, "BAD_REQUEST", 400, BadRequest.message),
]


def tell_outage(method: str | None, path: str, error: BaseException) -> None:
    """One line, no traceback: everybody's requests fail, and all in the same way."""
    logger.error("%s %s: the database does not answer (%s).", method, path, told(error))


def error_body(code: str, message: str, details: dict[str, Any] | None = None) -> Envelope:
    return Envelope(error={"code": code, "message": message} | ({"details": details} if details else {}))


def envelope_of(error: Exception, context: dict[str, Any]) -> Response:
    """DRF's EXCEPTION_HANDLER. A crash is logged whole and told without detail."""
    if isinstance(error, drf.ValidationError):
        error = InvalidInput(flat_messages(error.detail))
    if isinstance(error, DomainError):
        return Response(
            error_body(error.code, error.message, error.details), status=error.status, headers=error.headers
        )
    for kind, code, status, message in FOREIGN:
        if isinstance(error, kind):
            details = {"reason": Forbidden.reason} if code == Forbidden.code else None
            response = Response(error_body(code, message, details), status=status)
            challenge = getattr(error, "auth_header", None)
            if challenge:
                response["WWW-Authenticate"] = challenge
            return response
    request = context["request"]
    if is_outage(error):
        tell_outage(request.method, request.path, error)
        return envelope_of(DatabaseAway(), context)
    logger.error("%s %s crashed", request.method, request.path, exc_info=error)
    return Response(error_body("INTERNAL_ERROR", "Something went wrong on our side."), status=500)


def flat_messages(detail: Any, path: str = "") -> dict[str, list[str]]:
    """DRF's nested error detail as {dotted path: messages}; what concerns the whole body stands under `body`."""
    if isinstance(detail, dict):
        fields: dict[str, list[str]] = {}
        for key, value in detail.items():
            name = "" if key == "non_field_errors" else str(key)
            fields |= flat_messages(value, ".".join(part for part in (path, name) if part))
        return fields
    if isinstance(detail, list) and any(isinstance(item, dict | list) for item in detail):
        return flat_messages({str(index): item for index, item in enumerate(detail) if item}, path)
    return {path or "body": [str(item) for item in (detail if isinstance(detail, list) else [detail])]}
