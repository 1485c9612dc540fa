"""The API's description (OpenAPI 3.1), made from what viewsets declare.

How to declare an operation. On the method, in any order with `@action` and `@idempotent`:

    class PrizeViewSet(InRoomViewSet):
        \"\"\"What can be won in a room.\"\"\"            # the tag's description, for developers of client apps
        tag = "Prizes"
        serializer_class = PrizeSerializer          # shapes `list` and `retrieve`; `fields=` knows its fields
        filterset_class = PrizeFilter               # its filters become parameters
        sort_fields = {"name": "name", "createdAt": "created_at"}     # `sort=` on the wire: field of the query set
        default_limit = 50

        @operation("Add a prize", body=PrizeInput, answer=PrizeSerializer, status=201, errors=(RoomClosed,))
        @idempotent                                 # adds the header Idempotency-Key and its 409
        def create(self, request, room_id): ...     # the method's docstring becomes the description

An inherited method is declared by name: `operations = {"list": Operation("List prizes")}`.

- `answer` is the serializer of `data`, or a tuple of them where it is one of several; `many=True` for a list outside
  `list`; a JSON Schema as a dict for anything else; without it the answer is {"success": true}. `status` may be a
  tuple, too.
- `paged=True` for a list with `page`, `limit` and `cursor` under another name than `list`.
- `meta` is the schema of a list's `meta` where it is not that of pages (then `pagination_class = None`, too).
- `uploads` are the media types of a body that is a file.
- `files` are the media types of an answer that is a file, outside the envelope; with an `answer`, JSON in the envelope
  is possible, too.
- `redirects=True` for an answer that only sends a browser on (302).
- `errors` names the DomainErrors that this operation can answer; their code, status and message are read from the
  class. A text is the code of one that Django or DRF raises. What follows from the rest needs no mention: 401 for a
  bad token (and for none, where signing in is required), 404
  where the path holds an id, 422 where there is a body or a parameter, 400, 413, 429, 500.
- `access` is "required" (default for changes), "optional" (default for reading) or "none" (no token is looked at).
- A serializer's `example = {"name": "Grand prize"}` goes over the example that is made from names and types, and its
  `whole_example` stands in the place of it, where not every field may be given at once. All
  fields of an answer are always there, so all are required; bodies and answers are different serializers.
- A SerializerMethodField needs a type hint, or `@extend_schema_field(OtherSerializer)` for a nested object.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar, Literal

import django_filters
from django.core.exceptions import FieldDoesNotExist
from django.http import HttpRequest
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.openapi import AutoSchema as SpectacularSchema
from drf_spectacular.plumbing import build_mock_request, get_doc
from rest_framework.serializers import Serializer

from platform_site.db.ids import ID_PATTERN
from platform_site.rest.components import RATE_HEADERS, SAMPLE_ID, Schema
from platform_site.rest.examples import example
from platform_site.rest.exceptions import FOREIGN, DomainError, Forbidden, InvalidInput, ServiceUnavailable
from platform_site.rest.fields import wire_name
from platform_site.rest.filters import BooleanFilter, EnumFilter
from platform_site.rest.pagination import LAST_PAGE, MOST_A_PAGE, Pages

Access = Literal["required", "optional", "none"]

ID: Schema = {"type": "string", "pattern": f"^{ID_PATTERN}$", "example": SAMPLE_ID}


@dataclass(frozen=True)
class Operation:
    """What an operation of the API takes and gives; see the module."""

    summary: str
    body: type[Serializer] | None = None
    body_required: bool = True
    uploads: tuple[str, ...] = ()
    answer: type[Serializer] | tuple[type[Serializer], ...] | Schema | None = None
    paged: bool = False
    meta: Schema | None = None
    files: tuple[str, ...] = ()
    many: bool = False
    status: int | tuple[int, ...] = 200
    errors: tuple[type[DomainError] | str, ...] = ()
    access: Access | None = None
    parameters: tuple[Schema, ...] = ()
    redirects: bool = False


def operation(summary: str, **declared: Any) -> Callable[[Any], Any]:
    """Declares a viewset's method; the arguments are those of Operation."""

    def mark(method: Any) -> Any:
        method.operation = Operation(summary, **declared)
        return method

    return mark


