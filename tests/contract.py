"""Holds every answer of the API against its own OpenAPI document."""

import json
import re
from functools import cache
from typing import Any
from urllib.parse import unquote

import jsonschema_rs
from rest_framework.test import APIClient

from platform_site.rest.components import RATE_HEADERS
from platform_site.rest.openapi import document

PREFIX = "/api/v1/"
UNDESCRIBED = {"openapi.json"}
# Of an address or a method that the document does not have, these are the only answers.
NOWHERE = {400, 401, 404, 405, 413, 429}


class ContractClient(APIClient):
    """A client that fails where an answer is not what the document says."""

    def request(self, **request: Any) -> Any:
        response = super().request(**request)
        check(request["REQUEST_METHOD"], request["PATH_INFO"], request.get("QUERY_STRING", ""), response)
        return response


def check(method: str, path: str, query: str, response: Any) -> None:
    """Raises AssertionError where `response` is not in the document, or is not as described there."""
    if not path.startswith(PREFIX) or path.removeprefix(PREFIX) in UNDESCRIBED:
        return
    where = f"{method} {path} answered {response.status_code}"
    for header in RATE_HEADERS:
        assert response.headers.get(header, "").isdigit(), f"{where} without {header}"
    template = template_of(path)
    described = document()["paths"].get(template, {}).get("get" if method == "HEAD" else method.lower())
    if described is None:
        assert response.status_code in NOWHERE, f"{where}; the document has no such operation"
        if method != "HEAD":
            validate("#/components/schemas/Error", response, where)
        return
    status = str(response.status_code)
    assert status in described["responses"], f"{where}; the document has {', '.join(described['responses'])}"
    if "content" in described["responses"][status] and method != "HEAD":
        media = response.headers["Content-Type"].split(";")[0]
        assert media in described["responses"][status]["content"], f"{where} as {media}"
        if media != "application/json":
            return
        escaped = template.replace("/", "~1").replace("{", "%7B").replace("}", "%7D")
        pointer = f"#/paths/{escaped}/{method.lower()}/responses/{status}/content/application~1json/schema"
        validate(pointer, response, where, partial="fields=" in query)


def validate(pointer: str, response: Any, where: str, *, partial: bool = False) -> None:
    body = json.loads(response.content)
    faults = [
        f"{'.'.join(map(str, fault.instance_path))}: {fault.message}"
        for fault in validator(pointer, partial).iter_errors(body)
    ]
    assert not faults, f"{where}, not as described:\n" + "\n".join(faults[:10]) + f"\n{json.dumps(body)[:2000]}"


@cache
def validator(pointer: str, partial: bool) -> Any:
    # Not within the whole document: the validator would read all of it each time.
    found: Any = document()
    for key in pointer.removeprefix("#/").split("/"):
        found = found[unquote(key).replace("~1", "/")]
    shared = {"schemas": schemas(partial)}
    return jsonschema_rs.Draft202012Validator({"components": shared, "allOf": [found]}, validate_formats=True)


@cache
def schemas(partial: bool) -> dict[str, Any]:
    """The shared schemas; `partial` without `required`, because `fields=` leaves out what it is told to."""
    left_out = {"example", "required"} if partial else {"example"}
    return {
        name: {key: part for key, part in schema.items() if key not in left_out}
        for name, schema in document()["components"]["schemas"].items()
    }


@cache
def templates() -> list[tuple[re.Pattern[str], str]]:
    """Literal paths before those with variables: /participants/me is nobody's id."""
    paths = sorted(document()["paths"], key=lambda path: path.count("{"))
    return [(re.compile(re.sub(r"{\w+}", "[^/]+", path)), path) for path in paths]


def template_of(path: str) -> str:
    return next((path_of for pattern, path_of in templates() if pattern.fullmatch(path)), "")
