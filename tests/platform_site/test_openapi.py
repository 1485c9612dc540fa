"""The OpenAPI document: whole, true to itself, and readable in a browser without anybody else's server."""

import json
import re
from typing import Any

import jsonschema_rs
import pytest
from django.urls import get_resolver

from platform_site.rest.openapi import Operation, document
from tests.contract import validator


def operations():
    return [
        pytest.param(path, method, found, id=found["operationId"])
        for path, item in document()["paths"].items()
        for method, found in item.items()
    ]


def test_the_document_is_served(api, db):
    answer = api().get("/api/v1/openapi.json")
    assert answer["Content-Type"] == "application/json"
    assert answer.json() == json.loads(json.dumps(document(), default=str))
    assert answer.json()["openapi"].startswith("3.1")


def test_every_action_of_the_api_is_in_it():
    def callbacks(patterns):
        for pattern in patterns:
            if hasattr(pattern, "url_patterns"):
                yield from callbacks(pattern.url_patterns)
            else:
                yield pattern.callback

    site: Any = get_resolver().url_patterns
    api = next(pattern for pattern in site if str(pattern.pattern) == "api/")
    served = set()
    for callback in callbacks(api.url_patterns):
        for action in getattr(callback, "actions", {}).values():
            first, *rest = re.split("[-_]", f"{callback.initkwargs['basename']}_{action}")
            served.add(first + "".join(word.capitalize() for word in rest))
    described = {found["operationId"] for item in document()["paths"].values() for found in item.values()}
    assert served <= described
    assert "roomList" in served


def test_operation_ids_are_unique_words():
    names = [found["operationId"] for item in document()["paths"].values() for found in item.values()]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch("[a-z]+([A-Z][a-z0-9]*)*", name) for name in names)


@pytest.mark.parametrize(("path", "method", "found"), operations())
def test_an_operation_is_whole(path, method, found):
    assert found["summary"], "declare it with @operation"
    assert "_" not in path
    assert {"400", "429", "500"} <= set(found["responses"])
    assert any(status.startswith(("2", "3")) for status in found["responses"])
    assert found["tags"] == [tag["name"] for tag in document()["tags"] if tag["name"] in found["tags"]]
    assert all(tag["description"] for tag in document()["tags"] if tag["name"] in found["tags"])
    if method in {"post", "patch", "put"} and "requestBody" in found:
        assert "422" in found["responses"]
    for status, response in found["responses"].items():
        assert response["description"]
        assert "X-RateLimit-Limit" in response["headers"]
        for media, content in response.get("content", {}).items():
            assert media != "application/json" or content["examples"], status


@pytest.mark.parametrize(("path", "method", "found"), operations())
def test_examples_are_what_they_show(path, method, found):
    escaped = path.replace("/", "~1").replace("{", "%7B").replace("}", "%7D")
    parts = {f"responses/{status}": response for status, response in found["responses"].items()}
    parts |= {"requestBody": found["requestBody"]} if "requestBody" in found else {}
    for place, part in parts.items():
        pointer = f"#/paths/{escaped}/{method}/{place}/content/application~1json/schema"
        for example in part.get("content", {}).get("application/json", {}).get("examples", {}).values():
            faults = validator(pointer, partial=False).iter_errors(example["value"])
            assert [f"{'.'.join(map(str, fault.instance_path))}: {fault.message}" for fault in faults] == []


def test_schemas_are_schemas():
    for name, schema in document()["components"]["schemas"].items():
        assert jsonschema_rs.meta.is_valid(schema), name


def test_nothing_internal_is_told():
    told = json.dumps(document(), default=str)
    for word in ("snake_case", "room_id", "queryset", "context[", "TODO", "SELECT "):
        assert word not in told


def test_an_operation_needs_little():
    assert Operation("Read").status == 200


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_the_page_works_from_local_files(live_server, page):
    asked, complaints = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on(
        "console", lambda message: complaints.append(message.text) if message.type in {"error", "warning"} else None
    )
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(f"{live_server.url}/api/docs/")
    page.get_by_text("Add a prize").first.wait_for()
    page.get_by_text("Add a prize").first.click()
    page.get_by_text("Idempotency-Key").first.wait_for()
    page.get_by_text("PRIZE").first.wait_for()
    assert complaints == []
    assert [url for url in asked if not url.startswith((live_server.url, "data:"))] == []
