"""Invitations: sent to an address, accepted, declined, redeemed at sign-in."""

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from platform_site.rest.exceptions import NotFound
from rooms.actions.entry import accept, past_of, require_handing_out
from rooms.actions.listed import take_listed_place
from rooms.actions.offers import keep_place, tell_offer
from rooms.actions.people import has_seats
from rooms.enums import RUNNERS, ParticipantRole
from rooms.errors import InvitationAnswered, Removed, RoomClosed
from rooms.models import Invitation, Participant, Room
from rooms.permissions import Need, lock_room, locked_room


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
    return keep_place(room, role, by=by, email=email)


@transaction.atomic
def accept_invitation(*, invitation_id: str, by: User) -> Participant:
    """`by` takes the place that was offered to them. Accepting once more changes nothing.

    Raises NotFound (none of theirs, or taken back), InvitationAnswered (declined, or left since), Removed, RoomClosed,
    RoomFull.
    """
    room, invitation = locked_invitation(invitation_id, by)
    past, _ = take_listed_place(room, by)
    if past is not None and past.removed_by_id is not None:
        raise Removed
    if invitation.is_open:
        if not room.is_open:
            raise RoomClosed
        return accept(room, invitation, by, past)
    if invitation.redeemed_at is None or past is None or past.deleted_at is not None:
        raise InvitationAnswered
    return past


@transaction.atomic
def decline_invitation(*, invitation_id: str, by: User) -> Invitation:
    """`by` does not take the place. Declining once more changes nothing. Raises NotFound, InvitationAnswered."""
    _, invitation = locked_invitation(invitation_id, by)
    if invitation.redeemed_at is not None:
        raise InvitationAnswered
    if invitation.declined_at is None:
        invitation.declined_at = timezone.now()
        invitation.save(update_fields=["declined_at", "updated_at"])
    return invitation


def locked_invitation(invitation_id: str, by: User) -> tuple[Room, Invitation]:
    """An invitation to `by` in its locked room: whoever answers, renews or ends it takes that lock."""
    theirs = Invitation.objects.addressed_to(by).filter(pk=invitation_id)
    found = theirs.first()
    if found is None:
        raise NotFound
    room = lock_room(found.room_id, by)
    invitation = theirs.first()
    if invitation is None:  # taken back meanwhile
        raise NotFound
    return room, invitation


def redeem_invitations(*, user: User) -> None:
    """At sign-in: `user` takes the places that are kept for their verified e-mail address.

    Running roles are theirs to accept: of these they are told, if nobody could tell them before.
    """
    if user.email is None or not user.email_verified:
        return
    waiting = Invitation.objects.open().takeable().filter(email=user.email)
    # In one order, because the caller may hold all these locks in one transaction.
    for room_id in waiting.order_by("room_id").values_list("room_id", flat=True):
        with transaction.atomic():
            redeem(room_id, user)


def redeem(room_id: str, user: User) -> None:
    try:
        room = lock_room(room_id, user)
    except NotFound:  # deleted since the list was read
        return
    invitation = Invitation.objects.open().filter(room=room, email=user.email).first()
    past = past_of(room, user)
    was_removed = past is not None and past.removed_by_id is not None
    if invitation is None or not room.is_open or was_removed:
        return
    if invitation.role in RUNNERS:
        tell_offer(room, invitation)
        return
    # Where the room is full the place stays open, for the next time.
    is_in = past is not None and past.deleted_at is None
    if is_in or has_seats(room):
        accept(room, invitation, user, past)
