"""Signing in through a real OpenID Connect server, the whole way there and back."""

import socket
from datetime import timedelta
from functools import partial
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest
from django.test import Client
from django.utils import timezone

from accounts import handover
from accounts.errors import InvalidToken
from accounts.google import COOKIE
from accounts.handover import allowed_redirect, exchange, new_exchange_code
from accounts.hashes import hashed
from accounts.models import OneTimeCode, Session, User
from accounts.sessions import Tokens, open_session
from platform_site.db.ids import new_id
from platform_site.rest.exceptions import InvalidInput
from tests.factories import PASSWORD, make_user
from tests.races import DONE, at_once, ends

pytestmark = pytest.mark.django_db
START, URL, CALLBACK, EXCHANGE = (
    f"/api/v1/auth/{name}" for name in ("google", "google/url", "google/callback", "exchange")
)
APP = "https://app.example.org"
FAILED = f"{APP}/login?error=oauth_failed"


@pytest.fixture
def browser():
    return Client(headers={"User-Agent": "Browser"})


def start(browser, redirect_url=f"{APP}/after?tab=1#top"):
    """Where our site sends a browser that wants to sign in."""
    response = browser.get(START, {"redirect_url": redirect_url})
    assert response.status_code == 302, response.content
    return response["Location"]


def back(browser, address):
    """Follows the provider's redirect; where our callback sends the browser."""
    parts = urlsplit(address)
    assert parts.path == CALLBACK
    response = browser.get(f"{parts.path}?{parts.query}")
    assert response.status_code == 302, response.content
    return response["Location"]


def through(browser, provider, sub, **options):
    return back(browser, provider.answer(start(browser, **options), sub))


def code_in(address):
    return parse_qs(urlsplit(address).query)["code"][0]


def somebody(provider, **claims):
    """A person at the provider, new unless claims say who."""
    sub = claims.pop("sub", None) or f"sub-{new_id()}"
    known = {"email": f"{sub}@example.com", "email_verified": True, "name": "Gabi Google"}
    return provider.knows(sub, **known | claims)


@pytest.mark.parametrize("name", ["\u3164", "\u200b\u2060", "\u0301"])
def test_a_name_that_shows_nothing_is_not_taken_over(browser, provider, name):
    sub = somebody(provider, name=name)
    through(browser, provider, sub)
    assert User.objects.get(provider_id=sub).name == sub


def test_the_whole_way(api, browser, provider):
    sub = somebody(provider, picture="https://pictures.example.com/gabi.png")
    there = start(browser)
    query = dict(parse_qsl(urlsplit(there).query))
    assert there.startswith(provider.url)
    assert (query["response_type"], query["code_challenge_method"], query["client_id"]) == ("code", "S256", "client")
    assert set(query["scope"].split()) == {"openid", "email", "profile"}
    assert query["redirect_uri"] == f"http://testserver{CALLBACK}"
    cookie = browser.cookies[COOKIE]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", START)
    landed = back(browser, provider.answer(there, sub))
    assert landed.startswith(f"{APP}/after?tab=1&code=")
    assert landed.endswith("#top")
    assert not Session.objects.exists(), "nobody is signed in before the code is exchanged"
    answer = api().post(EXCHANGE, {"code": code_in(landed)}, headers={"User-Agent": "App"})
    assert answer.status_code == 200
    data = answer.json()["data"]
    assert set(data) == {"accessToken", "refreshToken", "expiresIn", "user"}
    assert data["user"]["email"] == f"{sub}@example.com"
    assert (data["user"]["name"], data["user"]["avatar"]) == ("Gabi Google", "https://pictures.example.com/gabi.png")
    user = User.objects.get(provider="google", provider_id=sub)
    assert (user.email_verified, user.has_usable_password(), user.is_staff) == (True, False, False)
    assert user.sessions.get().device_info == "App"
    me = api().get("/api/v1/auth/me", headers={"Authorization": f"Bearer {data['accessToken']}"})
    assert me.json()["data"]["id"] == user.pk
    assert not OneTimeCode.objects.exists()


