"""Access tokens: verified without a query, refused when forged, old, foreign or of a dead account."""

import time

import jwt
import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from accounts.sessions import deactivate_user, open_session, reactivate_user
from accounts.tokens import claims_of, named_user
from tests.factories import PASSWORD, bearer, make_guest, make_room, make_user

pytestmark = pytest.mark.django_db
ME = "/api/v1/auth/me"


def claims(**changes):
    now = int(time.time())
    known = {"token_type": "access", "sub": "c" + "0" * 24, "sid": "c" + "1" * 24, "jti": "j", "iat": now}
    return {name: value for name, value in (known | {"exp": now + 60} | changes).items() if value is not None}


def signed(payload, key=None, algorithm="HS256"):
    return jwt.encode(payload, settings.JWT_SECRET if key is None else key, algorithm)


def test_an_access_token_says_who_which_device_and_how_long(participant):
    tokens = open_session(user=participant)
    said = claims_of(tokens.access)
    session = participant.sessions.get()
    assert (said["sub"], said["userId"], said["sid"]) == (participant.pk, participant.pk, session.family)
    assert said["exp"] - said["iat"] == settings.ACCESS_TOKEN_TTL == tokens.expires_in
    assert said["jti"] != claims_of(open_session(user=participant).access)["jti"]


def test_authentication_costs_no_query(api, participant, django_assert_num_queries):
    client = api(participant)
    with django_assert_num_queries(1):  # the row that is shown
        assert client.get(ME).status_code == 200
    with django_assert_num_queries(0):
        assert client.get("/api/v1/rooms?page=0").status_code == 422


def test_a_room_is_read_with_as_many_queries_as_by_nobody(api, room, participant):
    counts = []
    for client in (api(), api(participant)):
        with CaptureQueriesContext(connection) as queries:
            assert client.get(f"/api/v1/rooms/{room.pk}/prizes").status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_the_first_field_read_loads_all_of_them(participant, django_assert_num_queries):
    token = open_session(user=participant).access
    named_user(token)
    with django_assert_num_queries(0):
        found = named_user(token)
        assert found is not None
        user = found[0]
        assert user.is_authenticated
        assert (user.pk, user) == (participant.pk, participant)
    with django_assert_num_queries(1):
        assert (user.name, user.email, user.is_superuser) == (participant.name, participant.email, False)


@pytest.mark.parametrize(
    "token",
    [
        signed(claims(), key="another key of thirty-two characters or more"),
        signed(claims(exp=int(time.time()) - 1)),
        signed(claims(exp=None)),
        signed(claims(token_type="refresh")),
        signed(claims(token_type="app")),
        signed(claims(sid=None)),
        signed(claims(jti=None)),
        signed(claims(sub=7)),
        signed(claims(sub=None)),
        signed(claims(), key="", algorithm="none"),
        "not.a.token",
        "ÿþ",
        "",
    ],
)
def test_other_tokens_are_refused(api, token):
    response = api().get(ME, headers={"Authorization": f"Bearer {token}".encode().decode("latin-1")})
    assert response.status_code == 401
    assert response.json()["error"]["code"] == "INVALID_TOKEN"
    assert response["WWW-Authenticate"] == "Bearer"


def test_a_token_of_nobody_is_refused_when_somebody_asks_for_the_person(api):
    header = {"Authorization": f"Bearer {signed(claims())}"}
    assert api().get(ME, headers=header).json()["error"]["code"] == "INVALID_TOKEN"
    answer = api().post("/api/v1/rooms", {"name": "x", "appId": "app_x"}, headers=header)
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "INVALID_TOKEN")


