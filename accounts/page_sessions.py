"""Sessions of this site's own pages (SESSION_ENGINE): Django's, each tied to a device that its owner sees and ends."""

from datetime import timedelta
from typing import Any

from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from accounts.hashes import hashed
from accounts.models import PageSession, Session, User
from accounts.sessions import end_families, locked_user
from accounts.tokens import new_secret
from platform_site.rest.addresses import client_address

DEVICE, OPENED_BY = "_device", "_opened_by"
SEATS = "seats"  # {room id: id of the guest who sits there in this browser}
GUEST_DEVICES = "_guest_devices"  # {guest: their device}, of the browser's guests other than the one signed in
SEEN_EVERY = timedelta(minutes=5)  # a page that is looked at writes no oftener that it was


class SessionStore(DatabaseStore):
    """Whoever is signed in here has a row in Session, made and saved with the session itself, however they signed in.

    Ending the device deletes the page session; deleting the last session of a device (signing out) ends the device.
    """

    @classmethod
    def get_model_class(cls) -> type[PageSession]:
        return PageSession

    def _get_session_from_db(self) -> PageSession | None:
        row: PageSession | None = super()._get_session_from_db()  # type: ignore[misc]  # not in the stubs
        device = row.device if row is not None else None
        if device is None:
            return row
        if device.revoked_at is not None:  # by another request, while one of this session was giving it a new key
            self._session_key = None
            return None
        before = timezone.now() - SEEN_EVERY
        if device.last_used_at is None or device.last_used_at < before:
            Session.objects.filter(pk=device.pk).update(last_used_at=timezone.now())
        return row

    def save(self, must_create: bool = False) -> None:
        with transaction.atomic():  # a session that was ended meanwhile is not saved, and its device not made
            super().save(must_create)

    def create_model_instance(self, data: dict[str, Any]) -> PageSession:
        device = self.device_of(data)
        data |= {DEVICE: device.family} if device is not None else {}
        row: Any = super().create_model_instance(data)
        row.device = device
        if device is not None:
            Session.objects.filter(pk=device.pk).update(expires_at=row.expire_date)
        return row

    def device_of(self, data: dict[str, Any]) -> Session | None:
        """The device of whoever `data` says is signed in, made where there is none; None for nobody."""
        user = locked_user(data[SESSION_KEY]) if SESSION_KEY in data else None
        if user is None:
            return None
        known = user.sessions.live().filter(family=data.get(DEVICE, "")).first()
        return known or self.new_device(user, data.get(OPENED_BY, {}))

    def new_device(self, user: User, opened_by: dict[str, Any]) -> Session:
        # No token of a page's device is ever given out: the hash stands for none.
        return Session.objects.create(
            user=user,
            token_hash=hashed(new_secret()),
            expires_at=self.get_expiry_date(),
            last_used_at=timezone.now(),
            **opened_by,
        )

    @transaction.atomic
    def delete(self, session_key: str | None = None) -> None:
        row = PageSession.objects.filter(session_key=session_key or self.session_key).first()
        super().delete(session_key)
        device = row.device if row is not None else None
        # A session that gets a new key is saved under it before the old one is deleted.
        if row is None or device is None or device.page_sessions.exists():
            return
        others = row.get_decoded().get(GUEST_DEVICES, {})
        for user_id, family in sorted({device.user_id: device.family, **others}.items()):
            user = locked_user(user_id)
            if user is not None:
                end_families([family], user=user, by=user, reason="signed out")


def note_device(sender: Any, request: HttpRequest, user: User, **kwargs: Any) -> None:
    """At sign-in, keeps in the session what its device will be known by."""
    request.session[OPENED_BY] = {
        "device_info": request.headers.get("User-Agent", "")[:500],
        "ip_address": client_address(request) or None,
    }


def switch_guest(request: HttpRequest, guest: User) -> None:
    """The browser of one guest becomes that of another who sits in it, too. Both stay signed in, under the same key of
    the session: what the first one has open in another tab goes on."""
    session, devices = request.session, dict(request.session.get(GUEST_DEVICES, {}))
    if DEVICE in session:
        devices[session[SESSION_KEY]] = session[DEVICE]
    session[DEVICE] = devices.pop(guest.pk, "")
    session[GUEST_DEVICES] = devices
    session[SESSION_KEY], session[HASH_SESSION_KEY] = guest.pk, guest.get_session_auth_hash()
    request.user = guest


def guest_in(session: Any, room_id: str) -> tuple[User, str] | None:
    """Who sits in that room in this browser beside the guest who is signed in, and their device."""
    guest_id = session.get(SEATS, {}).get(room_id)
    family = session.get(GUEST_DEVICES, {}).get(guest_id)
    guest = User.objects.filter(pk=guest_id, is_active=True, is_guest=True).first() if family else None
    if guest is None or not guest.sessions.live().filter(family=family).exists():
        return None
    return guest, family