def test_who_was_here_before_is_known_by_the_providers_id(browser, provider):
    sub = somebody(provider)
    through(browser, provider, sub)
    user = User.objects.get(provider_id=sub)
    somebody(provider, sub=sub, email="moved@example.com", name="New Name")
    through(browser, provider, sub)
    assert User.objects.get(provider_id=sub).pk == user.pk
    assert User.objects.count() == 1
    user.refresh_from_db()
    assert (user.name, user.email) == ("Gabi Google", f"{sub}@example.com"), "their own, once they are here"


def test_a_verified_e_mail_links_to_the_account_that_has_it(browser, provider):
    user = make_user(email="pat@example.com", email_verified=True)
    sub = somebody(provider, email="Pat@Example.com")
    assert "code=" in through(browser, provider, sub)
    user.refresh_from_db()
    assert (user.provider, user.provider_id) == ("google", sub)
    assert user.check_password(PASSWORD), "a proven account keeps its password"
    assert User.objects.count() == 1


@pytest.mark.parametrize("claim", [False, None, "false", 0])
def test_an_unverified_e_mail_links_to_nobody(browser, provider, claim):
    user = make_user(email="pat@example.com")
    sub = somebody(provider, email="pat@example.com", email_verified=claim)
    assert through(browser, provider, sub) == FAILED
    user.refresh_from_db()
    assert (user.provider, user.provider_id) == (None, None)
    assert User.objects.count() == 1
    assert not OneTimeCode.objects.exists()


def test_whoever_squats_an_address_loses_it_to_its_owner(api, browser, provider):
    squatter = somebody(provider, email="victim@example.com", email_verified=False)
    assert "code=" in through(browser, provider, squatter), "the address is nobody's yet"
    account = User.objects.get(email="victim@example.com")
    assert not account.email_verified
    old = open_session(user=account)
    owner = somebody(provider, email="victim@example.com")
    assert "code=" in through(browser, provider, owner)
    account.refresh_from_db()
    assert (account.provider_id, account.email_verified) == (owner, True)
    assert api().post("/api/v1/auth/refresh", {"refreshToken": old.refresh}).status_code == 401
    assert through(browser, provider, squatter) == FAILED


def test_an_unproven_account_loses_its_password_to_the_owner_of_the_address(browser, provider):
    user = make_user(email="pat@example.com", email_verified=False)
    through(browser, provider, somebody(provider, email="pat@example.com"))
    user.refresh_from_db()
    assert not user.has_usable_password()


@pytest.mark.parametrize("state", ["deactivated", "deleted"])
def test_a_closed_account_is_not_opened_by_the_provider(browser, provider, state):
    sub = somebody(provider)
    through(browser, provider, sub)
    if state == "deactivated":
        User.objects.update(is_active=False)
    else:
        User.objects.soft_delete()
    assert through(browser, provider, sub) == FAILED
    assert User.all_objects.count() == 1


@pytest.mark.parametrize(
    "claims", [{"email": None}, {"email": ""}, {"email": "no address"}, {"email": "x" * 250 + "@example.com"}]
)
def test_an_identity_without_a_usable_e_mail_gets_no_account(browser, provider, claims):
    assert through(browser, provider, somebody(provider, **claims)) == FAILED
    assert not User.objects.exists()


def test_odd_claims_are_kept_out_of_the_account(browser, provider):
    sub = somebody(provider, name="\u202eEvil\n" + "x" * 300, picture="javascript:alert(1)")
    through(browser, provider, sub)
    user = User.objects.get(provider_id=sub)
    assert (user.name, user.avatar) == (("Evil" + "x" * 300)[:255], None)


