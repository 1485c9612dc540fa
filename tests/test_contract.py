"""The contract itself: an answer that is not in the document fails the test that got it."""

import json

import pytest
from django.http import JsonResponse

from platform_site.rest.components import RATE_HEADERS
from tests.contract import check

LIMITS = dict.fromkeys(RATE_HEADERS, "1")
META = {"limit": 20, "nextCursor": None}
ERROR = {"error": {"code": "NOT_FOUND", "message": "There is no such thing here."}}


@pytest.mark.parametrize(
    ("address", "status", "body", "headers"),
    [
        ("/api/v1/rooms", 200, {"data": [], "meta": META}, {}),  # no rate limit
        ("/api/v1/rooms", 418, ERROR, LIMITS),
        ("/api/v1/rooms", 200, {"data": []}, LIMITS),
        ("/api/v1/rooms", 200, {"data": [{"id": "x"}], "meta": META}, LIMITS),
        ("/api/v1/rooms", 200, {"data": [], "meta": META, "more": 1}, LIMITS),
        ("/api/v1/rooms/c123", 404, {"error": {"code": "ROOM_CLOSED", "message": ""}}, LIMITS),
        ("/api/v1/rooms/c123", 404, {"detail": "Not found."}, LIMITS),
        ("/api/v1/nowhere", 200, {"data": {}}, LIMITS),
    ],
)
def test_an_answer_that_is_not_described_fails(address, status, body, headers):
    with pytest.raises(AssertionError, match=address):
        check("GET", address, "", JsonResponse(body, status=status, headers=headers))


def test_described_answers_pass():
    check("GET", "/api/v1/rooms", "", JsonResponse({"data": [], "meta": META}, headers=LIMITS))
    check("GET", "/api/v1/rooms", "fields=id", JsonResponse({"data": [{"id": "x"}], "meta": META}, headers=LIMITS))
    check("GET", "/api/v1/rooms/c123", "", JsonResponse(ERROR, status=404, headers=LIMITS))
    check("GET", "/health/live", "", JsonResponse(json.loads("{}")))
