"""What a manifest says of a room's settings: their schema, who sees which, what may change while the event runs."""

import copy
from functools import lru_cache
from typing import Any, Literal

import jsonschema_rs

from apps_registry.models import ManifestVersion

Level = Literal["public", "organizer", "private"]
LEVELS: dict[str, int] = {"public": 0, "organizer": 1, "private": 2}


@lru_cache(maxsize=256)
def _schema_of(key: str) -> tuple[dict[str, Any], Any]:
    # A published version never changes, so its compiled schema can be kept under its key.
    schema = ManifestVersion.objects.values_list("manifest__settings", flat=True).get(key=key) or {}
    return schema, jsonschema_rs.Draft7Validator(schema, validate_formats=True)


def settings_schema(key: str) -> dict[str, Any]:
    """The JSON Schema (draft 7) of the settings of the manifest version `key` (app_id@version)."""
    return _schema_of(key)[0]


def settings_faults(key: str, settings: Any) -> dict[str, list[str]]:
    """What is wrong with `settings`: {dotted path below appSettings: messages}, empty when they are valid."""
    faults: dict[str, list[str]] = {}
    for error in _schema_of(key)[1].iter_errors(settings):
        path = ".".join(["appSettings", *map(str, error.instance_path)])
        faults.setdefault(path, []).append(str(error.message)[:300])
    return faults


def with_defaults(key: str, settings: dict[str, Any]) -> dict[str, Any]:
    """`settings` with the schema's defaults where a key is missing, at any depth of objects. The argument stays."""
    return _filled(settings_schema(key), copy.deepcopy(settings))


def _filled(schema: dict[str, Any], value: Any) -> Any:
    if isinstance(value, dict):
        for name, part in schema.get("properties", {}).items():
            if name not in value and "default" in part:
                value[name] = copy.deepcopy(part["default"])
            elif name in value:
                value[name] = _filled(part, value[name])
    elif isinstance(value, list) and isinstance(schema.get("items"), dict):
        return [_filled(schema["items"], item) for item in value]
    return value


def visible_settings(key: str, settings: dict[str, Any], level: Level) -> dict[str, Any]:
    """The part of `settings` that a viewer of `level` may see (SPEC: x-visibility, default organizer)."""
    return _shown(settings_schema(key), settings, LEVELS[level])


def _shown(schema: dict[str, Any], value: Any, level: int) -> Any:
    """`value` without the properties that ask for more than `level`. The root itself asks for nothing."""
    if isinstance(value, dict):
        known = schema.get("properties", {})
        return {
            name: _shown(known.get(name, {}), item, level)
            for name, item in value.items()
            if LEVELS[known.get(name, {}).get("x-visibility", "organizer")] <= level
        }
    if isinstance(value, list):
        items = schema.get("items", {})
        return [_shown(items, item, level) for item in value] if isinstance(items, dict) else []
    return value


def mutable_settings(key: str) -> set[str]:
    """The top-level settings that may change while the room is ACTIVE (x-mutable)."""
    return {name for name, part in settings_schema(key).get("properties", {}).items() if part.get("x-mutable") is True}


def without_dropped(key: str, settings: dict[str, Any]) -> dict[str, Any]:
    """`settings` less what older clients still send and the app keeps elsewhere (x-dropped)."""
    properties = settings_schema(key).get("properties", {})
    return {name: value for name, value in settings.items() if not properties.get(name, {}).get("x-dropped")}