def query(name: str, schema: Schema, description: str, *, required: bool = False) -> Schema:
    """A query parameter, for `parameters`."""
    return {"name": name, "in": "query", "required": required, "schema": schema, "description": description}


# --- Errors --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Failure:
    code: str
    status: int
    message: str
    reason: str = ""


def failure_of(error: type[DomainError]) -> Failure:
    return Failure(error.code, error.status, error.message, error.reason)


GENERAL = {code: Failure(code, status, message) for _, code, status, message in reversed(FOREIGN)} | {
    "FORBIDDEN": failure_of(Forbidden),
    "VALIDATION_ERROR": failure_of(InvalidInput),
    "CONFLICT": Failure("CONFLICT", 409, "A request with this Idempotency-Key is still running.", "key_running"),
    "RATE_LIMIT_EXCEEDED": Failure("RATE_LIMIT_EXCEEDED", 429, "Too many requests. Wait a little."),
    "INTERNAL_ERROR": Failure("INTERNAL_ERROR", 500, "Something went wrong on our side."),
    "SERVICE_UNAVAILABLE": failure_of(ServiceUnavailable),
}
EVERYWHERE = ("BAD_REQUEST", "PAYLOAD_TOO_LARGE", "RATE_LIMIT_EXCEEDED", "INTERNAL_ERROR", "SERVICE_UNAVAILABLE")
DETAILS: dict[str, Schema] = {
    "VALIDATION_ERROR": {"fields": {"name": ["This field may not be blank."]}},
    "RATE_LIMIT_EXCEEDED": {"limit": 20, "resetAt": "2026-01-15T18:01:00.000Z"},
}
STATUSES = {
    400: "The request cannot be read.",
    401: "Not signed in, or the token is not valid.",
    403: "Not allowed.",
    404: "There is no such thing, or you may not know of it.",
    409: "Not possible in the present state.",
    413: "The body is too large.",
    422: "Some values are not valid; `details.fields` says which.",
    429: "Too many requests; `Retry-After` says when to come again.",
    500: "A fault of ours. Nothing was changed.",
    502: "Another service failed.",
    503: "Not available for the moment, nothing was changed; `Retry-After` says when to come again.",
}


# --- One operation -------------------------------------------------------------------------------------------------


