"""Refresh tokens: used once, ended with their family when shown again, devices apart from each other."""

from datetime import timedelta
from functools import partial
from threading import Barrier

import pytest
from django.utils import timezone

from accounts import sessions
from accounts.errors import InvalidToken
from accounts.hashes import hashed
from accounts.models import Session, User
from accounts.sessions import forgive, issue, open_session, refresh_session
from tests.factories import PASSWORD, make_user
from tests.races import at_once

LOGIN, REFRESH, LOGOUT, ME = (f"/api/v1/auth/{name}" for name in ("login", "refresh", "logout", "me"))
SESSIONS = "/api/v1/auth/sessions"
PHONE, LAPTOP = {"User-Agent": "Phone"}, {"User-Agent": "Laptop"}


def login(api, user, **headers):
    response = api().post(LOGIN, {"email": user.email, "password": PASSWORD}, headers=headers)
    assert response.status_code == 200, response.content
    return response.json()["data"]


def refresh(api, token, **headers):
    return api().post(REFRESH, {"refreshToken": token}, headers=headers)


def with_token(api, access):
    client = api()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {access}")
    return client


def wait(token, **since):
    """Moves the use of a token into the past."""
    Session.objects.filter(token_hash=hashed(token)).update(rotated_at=timezone.now() - timedelta(**since))


def live(user):
    return user.sessions.live().count()


@pytest.mark.django_db
def test_refresh_tokens_are_opaque_and_stored_only_as_hashes(api, participant, settings):
    data = login(api, participant)
    session = participant.sessions.get()
    assert session.token_hash == hashed(data["refreshToken"])
    assert data["refreshToken"] not in str(vars(session))
    assert "." not in data["refreshToken"]
    assert data["expiresIn"] == settings.ACCESS_TOKEN_TTL
    assert data["user"]["email"] == participant.email
    left = session.expires_at - timezone.now()
    assert 0 <= settings.REFRESH_TOKEN_TTL - left.total_seconds() < 60


@pytest.mark.django_db
def test_a_refresh_rotates_within_the_family(api, participant):
    first = login(api, participant)
    answer = refresh(api, first["refreshToken"])
    assert answer.status_code == 200
    second = answer.json()["data"]
    assert set(second) == {"accessToken", "refreshToken", "expiresIn", "user"}
    assert second["refreshToken"] != first["refreshToken"]
    old, new = participant.sessions.order_by("id")
    assert (new.family, new.rotated_from_id, new.rotated_at) == (old.family, old.pk, None)
    assert old.rotated_at is not None
    assert with_token(api, second["accessToken"]).get(ME).status_code == 200
    assert refresh(api, second["refreshToken"]).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_a_stolen_token_ends_its_family_and_no_other(api, participant):
    mine, other = login(api, participant), login(api, participant)
    second = refresh(api, mine["refreshToken"]).json()["data"]
    wait(mine["refreshToken"], seconds=11)
    answer = refresh(api, mine["refreshToken"])
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "INVALID_TOKEN")
    assert refresh(api, second["refreshToken"]).status_code == 401
    assert with_token(api, second["accessToken"]).get(ME).status_code == 401
    assert with_token(api, other["accessToken"]).get(ME).status_code == 200
    assert refresh(api, other["refreshToken"]).status_code == 200


@pytest.mark.django_db
def test_a_lost_answer_is_forgiven_once(api, participant):
    first = login(api, participant, **PHONE)
    lost = refresh(api, first["refreshToken"], **PHONE).json()["data"]
    again = refresh(api, first["refreshToken"], **PHONE)
    assert again.status_code == 200
    assert live(participant) == 1, "the token of the lost answer is dead"
    assert refresh(api, again.json()["data"]["refreshToken"], **PHONE).status_code == 200
    assert refresh(api, lost["refreshToken"], **PHONE).status_code == 401
    assert live(participant) == 0, "both parties hold one: the family ends"


@pytest.mark.django_db
@pytest.mark.parametrize("case", ["late", "another device", "used", "third time", "switched off"])
def test_what_is_not_forgiven(api, participant, settings, case):
    first = login(api, participant, **PHONE)
    second = refresh(api, first["refreshToken"], **PHONE).json()["data"]
    if case == "late":
        wait(first["refreshToken"], seconds=settings.REFRESH_RETRY_SECONDS + 1)
    if case == "used":
        assert refresh(api, second["refreshToken"], **PHONE).status_code == 200
    if case == "third time":
        assert refresh(api, first["refreshToken"], **PHONE).status_code == 200
    if case == "switched off":
        settings.REFRESH_RETRY_SECONDS = 0
    headers = LAPTOP if case == "another device" else PHONE
    assert refresh(api, first["refreshToken"], **headers).status_code == 401
    assert live(participant) == 0


