"""How secrets are kept."""

import hashlib


def hashed(secret: str) -> str:
    """How a long random secret is stored: SHA-256, lower-case hex."""
    return hashlib.sha256(secret.encode()).hexdigest()
