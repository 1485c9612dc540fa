"""People without an account: guests who joined one room by its code, and placeholders for people on a list."""

from django.db.models import QuerySet

from accounts.actors import Actor
from accounts.models import User
from accounts.sessions import end_person, locked_user
from accounts.tokens import loaded_user


def guest_of(access_token: str) -> User | None:
    """The living guest whom an access token stands for, read from the table."""
    found = loaded_user(access_token)
    return found[0] if found is not None and found[0].is_guest else None


def new_placeholder(name: str) -> User:
    """Somebody on a list, unsaved: has no e-mail, no password and no tokens, so nobody signs in as them."""
    placeholder = User(name=name, is_guest=True, is_placeholder=True)
    placeholder.set_unusable_password()
    return placeholder


def retire_guest(guest: User, *, into: User, by: Actor) -> bool:
    """Ends a guest or placeholder whose places `into` has taken over, in the caller's transaction: its devices and
    tokens die at once. Its name stays in the log until `into` is erased or the clean-up forgets old guests.

    False where it has ended meanwhile.
    """
    living = locked_user(guest.pk)
    if living is None:
        return False
    living.is_active, living.claimed_by = False, into
    living.save(update_fields=["is_active", "claimed_by", "updated_at"])
    end_person(user_id=living.pk, by=by, reason="an account took over")
    return True


def former_guests(user: User) -> QuerySet[User]:
    """Whom `user` was before they signed in."""
    return User.objects.filter(claimed_by=user.pk)
