"""The JSON Schemas that commands and events share."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import jsonschema_rs

from platform_site.rest.exceptions import InvalidInput

ID = {"type": "string", "minLength": 1, "maxLength": 100}
LEVEL = {"enum": ["public", "organizer", "private"]}
TIME = {"type": "string", "format": "date-time"}
TEXT = {"type": "string"}
NUMBER = {"type": "integer", "minimum": 0}
OBJECT = {"type": "object"}
FIGURES = {
    "onlineCount": NUMBER | {"description": "How many members of the room follow it now, as people and not devices."},
    "organizerOnline": {"type": "boolean", "description": "Whether an organizer or moderator is among them."},
}


def shape(required: tuple[str, ...] = (), **properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(required)}


def ref(name: str) -> dict[str, str]:
    """A shape of the REST API, as its own document describes it."""
    return {"$ref": f"#/components/schemas/{name}"}


@dataclass
class CommandShape:
    """A command as clients see it. `takes` and `answers` are JSON Schemas (draft 7) of the data either way."""

    name: str
    summary: str
    takes: dict[str, Any]
    answers: dict[str, Any]

    @cached_property
    def validator(self) -> Any:
        return jsonschema_rs.Draft7Validator(self.takes)

    def check(self, data: dict[str, Any]) -> None:
        """Raises InvalidInput, with every fault by its path, where `data` does not fit `takes`."""
        faults: dict[str, list[str]] = {}
        for error in self.validator.iter_errors(data):
            faults.setdefault(".".join(map(str, error.instance_path)) or "data", []).append(str(error.message)[:300])
        if faults:
            raise InvalidInput(faults)
