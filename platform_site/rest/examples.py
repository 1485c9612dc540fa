"""Example values for the OpenAPI document, made from the names and types of fields."""

import copy
from typing import Any

from platform_site.rest.components import SAMPLE_ID, Schema

NAMED: Schema = {
    "email": "alice@example.com",
    "name": "Alice Johnson",
    "accessToken": "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJjbWI3In0.c2lnbmF0dXJl",
    "refreshToken": "pVx0u3Yb6m1qJ8sKfW2nR5tC7dE9gH4a",
    "expiresIn": 3600,
    "password": "correct horse battery staple",
    "code": "K7M2QXPA",
    "joinCode": "K7M2QXPA",
    "avatar": "https://example.com/alice.png",
    "imageUrl": "https://example.com/prize.png",
    "baseUrl": "https://game.example.com",
    "description": "",
    "metadata": {},
    "appId": "app_lottery_v1",
    "version": "1.0.0",
    "manifestVersion": "1.0.0",
    "appManifestVersion": "1.0.0",
    "deletedAt": None,
}


def example(schema: Schema, schemas: Schema, name: str = "") -> Any:
    """A value that `schema` admits, telling by its name what it is."""
    if "$ref" in schema:
        return example(schemas[schema["$ref"].rsplit("/", 1)[1]], schemas, name)
    if schema.get("examples"):
        return copy.deepcopy(schema["examples"][0])
    given = schema.get("example")
    if given is not None and not isinstance(given, dict):
        return given
    for combined in ("allOf", "oneOf", "anyOf"):
        if combined in schema:
            return example(schema[combined][0], schemas, name)
    if "enum" in schema or "const" in schema:
        return schema["const"] if "const" in schema else schema["enum"][0]
    types = schema.get("type", [])
    if "properties" in schema:
        made = {key: example(part, schemas, key) for key, part in schema["properties"].items()}
        return made | (given or {})
    if given is not None:
        return given
    if name in NAMED and fits(NAMED[name], types):
        return copy.deepcopy(NAMED[name])
    return plain(schema, schemas, name, types if isinstance(types, str) else next(iter(types), ""))


def fits(value: Any, types: str | list[str]) -> bool:
    kind = {str: "string", int: "integer", dict: "object", type(None): "null"}[type(value)]
    return not types or kind in ([types] if isinstance(types, str) else types)


def plain(schema: Schema, schemas: Schema, name: str, kind: str) -> Any:
    if kind == "string":
        if schema.get("format") == "date-time":
            return "2026-01-15T18:00:00.000Z"
        if schema.get("format") == "uri":
            return "https://example.com/"
        return SAMPLE_ID if name == "id" or name.endswith("Id") or name == "createdBy" else "text"
    if kind == "array":
        return [example(schema.get("items", {}), schemas, name)]
    if "default" in schema:
        return schema["default"]
    return {"integer": max(1, schema.get("minimum", 1)), "number": 1.5, "boolean": True, "object": {}}.get(kind)
