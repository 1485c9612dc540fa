"""The hand-over to the front end: where people may be sent, and codes that work once."""

import re
from datetime import timedelta
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme

from accounts.enums import OneTimeCodeKind
from accounts.errors import InvalidToken
from accounts.models import OneTimeCode, User
from accounts.sessions import Tokens, open_session
from accounts.tokens import hashed, new_secret
from platform_site.rest.exceptions import InvalidInput

CODE_LIVES = 60  # seconds


def allowed_redirect(redirect_url: str) -> str:
    """`redirect_url`, or where the front end begins if it is empty. Raises InvalidInput for a foreign address."""
    if not redirect_url:
        return front_end("/")
    if len(redirect_url) <= 2000 and redirect_url.isprintable() and not re.search(r"[\s\\]", redirect_url):
        if redirect_url.startswith("/") and url_has_allowed_host_and_scheme(redirect_url, allowed_hosts=None):
            return redirect_url
        try:
            parts = urlsplit(redirect_url)
        except ValueError:
            parts = urlsplit("")
        if f"{parts.scheme}://{parts.netloc}".lower() in {origin.lower() for origin in settings.OAUTH_REDIRECTS}:
            return redirect_url
    raise InvalidInput({"redirect_url": ["Use a relative address, or one of an origin that is allowed here."]})


def front_end(path: str, beside: str = "") -> str:
    """`path` at the front end that `beside` belongs to; without it at the first one allowed, or this very site."""
    parts = urlsplit(beside)
    if parts.netloc:
        return f"{parts.scheme}://{parts.netloc}{path}"
    return path if beside or not settings.OAUTH_REDIRECTS else settings.OAUTH_REDIRECTS[0] + path


def take(kind: OneTimeCodeKind, secret: str) -> OneTimeCode | None:
    """The code, used up; None if it is unknown, old or used. Of many at once, one deletes the row."""
    code = OneTimeCode.objects.filter(kind=kind, code_hash=hashed(secret)).select_related("user").first()
    if code is None or not OneTimeCode.objects.filter(pk=code.pk).delete()[0] or code.expires_at <= timezone.now():
        return None
    return code


def new_exchange_code(user: User) -> str:
    code = new_secret()
    OneTimeCode.objects.create(
        kind=OneTimeCodeKind.EXCHANGE,
        code_hash=hashed(code),
        user=user,
        expires_at=timezone.now() + timedelta(seconds=CODE_LIVES),
    )
    return code


def exchange(*, code: str, device_info: str = "", ip_address: str | None = None) -> Tokens:
    """The tokens for a one-time code. Raises InvalidToken for one that is unknown, old or used."""
    taken = take(OneTimeCodeKind.EXCHANGE, code)
    if taken is None or taken.user is None:
        raise InvalidToken("The code is not valid, was used, or has expired.")
    return open_session(user=taken.user, device_info=device_info, ip_address=ip_address)


def with_code(redirect_url: str, code: str) -> str:
    parts = urlsplit(redirect_url)
    query = "&".join(filter(None, [parts.query, urlencode({"code": code})]))
    return parts._replace(query=query).geturl()


def with_fragment(redirect_url: str, tokens: Tokens) -> str:
    """The hand-over for older clients: what stands behind `#` is sent to no server and no log.

    It is for a front end's page at OAUTH_CALLBACK_PATH, which then goes on to the path that `redirect_url` names there.
    """
    wanted = urlsplit(redirect_url)._replace(scheme="", netloc="").geturl() or "/"
    fragment = urlencode(
        {
            "access_token": tokens.access,
            "refresh_token": tokens.refresh,
            "expires_in": tokens.expires_in,
            "redirect_url": wanted,
        }
    )
    begin = redirect_url if urlsplit(redirect_url).netloc else settings.OAUTH_REDIRECTS[0]
    return front_end(f"{settings.OAUTH_CALLBACK_PATH}#{fragment}", beside=begin)
