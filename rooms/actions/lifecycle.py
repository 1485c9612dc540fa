"""The life of a room: made, set up, started, ended, deleted."""

from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts.actions import open_dashboard
from accounts.actors import Actor
from accounts.models import User
from apps_registry import manifest
from apps_registry.models import App
from apps_registry.registry import room_app
from platform_site.db.changes import UNCHANGED, Unchanged, named
from platform_site.hooks import ROOM_CLOSING
from platform_site.rest.exceptions import InvalidInput, InvalidTransition, NotFound
from platform_site.rest.fields import wire_name
from rooms.enums import OPEN_STATUSES, EntryPolicy, ParticipantRole, RoomStatus, Visibility
from rooms.errors import NotCreator, NotForGuests, NotInRoom, NotOrganizer, RoomClosed, RoomIsActive, SettingsFrozen
from rooms.events import record
from rooms.models import Participant, Room
from rooms.notifications import notify
from rooms.permissions import Need, locked_room
from rooms.querysets import is_admin_in
from rooms.shapes import ParticipantSerializer, public_room, settings_at

TRANSITIONS = {
    (RoomStatus.DRAFT, RoomStatus.ACTIVE),
    (RoomStatus.ACTIVE, RoomStatus.COMPLETED),
    (RoomStatus.DRAFT, RoomStatus.CANCELLED),
    (RoomStatus.ACTIVE, RoomStatus.CANCELLED),
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
    description: str | Unchanged = UNCHANGED,
    join_locked: bool | Unchanged = UNCHANGED,
    max_participants: int | Unchanged | None = UNCHANGED,
    mask_names: bool | Unchanged = UNCHANGED,
    reveal_seconds: int | Unchanged = UNCHANGED,
    privacy_notice: str | Unchanged = UNCHANGED,
) -> Room:
    """A new DRAFT with `by` as its organizer, locked to the app's newest manifest version. What is not
    named gets the usual value.

    Raises Forbidden for guests, InvalidInput for an unknown app or for settings that its manifest refuses.
    """
    if by.is_guest:
        raise NotForGuests("Guests cannot create rooms. Sign in first.")
    plain = named(
        description=description,
        join_locked=join_locked,
        max_participants=max_participants,
        mask_names=mask_names,
        reveal_seconds=reveal_seconds,
        privacy_notice=privacy_notice,
    )
    room = Room(name=name, is_public=is_public, created_by=by, **plain)
    room.time_zone = time_zone or settings.DEFAULT_TIME_ZONE
    room.entry_policy = entry_policy or (EntryPolicy.GUESTS if is_public else EntryPolicy.REGISTERED)
    run_app(room, app_id)
    room.app_settings = accepted_settings(room, app_settings or {})
    room.save(force_insert=True)
    now = timezone.now()
    participant = Participant(user=by, room=room, role=ParticipantRole.ORGANIZER, role_accepted_at=now, joined_at=now)
    participant.save(force_insert=True)
    record(room, "participant:joined", {"participant": ParticipantSerializer(participant).data}, by=by)
    room_app(room.app_id).on_setup(room, {}, by)
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


def accepted_settings(room: Room, given: dict[str, Any]) -> dict[str, Any]:
    """`given` with the defaults of the room's manifest version. Raises InvalidInput where its schema, or the game,
    refuses them."""
    key = room.manifest_version_id
    whole = manifest.with_defaults(key, manifest.without_dropped(key, given))
    faults = manifest.settings_faults(key, whole) or room_app(room.app_id).settings_faults(whole)
    if faults:
        raise InvalidInput(faults)
    return whole


@transaction.atomic
def update_room(
    *,
    room_id: str,
    by: Actor,
    name: str | Unchanged = UNCHANGED,
    description: str | Unchanged = UNCHANGED,
    time_zone: str | Unchanged = UNCHANGED,
    is_public: bool | Unchanged = UNCHANGED,
    entry_policy: str | Unchanged = UNCHANGED,
    join_locked: bool | Unchanged = UNCHANGED,
    max_participants: int | Unchanged | None = UNCHANGED,
    mask_names: bool | Unchanged = UNCHANGED,
    reveal_seconds: int | Unchanged = UNCHANGED,
    privacy_notice: str | Unchanged = UNCHANGED,
    app_id: str | Unchanged = UNCHANGED,
    app_settings: dict[str, Any] | Unchanged = UNCHANGED,
    status: str | Unchanged = UNCHANGED,
) -> Room:
    """Changes what is named (app_settings are merged at the top level, None removes a key), then status:
    settings first, so that one call can set up a draft and start it.

    Raises InvalidInput, SettingsFrozen (with the frozen fields), RoomClosed, InvalidTransition.
    """
    room = locked_room(room_id, by, Need.ORGANIZE)
    plain = named(
        name=name,
        description=description,
        time_zone=time_zone,
        is_public=is_public,
        entry_policy=entry_policy,
        join_locked=join_locked,
        max_participants=max_participants,
        mask_names=mask_names,
        reveal_seconds=reveal_seconds,
        privacy_notice=privacy_notice,
    )
    before = {field: getattr(room, field) for field in (*plain, "app_id", "app_settings")}
    public_before = settings_at(room, "public")
    merge_settings(room, app_id, app_settings)
    for field, value in plain.items():
        setattr(room, field, value)
    changed = {field for field, value in before.items() if getattr(room, field) != value}
    if changed:
        room.save()
        if changed & {"app_id", "app_settings"}:
            played = {} if "app_id" in changed else before["app_settings"]
            room_app(room.app_id).on_setup(room, played, by)
        tell_changes(room, changed, public_before, by=by)
    if status is not UNCHANGED:
        change_status(room, RoomStatus(status), by=by)
    return room