@pytest.mark.django_db(transaction=True)
def test_a_deactivated_account_is_out_at_once_and_back_when_reactivated(api, admin):
    user = make_user()
    client, tokens = api(user), open_session(user=user)
    assert client.get(ME).status_code == 200
    deactivate_user(user=user, by=admin)
    assert client.get(ME).status_code == 401
    assert client.get("/api/v1/rooms").status_code == 401, "nobody looks at the person here"
    assert api().post("/api/v1/auth/refresh", {"refreshToken": tokens.refresh}).status_code == 401
    reactivate_user(user=user, by=admin)
    assert api(user).get(ME).status_code == 200
    assert api().post("/api/v1/auth/refresh", {"refreshToken": tokens.refresh}).status_code == 401


@pytest.mark.django_db(transaction=True)
def test_an_account_that_an_admin_closes_in_the_dashboard_is_out_at_once(api, admin, dashboard):
    user = make_user()
    client, tokens = api(user), open_session(user=user)
    assert client.get("/api/v1/rooms").status_code == 200
    page = reverse("admin:accounts_user_change", args=(user.pk,))
    given = {"name": user.name, "email": user.email}
    assert dashboard(admin).post(page, given).status_code == 302
    assert client.get("/api/v1/rooms").status_code == 401, "nobody looks at the person here"
    assert dashboard(admin).post(page, given | {"is_active": "on"}).status_code == 302
    assert api(user).get(ME).status_code == 200
    assert api().post("/api/v1/auth/refresh", {"refreshToken": tokens.refresh}).status_code == 401


@pytest.mark.django_db(transaction=True)
def test_a_new_password_signs_every_device_out(api, dashboard):
    user = make_user(is_staff=True)
    client, tokens = api(user), open_session(user=user)
    new = "Quite-another-7"
    given = {"old_password": PASSWORD, "new_password1": new, "new_password2": new}
    assert dashboard(user).post("/admin/password_change/", given).status_code == 302
    assert client.get("/api/v1/rooms").status_code == 401
    assert api().post("/api/v1/auth/refresh", {"refreshToken": tokens.refresh}).status_code == 401
    answer = api().post("/api/v1/auth/login", {"email": user.email, "password": new})
    assert answer.status_code == 200
    # The browser in which the password was changed goes on, and what has signed in with the new one.
    assert user.sessions.live().filter(page_sessions__isnull=False).count() == 1
    assert user.sessions.live().filter(page_sessions=None).count() == 1


def test_an_account_closed_by_another_way_is_refused_where_its_fields_are_read(api, participant):
    client = api(participant)
    User.objects.filter(pk=participant.pk).update(is_active=False)
    assert client.get(ME).status_code == 401


def test_a_guest_reads_elsewhere_what_anybody_may_read(api, room, private_room, organiser):
    guest, elsewhere = make_guest(), make_room(organiser)
    token = open_session(user=guest, room_id=room.pk).access
    client = api()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    assert claims_of(token)["room"] == room.pk
    for path in ("", "/participants", "/prizes"):
        assert client.get(f"/api/v1/rooms/{room.pk}{path}").status_code == 200
        there = client.get(f"/api/v1/rooms/{elsewhere.pk}{path}")
        assert there.json() == api().get(f"/api/v1/rooms/{elsewhere.pk}{path}").json()
        assert there.status_code == 200
        assert client.get(f"/api/v1/rooms/{private_room.pk}{path}").status_code == 404
    assert client.post(f"/api/v1/rooms/{elsewhere.pk}/participants").status_code == 403
    assert client.get(ME).json()["data"]["email"] is None


def test_a_guests_room_survives_a_refresh(api, room):
    tokens = open_session(user=make_guest(), room_id=room.pk)
    answer = api().post("/api/v1/auth/refresh", {"refreshToken": tokens.refresh}).json()["data"]
    assert claims_of(answer["accessToken"])["room"] == room.pk


def test_bearer_is_the_only_scheme(api, participant):
    token = bearer(participant)["Authorization"].split()[1]
    for header in (token, f"Basic {token}", f"Bearer {token} more", "Bearer"):
        assert api().get(ME, headers={"Authorization": header}).status_code == 401
    assert api().get(ME, headers={"Authorization": f"bearer {token}"}).status_code == 200