class AutoSchema(SpectacularSchema):
    """Reads Operations; see the module."""

    tag_descriptions: ClassVar[dict[str, str]] = {}

    @property
    def action(self) -> str:
        return getattr(self.view, "action", None) or self.method.lower()

    @property
    def declared(self) -> Operation:
        by_name = getattr(self.view, "operations", {}).get(self.action)
        found = by_name or getattr(getattr(self.view, self.action, None), "operation", None)
        return found or Operation(f"{self.action} {self.noun}".replace("_", " ").capitalize())

    @property
    def noun(self) -> str:
        return getattr(self.view, "basename", None) or type(self.view).__name__

    @property
    def is_list(self) -> bool:
        return (self.action == "list" or self.declared.paged) and self.method == "GET"

    @property
    def is_idempotent(self) -> bool:
        return getattr(getattr(self.view, self.action, None), "is_idempotent", False)

    @property
    def takes_fields(self) -> bool:
        return self.action in {"list", "retrieve"} and self.serializer_class is not None

    @property
    def serializer_class(self) -> type[Serializer] | None:
        chosen = self.declared.answer
        return chosen if isinstance(chosen, type) else getattr(self.view, "serializer_class", None)

    @property
    def access(self) -> Access:
        if not self.view.get_authenticators():
            return "none"
        return self.declared.access or ("optional" if self.method == "GET" else "required")

    def get_operation_id(self) -> str:
        words = re.split(r"[-_ ]", f"{self.noun}_{self.action}")
        return words[0] + "".join(word.capitalize() for word in words[1:])

    def get_tags(self) -> list[str]:
        tag = getattr(self.view, "tag", "") or self.noun.capitalize()
        self.tag_descriptions.setdefault(tag, get_doc(type(self.view)))
        return [tag]

    def get_summary(self) -> str:
        return self.declared.summary

    def get_description(self) -> str:  # type: ignore[override]
        text: str = get_doc(getattr(self.view, self.action, None))
        return text

    def get_auth(self) -> list[Schema]:
        return {"required": [{"accessToken": []}], "optional": [{"accessToken": []}, {}], "none": []}[self.access]

    # --- What it takes

    def _get_parameters(self) -> list[Schema]:
        parameters = [self.path_parameter(name) for name in re.findall(r"{(\w+)}", self.path)]
        if self.is_list:
            filters = getattr(self.view, "filterset_class", None)
            parameters += [
                filter_parameter(name, found) for name, found in (filters.base_filters if filters else {}).items()
            ]
            parameters += self.list_parameters()
        if self.takes_fields:
            parameters.append(self.fields_parameter())
        if self.is_idempotent:
            parameters.append(IDEMPOTENCY_KEY)
        if getattr(getattr(self.view, self.action, None), "is_idempotent_for_strangers", False):
            parameters.append(DEVICE_KEY)
        return parameters + list(self.declared.parameters)

    def path_parameter(self, name: str) -> Schema:
        pattern = re.search(rf"\(\?P<{'pk' if name == 'id' else name}>((?:[^()]|\([^()]*\))*)\)", self.path_regex)
        is_id = pattern is None or pattern[1] == ID_PATTERN
        schema = ID if is_id else {"type": "string", "pattern": f"^{pattern[1]}$"} if pattern else {"type": "string"}
        return {"name": name, "in": "path", "required": True, "schema": schema}

    def list_parameters(self) -> list[Schema]:
        paginator = getattr(self.view, "pagination_class", None)
        if paginator is None or not issubclass(paginator, Pages):
            return []
        default = getattr(self.view, "default_limit", paginator.default_limit)
        parameters = [
            query("page", {"type": "integer", "minimum": 1, "maximum": LAST_PAGE, "default": 1}, "The page, from 1."),
            query(
                "limit", {"type": "integer", "minimum": 1, "maximum": MOST_A_PAGE, "default": default}, "Items a page."
            ),
            query(
                "cursor",
                {"type": "string"},
                "Instead of `page`: empty for the beginning, then `meta.nextCursor` as it came, with the same `sort`.",
            ),
        ]
        if names := getattr(self.view, "sort_fields", {}):
            name = f"-?({'|'.join(names)})"
            parameters.append(
                query(
                    "sort",
                    {"type": "string", "pattern": f"^{name}(,{name}){{0,2}}$"},
                    f"Fields to sort by, separated by commas; a minus turns the order: {', '.join(names)}.",
                )
            )
        return parameters

    def fields_parameter(self) -> Schema:
        shape: Any = self.serializer_class
        names = list(shape().fields)
        one = f"({'|'.join(names)})"
        return query(
            "fields",
            {"type": "string", "pattern": f"^{one}(,{one})*$"},
            "Only these fields, separated by commas, on every object of the answer.",
        )

    def _get_request_body(self, direction: Any = "request") -> Schema | None:
        if self.declared.uploads:
            file = {"schema": {"type": "string", "format": "binary"}}
            return {"content": dict.fromkeys(self.declared.uploads, file), "required": True}
        if self.declared.body is None:
            return None
        body = self.declared.body(partial=self.method == "PATCH")
        schema = self.resolve_serializer(body, direction).ref
        return {"content": {"application/json": {"schema": schema}}, "required": self.declared.body_required}

    # --- What it gives

    def _get_response_bodies(self, direction: str = "response") -> Schema:
        headers = {name: {"$ref": f"#/components/headers/{name}"} for name in RATE_HEADERS}
        success: Schema = {"description": self.declared.summary, "headers": headers}
        if self.declared.redirects:
            success["headers"] = headers | {"Location": {"schema": {"type": "string"}, "required": True}}
        else:
            success["content"] = {media: {"schema": FILES.get(media, BINARY)} for media in self.declared.files}
            if self.declared.answer or not self.declared.files:
                success["content"]["application/json"] = {"schema": self.success_schema()}
        status = 302 if self.declared.redirects else self.declared.status
        responses = {str(one): success for one in (status if isinstance(status, tuple) else (status,))}
        by_status: dict[int, list[Failure]] = {}
        for failure in self.failures():
            by_status.setdefault(failure.status, []).append(failure)
        for status, failures in sorted(by_status.items()):
            extra = {"Retry-After": {"$ref": "#/components/headers/Retry-After"}} if status == 429 else {}
            responses[str(status)] = {
                "description": STATUSES[status],
                "headers": headers | extra,
                "content": {"application/json": error_content(failures)},
            }
        return responses

    def success_schema(self) -> Schema:
        declared = self.declared
        if isinstance(declared.answer, dict):
            data = declared.answer
        elif isinstance(declared.answer, tuple):
            data = {"oneOf": [self.resolve_serializer(one, "response").ref for one in declared.answer]}
        elif declared.answer is None and not (self.action in {"list", "retrieve"} and self.serializer_class):
            return {"$ref": "#/components/schemas/Success"}
        else:
            shape: Any = self.serializer_class
            data = self.resolve_serializer(shape, "response").ref
        properties: dict[str, Schema] = {"data": data}
        if self.is_list or declared.many:
            properties["data"] = {"type": "array", "items": data}
        if declared.meta:
            properties["meta"] = declared.meta
        elif self.is_list and getattr(self.view, "pagination_class", None) is not None:
            properties["meta"] = {"$ref": "#/components/schemas/PageMeta"}
        return {
            "type": "object",
            "properties": properties,
            "required": list(properties),
            "additionalProperties": False,
        }

    def failures(self) -> list[Failure]:
        codes: list[type[DomainError] | str] = [*EVERYWHERE]
        if self.access != "none":
            codes.append("INVALID_TOKEN")
        if self.access == "required":
            codes.append("UNAUTHORIZED")
        if "{" in self.path:
            codes.append("NOT_FOUND")
        if (
            self.declared.body
            or self.declared.uploads
            or self.is_list
            or self.takes_fields
            or self.is_idempotent
            or self.declared.parameters
        ):
            codes.append("VALIDATION_ERROR")
        if self.is_idempotent:
            codes.append("CONFLICT")
        codes += self.declared.errors
        return list(dict.fromkeys(GENERAL[code] if isinstance(code, str) else failure_of(code) for code in codes))

    def _map_basic_serializer(self, serializer: Any, direction: str) -> Schema:
        schema: Schema = super()._map_basic_serializer(serializer, direction)  # type: ignore[no-untyped-call]
        schema.pop("description", None)  # the docstring is for whoever works on the serializer
        if direction == "response":
            for name, part in schema.get("properties", {}).items():
                part.pop("readOnly", None)
                if may_be_null(serializer, serializer.fields[name].source):
                    schema["properties"][name] = nullable(part)
            schema |= {"required": list(schema.get("properties", {})), "additionalProperties": False}
        if example := getattr(serializer, "example", None):
            schema["example"] = example
        if whole := getattr(serializer, "whole_example", None):
            schema["examples"] = [whole]
        return schema

    def _get_serializer_name(self, serializer: Any, direction: str, bypass_extensions: bool = False) -> str:
        name: str = super()._get_serializer_name(serializer, direction, bypass_extensions)
        # PrizeInputRequest says the same twice.
        return (
            name.replace("Input", "").replace("Changes", "")
            if name.endswith(("InputRequest", "ChangesRequest"))
            else name
        )


