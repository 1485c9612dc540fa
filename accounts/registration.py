"""Accounts with a password, made and mended by whoever reads the mail of their address.

Every question (sign up, forgotten password) gets the same answer and one letter, whether the address has an account or
not: nothing tells strangers whose addresses are known here.
"""

from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.contrib.auth.tokens import default_token_generator
from django.core import signing
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from accounts.errors import InvalidToken
from accounts.models import User
from accounts.sessions import locked_user
from platform_site.rest.exceptions import InvalidInput

SALT = "sign-up"
LINK_LIVES = 3600  # seconds; Django's PASSWORD_RESET_TIMEOUT is set to the same


def account_of(email: str) -> User | None:
    """The active account of an address."""
    return User.objects.filter(email=User._meta.get_field("email").to_python(email) or "", is_active=True).first()


def sign_up_token(email: str) -> str:
    """What the letter to a new address carries: proof that its reader is asked for."""
    return signing.dumps(email, salt=SALT)


def email_of(token: str) -> str:
    """The address that a sign-up token was sent to. Raises InvalidToken for a wrong or old one."""
    try:
        return str(signing.loads(token, salt=SALT, max_age=LINK_LIVES))
    except signing.BadSignature:
        raise InvalidToken("This link is too old or not whole. Ask for a new one.") from None


@transaction.atomic
def register(*, token: str, name: str, password: str) -> User:
    """The new account of whoever got the letter. Raises InvalidToken (also where the account was made meanwhile),
    InvalidInput with what is wrong with the password."""
    user = User(email=email_of(token), name=name, email_verified=True)
    give_password(user, password)
    try:
        with transaction.atomic():
            user.save(force_insert=True)
    except IntegrityError:
        raise InvalidToken("This address has an account already. Sign in, or ask for a new password.") from None
    return user


def reset_token(user: User) -> str:
    """Works once: it depends on the password that it replaces."""
    return f"{user.pk}.{default_token_generator.make_token(user)}"


def user_of_reset(token: str) -> User:
    """Raises InvalidToken for a token that is wrong, old or used."""
    pk, _, secret = token.partition(".")
    user = User.objects.filter(pk=pk, is_active=True, is_guest=False).first()
    if user is None or not default_token_generator.check_token(user, secret):
        raise InvalidToken("This link is too old, not whole, or was used. Ask for a new one.")
    return user


@transaction.atomic
def reset_password(*, token: str, password: str) -> User:
    """A new password for whoever got the letter; all devices that knew the old one are signed out. The address counts
    as verified from now on. Raises InvalidToken, InvalidInput."""
    user = locked_user(user_of_reset(token).pk)
    # Once more under the lock: of two at once, the second finds another password.
    if user is None or user_of_reset(token).password != user.password:
        raise InvalidToken("This link is too old, not whole, or was used. Ask for a new one.")
    give_password(user, password)
    user.email_verified = True
    user.save(update_fields=["password", "email_verified", "updated_at"])
    return user


def give_password(user: User, password: str) -> None:
    try:
        validate_password(password, user)
    except ValidationError as error:
        faults: list[Any] = list(error.messages)
        raise InvalidInput({"password": faults}) from None
    user.set_password(password)
