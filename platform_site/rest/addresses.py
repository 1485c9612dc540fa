"""Where a request comes from: forwarded headers count only behind proxies that ops named (TRUSTED_PROXIES)."""

import re
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any

from django.conf import settings

Address = IPv4Address | IPv6Address
WITH_PORT = re.compile(r"\[(?P<six>[^\]]+)\](:\d+)?|(?P<four>[\d.]+):\d+")


def client_address(request: Any) -> str:
    """The address of whoever made `request` (Django's or DRF's), or an empty text where nobody knows."""
    return forwarded_address(request.META.get("REMOTE_ADDR") or "", request.META.get("HTTP_X_FORWARDED_FOR", ""))


def forwarded_address(peer: str, forwarded_for: str) -> str:
    """The right-most hop that is no trusted proxy. `peer` is who connected: empty for a Unix socket.

    Every proxy appends whom it saw, so what stands left of an untrusted hop is that hop's own invention.
    """
    if not settings.TRUSTED_PROXIES:
        return str(parsed(peer) or "")
    nearest = parsed(peer)
    if nearest is not None and not is_trusted(nearest):
        return str(nearest)
    for hop in reversed(forwarded_for.split(",")):
        address = parsed(hop)
        if address is None:
            break
        nearest = address
        if not is_trusted(address):
            break
    return str(nearest or "")


def address_block(address: str) -> str:
    """What is counted as one address: an IPv6 customer owns at least a /64 and would never reach a limit otherwise."""
    parts = parsed(address)
    return str(ip_network((parts, 64), strict=False)) if isinstance(parts, IPv6Address) else str(parts or "")


def is_trusted(address: Address) -> bool:
    return any(address in network for network in settings.TRUSTED_PROXIES)


def parsed(text: str) -> Address | None:
    """An address with or without port, brackets and zone; None for anything else. IPv4 in IPv6 becomes IPv4."""
    text = text.strip().strip('"')
    if match := WITH_PORT.fullmatch(text):
        text = match["six"] or match["four"]
    try:
        address = ip_address(text.split("%")[0])
    except ValueError:
        return None
    return address.ipv4_mapped or address if isinstance(address, IPv6Address) else address
