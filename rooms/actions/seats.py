"""Guests whom their device knows: whoever shows its key again has the same seat, whatever got lost on the way."""

from django.db import IntegrityError, transaction

from accounts.hashes import hashed
from accounts.models import User
from platform_site.rest.exceptions import DomainError
from rooms.actions.entry import Admission, join_by_code
from rooms.errors import Removed
from rooms.models import GuestSeat, Participant


def join_by_device(
    *,
    device_key: str,
    room_id: str,
    code: str,
    by: User | None,
    name: str = "",
    device_info: str = "",
    ip_address: str | None = None,
) -> Admission:
    """`join_by_code` by a device that keeps a secret: the guest whom it once brought into this room is let in again.

    The caller has counted the attempt. Raises what join_by_code raises, and Removed for the device of somebody who was
    sent away.
    """
    guest = guest_of_device(device_key, room_id) if by is None or by.is_guest else None
    joining = {"code": code, "name": name, "device_info": device_info, "ip_address": ip_address, "is_counted": True}
    try:
        with transaction.atomic():
            admission = join_by_code(by=guest or by, **joining)  # type: ignore[arg-type]
            if admission.participant.user.is_guest and guest is None:
                seats = GuestSeat(
                    device_hash=hashed(device_key), room_id=room_id, user_id=admission.participant.user_id
                )
                seats.save(force_insert=True)
            return admission
    except (IntegrityError, DomainError):
        # Sent twice at once: the other one was first, perhaps into the last free seat.
        place = place_of_device(device_key, room_id) if guest is None and (by is None or by.is_guest) else None
        if place is None:
            raise
        return Admission(place, is_new=False)


def guest_of_device(device_key: str, room_id: str) -> User | None:
    """The guest with a seat in the room, whether they are in it or left. Raises Removed. A seat of an account that has
    ended is forgotten."""
    seats = GuestSeat.objects.filter(device_hash=hashed(device_key), room=room_id)
    seat = seats.select_related("user").first()
    if seat is None:
        return None
    guest = seat.user
    if not guest.is_active or guest.deleted_at is not None or not guest.is_guest:
        seats.delete()
        return None
    if Participant.all_objects.filter(room=room_id, user=guest, removed_by__isnull=False).exists():
        raise Removed
    return guest


def place_of_device(device_key: str, room_id: str) -> Participant | None:
    """Where the guest of this device is now, if they are in the room."""
    users = GuestSeat.objects.filter(device_hash=hashed(device_key), room=room_id, user__is_active=True)
    return Participant.objects.filter(room=room_id, user__in=users.values("user")).select_related("user").first()
