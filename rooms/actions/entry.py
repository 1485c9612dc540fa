"""How people come into a room: by themselves, by its code, as guests, added or invited by those who run it."""

from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.actions import Tokens, open_dashboard, open_session
from accounts.models import User
from apps_registry.registry import room_app
from platform_site.rest.exceptions import Forbidden, InvalidInput, NotFound
from rooms.actions.limits import count_join, room_id_of_code
from rooms.actions.listed import take_listed_place
from rooms.actions.offers import keep_place
from rooms.actions.people import require_no_guest, require_numbering, require_seat, set_role, take_role
from rooms.enums import RUNNERS, EntryPolicy, ParticipantRole
from rooms.errors import (
    AlreadyIn,
    GuestElsewhere,
    InviteOnly,
    JoiningLocked,
    NoGuestsHere,
    NotInRoom,
    Removed,
    RemovedBefore,
    RoomClosed,
)
from rooms.events import record
from rooms.models import Invitation, Participant, Room
from rooms.permissions import Need, is_allowed, lock_room, locked_room, may_hand_out, rank_of
from rooms.querysets import is_admin_in, may_know_of
from rooms.shapes import ParticipantSerializer

JOINABLE_ROLES = (ParticipantRole.PARTICIPANT, ParticipantRole.VIEWER)


@dataclass(frozen=True)
class Admission:
    """Who came in by a code; `tokens` for a guest who was made on the way; `is_new` unless they were in already."""

    participant: Participant
    is_new: bool
    tokens: Tokens | None = None


@transaction.atomic
def join_room(
    *, room_id: str, by: User, role: str = ParticipantRole.PARTICIPANT, metadata: dict[str, Any] | None = None
) -> Participant:
    """`by` enters a room that they see or are invited to. Who left comes back with their metadata.

    An invitation to run the room lets them in and stays open. A VIEWER by somebody else's decision comes back as one.
    Raises NotFound, Removed, RoomClosed, RoomFull, JoiningLocked, AlreadyIn, GuestElsewhere, InviteOnly, InvalidInput
    (a role that nobody takes for themselves, metadata from others than organizers).
    """
    room = lock_room(room_id, by)
    past, was_listed = take_listed_place(room, by)
    if was_listed and past is not None and past.deleted_at is None:
        return past
    invitation, is_invited = waiting_for(room, by)
    if past is not None and past.removed_by_id is not None:
        raise Removed
    if not (is_invited or may_know_of(room, by)):
        raise NotFound
    require_room_for(room, past)
    if metadata is not None:
        require_numbering(room, by)
    if invitation is not None:
        return accept(room, invitation, by, past)
    if role not in JOINABLE_ROLES:
        raise InvalidInput({"role": ["Join as PARTICIPANT or VIEWER."]})
    if not is_invited:
        require_admission(room, by, past)
    return come_in(room, by, role, past, metadata=metadata)


def join_by_code(
    *,
    code: str,
    by: User | None,
    name: str = "",
    device_info: str = "",
    ip_address: str | None = None,
    is_counted: bool = False,
) -> Admission:
    """Whoever holds the code of a room enters it as PARTICIPANT; who is in already just gets their place told.

    Without an account (`by` is None, or a guest of another room) a guest called `name` is made and signed in. Attempts
    are limited by address, wrong codes more; `is_counted` says that the caller called `count_join`.

    Raises NotFound (no such code), Removed, RoomClosed, RoomFull, JoiningLocked, InviteOnly, NoGuestsHere, InvalidInput
    (a guest without a name), RateLimited.
    """
    if not is_counted:
        count_join(ip_address)
    room_id = room_id_of_code(code, ip_address)
    return enter_by_code(room_id, by, name, device_info, ip_address)


