"""Signing in through the provider: from our address to theirs, back to our callback, on to the front end.

django-allauth speaks the protocol. State, redirect and tokens are ours: allauth keeps its state in a Django session and
ends in one, and asks new people for a sign-up form; client apps have neither. Here the state is a row that works once
and only with the cookie of the browser that began, and the end is a one-time code.
"""

import base64
import hashlib
import hmac
import logging
import re
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import requests
from allauth.socialaccount.models import SocialLogin
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured, PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from accounts.actions import sign_in_page
from accounts.actors import PLATFORM
from accounts.adapters import PROVIDER, ProtocolAdapter
from accounts.enums import OneTimeCodeKind
from accounts.errors import OAuthNotConfigured
from accounts.handover import allowed_redirect, front_end, new_exchange_code, take, with_code, with_fragment
from accounts.inputs import is_avatar
from accounts.models import OneTimeCode, User
from accounts.sessions import end_families, locked_user, open_session
from accounts.tokens import hashed, new_secret
from platform_site.rest.fields import is_invisible

logger = logging.getLogger(__name__)

COOKIE = "oauth_state"
STATE_LIVES = 600  # seconds: somebody looks for their password
SECRET = re.compile(r"[\w-]{64}")
ATTEMPTS = 2  # a second look finds whom a request beside us has just made


class SignInRefused(Exception):
    """Why nobody is signed in; for the log, the front end only learns that it failed."""


# What allauth raises when the provider is down, refuses, or says something that is no answer.
PROVIDER_FAILURES = (
    requests.RequestException,
    OAuth2Error,
    PermissionDenied,
    ImproperlyConfigured,
    KeyError,
    TypeError,
    ValueError,
)


def is_configured() -> bool:
    return bool(settings.GOOGLE_CLIENT_ID and settings.GOOGLE_CLIENT_SECRET)


def require_configured() -> None:
    if not is_configured():
        raise OAuthNotConfigured


def failed(redirect_url: str = "") -> HttpResponse:
    return HttpResponseRedirect(front_end("/login?error=oauth_failed", beside=redirect_url))


# --- The way there ------------------------------------------------------------------------------------------------


def start_address(request: Any, redirect_url: str) -> str:
    """The address that a browser opens to sign in: our own, because it must come back with our cookie."""
    require_configured()
    query = urlencode({"redirect_url": allowed_redirect(redirect_url)})
    return request.build_absolute_uri(f"{reverse('auth-google')}?{query}")


