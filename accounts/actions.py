"""What can be done to accounts."""

from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.contrib.auth import authenticate
from django.contrib.auth.models import Group, Permission
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from accounts.errors import InvalidCredentials
from accounts.models import Session, User
from accounts.tokens import access_token_for, hashed, new_refresh_token

ORGANISERS = "Organisers"
# The screens they have; which rows these show, and what may be done there, the screens decide.
ORGANISED_MODELS = {"rooms": ("room", "participant", "roomevent"), "prizes": ("prize", "winner", "draw")}


@dataclass(frozen=True)
class Tokens:
    access: str
    refresh: str
    expires_in: int
    user: User


def sign_in(*, email: str, password: str, device_info: str = "", ip_address: str | None = None) -> Tokens:
    """Opens a session. Raises InvalidCredentials, alike and in like time for a wrong password and an unknown e-mail."""
    user = authenticate(username=email, password=password)
    if not isinstance(user, User):
        raise InvalidCredentials
    return open_session(user=user, device_info=device_info, ip_address=ip_address)


def open_session(*, user: User, device_info: str = "", ip_address: str | None = None) -> Tokens:
    """A new device of `user`, with its first pair of tokens. Only the hash of the refresh token is kept."""
    refresh = new_refresh_token()
    session = Session.objects.create(
        user=user,
        token_hash=hashed(refresh),
        expires_at=timezone.now() + timedelta(seconds=settings.REFRESH_TOKEN_TTL),
        device_info=device_info[:500],
        ip_address=ip_address,
        last_used_at=timezone.now(),
    )
    return Tokens(access_token_for(session), refresh, settings.ACCESS_TOKEN_TTL, user)


@transaction.atomic
def open_dashboard(*, user: User) -> None:
    """Lets whoever runs a room into the organiser dashboard, unless ops grant that by hand (ORGANIZERS=granted)."""
    if settings.ORGANIZERS != "open" or user.is_guest:
        return
    if not user.is_staff:
        user.is_staff = True
        user.save(update_fields=["is_staff", "updated_at"])
    user.groups.add(organisers())


def organisers() -> Group:
    """The group of organisers, made when it is first needed."""
    group, made = Group.objects.get_or_create(name=ORGANISERS)
    if made:
        screens = Q()
        for app, models in ORGANISED_MODELS.items():
            screens |= Q(content_type__app_label=app, content_type__model__in=models)
        group.permissions.set(Permission.objects.filter(screens))
    return group
