"""Answers that belong to no app: unknown API paths, and what the site says when something is wrong."""

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from rest_framework.request import Request
from rest_framework.views import APIView

from platform_site.rest.exceptions import NotFound, error_body

API_PREFIX = "/api/"


class UnknownPath(APIView):
    authentication_classes: tuple[Any, ...] = ()

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        raise NotFound("There is no such address in the API.")


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return failure(request, "BAD_REQUEST", 400, "This request cannot be read.")


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return failure(request, "FORBIDDEN", 403, "You may not see this.")


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return failure(request, "NOT_FOUND", 404, "There is nothing here.")


def server_error(request: HttpRequest) -> HttpResponse:
    return failure(request, "INTERNAL_ERROR", 500, "Something went wrong on our side.")


def failure(request: HttpRequest, code: str, status: int, message: str) -> HttpResponse:
    """A refusal outside DRF: the envelope below /api/, a page elsewhere."""
    if request.path.startswith(API_PREFIX):
        return JsonResponse(error_body(code, message), status=status)
    return render(request, "error.html", {"status": status, "message": message}, status=status)
