"""Browsers that are signed in on this site's pages are devices: listed with the others, ended with them."""

import pytest
from django.contrib.auth import get_user
from django.contrib.sessions.backends.base import UpdateError
from django.http import HttpRequest
from django.test import Client

from accounts.actors import PLATFORM
from accounts.erasure import erase_user
from accounts.models import PageSession, Session, User
from accounts.page_sessions import SessionStore
from accounts.sessions import deactivate_user, end_families
from rooms.live.identity import identity_of_session
from tests.accounts.test_sessions import LOGOUT, SESSIONS, live, login, with_token
from tests.factories import PASSWORD, make_user

HOME, ADMIN = "/", "/admin/"


def browser_of(user: User, address: str = "/login", **headers: str) -> Client:
    """A browser in which `user` has signed in by a form of this site."""
    browser = Client(headers=headers or {"User-Agent": "Browser"})
    field = "email" if address == "/login" else "username"
    assert browser.post(address, {field: user.email, "password": PASSWORD}).status_code == 302
    return browser


def is_signed_in(browser: Client, user: User) -> bool:
    request = HttpRequest()
    request.session = SessionStore(browser.cookies["sessionid"].value)
    return get_user(request) == user


@pytest.fixture
def organiser_of_pages(db):
    return make_user("Olga", is_staff=True)


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/login", "/admin/login/"])
def test_a_browser_is_listed_beside_the_apps(api, organiser_of_pages, address):
    user = organiser_of_pages
    here = login(api, user)
    browser = browser_of(user, address)
    devices = {row["deviceInfo"]: row for row in with_token(api, here["accessToken"]).get(SESSIONS).json()["data"]}
    assert len(devices) == 2
    row = devices["Browser"]
    assert (row["current"], row["ipAddress"]) == (False, "127.0.0.1")
    assert row["lastUsedAt"] >= row["createdAt"]
    assert browser.cookies["sessionid"].value not in str(devices)


@pytest.mark.django_db
def test_a_browser_is_signed_out_from_another_device(api, participant):
    lost, kept = browser_of(participant), browser_of(participant, **{"User-Agent": "Other browser"})
    client = with_token(api, login(api, participant)["accessToken"])
    family = participant.sessions.get(device_info="Browser").family
    assert client.delete(f"{SESSIONS}/{family}").status_code == 200
    assert not is_signed_in(lost, participant)
    assert is_signed_in(kept, participant)
    assert client.delete(f"{SESSIONS}/{family}").status_code == 404


@pytest.mark.django_db
def test_sign_out_everywhere_ends_browsers(api, participant, stranger):
    browser, foreign = browser_of(participant), browser_of(stranger)
    client = with_token(api, login(api, participant)["accessToken"])
    assert client.delete(SESSIONS).status_code == 200
    assert not is_signed_in(browser, participant)
    assert is_signed_in(foreign, stranger)
    assert [row["current"] for row in client.get(SESSIONS).json()["data"]] == [True]


@pytest.mark.django_db
def test_signing_out_an_app_leaves_the_browser(api, participant):
    browser = browser_of(participant)
    assert with_token(api, login(api, participant)["accessToken"]).post(LOGOUT).status_code == 200
    assert is_signed_in(browser, participant)


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/logout", "/admin/logout/"])
def test_signing_out_in_the_browser_ends_its_device(organiser_of_pages, address):
    user = organiser_of_pages
    browser = browser_of(user)
    assert live(user) == 1
    browser.post(address)
    assert live(user) == 0
    assert not PageSession.objects.filter(device__user=user).exists()


@pytest.mark.django_db
@pytest.mark.parametrize("how", ["password", "closed", "erased"])
def test_what_ends_all_devices_ends_browsers(participant, how):
    browser = browser_of(participant)
    if how == "password":
        participant.set_password("another long password")
        participant.save()
    if how == "closed":
        deactivate_user(user=participant, by=PLATFORM)
    if how == "erased":
        erase_user(user=participant, by=participant)
    assert not PageSession.objects.filter(device__user=participant).exists()
    assert not is_signed_in(browser, participant)
    assert live(participant) == 0


@pytest.mark.django_db
def test_whoever_changes_their_password_on_a_page_stays_in_and_is_a_device(admin):
    browser, other = browser_of(admin), browser_of(admin)
    new = "quite another battery staple"
    form = {"old_password": PASSWORD, "new_password1": new, "new_password2": new}
    assert browser.post("/admin/password_change/", form).status_code == 302
    assert browser.get(ADMIN).status_code == 200
    assert other.get(ADMIN).status_code == 302
    assert live(admin) == 1
    assert PageSession.objects.get(device__user=admin).device.device_info == "Browser"


@pytest.mark.django_db
def test_a_session_ended_meanwhile_does_not_come_back(participant):
    key = browser_of(participant).cookies["sessionid"].value
    saved, renewed = SessionStore(key), SessionStore(key)
    saved["colour"], renewed["colour"] = "red", "red"  # both are read
    device = participant.sessions.get()
    end_families([device.family], user=participant, by=participant, reason="test")
    with pytest.raises(UpdateError):
        saved.save()
    assert live(participant) == 0
    assert not PageSession.objects.filter(session_key=key).exists()
    # Even a row that was written beside the end of its device is no way in.
    Session.objects.filter(pk=device.pk).update(revoked_at=None)
    renewed.create()
    Session.objects.filter(pk=device.pk).update(revoked_at=device.created_at)
    assert SessionStore(renewed.session_key).load() == {}


@pytest.mark.django_db
def test_a_new_key_is_the_same_device(participant):
    browser = browser_of(participant)
    device = participant.sessions.get()
    session = SessionStore(browser.cookies["sessionid"].value)
    session.cycle_key()
    session.save()
    assert live(participant) == 1
    assert (
        PageSession.objects.get(device=device).session_key == session.session_key != browser.cookies["sessionid"].value
    )


@pytest.mark.django_db
def test_strangers_have_sessions_without_a_device(client):
    session = client.session
    session["colour"] = "red"
    session.save()
    assert PageSession.objects.get().device is None
    assert not Session.objects.exists()
    session.flush()
    assert not PageSession.objects.exists()


@pytest.mark.django_db
def test_a_page_that_is_looked_at_is_seen_and_costs_one_read(participant, django_assert_num_queries):
    key = browser_of(participant).cookies["sessionid"].value
    with django_assert_num_queries(1):
        SessionStore(key).load()
    long_ago = participant.sessions.get().created_at.replace(year=2020)
    Session.objects.update(last_used_at=long_ago)
    with django_assert_num_queries(2):
        SessionStore(key).load()
    assert participant.sessions.get().last_used_at > long_ago


@pytest.mark.django_db
def test_a_live_connection_of_a_page_ends_with_the_device(participant):
    identity = identity_of_session(browser_of(participant).cookies["sessionid"].value)
    family = participant.sessions.get().family
    end_families([family], user=participant, by=participant, reason="test")
    assert participant.revoked_tokens.get().token_hash in identity.marks
