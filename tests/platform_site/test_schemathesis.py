"""Made-up requests, right and wrong ones, to every operation: no crash, and no answer that the document leaves out."""

import json
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.test import override_settings
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import load_all_checks
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from accounts.models import User
from platform_site.rest.openapi import document, document_json
from platform_site.wsgi import application
from tests.factories import add_participant, bearer, make_prize

EXAMPLES = 5
CHECKS = [status_code_conformance, content_type_conformance, response_headers_conformance]
OPERATIONS = [found["operationId"] for item in document()["paths"].values() for found in item.values()]


@pytest.fixture(scope="module")
def schema():
    load_all_checks()
    loaded = schemathesis.openapi.from_dict(json.loads(document_json()))
    loaded.app = application
    return loaded


@pytest.fixture
def one_connection():
    """Requests come from this thread: they must not close the connection of the test's transaction."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def known(room, organiser) -> dict[str, str]:
    """Ids that exist, by the name that a path gives them."""
    prize, person = make_prize(room, quantity=5), add_participant(room)
    return {"roomId": room.pk, "id": room.pk, "prizeId": prize.pk, "participantId": person.pk}


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["right", "wrong"])
@pytest.mark.parametrize("signed_in", [True, False], ids=["signed in", "anonymous"])
@pytest.mark.parametrize("name", OPERATIONS)
def test_made_up_requests(
    schema: Any,
    one_connection: None,
    known: dict[str, str],
    organiser: User,
    name: str,
    signed_in: bool,
    mode: GenerationMode,
) -> None:
    operation = schema.find_operation_by_id(name)
    headers = bearer(organiser) if signed_in else {}

    # Derandomized: a run that passed here passes everywhere.
    @settings(
        max_examples=EXAMPLES, deadline=None, derandomize=True, database=None,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=operation.as_strategy(generation_mode=mode), real=st.booleans())
    def every_answer_is_described(case: Any, real: bool) -> None:
        if real:
            case.path_parameters = {key: known.get(key, value) for key, value in (case.path_parameters or {}).items()}
        response = case.call(headers=headers)
        assert response.status_code != 500, response.text  # described, but never what somebody sends may cause
        # `fields=` leaves out what it is told to, which the document can only say in words.
        partial = [] if "fields" in (case.query or {}) else [response_schema_conformance]
        case.validate_response(response, checks=[*CHECKS, *partial])

    with override_settings(ALLOWED_HOSTS=["*"]):
        every_answer_is_described()