def start(request: Any, *, redirect_url: str, page: bool = False) -> HttpResponse:
    """Sends a browser to the provider. `page`: it comes back to this site's own pages, with their session cookie."""
    require_configured()
    redirect_url = allowed_redirect(redirect_url)
    browser = request.COOKIES.get(COOKIE, "")
    if not SECRET.fullmatch(browser):  # kept for a second tab, which signs in with a state of its own
        browser = new_secret()
    state = new_secret()
    protocol = protocol_of(request)
    verifier = derived(browser, f"verifier {state}")
    parameters = {
        "state": state,
        "nonce": derived(browser, f"nonce {state}"),
        "code_challenge_method": "S256",
        "code_challenge": base64url(hashlib.sha256(verifier.encode()).digest()),
    }
    try:
        provider = protocol.get_provider()
        client = protocol.get_client(request, provider.app)
        there = client.get_redirect_url(protocol.authorize_url, provider.get_default_scope(), parameters)
    except PROVIDER_FAILURES as error:
        logger.warning("The provider cannot be reached to sign in: %s", type(error).__name__)
        return failed(redirect_url)
    OneTimeCode.objects.create(
        kind=OneTimeCodeKind.STATE,
        code_hash=hashed(state),
        details={"browser": hashed(browser), "redirect_url": redirect_url, "page": page},
        expires_at=timezone.now() + timedelta(seconds=STATE_LIVES),
    )
    response = HttpResponseRedirect(there)
    response.set_cookie(
        COOKIE,
        browser,
        max_age=STATE_LIVES,
        path=reverse("auth-google"),
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    return response


def protocol_of(request: Any) -> ProtocolAdapter:
    plain = getattr(request, "_request", request)
    return ProtocolAdapter(plain, plain.build_absolute_uri(reverse("auth-google-callback")))


def derived(browser: str, purpose: str) -> str:
    """A secret of one attempt, not stored: whoever has the browser's cookie and the state can make it again."""
    return base64url(hmac.digest(browser.encode(), purpose.encode(), "sha256"))


def base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


# --- The way back -------------------------------------------------------------------------------------------------


def finish(request: Any, *, device_info: str, ip_address: str | None) -> HttpResponse:
    """Takes a browser back from the provider and sends it on to the front end, signed in or told that it failed."""
    require_configured()
    state, browser = request.GET.get("state", ""), request.COOKIES.get(COOKIE, "")
    begun = take(OneTimeCodeKind.STATE, state)
    if begun is None or not constant_time_compare(begun.details["browser"], hashed(browser)):
        logger.warning("A sign-in came back with a state that is not its own.")
        return failed()
    redirect_url = begun.details["redirect_url"]
    try:
        user = user_from(identity_at_provider(request, state, browser))
    except SignInRefused as refusal:
        logger.warning("Nobody was signed in through the provider: %s.", refusal)
        return failed(redirect_url)
    if begun.details["page"]:
        sign_in_page(getattr(request, "_request", request), user)
        return HttpResponseRedirect(redirect_url)
    if settings.OAUTH_HANDOVER == "fragment":
        tokens = open_session(user=user, device_info=device_info, ip_address=ip_address)
        return HttpResponseRedirect(with_fragment(redirect_url, tokens))
    return HttpResponseRedirect(with_code(redirect_url, new_exchange_code(user)))


def identity_at_provider(request: Any, state: str, browser: str) -> SocialLogin:
    """Who the provider says came back, asked by allauth with the code of this request."""
    if "code" not in request.GET:
        raise SignInRefused("the provider or the person said no")
    try:
        identity = ask_provider(request, derived(browser, f"verifier {state}"))
    except PROVIDER_FAILURES as error:
        # Not what it says: that may quote the provider's answer, which names people.
        raise SignInRefused(f"the provider did not vouch ({type(error).__name__})") from error
    told, token = identity.account.extra_data.get("userinfo"), identity.account.extra_data.get("id_token")
    # allauth reads both and compares neither.
    if token is not None and token.get("nonce") != derived(browser, f"nonce {state}"):
        raise SignInRefused("the id token is of another attempt")
    if told is not None and token is not None and told.get("sub") != token.get("sub"):
        raise SignInRefused("id token and user info name different people")
    return identity


def ask_provider(request: Any, verifier: str) -> SocialLogin:
    protocol = protocol_of(request)
    plain, app = protocol.request, protocol.get_provider().app
    client = protocol.get_client(plain, app)
    answer = protocol.get_access_token_data(plain, app, client, pkce_code_verifier=verifier)
    return protocol.complete_login(plain, app, protocol.parse_token(answer), response=answer)


def user_from(identity: SocialLogin) -> User:
    """The account of an identity: known by the provider's id, else by an e-mail that the provider verified, else new.

    Raises SignInRefused where the account may not be used, or where an unverified e-mail belongs to somebody.
    """
    facts = identity.account.extra_data.get("userinfo") or identity.account.extra_data["id_token"]
    for attempt in range(ATTEMPTS):
        try:
            with transaction.atomic():
                return known(identity.account.uid) or linked(identity.account.uid, facts) or created(identity, facts)
        except IntegrityError:
            if attempt == ATTEMPTS - 1:
                raise SignInRefused("the identity or the e-mail is taken") from None
    raise AssertionError("unreachable")


def known(provider_id: str) -> User | None:
    user = User.all_objects.filter(provider=PROVIDER, provider_id=provider_id).first()
    if user is not None and (user.deleted_at is not None or not user.is_active):
        raise SignInRefused("the account is closed")
    return user


def linked(provider_id: str, facts: dict[str, Any]) -> User | None:
    """The account with the same e-mail, now tied to the identity; None where there is none."""
    found = User.objects.filter(email=facts.get("email") or "").first() if facts.get("email") else None
    if found is None:
        return None
    if not is_verified(facts):
        raise SignInRefused("an unverified e-mail of somebody else")
    user = locked_user(found.pk)
    if user is None:
        raise SignInRefused("the account is closed")
    if not user.email_verified or user.provider_id not in (None, provider_id):
        # Whoever held the account never proved the address, or is no longer the one who has it.
        user.set_unusable_password()
        families = list(user.sessions.live().values_list("family", flat=True))
        end_families(families, user=user, by=PLATFORM, reason="the owner of the e-mail signed in")
    user.provider, user.provider_id, user.email_verified = PROVIDER, provider_id, True
    user.save(update_fields=["provider", "provider_id", "email_verified", "password", "updated_at"])
    return user


def created(identity: SocialLogin, facts: dict[str, Any]) -> User:
    email = str(facts.get("email") or "")
    if not email:
        raise SignInRefused("the provider tells no e-mail")
    picture, own = facts.get("picture"), email.partition("@")[0]
    told = "".join(letter for letter in str(facts.get("name") or "") if letter.isprintable())
    user = User(
        email=email,
        name=(own if is_invisible(told) else told)[:255],
        avatar=picture if isinstance(picture, str) and is_avatar(picture) else None,
        provider=PROVIDER,
        provider_id=identity.account.uid,
        email_verified=is_verified(facts),
    )
    user.set_unusable_password()
    try:
        user.clean_fields()
    except ValidationError as error:
        raise SignInRefused(f"no account can have this {', '.join(error.message_dict)}") from None
    user.save(force_insert=True)
    return user


def is_verified(facts: dict[str, Any]) -> bool:
    return facts.get("email_verified") in (True, "true")