@pytest.mark.django_db
@pytest.mark.parametrize("case", ["expired", "unknown", "deactivated"])
def test_dead_refresh_tokens(api, participant, case):
    token = login(api, participant)["refreshToken"]
    if case == "expired":
        past = timezone.now() - timedelta(days=60)
        Session.objects.update(created_at=past, expires_at=past + timedelta(days=30))
    if case == "deactivated":
        User.objects.filter(pk=participant.pk).update(is_active=False)
    answer = refresh(api, "unknown" if case == "unknown" else token)
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "INVALID_TOKEN")


@pytest.mark.django_db
@pytest.mark.parametrize("body", [{}, {"refreshToken": None}, {"refreshToken": 7}, {"refreshToken": "x" * 201}, []])
def test_refresh_needs_a_token(api, body):
    if body == {"refreshToken": 7}:
        assert api().post(REFRESH, body).status_code == 401
    else:
        assert api().post(REFRESH, body).status_code == 422


@pytest.mark.django_db
def test_an_old_access_token_beside_it_does_not_stop_a_refresh(api, participant):
    token = login(api, participant)["refreshToken"]
    assert with_token(api, "expired").post(REFRESH, {"refreshToken": token}).status_code == 200


@pytest.mark.django_db
def test_refreshes_are_limited_by_family(api, participant, settings):
    settings.RATE_LIMITS, settings.RATE_LIMIT_REFRESH = True, 2
    token, other = login(api, participant)["refreshToken"], login(api, participant)["refreshToken"]
    for _ in range(2):
        token = refresh(api, token).json()["data"]["refreshToken"]
    answer = refresh(api, token)
    assert (answer.status_code, answer.json()["error"]["code"]) == (429, "RATE_LIMIT_EXCEEDED")
    assert 1 <= int(answer["Retry-After"]) <= 61
    assert live(participant) == 2, "a limit is no theft"
    assert refresh(api, other).status_code == 200


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("body", [None, {}, {"refreshToken": "whatever"}])
def test_logout_works_at_once_and_on_this_device_only(api, participant, body):
    here, there = login(api, participant, **PHONE), login(api, participant, **LAPTOP)
    client = with_token(api, here["accessToken"])
    answer = client.post(LOGOUT, body) if body is not None else client.post(LOGOUT)
    assert (answer.status_code, answer.json()) == (200, {"data": {"success": True}})
    assert client.get(ME).status_code == 401
    assert client.get("/api/v1/rooms").status_code == 401
    assert refresh(api, here["refreshToken"], **PHONE).status_code == 401
    assert with_token(api, there["accessToken"]).get(ME).status_code == 200
    assert refresh(api, there["refreshToken"], **LAPTOP).status_code == 200
    assert client.post(LOGOUT).status_code == 401


@pytest.mark.django_db
def test_logout_needs_somebody(api):
    assert api().post(LOGOUT).json()["error"]["code"] == "UNAUTHORIZED"


@pytest.mark.django_db
def test_sessions_are_the_devices_that_are_signed_in(api, participant, stranger):
    phone = login(api, participant, **PHONE)
    laptop = login(api, participant, **LAPTOP)
    login(api, stranger)
    first_day = timezone.now() - timedelta(days=3)
    Session.objects.filter(device_info="Phone").update(created_at=first_day)
    phone = refresh(api, phone["refreshToken"], **PHONE).json()["data"]
    answer = with_token(api, phone["accessToken"]).get(SESSIONS).json()
    assert answer["meta"] == {"page": 1, "limit": 20, "total": 2, "totalPages": 1, "pages": 1, "nextCursor": None}
    newest, older = answer["data"]
    assert set(newest) == {"id", "deviceInfo", "ipAddress", "createdAt", "lastUsedAt", "expiresAt", "current"}
    assert (newest["deviceInfo"], newest["ipAddress"], newest["current"]) == ("Phone", "127.0.0.1", True)
    assert (older["deviceInfo"], older["current"]) == ("Laptop", False)
    assert newest["createdAt"][:10] == first_day.date().isoformat(), "the device came then, whatever was rotated since"
    assert newest["id"] == participant.sessions.filter(device_info="Phone").first().family
    assert laptop["refreshToken"] not in str(answer)


