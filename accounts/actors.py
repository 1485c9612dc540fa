"""Who acts: a person, or the platform by its own rules. `by` says it in every action."""

from typing import Final, TypeAlias

from accounts.models import User


class Platform:
    """The platform itself: it may do everything, is in no room, and what it does is stored without a person."""

    pk = ""
    is_authenticated = True


PLATFORM: Final = Platform()
Actor: TypeAlias = User | Platform


def person_of(by: Actor) -> User | None:
    """Whom the database names as the actor: nobody for the platform."""
    return by if isinstance(by, User) else None