# --- What must not work -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("tamper", ["changed", "missing", "of another browser", "used", "old"])
def test_only_the_state_of_this_browser_and_this_attempt_counts(browser, provider, tamper):
    address = provider.answer(start(browser), somebody(provider))
    if tamper == "changed":
        address = address.replace("state=", "state=x")
    if tamper == "missing":
        address = address.replace("state=", "other=")
    if tamper == "of another browser":
        browser = Client()
        start(browser)
    if tamper == "used":
        assert "code=" in back(browser, address)
        User.objects.all().delete()
    if tamper == "old":
        OneTimeCode.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert back(browser, address) == FAILED
    assert not User.objects.exists()


def test_two_tabs_sign_in_side_by_side(browser, provider):
    sub = somebody(provider)
    one, two = start(browser), start(browser)
    assert "code=" in back(browser, provider.answer(two, sub))
    assert "code=" in back(browser, provider.answer(one, sub))


def test_an_answer_for_another_attempt_is_refused(browser, provider):
    """The provider's code of one attempt under the state of another: the nonce in the id token does not fit."""
    sub = somebody(provider)
    mine, planted = (provider.answer(start(browser), sub) for _ in range(2))
    swapped = mine.replace(code_in(mine), code_in(planted))
    assert back(browser, swapped) == FAILED


def test_who_says_no_at_the_provider_is_back_at_the_login(browser, provider):
    address = start(browser)
    state = parse_qs(urlsplit(address).query)["state"][0]
    assert back(browser, f"{CALLBACK}?error=access_denied&state={state}") == FAILED


def test_a_code_that_the_provider_does_not_know_fails(browser, provider):
    address = provider.answer(start(browser), somebody(provider))
    assert back(browser, address.replace("code=", "code=x")) == FAILED


def test_a_failure_goes_back_to_the_front_end_that_asked(browser, provider):
    address = start(browser, redirect_url="/my/page")
    state = parse_qs(urlsplit(address).query)["state"][0]
    assert back(browser, f"{CALLBACK}?state={state}") == "/login?error=oauth_failed"


def test_a_provider_that_is_down_is_a_failed_sign_in(browser, provider, settings):
    address = provider.answer(start(browser), somebody(provider))
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        settings.OIDC_SERVER_URL = f"http://127.0.0.1:{closed.getsockname()[1]}"
    assert start(browser) == FAILED
    assert back(browser, address) == FAILED
    assert not User.objects.exists()


@pytest.mark.parametrize("path", ["/users/x", "/jwks"])
def test_a_provider_that_talks_nonsense_is_a_failed_sign_in(browser, provider, settings, path):
    settings.OIDC_SERVER_URL = f"{provider.url}{path}#/.well-known/"
    assert start(browser) == FAILED


@pytest.mark.parametrize("path", [START, URL, CALLBACK])
@pytest.mark.parametrize("missing", ["GOOGLE_CLIENT_ID", "GOOGLE_CLIENT_SECRET"])
def test_without_credentials_it_is_not_offered(api, provider, settings, path, missing):
    setattr(settings, missing, "")
    answer = api().get(path)
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "OAUTH_NOT_CONFIGURED")


# --- Where people are sent ----------------------------------------------------------------------------------------


def test_the_address_to_open_is_our_own(api, browser, provider):
    url = api().get(URL, {"redirect_url": f"{APP}/x?a=1&b=2"}).json()["data"]["url"]
    assert url.startswith(f"http://testserver{START}?redirect_url=")
    there = browser.get(url.removeprefix("http://testserver"))["Location"]
    landed = back(browser, provider.answer(there, somebody(provider)))
    assert landed.startswith(f"{APP}/x?a=1&b=2&code=")


