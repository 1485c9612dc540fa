"""What happens to the people of a room: they leave, are removed and let in again, change their role."""

from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.actions import open_dashboard
from accounts.actors import Actor
from accounts.models import User
from apps_registry.registry import room_app
from platform_site.rest.exceptions import Forbidden, InvalidInput
from platform_site.rest.metadata import merged_metadata
from platform_site.rest.throttling import RateLimited, hit
from rooms.actions.offers import end_invitations_to, end_offers_by, keep_place
from rooms.enums import RUNNERS, ParticipantRole, Visibility
from rooms.errors import NotInRoom, NotRemoved, OrganizerStays, RoomClosed, RoomFull
from rooms.events import record
from rooms.models import Participant, Room
from rooms.permissions import Need, is_allowed, locked_room, may_hand_out, rank_of, require
from rooms.shapes import ParticipantSerializer

MOST_REMOVALS = 20  # a minute, room and moderator: who goes astray cannot empty a hall before an organizer notices


@transaction.atomic
def leave_room(*, room_id: str, by: User) -> Participant:
    """`by` leaves, at any time. Raises OrganizerStays (who created the room), NotInRoom (who is not in it)."""
    room = locked_room(room_id, by, Need.READ)
    participant = Participant.objects.select_related("user").filter(user_id=by.pk, room=room).first()
    if participant is None:
        raise NotInRoom
    leave(room, participant, by)
    return participant


def leave(room: Room, participant: Participant, by: User) -> None:
    if room.created_by_id == participant.user_id:
        raise OrganizerStays
    participant.deleted_at = timezone.now()
    participant.save(update_fields=["deleted_at", "updated_at"])
    end_offers_by(room, participant.user)
    room_app(room.app_id).on_leave(room, participant, by)
    record(room, "participant:left", {"participantId": participant.pk, "userId": participant.user_id}, by=by)


@transaction.atomic
def remove_participant(*, room_id: str, participant_id: str, by: User, reason: str = "") -> Participant:
    """Sends somebody away, who cannot come back until an organizer restores them. One's own id means leaving.

    The reason is told to organizers and moderators only. Raises Forbidden (moderators remove those below them),
    OrganizerStays, NotInRoom, and for moderators RateLimited.
    """
    room = locked_room(room_id, by, Need.READ)
    participant = Participant.objects.select_related("user").filter(pk=participant_id, room=room).first()
    if participant is not None and participant.user_id == by.pk:
        leave(room, participant, by)
        return participant
    require(room, by, Need.RUN)
    if participant is None:
        raise NotInRoom
    if not may_hand_out(room, by, participant.role):
        raise Forbidden("A moderator removes participants and viewers only.")
    if participant.role == ParticipantRole.ORGANIZER:
        raise OrganizerStays("An organizer cannot be removed. Change their role first.")
    if not is_allowed(room, by, Need.ORGANIZE):
        # Counted in this transaction: a removal that is rolled back did not happen.
        counted = hit(f"removals:{room.pk}:{by.pk}", limit=MOST_REMOVALS)
        if not counted.allowed:
            raise RateLimited(counted, "Too many removals in a minute. Ask an organizer.")
    participant.deleted_at, participant.removed_by, participant.removal_reason = timezone.now(), by, reason
    participant.save(update_fields=["deleted_at", "removed_by", "removal_reason", "updated_at"])
    end_invitations_to(room, participant.user, above=None)
    end_offers_by(room, participant.user)
    room_app(room.app_id).on_leave(room, participant, by)
    told = {"participantId": participant.pk, "userId": participant.user_id}
    record(room, "participant:left", told, by=by)
    audit = {"removedBy": by.pk, "reason": reason}
    record(room, "participant:left", told | audit, by=by, visibility=Visibility.ORGANIZER)
    return participant


@transaction.atomic
def restore_participant(*, room_id: str, participant_id: str, by: Actor) -> Participant:
    """Undoes a removal: the row comes back as it was. Who is in the room already stays, and nothing happens.

    Raises RoomClosed, RoomFull, NotRemoved (they left by themselves), NotInRoom (they never were here, or their account
    is gone).
    """
    room = locked_room(room_id, by, Need.ORGANIZE)
    people = Participant.all_objects.select_related("user").filter(room=room, user__deleted_at=None)
    participant = people.filter(pk=participant_id).first()
    if participant is None:
        raise NotInRoom
    if participant.deleted_at is None:
        return participant
    if participant.removed_by_id is None:
        raise NotRemoved
    if not room.is_open:
        raise RoomClosed
    if participant.role not in RUNNERS:
        require_seat(room)
    participant.deleted_at, participant.removed_by, participant.removal_reason = None, None, ""
    participant.save(update_fields=["deleted_at", "removed_by", "removal_reason", "updated_at"])
    room_app(room.app_id).on_join(room, participant, by)
    record(room, "participant:joined", {"participant": ParticipantSerializer(participant).data}, by=by)
    return participant


