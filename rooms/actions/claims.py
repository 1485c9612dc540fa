"""A guest signs in: their places become the account's, with the same ids, so wins and draws stay whose they are."""

from django.db import transaction

from accounts.guests import guest_of, retire_guest
from accounts.models import User
from platform_site.rest.exceptions import InvalidInput
from rooms.actions.people import tell_updated
from rooms.errors import AlreadyIn, NotForGuests, Removed
from rooms.models import Notification, Participant, Room
from rooms.permissions import lock_rooms


def claim_guest(*, guest_token: str, by: User) -> list[Participant]:
    """`claim_places` of the guest whom `guest_token`, an access token, signs in. Raises InvalidInput for another."""
    if by.is_guest:
        raise NotForGuests
    guest = guest_of(guest_token)
    if guest is None:
        raise InvalidInput({"guestToken": ["This is no access token of a guest who is still there."]})
    return claim_places(guest=guest, by=by)


@transaction.atomic
def claim_places(*, guest: User, by: User) -> list[Participant]:
    """Turns every place of `guest` into one of `by`, all or none; the guest's devices are signed out.

    The caller knows that `guest` and `by` are one person. Raises NotForGuests, AlreadyIn (`by` has a place of their
    own in one of the rooms, even if they left it; `details.roomId`), Removed (from one of them), InvalidInput (no
    living guest).
    """
    if by.is_guest:
        raise NotForGuests
    places = Participant.all_objects.filter(user=guest)
    rooms = lock_rooms(places.values("room_id"))
    require_no_place(by, rooms)
    if not retire_guest(guest, into=by, by=by):
        raise InvalidInput({"guestToken": ["This guest is gone."]})
    Notification.objects.filter(user=guest).update(user=by)
    return [take_over(rooms[place.room_id], place, by) for place in places.order_by("room_id")]


def require_no_place(user: User, rooms: dict[str, Room]) -> None:
    """Refuses whoever is in one of the locked `rooms`, left it or was removed from it: one person is there once."""
    own = Participant.all_objects.filter(user=user.pk, room__in=rooms.keys()).order_by("room_id").first()
    if own is None:
        return
    if own.removed_by_id is not None:
        raise Removed(roomId=own.room_id)
    raise AlreadyIn(roomId=own.room_id)


def take_over(room: Room, place: Participant, user: User) -> Participant:
    """Gives a place in a locked room to `user`, and tells the room where the place is in it."""
    place.user = user
    place.save(update_fields=["user", "updated_at"])
    if place.deleted_at is None and room.deleted_at is None:
        tell_updated(room, place, {"userId": user.pk}, by=user)
    return place
