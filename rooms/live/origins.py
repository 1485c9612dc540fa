"""From which sites a browser may open a live connection. Programs that are no browsers send no Origin."""

from urllib.parse import urlsplit

from django.conf import settings
from django.http.request import split_domain_port, validate_host

from platform_site.rest.addresses import address_block, forwarded_address

Scope = dict


def header(scope: Scope, name: bytes) -> str:
    return next((value.decode("latin-1") for key, value in scope["headers"] if key == name), "")


def address_of(scope: Scope) -> str:
    """What is counted as one address, by the same rule as for requests."""
    peer = (scope.get("client") or ("", 0))[0] or ""
    hops = [value.decode("latin-1") for name, value in scope["headers"] if name == b"x-forwarded-for"]
    return address_block(forwarded_address(peer, ",".join(hops)))


def is_allowed_host(scope: Scope) -> bool:
    """Whether this server answers by the name that the client called it by: ALLOWED_HOSTS counts here, too."""
    domain, _ = split_domain_port(header(scope, b"host"))
    return bool(domain) and validate_host(domain, settings.ALLOWED_HOSTS)


def is_same_origin(scope: Scope) -> bool:
    """Whether the page that connects is one of this very site: only then its session cookie counts."""
    origin = header(scope, b"origin")
    return not origin or urlsplit(origin).netloc.lower() == header(scope, b"host").lower()


def is_allowed_origin(scope: Scope) -> bool:
    origin = header(scope, b"origin")
    if is_same_origin(scope) or origin in settings.CORS_ORIGINS:
        return True
    # A wildcard lets any host name reach this server; it does not mean that any site may use it.
    named = [pattern for pattern in settings.ALLOWED_HOSTS if pattern != "*"]
    return validate_host(urlsplit(origin).hostname or "", named)
