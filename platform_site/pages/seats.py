"""Seats of guests: a browser keeps the seats that it took without an account, one a room, in its session."""

from django.http import HttpRequest

from accounts.actions import sign_in_page
from accounts.models import User

SEATS = "seats"  # {room id: id of the guest who sits there}


def seats_of(request: HttpRequest) -> dict[str, str]:
    return dict(request.session.get(SEATS, {}))


def take_seat(request: HttpRequest, user: User, room_id: str) -> None:
    """Signs the page in as `user`; a guest's seat in `room_id` is remembered beside those in other rooms."""
    seats = seats_of(request)
    if request.user.pk != user.pk:
        sign_in_page(request, user)
    if user.is_guest:
        # Signing in as somebody else empties the session.
        request.session[SEATS] = seats | {room_id: user.pk}


def resume_seat(request: HttpRequest, room_id: str) -> None:
    """Somebody without an account comes back to a room in which this browser has a seat: they are that guest again."""
    seat = seats_of(request).get(room_id)
    if seat is None or request.user.pk == seat or (request.user.is_authenticated and not request.user.is_guest):
        return
    guest = User.objects.filter(pk=seat, is_active=True, is_guest=True).first()
    if guest is not None:
        take_seat(request, guest, room_id)
