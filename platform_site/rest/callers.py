"""Who calls: whose rate limit counts, and whose idempotency keys these are."""

from dataclasses import dataclass
from typing import Any, Literal

from platform_site.rest.addresses import address_block, client_address


@dataclass(frozen=True)
class Caller:
    kind: Literal["ANONYMOUS", "USER", "APP"]
    key: str
    user_id: str = ""


def caller_of(request: Any) -> Caller:
    """The caller of a DRF request. An app is recognised by `request.auth.app_id`, which its authenticator sets."""
    user_id = request.user.pk if request.user is not None and request.user.is_authenticated else ""
    app_id = getattr(request.auth, "app_id", "")
    if app_id:
        return Caller("APP", f"app {app_id} {user_id}".strip(), user_id)
    if user_id:
        return Caller("USER", f"user {user_id}", user_id)
    return anonymous(request)


def anonymous(request: Any) -> Caller:
    """Whoever has no name: their address."""
    return Caller("ANONYMOUS", f"address {address_block(client_address(request))}")
