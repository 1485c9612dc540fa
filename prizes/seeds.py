"""Seeds at rest: sealed with the platform's keys until a draw is over."""

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings

from prizes.errors import SeedUnreadable


def box() -> MultiFernet:
    """The first key seals, all of them open, so that keys can be rotated while draws are open."""
    return MultiFernet([Fernet(key) for key in settings.FIELD_ENCRYPTION_KEYS])


def sealed(seed: bytes) -> str:
    return box().encrypt(seed).decode()


def opened(sealed_seed: str) -> bytes:
    """The seed itself. Raises SeedUnreadable where no key fits; the seed stays out of every message."""
    try:
        return box().decrypt(sealed_seed.encode())
    except InvalidToken:
        raise SeedUnreadable from None
