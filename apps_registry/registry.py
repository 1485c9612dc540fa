"""Which game runs in a room, and who chooses its winners. Nothing else looks upward from here."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string

from apps_registry.contract import RoomApp, WinnerSelector
from apps_registry.models import ManifestVersion

ANY_APP = "*"
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


def winner_selector(manifest_key: str, app_id: str) -> WinnerSelector | None:
    """Who chooses the winners in a room that runs the manifest version `manifest_key` of `app_id`: None where the
    manifest lacks the capability winnerSelection or nothing on this platform speaks for the app."""
    manifest = ManifestVersion.objects.values_list("manifest", flat=True).get(key=manifest_key)
    if "winnerSelection" not in manifest["capabilities"]:
        return None
    game = room_app(app_id)
    if type(game).select_winners is not RoomApp.select_winners:
        return game
    selectors: dict[str, str] = settings.WINNER_SELECTORS
    path = selectors.get(app_id) or selectors.get(ANY_APP)
    if path is None:
        return None
    selector: WinnerSelector = import_string(path)(app_id)
    return selector


def refuses_on_failure(manifest_key: str) -> bool:
    """Whether a draw in a room that runs this manifest version has no result when its app cannot choose
    (`"onFailure": "refuse"`); without it the platform draws instead."""
    manifest = ManifestVersion.objects.values_list("manifest", flat=True).get(key=manifest_key)
    return manifest.get("onFailure") == "refuse"


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
