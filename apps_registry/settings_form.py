"""A form for a room's settings, made from the JSON Schema of its app, and the same settings as text to read."""

import copy
import json
import re
from itertools import count
from typing import Any

from django import forms
from django_jsonform.widgets import JSONFormWidget

VISIBLE_TO = {
    "public": "Everybody in the room can see this.",
    "organizer": "",
    "private": "Only organizers see this.",
}
MISSING = re.compile(r'"(.+)" is a required property$')
SEPARATOR = "§"  # between the steps of a path in django-jsonform


class SettingsField(forms.JSONField):
    """The settings as JSON, edited in a generated form. What they must be is decided by the action that stores them."""

    widget: Any

    def __init__(self, schema: dict[str, Any], *, frozen: set[str] | None = None, **kwargs: Any) -> None:
        self.schema = schema
        super().__init__(
            required=False,
            label="Settings",
            widget=JSONFormWidget(schema=form_schema(schema, frozen or set())),
            **kwargs,
        )

    def clean(self, value: Any) -> dict[str, Any]:
        settings = super().clean(value)
        if settings is None:
            return {}
        if not isinstance(settings, dict):
            raise forms.ValidationError("The settings must be an object.")
        return filled_in(self.schema, settings)

    def mark(self, path: str, text: str) -> str:
        """Shows a fault at the part of the form that `path` (dotted) names, and gives it in words for the whole."""
        missing = MISSING.match(text)
        if missing:
            path, text = f"{path}.{missing[1]}".strip("."), "This is needed."
        self.widget.add_error({path.replace(".", SEPARATOR): [text]})
        return f"{title_of(self.schema, path.split('.'))}: {text}" if path else text


def form_schema(schema: dict[str, Any], frozen: set[str]) -> dict[str, Any]:
    """`schema` as django-jsonform draws it: less what only older clients send, with the `frozen` settings locked."""
    drawn = copy.deepcopy(schema)
    drawn.pop("$schema", None)
    for name, part in list(drawn.get("properties", {}).items()):
        if part.get("x-dropped"):
            del drawn["properties"][name]
            continue
        _explain(part)
        if name in frozen:
            _lock(part)
    drawn.pop("additionalProperties", None)
    return drawn


def _explain(part: dict[str, Any]) -> None:
    """Says who sees what. (A form that knows `additionalProperties` draws a button to add some.)"""
    part.pop("additionalProperties", None)
    seen_by = VISIBLE_TO.get(part.get("x-visibility", "organizer"), "")
    part["help_text"] = " ".join(filter(None, [part.pop("description", ""), seen_by]))
    for inner in part.get("properties", {}).values():
        _explain(inner)
    items = part.get("items")
    if not isinstance(items, dict):
        return
    items.pop("additionalProperties", None)
    for inner in items.get("properties", {}).values():
        _explain(inner)
    if has_own_id(items):
        items["required"] = [name for name in items["required"] if name != "id"]
        items["properties"]["id"]["help_text"] = "Left empty, it is made."


def has_own_id(items: dict[str, Any]) -> bool:
    """Whether each item of a list must carry an id, which nobody wants to think up."""
    return items.get("properties", {}).get("id", {}).get("type") == "string" and "id" in items.get("required", ())


def _lock(part: dict[str, Any]) -> None:
    part["readonly"] = True
    for inner in part.get("properties", {}).values():
        _lock(inner)
    if isinstance(part.get("items"), dict):
        _lock(part["items"])


def filled_in(schema: dict[str, Any], value: Any) -> Any:
    """`value` without the empty texts and nulls that a form sends for what was left empty, and with ids for items."""
    if isinstance(value, dict):
        known = schema.get("properties", {})
        cleaned = {name: filled_in(known.get(name, {}), item) for name, item in value.items()}
        return {name: item for name, item in cleaned.items() if item not in (None, "")}
    if isinstance(value, list):
        items = schema.get("items", {})
        items = items if isinstance(items, dict) else {}
        rows = [row for row in (filled_in(items, item) for item in value) if row not in (None, "")]
        return with_ids(rows) if has_own_id(items) else rows
    return value


def with_ids(rows: list[Any]) -> list[Any]:
    taken = {row.get("id") for row in rows if isinstance(row, dict)}
    free = (str(number) for number in count(1) if str(number) not in taken)
    return [{"id": next(free)} | row if isinstance(row, dict) and "id" not in row else row for row in rows]


def title_of(schema: dict[str, Any], path: list[str]) -> str:
    """What people call the setting at `path`: titles instead of keys, and items counted from 1."""
    words = []
    for step in path:
        if isinstance(schema.get("items"), dict) and step.isdigit():
            schema = schema["items"]
            words.append(schema.get("title", str(int(step) + 1)))
        else:
            schema = schema.get("properties", {}).get(step, {})
            words.append(schema.get("title", step))
    return " › ".join(words)


def as_rows(schema: dict[str, Any], settings: dict[str, Any]) -> list[tuple[str, str]]:
    """(title, text) for each setting, in the order of the schema."""
    properties = schema.get("properties", {})
    names = [name for name in properties if name in settings] + [name for name in settings if name not in properties]
    return [(properties.get(name, {}).get("title", name), _text(settings[name])) for name in names]


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False, indent=2)
    return str(value)
