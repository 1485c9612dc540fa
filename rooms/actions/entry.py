"""How people come into a room: by themselves, by its code, as guests, added or invited by those who run it."""

from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.actions import Tokens, open_dashboard, open_session
from accounts.models import User
from platform_site.rest.exceptions import Forbidden, InvalidInput, NotFound
from rooms.actions.people import has_seats, require_no_guest, require_numbering, require_seat, set_role
from rooms.enums import OPEN_STATUSES, RUNNERS, EntryPolicy, ParticipantRole
from rooms.errors import (
    AlreadyIn,
    GuestElsewhere,
    InviteOnly,
    JoiningLocked,
    NoGuestsHere,
    Removed,
    RemovedBefore,
    RoomClosed,
)
from rooms.events import record
from rooms.models import Invitation, Participant, Room
from rooms.permissions import Need, lock_room, locked_room, may_hand_out, rank_of
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

    Raises NotFound, Removed, RoomClosed, RoomFull, JoiningLocked, AlreadyIn, GuestElsewhere, InviteOnly, InvalidInput
    (a role that nobody takes for themselves, metadata from others than organizers).
    """
    room = lock_room(room_id, by)
    past = past_of(room, by)
    invitation = invitation_for(room, by)
    if past is not None and past.removed_by_id is not None:
        raise Removed
    if not (invitation or may_know_of(room, by)):
        raise NotFound
    require_room_for(room, past)
    if metadata is not None:
        require_numbering(room, by)
    if invitation is not None:
        return accept(room, invitation, by, past)
    if role not in JOINABLE_ROLES:
        raise InvalidInput({"role": ["Join as PARTICIPANT or VIEWER."]})
    require_admission(room, by, past)
    return let_in(room, by, role, past, by=by, metadata=metadata)


@transaction.atomic
def join_by_code(
    *, code: str, by: User | None, name: str = "", device_info: str = "", ip_address: str | None = None
) -> Admission:
    """Whoever holds the code of a room enters it as PARTICIPANT; who is in already just gets their place told.

    Without an account (`by` is None, or a guest of another room) a guest called `name` is made and signed in.
    Raises NotFound (no such code), Removed, RoomClosed, RoomFull, JoiningLocked, InviteOnly, NoGuestsHere, InvalidInput
    (a guest without a name).
    """
    room_id = Room.objects.filter(join_code=spelled(code)).values_list("pk", flat=True).first()
    if room_id is None:
        raise NotFound("No room has this code.")
    room = lock_room(room_id, by)
    past = past_of(room, by) if by is not None else None
    if past is not None and past.deleted_at is None:
        return Admission(past, is_new=False)
    require_room_for(room, past)
    if by is None or (by.is_guest and past is None):
        return enter_as_guest(room, name or (by.name if by else ""), device_info, ip_address)
    invitation = invitation_for(room, by)
    if invitation is not None:
        return Admission(accept(room, invitation, by, past), is_new=True)
    require_admission(room, by, past)
    return Admission(let_in(room, by, ParticipantRole.PARTICIPANT, past, by=by), is_new=True)


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
    """Who runs the room lets in somebody whom they know by id.

    Raises Forbidden (a moderator hands out no role like their own), InvalidInput (nobody with that id; metadata from
    a moderator), RoomClosed, RoomFull, AlreadyIn, RemovedBefore.
    """
    room = locked_room(room_id, by, Need.RUN)
    require_handing_out(room, by, role)
    if metadata is not None:
        require_numbering(room, by)
    user = User.objects.filter(pk=user_id, is_active=True, is_guest=False).first()
    if user is None:
        raise InvalidInput({"userId": ["There is no such person."]})
    past = past_of(room, user)
    if past is not None and past.removed_by_id is not None:
        raise RemovedBefore
    require_room_for(room, past)
    return let_in(room, user, role, past, by=by, metadata=metadata)


@transaction.atomic
def invite(*, room_id: str, by: User, email: str, role: str = ParticipantRole.PARTICIPANT) -> Invitation:
    """Keeps a place for whoever signs in, or joins, with this verified e-mail address; once more renews it.

    Nothing that can be seen here or in the room depends on whether such an account exists: adding its owner at once
    would tell everybody who organizes a room whose address it is. Raises Forbidden, RoomClosed.
    """
    room = locked_room(room_id, by, Need.RUN)
    require_handing_out(room, by, role)
    if not room.is_open:
        raise RoomClosed
    invitation = Invitation.objects.filter(room=room, email=email).first() or Invitation(room=room, email=email)
    if may_hand_out(room, by, invitation.role):
        invitation.role = role
    invitation.invited_by, invitation.redeemed_at = by, None
    invitation.save()
    return invitation


def redeem_invitations(*, user: User) -> None:
    """At sign-in: `user` takes the places that are kept for their verified e-mail address."""
    if user.email is None or not user.email_verified:
        return
    waiting = Invitation.objects.filter(email=user.email, redeemed_at=None)
    waiting = waiting.filter(room__deleted_at=None, room__status__in=OPEN_STATUSES)
    # In one order, because the caller may hold all these locks in one transaction.
    for room_id in waiting.order_by("room_id").values_list("room_id", flat=True):
        with transaction.atomic():
            redeem(room_id, user)


def redeem(room_id: str, user: User) -> None:
    try:
        room = lock_room(room_id, user)
    except NotFound:  # deleted since the list was read
        return
    invitation, past = invitation_for(room, user), past_of(room, user)
    was_removed = past is not None and past.removed_by_id is not None
    if invitation is None or not room.is_open or was_removed:
        return
    # Where the room is full the place stays open, for the next time.
    is_in = past is not None and past.deleted_at is None
    if is_in or invitation.role in RUNNERS or has_seats(room):
        accept(room, invitation, user, past)


def accept(room: Room, invitation: Invitation, user: User, past: Participant | None) -> Participant:
    """Turns an invitation into a place. Who is in already only moves up where they are to run the room."""
    invitation.redeemed_at = timezone.now()
    invitation.save(update_fields=["redeemed_at", "updated_at"])
    if past is None or past.deleted_at is not None:
        return let_in(room, user, invitation.role, past, by=user)
    if invitation.role in RUNNERS and rank_of(past.role) < rank_of(invitation.role):
        set_role(room, past, invitation.role, by=invitation.invited_by)
    return past


def let_in(
    room: Room,
    user: User,
    role: str,
    past: Participant | None,
    *,
    by: User,
    metadata: dict[str, Any] | None = None,
) -> Participant:
    """Writes `user` into a locked room, or their row `past` back to life with its metadata, and tells the room."""
    require_no_guest(user, role)
    if role not in RUNNERS:
        require_seat(room)
    participant = past or Participant(user=user, room=room)
    participant.role, participant.joined_at, participant.deleted_at = role, timezone.now(), None
    if metadata is not None:
        participant.metadata = metadata
    participant.save()
    record(room, "participant:joined", {"participant": ParticipantSerializer(participant).data}, by=by)
    if role in RUNNERS:
        open_dashboard(user=user)
    return participant


def past_of(room: Room, user: User) -> Participant | None:
    """The row of `user` in a locked room, whether they are in it, left or were removed."""
    return Participant.all_objects.select_related("user").filter(user_id=user.pk, room=room).first()


def invitation_for(room: Room, user: User) -> Invitation | None:
    addresses = User.objects.filter(pk=user.pk, email_verified=True, email__isnull=False).values("email")
    return Invitation.objects.filter(room=room, email__in=addresses, redeemed_at=None).first()


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


def spelled(code: str) -> str:
    """A code as it is stored, from how people type it: any case, with spaces or dashes."""
    return "".join(letter for letter in code.upper() if letter.isalnum())