BINARY: Schema = {"type": "string", "format": "binary"}
FILES: dict[str, Schema] = {"text/csv": {"type": "string"}}


def may_be_null(serializer: Any, source: str) -> bool:
    """Whether the column behind an answer's field takes null: a field that only reads does not say so itself."""
    model = getattr(getattr(serializer, "Meta", None), "model", None)
    try:
        return model is not None and bool(getattr(model._meta.get_field(source), "null", False))
    except FieldDoesNotExist:
        return False


def nullable(schema: Schema) -> Schema:
    kind = schema.get("type")
    if kind is None:
        return {"oneOf": [schema, {"type": "null"}]} if schema and "oneOf" not in schema else schema
    return schema | {"type": [kind, "null"] if isinstance(kind, str) else kind}


IDEMPOTENCY_KEY: Schema = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
    "description": "Any text of your own, new for every thing you want done. Sent again within 24 hours with the same "
    "body, it brings the first answer (with `Idempotent-Replayed: true`) and nothing is done twice.",
    "example": "5f2c8e2a-prize-1",
}


DEVICE_KEY: Schema = {
    "name": "X-Device-Key",
    "in": "header",
    "required": False,
    "schema": {"type": "string", "pattern": "^[A-Za-z0-9_-]{22,64}$"},
    "description": "128 random bits (22 characters of URL-safe base64, or 32 of hex) that the device made up and keeps."
    " Without an access token, an `Idempotency-Key` belongs to it: required then, and looked at in no other case.",
    "example": "q83vEjRWeJCrze8SNFZ4kA",
}