def merge_settings(room: Room, app_id: str | Unchanged, given: dict[str, Any] | Unchanged) -> None:
    """Gives `room` another app, and merges settings at their top level, within what its status still lets change."""
    if app_id is not UNCHANGED and app_id != room.app_id:
        if not room.is_open:
            raise RoomClosed
        if room.status != RoomStatus.DRAFT:
            raise SettingsFrozen(fields={"appId": ["The application is frozen once the event has started."]})
        run_app(room, app_id)
        room.app_settings, room.app_runtime = {}, None  # they were another game's
    elif given is UNCHANGED:
        return
    key = room.manifest_version_id
    merged = room.app_settings | manifest.without_dropped(key, {} if given is UNCHANGED else given)
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
    room.app_settings = accepted_settings(room, merged)


def tell_changes(room: Room, changed: set[str], public_before: dict[str, Any], *, by: Actor) -> None:
    """Records room:updated for everybody, without a word of settings that outsiders do not see, and, where settings
    changed and those who run the room see more of them, once more for these."""
    shown = public_room(room.pk)
    names = {wire_name(field) for field in changed}
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


def change_status(room: Room, status: RoomStatus, *, by: Actor) -> None:
    """Moves a locked room along its life. Asking for the status it has changes nothing. Raises InvalidTransition."""
    old = room.status
    if status == old:
        return
    if (old, status) not in TRANSITIONS:
        raise InvalidTransition(f"A room that is {old} cannot become {status}.")
    if status == RoomStatus.ACTIVE:
        room_app(room.app_id).on_activation(room, by)
    elif status not in OPEN_STATUSES:
        end_open_business(room, by)
    room.status = status
    room.closed_at = None if room.is_open else timezone.now()
    room.save(update_fields=["status", "closed_at", "updated_at"])
    record(room, "room:status_changed", {"oldStatus": old, "newStatus": status.value}, by=by)


def end_open_business(room: Room, by: Actor) -> None:
    """Lets the game, and those above, end what they have open in a locked room (a round, draws) while the room itself
    is still open.
    """
    room_app(room.app_id).on_closing(room, by)
    ROOM_CLOSING(room=room, by=by)


@transaction.atomic
def delete_room(*, room_id: str, by: Actor) -> None:
    """Takes a room out of sight, softly: its wins, draws and log stay as evidence. Raises RoomIsActive."""
    room = locked_room(room_id, by, Need.ORGANIZE)
    if room.status == RoomStatus.ACTIVE:
        raise RoomIsActive
    if room.is_open:
        end_open_business(room, by)
    room.deleted_at = timezone.now()
    room.save(update_fields=["deleted_at", "updated_at"])
    record(room, "room:deleted", {}, by=by)


@transaction.atomic
def transfer_room(*, room_id: str, participant_id: str, by: User) -> Room:
    """Whoever created a room makes another organizer of it the one who did, in any status of the room.

    They stay an organizer, and may now step down or leave. To oneself it changes nothing. The room's lock keeps the
    target an organizer meanwhile. Raises NotCreator, NotOrganizer, NotInRoom.
    """
    room = locked_room(room_id, by, Need.READ)
    if room.created_by_id != by.pk and not is_admin_in(room, by):
        raise NotCreator
    target = Participant.objects.select_related("user").filter(pk=participant_id, room=room).first()
    if target is None:
        raise NotInRoom
    if target.role != ParticipantRole.ORGANIZER or not target.user.is_active:
        raise NotOrganizer
    if target.user_id == room.created_by_id:
        return room
    room.created_by = target.user
    room.save(update_fields=["created_by", "updated_at"])
    shown = public_room(room.pk)
    changes = {name: shown[name] for name in ("createdBy", "organizer")}
    record(room, "room:updated", {"changes": changes, "room": shown}, by=by)
    notify(
        user_id=target.user_id,
        type="room:transferred",
        title="An event was handed over to you",
        body=f"{by.name} handed “{room.name}” over to you.",
        room=room,
    )
    return room


@transaction.atomic
def restore_room(room_id: str, *, by: Actor) -> Room:
    """Brings a deleted room back as it was. For platform admins. Raises NotFound where it is not deleted."""
    deleted = Room.all_objects.deleted().select_for_update(of=("self",)).with_role_of(by)
    room: Room | None = deleted.filter(pk=room_id).first()
    if room is None or not is_admin_in(room, by):
        raise NotFound
    room.deleted_at = None
    room.save(update_fields=["deleted_at", "updated_at"])
    return room
