"""What can be done to a room and by the people in it. Every door (API, admin, pages, sockets, commands) comes here."""

from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.actions import open_dashboard
from accounts.models import User
from apps_registry import manifest
from apps_registry.models import App
from platform_site.rest.exceptions import Forbidden, InvalidInput, InvalidTransition
from rooms.errors import AlreadyIn, NotInRoom, OrganizerStays, Removed, RoomClosed, SettingsFrozen
from rooms.events import record
from rooms.models import EntryPolicy, Participant, ParticipantRole, Room, RoomStatus, Visibility
from rooms.permissions import Need, locked_room
from rooms.serializers import ParticipantSerializer, public_room, settings_at

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
    description: str = "",
    is_public: bool = True,
    entry_policy: str = "",
) -> Room:
    """A new DRAFT with `by` as its organizer, locked to the app's newest manifest version.

    Raises Forbidden for guests, InvalidInput for an unknown app or for settings that its manifest refuses.
    """
    if by.is_guest:
        raise Forbidden("Guests cannot create rooms. Sign in first.")
    room = Room(name=name, description=description, is_public=is_public, created_by=by)
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


def accepted_settings(key: str, settings: dict[str, Any]) -> dict[str, Any]:
    """`settings` with the defaults of the manifest version `key`. Raises InvalidInput where its schema refuses them."""
    settings = manifest.with_defaults(key, manifest.without_dropped(key, settings))
    faults = manifest.settings_faults(key, settings)
    if faults:
        raise InvalidInput(faults)
    return settings


@transaction.atomic
def update_room(*, room_id: str, by: User | None, status: str = "", **changes: Any) -> Room:
    """Changes name, description, is_public, entry_policy, app_id, app_settings (merged at the top level, None removes
    a key), then status: settings first, so that one call can set up a draft and start it.

    Raises InvalidInput, SettingsFrozen (with the frozen fields), RoomClosed, InvalidTransition.
    """
    room = locked_room(room_id, by, Need.ORGANIZE)
    before = {name: getattr(room, name) for name in API_NAMES}
    merge_settings(room, changes)
    for name in changes.keys() - {"app_id", "app_settings"}:
        setattr(room, name, changes[name])
    changed = {name for name in API_NAMES if getattr(room, name) != before[name]}
    if changed:
        room.save()
        tell_changes(room, changed, by=by)
    if status:
        change_status(room, RoomStatus(status), by=by)
    return room


def merge_settings(room: Room, changes: dict[str, Any]) -> None:
    """Applies `app_id` and `app_settings` of `changes` to `room`, within what its status still lets change."""
    app_id, settings = changes.get("app_id"), changes.get("app_settings")
    if app_id is not None and app_id != room.app_id:
        if room.status != RoomStatus.DRAFT:
            raise SettingsFrozen(fields={"appId": ["The application is frozen once the event has started."]})
        run_app(room, app_id)
    elif settings is None:
        return
    key = room.manifest_version_id
    merged = room.app_settings | manifest.without_dropped(key, settings or {})
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
    room.app_settings = accepted_settings(key, merged)


def tell_changes(room: Room, changed: set[str], *, by: User | None) -> None:
    """Records room:updated for everybody and, where settings changed that not everybody sees, for the organizers."""
    shown = public_room(room.pk)
    names = {API_NAMES[name] for name in changed}
    record(room, "room:updated", {"changes": {name: shown[name] for name in names}, "room": shown}, by=by)
    if "app_settings" in changed and settings_at(room, "organizer") != settings_at(room, "public"):
        hidden = {"appSettings": settings_at(room, "organizer")}
        payload = {"changes": hidden, "room": shown | hidden}
        record(room, "room:updated", payload, by=by, visibility=Visibility.ORGANIZER)


def change_status(room: Room, status: RoomStatus, *, by: User | None) -> None:
    """Moves a locked room along its life. Asking for the status it has changes nothing. Raises InvalidTransition."""
    old = room.status
    if status == old:
        return
    if (old, status) not in TRANSITIONS:
        raise InvalidTransition(f"A room that is {old} cannot become {status}.")
    room.status = status
    room.closed_at = None if room.is_open else timezone.now()
    room.save(update_fields=["status", "closed_at", "updated_at"])
    record(room, "room:status_changed", {"oldStatus": old, "newStatus": status.value}, by=by)


@transaction.atomic
def join_room(*, room_id: str, by: User, role: str = ParticipantRole.PARTICIPANT) -> Participant:
    """`by` enters a room that they see, as PARTICIPANT or VIEWER. Who left comes back with their metadata.

    Raises RoomClosed, AlreadyIn, Removed, Forbidden (a guest elsewhere, or a room by invitation only).
    """
    room = locked_room(room_id, by, Need.READ)
    if not room.is_open:
        raise RoomClosed
    if by.is_guest or room.entry_policy == EntryPolicy.INVITE_ONLY:
        raise Forbidden("This room is open to invited people only.")
    participant = Participant.all_objects.filter(user=by, room=room).first()
    if participant is not None and participant.deleted_at is None:
        raise AlreadyIn
    if participant is not None and participant.removed_by_id is not None:
        raise Removed
    participant = participant or Participant(user=by, room=room)
    participant.role, participant.joined_at, participant.deleted_at = role, timezone.now(), None
    participant.save()
    record(room, "participant:joined", {"participant": ParticipantSerializer(participant).data}, by=by)
    return participant


@transaction.atomic
def leave_room(*, room_id: str, by: User) -> Participant:
    """`by` leaves, at any time. Raises OrganizerStays for who created the room, NotInRoom for others."""
    room = locked_room(room_id, by, Need.READ)
    participant = Participant.objects.filter(user=by, room=room).first()
    if participant is None:
        raise NotInRoom
    if room.created_by_id == by.pk:
        raise OrganizerStays
    participant.deleted_at = timezone.now()
    participant.save(update_fields=["deleted_at", "updated_at"])
    record(room, "participant:left", {"participantId": participant.pk, "userId": by.pk}, by=by)
    return participant