def filter_parameter(name: str, found: django_filters.Filter) -> Schema:
    schema: Schema = {"type": "string"}
    if isinstance(found, EnumFilter):
        schema["enum"] = [value for value, _ in found.extra["choices"]]
    elif isinstance(found, BooleanFilter):
        schema["type"] = "boolean"
    elif isinstance(found, django_filters.NumberFilter):
        schema["type"] = "integer"
    description = found.extra.get("help_text") or (
        "A part of the name, in any case of letters." if name == "search" else f"Only those with this {name}."
    )
    return query(name, schema, description)


def error_content(failures: list[Failure]) -> Schema:
    codes = list(dict.fromkeys(failure.code for failure in failures))
    examples: Schema = {}
    for failure in failures:
        error: Schema = {"code": failure.code, "message": failure.message}
        if failure.code in DETAILS:
            error["details"] = DETAILS[failure.code]
        elif failure.reason:
            error["details"] = {"reason": failure.reason}
        name = failure.code if failure.code not in examples else f"{failure.code}_{len(examples) + 1}"
        examples[name] = {"summary": failure.message, "value": {"error": error}}
    narrowed = {"properties": {"error": {"properties": {"code": {"enum": codes}}}}}
    return {"schema": {"allOf": [{"$ref": "#/components/schemas/Error"}, narrowed]}, "examples": examples}


METHODS = ("get", "post", "put", "patch", "delete")


def mock_request(method: str, path: str, view: Any, original: Any) -> Any:
    """Spectacular's request for a look at a view, which may ask for the method before it has a request of DRF's."""
    view.request = HttpRequest()
    view.request.method = method
    return build_mock_request(method, path, view, original)  # type: ignore[no-untyped-call]


# --- The whole document --------------------------------------------------------------------------------------------


def finish(result: Schema, generator: Any, request: Any, public: bool) -> Schema:
    """Spectacular's post-processing hook: camelCase in paths, tags with descriptions, an example everywhere."""
    # Spectacular takes the methods of a path from a set: in another order in every process.
    result["paths"] = {
        wire_name(path): {method: item[method] for method in METHODS if method in item}
        for path, item in result["paths"].items()
    }
    schemas = result["components"]["schemas"]
    for item in result["paths"].values():
        for found in item.values():
            for parameter in found.get("parameters", []):
                parameter["name"] = wire_name(parameter["name"]) if parameter["in"] == "path" else parameter["name"]
            for part in (found.get("requestBody"), *found["responses"].values()):
                for content in (part or {}).get("content", {}).values():
                    if "examples" not in content and content["schema"] is not BINARY:
                        content["examples"] = {"example": {"value": example(content["schema"], schemas)}}
    result["tags"] = [{"name": name, "description": text} for name, text in sorted(AutoSchema.tag_descriptions.items())]
    return result


@cache
def document() -> Schema:
    """The OpenAPI document of the whole API, made once a process."""
    generator: Any = SchemaGenerator
    made: Schema = generator().get_schema(request=None, public=True)
    return made


@cache
def document_json() -> bytes:
    return json.dumps(document(), ensure_ascii=False, default=str).encode()
