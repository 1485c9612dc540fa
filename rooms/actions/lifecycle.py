"""The life of a room: made, set up, started, ended, deleted."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.module_loading import import_string

from accounts.actions import open_dashboard
from accounts.models import User
from apps_registry import manifest
from apps_registry.models import App
from platform_site.rest.exceptions import InvalidInput, InvalidTransition
from rooms.enums import OPEN_STATUSES, EntryPolicy, ParticipantRole, RoomStatus, Visibility
from rooms.errors import NotForGuests, RoomClosed, RoomIsActive, SettingsFrozen
from rooms.events import record
from rooms.models import Participant, Room
from rooms.permissions import Need, locked_room
from rooms.shapes import ParticipantSerializer, public_room, settings_at

TRANSITIONS = {
    (RoomStatus.DRAFT, RoomStatus.ACTIVE),
    (RoomStatus.ACTIVE, RoomStatus.COMPLETED),
    (RoomStatus.DRAFT, RoomStatus.CANCELLED),
    (RoomStatus.ACTIVE, RoomStatus.CANCELLED),
}
API_NAMES = {
    "name": "name",
    "description": "description",
    "is_public": "isPublic",
    "entry_policy": "entryPolicy",
    "join_locked": "joinLocked",
    "max_participants": "maxParticipants",
    "mask_names": "maskNames",
    "time_zone": "timeZone",
    "reveal_seconds": "revealSeconds",
    "privacy_notice": "privacyNotice",
    "app_id": "appId",
    "app_settings": "appSettings",
}


@transaction.atomic
def create_room(
    *,
    by: User,
    name: str,
    app_id: str,
    app_settings: dict[str, Any] | None = None,
    is_public: bool = True,
    entry_policy: str = "",
    time_zone: str = "",
    **fields: Any,
) -> Room:
    """A new DRAFT with `by` as its organizer, locked to the app's newest manifest version. `fields` are the other plain
    ones of API_NAMES; without an entry policy or a time zone it gets the usual one.

    Raises Forbidden for guests, InvalidInput for an unknown app or for settings that its manifest refuses.
    """
    if by.is_guest:
        raise NotForGuests("Guests cannot create rooms. Sign in first.")
    room = Room(name=name, is_public=is_public, created_by=by, **fields)
    room.time_zone = time_zone or settings.DEFAULT_TIME_ZONE
    room.entry_policy = entry_policy or (EntryPolicy.GUESTS if is_public else EntryPolicy.REGISTERED)
    run_app(room, app_id)
    room.app_settings = accepted_settings(room.manifest_version_id, app_settings or {})
    room.save(force_insert=True)
    participant = Participant(user=by, room=room, role=ParticipantRole.ORGANIZER, joined_at=timezone.now())
    participant.save(force_insert=True)
    record(room, "participant:joined", {"participant": ParticipantSerializer(participant).data}, by=by)
    open_dashboard(user=by)
    return room


def run_app(room: Room, app_id: str) -> None:
    """Points `room` (unsaved) at the newest version of an app."""
    app = App.objects.filter(app_id=app_id, is_active=True).first()
    if app is None:
        raise InvalidInput({"appId": ["There is no such application."]})
    room.app = app
    room.app_manifest_version = app.manifest_version
    room.manifest_version_id = f"{app.app_id}@{app.manifest_version}"


def accepted_settings(key: str, given: dict[str, Any]) -> dict[str, Any]:
    """`given` with the defaults of the manifest version `key`. Raises InvalidInput where its schema refuses them."""
    whole = manifest.with_defaults(key, manifest.without_dropped(key, given))
    faults = manifest.settings_faults(key, whole)
    if faults:
        raise InvalidInput(faults)
    return whole


@transaction.atomic
def update_room(*, room_id: str, by: User | None, status: str = "", **changes: Any) -> Room:
    """Changes what API_NAMES names (app_settings are merged at the top level, None removes a key), then status:
    settings first, so that one call can set up a draft and start it.

    Raises InvalidInput, SettingsFrozen (with the frozen fields), RoomClosed, InvalidTransition.
    """
    room = locked_room(room_id, by, Need.ORGANIZE)
    before = {name: getattr(room, name) for name in API_NAMES}
    public_before = settings_at(room, "public")
    merge_settings(room, changes)
    for name in changes.keys() - {"app_id", "app_settings"}:
        setattr(room, name, changes[name])
    changed = {name for name in API_NAMES if getattr(room, name) != before[name]}
    if changed:
        room.save()
        tell_changes(room, changed, public_before, by=by)
    if status:
        change_status(room, RoomStatus(status), by=by)
    return room


def merge_settings(room: Room, changes: dict[str, Any]) -> None:
    """Applies `app_id` and `app_settings` of `changes` to `room`, within what its status still lets change."""
    app_id, given = changes.get("app_id"), changes.get("app_settings")
    if app_id is not None and app_id != room.app_id:
        if not room.is_open:
            raise RoomClosed
        if room.status != RoomStatus.DRAFT:
            raise SettingsFrozen(fields={"appId": ["The application is frozen once the event has started."]})
        run_app(room, app_id)
        room.app_settings = {}  # they were the settings of another game
    elif given is None:
        return
    key = room.manifest_version_id
    merged = room.app_settings | manifest.without_dropped(key, given or {})
    merged = {name: value for name, value in merged.items() if value is not None}
    if room.status != RoomStatus.DRAFT:
        touched = {
            name for name in merged.keys() | room.app_settings if merged.get(name) != room.app_settings.get(name)
        }
        if touched and not room.is_open:
            raise RoomClosed
        frozen = touched - manifest.mutable_settings(key)
        if frozen:
            message = "This setting is frozen once the event has started."
            raise SettingsFrozen(fields={f"appSettings.{name}": [message] for name in sorted(frozen)})
        if not touched:
            return
    room.app_settings = accepted_settings(key, merged)


def tell_changes(room: Room, changed: set[str], public_before: dict[str, Any], *, by: User | None) -> None:
    """Records room:updated for everybody, without a word of settings that outsiders do not see, and, where settings
    changed and those who run the room see more of them, once more for these."""
    shown = public_room(room.pk)
    names = {API_NAMES[name] for name in changed}
    if "app_id" in changed:
        names |= {"app", "appManifestVersion"}
    if shown["appSettings"] == public_before:
        names.discard("appSettings")
    if names:
        record(room, "room:updated", {"changes": {name: shown[name] for name in names}, "room": shown}, by=by)
    full = {"appSettings": settings_at(room, "organizer")}
    if "app_settings" in changed and ("appSettings" not in names or full["appSettings"] != shown["appSettings"]):
        payload = {"changes": full, "room": shown | full}
        record(room, "room:updated", payload, by=by, visibility=Visibility.ORGANIZER)


def change_status(room: Room, status: RoomStatus, *, by: User | None) -> None:
    """Moves a locked room along its life. Asking for the status it has changes nothing. Raises InvalidTransition."""
    old = room.status
    if status == old:
        return
    if (old, status) not in TRANSITIONS:
        raise InvalidTransition(f"A room that is {old} cannot become {status}.")
    if status not in OPEN_STATUSES:
        end_open_business(room, by)
    room.status = status
    room.closed_at = None if room.is_open else timezone.now()
    room.save(update_fields=["status", "closed_at", "updated_at"])
    record(room, "room:status_changed", {"oldStatus": old, "newStatus": status.value}, by=by)


def end_open_business(room: Room, by: User | None) -> None:
    """Lets those above end what they have open in a locked room (draws), while the room itself is still open.

    The setting ROOM_CLOSERS names them: each is called as `closer(room, by)` inside the transaction.
    """
    for path in settings.ROOM_CLOSERS:
        closer: Callable[[Room, User | None], None] = import_string(path)
        closer(room, by)


@transaction.atomic
def delete_room(*, room_id: str, by: User | None) -> None:
    """Takes a room out of sight, softly: its wins, draws and log stay as evidence. Raises RoomIsActive."""
    room = locked_room(room_id, by, Need.ORGANIZE)
    if room.status == RoomStatus.ACTIVE:
        raise RoomIsActive
    if room.is_open:
        end_open_business(room, by)
    room.deleted_at = timezone.now()
    room.save(update_fields=["deleted_at", "updated_at"])
    record(room, "room:deleted", {}, by=by)
