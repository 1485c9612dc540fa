"""Which game runs in a room: the built-in apps, by their app_id. Nothing else looks upward from here."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string

from apps_registry.contract import RoomApp

NO_GAME = RoomApp()  # apps of others: what they do comes by their webhooks and the API


def room_app(app_id: str) -> RoomApp:
    """The game of the rooms that run `app_id`; one that does nothing where it is not built in."""
    return builtin_apps().get(app_id, NO_GAME)


def builtin_apps() -> dict[str, RoomApp]:
    """{app_id: game}, in the order of the setting BUILTIN_APPS."""
    return _games(tuple(settings.BUILTIN_APPS))


def builtin_manifests() -> dict[str, dict[str, Any]]:
    """{app_id: the manifest in its folder}."""
    return _manifests(tuple(settings.BUILTIN_APPS))


@cache
def _games(folders: tuple[str, ...]) -> dict[str, RoomApp]:
    games = [import_string(f"{folder}.app.GAME") for folder in folders]
    return {game.app_id: game for game in games}


@cache
def _manifests(folders: tuple[str, ...]) -> dict[str, dict[str, Any]]:
    found = {}
    for folder in folders:
        game = import_string(f"{folder}.app.GAME")
        package = Path(import_string(f"{folder}.app.__file__")).parent
        found[game.app_id] = json.loads((package / "manifest.json").read_text(encoding="utf-8"))
    return found