@transaction.atomic
def enter_by_code(room_id: str, by: User | None, name: str, device_info: str, ip_address: str | None) -> Admission:
    room = lock_room(room_id, by)
    past = take_listed_place(room, by)[0] if by is not None else None
    if past is not None and past.deleted_at is None:
        return Admission(past, is_new=False)
    require_room_for(room, past)
    if by is None or (by.is_guest and past is None):
        return enter_as_guest(room, name or (by.name if by else ""), device_info, ip_address)
    invitation, is_invited = waiting_for(room, by)
    if invitation is not None:
        return Admission(accept(room, invitation, by, past), is_new=True)
    if not is_invited:
        require_admission(room, by, past)
    return Admission(come_in(room, by, ParticipantRole.PARTICIPANT, past), is_new=True)


def sign_guest_in(*, participant_id: str, device_info: str = "", ip_address: str | None = None) -> Tokens:
    """New tokens for a guest whose own device asks again for the answer that made them.

    Raises NotInRoom: gone from the room, or no guest any more.
    """
    places = Participant.objects.select_related("user").filter(pk=participant_id, user__is_guest=True)
    place = places.filter(user__is_active=True, user__deleted_at=None).first()
    if place is None:
        raise NotInRoom
    return open_session(user=place.user, device_info=device_info, ip_address=ip_address, room_id=place.room_id)


def enter_as_guest(room: Room, name: str, device_info: str, ip_address: str | None) -> Admission:
    """A new person without an account in a locked, open room, and their first tokens."""
    if room.join_locked:
        raise JoiningLocked
    if room.entry_policy == EntryPolicy.INVITE_ONLY:
        raise InviteOnly
    if room.entry_policy != EntryPolicy.GUESTS:
        raise NoGuestsHere
    if not name:
        raise InvalidInput({"name": ["Say under which name you join."]})
    guest = User(name=name, is_guest=True)
    guest.set_unusable_password()
    guest.save(force_insert=True)
    participant = let_in(room, guest, ParticipantRole.PARTICIPANT, None, by=guest)
    tokens = open_session(user=guest, device_info=device_info, ip_address=ip_address, room_id=room.pk)
    return Admission(participant, is_new=True, tokens=tokens)


@transaction.atomic
def add_person(
    *,
    room_id: str,
    by: User,
    user_id: str,
    role: str = ParticipantRole.PARTICIPANT,
    metadata: dict[str, Any] | None = None,
) -> Participant:
    """Who runs the room lets in somebody whom they know by id, at once, as PARTICIPANT or VIEWER.

    Raises Forbidden (a moderator makes no PARTICIPANT of who was made a VIEWER), InvalidInput (nobody with that id;
    metadata from a moderator; a role that is offered), RoomClosed, RoomFull, AlreadyIn, RemovedBefore.
    """
    if role not in JOINABLE_ROLES:
        raise InvalidInput({"role": ["This role is offered: nobody gets it without accepting."]})
    room = locked_room(room_id, by, Need.RUN)
    if metadata is not None:
        require_numbering(room, by)
    user, past = somebody(room, user_id)
    require_room_for(room, past)
    if past is not None and past.is_held_viewer and role != past.role and not is_allowed(room, by, Need.ORGANIZE):
        raise Forbidden("A moderator cannot give this role to this person.")
    return let_in(room, user, role, past, by=by, metadata=metadata, is_held=True)


@transaction.atomic
def offer_role(*, room_id: str, by: User, user_id: str, role: str) -> Invitation:
    """An organizer offers somebody, in the room or not, a role to run it with.

    Raises Forbidden, InvalidInput (nobody with that id), RoomClosed, AlreadyIn (with that role or a higher one),
    RemovedBefore.
    """
    room = locked_room(room_id, by, Need.RUN)
    require_handing_out(room, by, role)
    user, past = somebody(room, user_id)
    if not room.is_open:
        raise RoomClosed
    if past is not None and past.deleted_at is None and rank_of(past.role) >= rank_of(role):
        raise AlreadyIn
    return keep_place(room, role, by=by, user=user)


def somebody(room: Room, user_id: str) -> tuple[User, Participant | None]:
    """Whom others let into a locked room, and their row in it. Raises InvalidInput, RemovedBefore."""
    user = User.objects.filter(pk=user_id, is_active=True, is_guest=False).first()
    if user is None:
        raise InvalidInput({"userId": ["There is no such person."]})
    past = past_of(room, user)
    if past is not None and past.removed_by_id is not None:
        raise RemovedBefore
    return user, past


