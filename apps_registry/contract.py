"""What an application can do for a room: one interface that a built-in app implements in the process and a registered
one by webhook. Which class answers for which app is a setting, imported at first use."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from django.conf import settings
from django.utils.module_loading import import_string

from apps_registry.models import ManifestVersion

ANY_APP = "*"


class AppFailed(Exception):
    """An app did not answer, or not as it should. `reason` is shown to everybody: it holds nothing private."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class SelectionRequest:
    """Who wins? `participants` are [{id, userId, metadata}], `prizes` [{id, name, quantityRemaining}] with the pieces
    that this draw may give. `request_id` stays the same however often the same draw asks."""

    room_id: str
    participants: list[dict[str, Any]]
    prizes: list[dict[str, Any]]
    app_settings: dict[str, Any]
    request_id: str


@dataclass(frozen=True)
class Selection:
    participant_id: str
    prize_id: str
    metadata: dict[str, Any] = field(default_factory=dict)


class WinnerSelector(Protocol):
    def __init__(self, app_id: str) -> None: ...

    def select_winners(self, request: SelectionRequest) -> Sequence[Selection]:
        """Called outside any transaction, and perhaps again with the same request_id. Raises AppFailed."""


def winner_selector(manifest_key: str, app_id: str) -> WinnerSelector | None:
    """Who chooses the winners in a room that runs the manifest version `manifest_key` of `app_id`: None where the
    manifest lacks the capability winnerSelection or nothing on this platform speaks for the app."""
    manifest = ManifestVersion.objects.values_list("manifest", flat=True).get(key=manifest_key)
    if "winnerSelection" not in manifest["capabilities"]:
        return None
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
