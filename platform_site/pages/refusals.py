"""The refusals that people meet on pages: their messages are translated. Others speak to programs and organisers."""

from accounts.errors import InvalidCredentials, InvalidToken, OAuthNotConfigured, StillOrganises
from platform_site.rest.throttling import RateLimited
from prizes.errors import AlreadyHandedOver
from rooms.errors import (
    AlreadyIn,
    GuestElsewhere,
    InviteOnly,
    JoiningLocked,
    NoGuestsHere,
    NotForGuests,
    NotInRoom,
    OrganizerStays,
    Removed,
    RoomClosed,
    RoomFull,
)

SHOWN = (
    *(
        AlreadyHandedOver,
        AlreadyIn,
        GuestElsewhere,
        InvalidCredentials,
        InvalidToken,
        InviteOnly,
        JoiningLocked,
        NoGuestsHere,
    ),
    *(NotForGuests, NotInRoom, OAuthNotConfigured, OrganizerStays, RateLimited, Removed, RoomClosed, RoomFull),
    StillOrganises,
)
# Where refusals with words of their own are raised.
RAISED_IN = (
    "accounts/hashes.py",
    "accounts/limits.py",
    "accounts/letters.py",
    "accounts/registration.py",
    "platform_site/pages/",
    "rooms/actions/limits.py",
)