@pytest.mark.django_db
@pytest.mark.parametrize("devices", [1, 3])
def test_the_list_of_sessions_costs_the_same_for_any_number(api, participant, devices, django_assert_num_queries):
    signed_in = [login(api, participant) for _ in range(devices)]
    client = with_token(api, signed_in[0]["accessToken"])
    with django_assert_num_queries(4):  # revoked?, the person, how many, the page
        assert len(client.get(SESSIONS).json()["data"]) == devices


@pytest.mark.django_db(transaction=True)
def test_one_session_is_ended_from_another(api, participant):
    here, lost = login(api, participant, **PHONE), login(api, participant, **LAPTOP)
    family = participant.sessions.get(device_info="Laptop").family
    client = with_token(api, here["accessToken"])
    assert client.delete(f"{SESSIONS}/{family}").json() == {"data": {"success": True}}
    assert with_token(api, lost["accessToken"]).get(ME).status_code == 401
    assert refresh(api, lost["refreshToken"]).status_code == 401
    assert client.get(ME).status_code == 200
    assert client.delete(f"{SESSIONS}/{family}").status_code == 404


@pytest.mark.django_db
def test_nobody_ends_the_session_of_somebody_else(api, participant, stranger):
    login(api, participant)
    family = participant.sessions.get().family
    assert api(stranger).delete(f"{SESSIONS}/{family}").status_code == 404
    assert live(participant) == 1
    assert api().delete(f"{SESSIONS}/{family}").status_code == 401
    assert api(stranger).delete(f"{SESSIONS}/nonsense").status_code == 404


@pytest.mark.django_db(transaction=True)
def test_all_other_sessions_are_ended(api, participant, stranger):
    here = login(api, participant)
    others = [login(api, participant) for _ in range(2)]
    foreign = login(api, stranger)
    client = with_token(api, here["accessToken"])
    assert client.delete(SESSIONS).json() == {"data": {"success": True}}
    for other in others:
        assert with_token(api, other["accessToken"]).get(ME).status_code == 401
        assert refresh(api, other["refreshToken"]).status_code == 401
    assert client.get(ME).status_code == 200
    assert with_token(api, foreign["accessToken"]).get(ME).status_code == 200
    assert refresh(api, here["refreshToken"]).status_code == 200


# --- Races --------------------------------------------------------------------------------------------------------


def unlocked_rotation(shown, *, device_info, ip_address):
    """Reads, decides, writes: without the lock."""
    shown.refresh_from_db()
    if (shown.rotated_at or shown.revoked_at) and not forgive(shown, device_info):
        return None
    RACE.wait(timeout=20)
    Session.objects.filter(pk=shown.pk, rotated_at=None).update(rotated_at=timezone.now())
    successor = Session(user=shown.user, family=shown.family, rotated_from=shown)
    return issue(successor, device_info=device_info, ip_address=ip_address)


RACE = Barrier(2)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_without_the_lock_one_token_becomes_two(monkeypatch):
    user = make_user()
    token = open_session(user=user, device_info="Phone").refresh
    monkeypatch.setattr(sessions, "rotate", unlocked_rotation)
    at_once(*[partial(refresh_session, refresh_token=token, device_info="Phone")] * 2)
    assert live(user) == 2


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("devices", "answered", "left"), [(["Phone", "Phone"], 2, 1), (["Phone", "Laptop"], 1, 0)])
def test_one_token_refreshed_twice_at_once(devices, answered, left):
    for _ in range(5):
        user = make_user()
        token = open_session(user=user, device_info="Phone").refresh
        answers = at_once(*[partial(refresh_session, refresh_token=token, device_info=device) for device in devices])
        assert sum(not isinstance(answer, InvalidToken) for answer in answers) == answered
        assert live(user) == left


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_family_that_ends_while_it_is_refreshed_leaves_no_token():
    for _ in range(5):
        user = make_user()
        tokens = open_session(user=user, device_info="Phone")
        family = user.sessions.get().family

        at_once(
            partial(refresh_session, refresh_token=tokens.refresh, device_info="Phone"),
            partial(sessions.end_session, user=user, family=family, by=user),
        )
        assert live(user) == 0
