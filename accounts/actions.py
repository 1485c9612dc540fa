"""What can be done to accounts. Sessions and erasure have files of their own."""

from django.conf import settings
from django.contrib.auth import authenticate, login
from django.contrib.auth.models import Group, Permission
from django.db import transaction
from django.db.models import Q
from django.http import HttpRequest

from accounts.errors import InvalidCredentials, InvalidToken
from accounts.limits import begin_attempt, end_attempt
from accounts.models import User
from accounts.sessions import Tokens, locked_user, open_session
from platform_site.db.changes import UNCHANGED, Unchanged, named
from platform_site.hooks import PAGE_SIGNING_IN
from platform_site.rest.exceptions import NotFound

__all__ = ["Tokens", "open_session"]  # others find them here

ORGANISERS = "Organisers"
# The screens they have; which rows these show, and what may be done there, the screens decide.
ORGANISED_MODELS = {"rooms": ("room", "participant", "roomevent"), "prizes": ("prize", "winner", "draw")}


def user_by_password(*, email: str, password: str, address: str | None) -> User:
    """Whose e-mail and password these are.

    Raises InvalidCredentials, alike and in like time for a wrong password, an unknown e-mail and an account without a
    password; RateLimited after too many of these.
    """
    attempt = begin_attempt(email=email, address=address)
    user = authenticate(username=email, password=password)
    if not isinstance(user, User):
        raise InvalidCredentials
    end_attempt(attempt)
    return user


def sign_in(*, email: str, password: str, device_info: str = "", ip_address: str | None = None) -> Tokens:
    """Opens a session. Raises what user_by_password raises."""
    user = user_by_password(email=email, password=password, address=ip_address)
    return open_session(user=user, device_info=device_info, ip_address=ip_address)


def sign_in_page(request: HttpRequest, user: User) -> None:
    """Signs `user` in on this site's own pages, by Django's session cookie."""
    PAGE_SIGNING_IN(request=request, user=user)
    login(request, user, backend="django.contrib.auth.backends.ModelBackend")


@transaction.atomic
def update_profile(
    *, user: User, by: User, name: str | Unchanged = UNCHANGED, avatar: str | Unchanged | None = UNCHANGED
) -> User:
    """Changes the name and avatar that others see."""
    living = locked_user(user.pk)
    if living is None:
        raise InvalidToken
    changes = named(name=name, avatar=avatar)
    for field, value in changes.items():
        setattr(living, field, value)
    living.save(update_fields=[*changes, "updated_at"])
    return living


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


@transaction.atomic
def restore_user(user_id: str, *, by: User) -> User:
    """Brings a deleted account back. For platform admins. Raises NotFound where it is not deleted, or is erased."""
    deleted = User.all_objects.deleted().select_for_update().filter(erased_at=None)
    user: User | None = deleted.filter(pk=user_id).first() if by.is_superuser else None
    if user is None:
        raise NotFound
    user.deleted_at = None
    user.save(update_fields=["deleted_at", "updated_at"])
    return user
