"""Seats of guests: a browser keeps the seats that it took without an account, one a room, in its session.

A guest is somebody in one room only, so a browser may have several. The one whose page was asked for last is signed in;
the others keep their devices, and each tab's live connection says of which room it is (`/ws/?room=`).
"""

import logging
import re

from django.contrib import messages
from django.http import HttpRequest
from django.utils.translation import gettext

from accounts.actions import sign_in_page
from accounts.models import User
from accounts.page_sessions import SEATS, switch_guest
from accounts.tokens import new_secret
from platform_site.rest.exceptions import DomainError
from rooms.actions import place_of_device
from rooms.actions.claims import claim_places

logger = logging.getLogger(__name__)

DEVICE_COOKIE = "device"  # a secret of this browser's; guests only
DEVICE_KEY = re.compile(r"[A-Za-z0-9_-]{22,64}")


def seats_of(request: HttpRequest) -> dict[str, str]:
    return dict(request.session.get(SEATS, {}))


def take_seat(request: HttpRequest, user: User, room_id: str) -> None:
    """Signs the page in as `user`; a guest's seat in `room_id` is remembered beside those in other rooms."""
    seats = seats_of(request)
    if user.is_guest and isinstance(request.user, User) and request.user.is_guest:
        if request.user.pk != user.pk:
            switch_guest(request, user)
    elif request.user.pk != user.pk:
        sign_in_page(request, user)
    if user.is_guest:
        # Signing in as somebody else empties the session.
        request.session[SEATS] = seats | {room_id: user.pk}


def resume_seat(request: HttpRequest, room_id: str) -> None:
    """Somebody without an account comes back to a room in which this browser has a seat: they are that guest again.

    The session knows its seats; where it is gone (an old phone, a closed browser), the browser's own key does.
    """
    if isinstance(request.user, User) and not request.user.is_guest:
        return
    seat = seats_of(request).get(room_id)
    if seat is not None and request.user.pk == seat:
        return
    guest = User.objects.filter(pk=seat, is_active=True, is_guest=True).first() if seat else None
    if guest is None and (key := device_key(request)):
        place = place_of_device(key, room_id)
        guest = place.user if place is not None else None
    if guest is not None and guest.pk != request.user.pk:
        take_seat(request, guest, room_id)


def keep_what_guests_have(request: HttpRequest, user: User) -> None:
    """A guest signs in: their seats in this browser become the account's, with tickets and wins (PAGE_SIGN_IN_HOOKS).

    A seat in a room where the account has a place of its own stays the guest's, and the reader is told.
    """
    if user.is_guest:
        return
    ids = {*seats_of(request).values(), *([request.user.pk] if isinstance(request.user, User) else [])}
    for guest in User.objects.filter(pk__in=ids, is_guest=True, is_active=True).order_by("pk"):
        try:
            claim_places(guest=guest, by=user)
        except DomainError as refusal:
            logger.info("A guest's places stay the guest's: %s", refusal.code)
            name = guest.name
            words = gettext("What you had here as the guest %(name)s stays apart: your account has a place of its own.")
            messages.warning(request, words % {"name": name})


def device_key(request: HttpRequest) -> str:
    """The browser's secret, or nothing where it has none."""
    key = request.COOKIES.get(DEVICE_COOKIE, "")
    return key if DEVICE_KEY.fullmatch(key) else ""


def new_device_key() -> str:
    return new_secret()
