"""Places that are kept for somebody: PARTICIPANT and VIEWER for an address, running roles for whoever accepts them."""

from django.db.models import Q
from django.utils import timezone

from accounts.actors import Actor, person_of
from accounts.models import User
from rooms.enums import RUNNERS, ParticipantRole
from rooms.models import Invitation, Room
from rooms.notifications import notify
from rooms.permissions import may_hand_out, rank_of

RENEWED = ("role", "invited_by", "told_at", "redeemed_at", "declined_at", "updated_at")


def keep_place(room: Room, role: str, *, by: Actor, email: str | None = None, user: User | None = None) -> Invitation:
    """Invites an address or a user into a locked room; once more renews it. `by` may hand out `role`.

    An open invitation to a role that `by` may not hand out stays as it is. One that was answered keeps nothing of its
    former role: renewing it would hand that role out again.
    """
    whom = {"email": email} if user is None else {"user": user}
    known = Invitation.objects.filter(room=room, **whom).first()
    if known is not None and known.is_open and not may_hand_out(room, by, known.role):
        return known
    invitation = renewed(known or Invitation(room=room, **whom), role, by)
    invitation.save()
    tell_offer(room, invitation)
    return invitation


def keep_places(room: Room, roles: dict[str, str], *, by: Actor) -> dict[str, Invitation]:
    """`keep_place` for many addresses at once: {address: role}, none of them a running role. Answers {address: …}."""
    found = Invitation.objects.filter(room=room, email__in=roles.keys())
    invitations = {invitation.email or "": invitation for invitation in found}
    new, changed = [], []
    for email, role in roles.items():
        known = invitations.get(email)
        if known is None:
            invitations[email] = renewed(Invitation(room=room, email=email), role, by)
            new.append(invitations[email])
        elif not known.is_open or may_hand_out(room, by, known.role):
            changed.append(renewed(known, role, by))
            known.updated_at = timezone.now()
    Invitation.objects.bulk_create(new)
    if changed:
        Invitation.objects.bulk_update(changed, RENEWED)
    return invitations


def renewed(invitation: Invitation, role: str, by: Actor) -> Invitation:
    """The invitation as it stands when it was just made (unsaved)."""
    if not (invitation.is_open and invitation.role == role):
        invitation.told_at = None
    invitation.role, invitation.invited_by = role, person_of(by)
    invitation.redeemed_at = invitation.declined_at = None
    return invitation


def tell_offer(room: Room, invitation: Invitation) -> None:
    """Leaves a message for whom a running role is offered to, once, if they have an account by now."""
    if invitation.role not in RUNNERS or invitation.told_at is not None:
        return
    person = invitation.user
    if person is None:
        people = User.objects.filter(email=invitation.email, email_verified=True)
        person = people.filter(is_active=True, is_guest=False).first()
    if person is None:
        return
    sender = invitation.invited_by.name if invitation.invited_by is not None else "The platform"
    notify(
        user_id=person.pk,
        type="invitation",
        title="You are invited to help run an event",
        body=f"{sender} offers you the role {invitation.role} in “{room.name}”. Accept or decline it.",
        room=room,
        data={"invitationId": invitation.pk, "role": invitation.role},
    )
    invitation.told_at = timezone.now()
    invitation.save(update_fields=["told_at", "updated_at"])


def end_invitations_to(room: Room, user: User, *, above: str | None) -> None:
    """Takes back what a locked room keeps open for `user`: roles higher than `above`, or all of them for None.

    Also what their address was promised while it is not verified: it may be tomorrow.
    """
    too_much = [role for role in ParticipantRole if role != ParticipantRole.ADMIN]
    if above is not None:
        too_much = [role for role in too_much if rank_of(role) > rank_of(above)]
    theirs = Q(user=user) if user.email is None else Q(user=user) | Q(email=user.email)
    Invitation.objects.open().filter(theirs, room=room, role__in=too_much).delete()


def end_offers_by(room: Room, user: User) -> None:
    """Takes back the running roles that `user`, who organizes the room no more, has offered in it."""
    Invitation.objects.open().filter(room=room, invited_by=user, role__in=RUNNERS).delete()