FOREIGN = [
    "https://evil.example.com/",
    "//evil.example.com",
    "///evil.example.com",
    "/\\evil.example.com",
    "\\/evil.example.com",
    "https://app.example.org.evil.example.com/",
    "https://app.example.org@evil.example.com/",
    "https://app.example.org:444/",
    "https://app.example.org\\@evil.example.com/",
    "http://app.example.org/",
    "https:app.example.org",
    "javascript:alert(1)",
    "data:text/html,x",
    "relative/without/slash",
    "/x\r\nSet-Cookie: a=b",
    "/x\ty",
    "https://[::1",
    "/" + "x" * 2001,
]


@pytest.mark.parametrize("redirect_url", FOREIGN)
@pytest.mark.parametrize("path", [START, URL])
def test_foreign_addresses_are_refused_before_anything_begins(api, provider, path, redirect_url):
    answer = api().get(path, {"redirect_url": redirect_url})
    assert answer.status_code == 422
    assert list(answer.json()["error"]["details"]["fields"]) == ["redirect_url"]
    assert not OneTimeCode.objects.exists()


def test_allowed_addresses(settings):
    settings.OAUTH_REDIRECTS = ["https://app.example.org", "http://localhost:5173"]
    for fine in ("/", "/a/b?c=d#e", "https://app.example.org", "HTTPS://APP.example.org/x", "http://localhost:5173/cb"):
        assert allowed_redirect(fine) == fine
    assert allowed_redirect("") == "https://app.example.org/"
    settings.OAUTH_REDIRECTS = []
    assert allowed_redirect("") == "/"
    with pytest.raises(InvalidInput):
        allowed_redirect("https://app.example.org/")


def test_the_fragment_form_for_older_clients(api, browser, provider, settings):
    settings.OAUTH_HANDOVER = "fragment"
    landed = through(browser, provider, somebody(provider), redirect_url=f"{APP}/cb?a=b")
    address, fragment = landed.split("#")
    assert address == f"{APP}/auth/callback"
    facts = dict(parse_qsl(fragment))
    assert set(facts) == {"access_token", "refresh_token", "expires_in", "redirect_url"}
    assert (facts["expires_in"], facts["redirect_url"]) == (str(settings.ACCESS_TOKEN_TTL), "/cb?a=b")
    me = api().get("/api/v1/auth/me", headers={"Authorization": f"Bearer {facts['access_token']}"})
    assert me.status_code == 200
    assert Session.objects.get().device_info == "Browser"
    assert api().post("/api/v1/auth/refresh", {"refreshToken": facts["refresh_token"]}).status_code == 200


@pytest.mark.parametrize(
    ("redirect_url", "address", "wanted"),
    [
        ("/rooms/x?y=z", "https://app.example.org/auth/callback", "/rooms/x?y=z"),
        ("https://other.example.org/deep", "https://other.example.org/auth/callback", "/deep"),
        ("https://app.example.org", "https://app.example.org/auth/callback", "/"),
    ],
)
def test_the_fragment_form_goes_to_a_front_end_and_never_to_this_site(settings, redirect_url, address, wanted):
    settings.OAUTH_REDIRECTS = ["https://app.example.org", "https://other.example.org"]
    tokens = Tokens(user=User(), access="a.b.c", refresh="r", expires_in=60)
    there, fragment = handover.with_fragment(redirect_url, tokens).split("#")
    assert (there, dict(parse_qsl(fragment))["redirect_url"]) == (address, wanted)


# --- One-time codes -----------------------------------------------------------------------------------------------


def test_a_code_works_once_for_a_minute_and_is_stored_as_a_hash(api, participant):
    code = new_exchange_code(participant)
    row = OneTimeCode.objects.get()
    assert row.code_hash == hashed(code)
    assert code not in str(vars(row))
    assert 55 < (row.expires_at - timezone.now()).total_seconds() <= handover.CODE_LIVES == 60
    assert api().post(EXCHANGE, {"code": code}).status_code == 200
    again = api().post(EXCHANGE, {"code": code})
    assert (again.status_code, again.json()["error"]["code"]) == (401, "INVALID_TOKEN")
    assert Session.objects.count() == 1