def accept(room: Room, invitation: Invitation, user: User, past: Participant | None) -> Participant:
    """Turns an invitation into a place. Who is in already only moves up where they are to run the room."""
    invitation.redeemed_at = timezone.now()
    invitation.save(update_fields=["redeemed_at", "updated_at"])
    role, runs = invitation.role, invitation.role in RUNNERS
    if past is None or past.deleted_at is not None:
        # No invitation undoes what an organizer decided, unless it is one to run the room.
        is_held = past is not None and past.is_held_viewer and not runs
        return let_in(room, user, past.role if past and is_held else role, past, by=user, is_held=True)
    if runs and rank_of(past.role) < rank_of(role):
        set_role(room, past, role, by=user)
    return past


def come_in(
    room: Room, user: User, role: str, past: Participant | None, *, metadata: dict[str, Any] | None = None
) -> Participant:
    """`user` enters by themselves; whom somebody else made a VIEWER comes back as one."""
    if past is not None and past.is_held_viewer:
        return let_in(room, user, past.role, past, by=user, metadata=metadata, is_held=True)
    return let_in(room, user, role, past, by=user, metadata=metadata)


def let_in(
    room: Room,
    user: User,
    role: str,
    past: Participant | None,
    *,
    by: User,
    metadata: dict[str, Any] | None = None,
    is_held: bool = False,
) -> Participant:
    """Writes `user` into a locked room, or their row `past` back to life with its metadata, and tells the room.

    Whoever gets a role to run the room with has taken it themselves. `is_held`: a VIEWER is one by others' decision.
    """
    require_no_guest(user, role)
    if role not in RUNNERS:
        require_seat(room)
    participant = past or Participant(user=user, room=room)
    take_role(participant, role, is_held=is_held)
    participant.joined_at, participant.deleted_at = timezone.now(), None
    participant.checked_in_at = None  # whoever comes back shows up at the desk once more
    if metadata is not None:
        participant.metadata = metadata
    participant.save()
    room_app(room.app_id).on_join(room, participant, by)
    record(room, "participant:joined", {"participant": ParticipantSerializer(participant).data}, by=by)
    if role in RUNNERS:
        open_dashboard(user=user)
    return participant


def past_of(room: Room, user: User) -> Participant | None:
    """The row of `user` in a locked room, whether they are in it, left or were removed."""
    return Participant.all_objects.select_related("user").filter(user_id=user.pk, room=room).first()


def waiting_for(room: Room, user: User) -> tuple[Invitation | None, bool]:
    """The open invitation that joining a locked room redeems, and whether there is any, one to run the room too."""
    invitations = list(Invitation.objects.open().addressed_to(user).filter(room=room).order_by("pk"))
    redeemed = (invitation for invitation in invitations if invitation.role not in RUNNERS)
    return next(redeemed, None), bool(invitations)


def require_room_for(room: Room, past: Participant | None) -> None:
    """Refuses whoever was removed, everybody once the event is over, and who is in already."""
    if past is not None and past.removed_by_id is not None:
        raise Removed
    if not room.is_open:
        raise RoomClosed
    if past is not None and past.deleted_at is None:
        raise AlreadyIn


def require_admission(room: Room, by: User, past: Participant | None) -> None:
    """What the entry policy asks of somebody without an invitation."""
    if is_admin_in(room, by):
        return
    if room.join_locked:
        raise JoiningLocked
    if room.entry_policy == EntryPolicy.INVITE_ONLY:
        raise InviteOnly
    if by.is_guest and (past is None or room.entry_policy != EntryPolicy.GUESTS):
        raise GuestElsewhere


def require_handing_out(room: Room, by: User, role: str) -> None:
    if not may_hand_out(room, by, role):
        raise Forbidden("A moderator lets in participants and viewers only.")
