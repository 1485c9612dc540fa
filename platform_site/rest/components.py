"""The parts of the OpenAPI document that all operations share. The settings read them: imports nothing."""

from typing import Any

Schema = dict[str, Any]

SAMPLE_ID = "cmb7k2x4q0f3h8w1z5n9t6d2r"

TEXT: Schema = {"type": "string"}
TEXT_OR_NULL: Schema = {"type": ["string", "null"]}
WHOLE: Schema = {"type": "integer"}


def object_of(**properties: Schema) -> Schema:
    """An object with exactly these keys."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


NUMBER: Schema = {"type": "integer", "minimum": 1}
RECEIPT_TREE: Schema = {
    "description": "The entries tree of a receipt: a leaf [participantId, weight], a branch that was cut off [count, "
    "weight, hash], or an inner node [left, right].",
    "oneOf": [
        {"type": "array", "prefixItems": [TEXT, NUMBER], "items": False, "minItems": 2},
        {
            "type": "array",
            "prefixItems": [NUMBER, NUMBER, {"type": "string", "pattern": "^[0-9a-f]{64}$"}],
            "items": False,
            "minItems": 3,
        },
        {
            "type": "array",
            "prefixItems": [{"$ref": "#/components/schemas/ReceiptTree"}] * 2,
            "items": False,
            "minItems": 2,
        },
    ],
    "example": [SAMPLE_ID, 1],
}

RATE_HEADERS = {
    "X-RateLimit-Limit": "Requests a minute.",
    "X-RateLimit-Remaining": "Requests left until the reset.",
    "X-RateLimit-Reset": "When the count starts anew, in Unix seconds.",
}
COMPONENTS: Schema = {
    "schemas": {
        "Error": {
            "type": "object",
            "description": "Every refusal: a stable code for programs, a message for people, details where they help.",
            "properties": {
                "error": {
                    "type": "object",
                    "properties": {
                        "code": {"type": "string"},
                        "message": {"type": "string"},
                        "details": {"type": "object", "additionalProperties": True},
                    },
                    "required": ["code", "message"],
                    "additionalProperties": False,
                }
            },
            "required": ["error"],
            "additionalProperties": False,
        },
        "Success": {
            "type": "object",
            "properties": {
                "data": {
                    "type": "object",
                    "properties": {"success": {"type": "boolean", "const": True}},
                    "required": ["success"],
                    "additionalProperties": False,
                }
            },
            "required": ["data"],
            "additionalProperties": False,
        },
        "ReceiptTree": RECEIPT_TREE,
        "PageMeta": {
            "type": "object",
            "description": "Where the page stands. By cursor there are only `limit` and `nextCursor`.",
            "properties": {
                "page": {"type": "integer"},
                "limit": {"type": "integer"},
                "total": {"type": "integer"},
                "totalPages": {"type": "integer"},
                "pages": {"type": "integer", "description": "The same as `totalPages`, for older clients."},
                "nextCursor": {"type": ["string", "null"], "description": "Null on the last page."},
            },
            "required": ["limit", "nextCursor"],
            "additionalProperties": False,
            "example": {"page": 1, "limit": 20, "total": 1, "totalPages": 1, "pages": 1, "nextCursor": None},
        },
    },
    "headers": {
        name: {"description": text, "required": True, "schema": {"type": "integer"}}
        for name, text in (RATE_HEADERS | {"Retry-After": "Seconds to wait."}).items()
    },
    "securitySchemes": {
        "accessToken": {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "JWT",
            "description": "The `accessToken` that signing in or refreshing gave.",
        }
    },
}
