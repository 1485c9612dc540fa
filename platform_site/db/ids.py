"""Primary keys: collision-resistant text ids that sort by time of creation."""

import os
import time

DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
ID_LENGTH = 25
ID_PATTERN = f"c[0-9a-z]{{{ID_LENGTH - 1}}}"
RANDOM_SPACE = 36**16


def new_id() -> str:
    """A CUID-shaped id of 25 characters: `c`, 8 base-36 digits of Unix milliseconds, 16 random base-36 digits."""
    # 128 random bits folded into 36**16 (82.7 bits): the bias is below 2**-45.
    return "c" + base36(time.time_ns() // 1_000_000, 8) + base36(int.from_bytes(os.urandom(16)) % RANDOM_SPACE, 16)


def base36(number: int, width: int) -> str:
    digits = []
    for _ in range(width):
        number, digit = divmod(number, 36)
        digits.append(DIGITS[digit])
    return "".join(reversed(digits))