@pytest.mark.parametrize("case", ["old", "unknown", "a state", "deactivated"])
def test_codes_that_do_not_work(api, browser, provider, participant, case):
    code = new_exchange_code(participant)
    if case == "old":
        OneTimeCode.objects.update(expires_at=timezone.now())
    if case == "unknown":
        code = "x"
    if case == "a state":
        code = parse_qs(urlsplit(start(browser)).query)["state"][0]
    if case == "deactivated":
        User.objects.update(is_active=False)
    assert api().post(EXCHANGE, {"code": code}).status_code == 401
    assert not Session.objects.exists()


@pytest.mark.parametrize("body", [{}, {"code": ""}, {"code": None}, {"code": "x" * 201}])
def test_exchange_needs_a_code(api, body):
    assert api().post(EXCHANGE, body).status_code == 422


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_code_shown_many_times_at_once_works_once(monkeypatch):
    user = make_user()
    code = new_exchange_code(user)
    assert ends(at_once(*[partial(exchange, code=code)] * 8)) == {DONE: 1, InvalidToken: 7}
    assert user.sessions.count() == 1


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_without_the_deletion_deciding_it_works_often(monkeypatch):
    user = make_user()
    code = new_exchange_code(user)
    look = lambda kind, secret: OneTimeCode.objects.filter(code_hash=hashed(secret)).select_related("user").first()  # noqa: E731
    monkeypatch.setattr(handover, "take", look)
    assert ends(at_once(*[partial(exchange, code=code)] * 8))[DONE] > 1


# --- This site's own pages ----------------------------------------------------------------------------------------


def test_the_login_page_signs_in_by_password(browser, participant):
    page = browser.get("/login", {"next": "/somewhere"})
    assert page.status_code == 200
    assert b"Google" not in page.content
    body = {"email": participant.email, "password": PASSWORD, "next": "/somewhere"}
    response = browser.post("/login", body)
    assert (response.status_code, response["Location"]) == (302, "/somewhere")
    assert browser.session["_auth_user_id"] == participant.pk
    assert browser.post("/logout")["Location"] == "/"
    assert "_auth_user_id" not in browser.session


def test_the_login_page_refuses_as_the_api_does(browser, participant, settings):
    settings.RATE_LIMITS, settings.RATE_LIMIT_LOGIN = True, 2
    codes = [browser.post("/login", {"email": participant.email, "password": "x"}).status_code for _ in range(3)]
    assert codes == [401, 401, 429]
    assert browser.post("/login", {"email": "a\0b", "password": "x"}).status_code == 401
    assert browser.post("/login", {}).status_code == 401
    assert browser.get("/logout").status_code == 405


@pytest.mark.parametrize("onward", FOREIGN[:5])
def test_the_login_page_sends_nobody_away(browser, participant, onward):
    body = {"email": participant.email, "password": PASSWORD, "next": onward}
    assert browser.post("/login", body)["Location"] == "/"


def test_the_login_page_says_what_failed(browser, provider):
    page = browser.get("/login", {"error": "oauth_failed"})
    assert b"did not work" in page.content
    assert b"/login/google?next=%2F" in page.content
    assert b"<script>" not in browser.get("/login", {"error": "<script>", "next": '/"><script>'}).content


def test_pages_sign_in_through_the_provider_with_their_own_cookie(browser, provider):
    sub = somebody(provider)
    there = browser.get("/login/google", {"next": "/my/page"})["Location"]
    assert back(browser, provider.answer(there, sub)) == "/my/page"
    assert browser.session["_auth_user_id"] == User.objects.get(provider_id=sub).pk
    assert Session.objects.get().page_sessions.exists(), "a page's own device, and no tokens"
    assert not OneTimeCode.objects.exists()


def test_pages_without_credentials_say_so(browser):
    assert browser.get("/login/google").status_code == 503