@transaction.atomic
def change_participant(
    *, room_id: str, participant_id: str, by: Actor, role: str = "", metadata: dict[str, Any] | None = None
) -> Participant:
    """Gives somebody another role, and merges `metadata` (None removes a key).

    A higher role to run the room with is offered: they keep theirs until they accept it. Moderators only move those
    below them further down. Raises Forbidden, OrganizerStays (the creator), NotInRoom, InvalidInput (metadata from a
    moderator or too large, a guest who is to run the room), RoomClosed (metadata, offers).
    """
    room = locked_room(room_id, by, Need.RUN)
    participant = Participant.objects.select_related("user").filter(pk=participant_id, room=room).first()
    if participant is None:
        raise NotInRoom
    if metadata is not None:
        require_numbering(room, by)
        if not room.is_open:
            raise RoomClosed
        merge_metadata(room, participant, metadata, by)
    if role and role != participant.role:
        require_step(room, participant, role, by)
        give_role(room, participant, role, by)
    return participant


def give_role(room: Room, participant: Participant, role: str, by: Actor) -> None:
    """Writes a role, or offers one that nobody gets without their own word."""
    rises_to_run = role in RUNNERS and rank_of(role) > rank_of(participant.role)
    if not rises_to_run or by.pk == participant.user_id:
        set_role(room, participant, role, by=by)
        return
    if not room.is_open:
        raise RoomClosed
    keep_place(room, role, by=by, user=participant.user)


def require_numbering(room: Room, by: Actor) -> None:
    """People may not number their own tickets."""
    if not is_allowed(room, by, Need.ORGANIZE):
        raise InvalidInput({"metadata": ["Only organizers set metadata."]})


def require_step(room: Room, participant: Participant, role: str, by: Actor) -> None:
    """Refuses a role that `by` may not give to this person."""
    if not is_allowed(room, by, Need.ORGANIZE):
        below = rank_of(participant.role) < rank_of(ParticipantRole.MODERATOR) or participant.user_id == by.pk
        if not below or rank_of(role) > rank_of(participant.role):
            raise Forbidden("A moderator cannot give this role to this person.")
    if participant.role == ParticipantRole.ORGANIZER:
        others = Participant.objects.filter(room=room, role=ParticipantRole.ORGANIZER).exclude(pk=participant.pk)
        if room.created_by_id == participant.user_id or not others.exists():
            raise OrganizerStays("Whoever created the room, and its last organizer, stay organizers.")
    require_no_guest(participant.user, role)


def require_no_guest(user: User, role: str) -> None:
    if user.is_guest and role in RUNNERS:
        raise InvalidInput({"role": ["A guest cannot run a room."]})


def has_seats(room: Room, wanted: int = 1) -> bool:
    """Whether so many more participants or viewers may come into a locked room. Those who run it take no seat."""
    if room.max_participants is None:
        return True
    taken = Participant.objects.filter(room=room).exclude(role__in=RUNNERS).count()
    return taken + wanted <= room.max_participants


def require_seat(room: Room, wanted: int = 1) -> None:
    if not has_seats(room, wanted):
        raise RoomFull


def set_role(room: Room, participant: Participant, role: str, *, by: Actor) -> None:
    """Writes a new role into a locked room and tells it. Who is lowered loses what was open to more than that."""
    is_lowered = rank_of(role) < rank_of(participant.role)
    take_role(participant, role, is_held=by.pk != participant.user_id)
    participant.save(update_fields=["role", "role_accepted_at", "is_held_viewer", "updated_at"])
    if is_lowered:
        end_invitations_to(room, participant.user, above=role)
        end_offers_by(room, participant.user)
    room_app(room.app_id).on_join(room, participant, by)
    tell_updated(room, participant, {"role": role}, by=by)
    if role in RUNNERS:
        open_dashboard(user=participant.user)


def take_role(participant: Participant, role: str, *, is_held: bool) -> None:
    """Sets a role and what goes with it (unsaved): `is_held` says that a VIEWER is one by somebody else's decision."""
    participant.role = role
    participant.role_accepted_at = (participant.role_accepted_at or timezone.now()) if role in RUNNERS else None
    participant.is_held_viewer = is_held and role == ParticipantRole.VIEWER


def merge_metadata(room: Room, participant: Participant, changes: dict[str, Any], by: Actor) -> None:
    merged = merged_metadata(participant.metadata, changes)
    if merged == participant.metadata:
        return
    before = participant.metadata
    participant.metadata = merged
    participant.save(update_fields=["metadata", "updated_at"])
    room_app(room.app_id).on_metadata(room, participant, before, by)
    tell_updated(room, participant, {"metadata": participant.metadata}, by=by, visibility=Visibility.ORGANIZER)


def tell_updated(
    room: Room,
    participant: Participant,
    changes: dict[str, Any],
    *,
    by: Actor,
    visibility: Visibility = Visibility.PUBLIC,
) -> None:
    member = visibility == Visibility.ORGANIZER
    shown = ParticipantSerializer(participant, context={"member": member}).data
    payload = {"participantId": participant.pk, "changes": changes, "participant": shown}
    record(room, "participant:updated", payload, by=by, visibility=visibility)
