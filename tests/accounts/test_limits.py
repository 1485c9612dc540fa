"""Passwords: few guesses, nobody locked out by a neighbour, nothing learned from answers or their time."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.db import connection

from accounts.models import Session, User
from tests.factories import PASSWORD, make_user

LOGIN = "/api/v1/auth/login"


@pytest.fixture
def limits(settings):
    settings.RATE_LIMITS = True
    settings.RATE_LIMIT_ANONYMOUS = 100_000
    return settings


def attempt(api, email, password="wrong", address="192.0.2.1"):
    return api().post(LOGIN, {"email": email, "password": password}, REMOTE_ADDR=address)


@pytest.mark.django_db
def test_login_answers_tokens_and_user(api, participant):
    answer = attempt(api, participant.email, PASSWORD)
    assert answer.status_code == 200
    session = Session.objects.get()
    assert (session.ip_address, session.user) == ("192.0.2.1", participant)


@pytest.mark.django_db
def test_login_reads_an_address_as_it_is_stored(api, participant):
    assert attempt(api, f"  {participant.email.upper()} ", PASSWORD).status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize("kind", ["wrong", "unknown", "no password", "deactivated", "deleted", "guest", "odd"])
def test_every_refusal_is_the_same(api, kind):
    user = make_user()
    email, password = user.email, PASSWORD
    if kind == "wrong":
        password = "another"
    if kind == "unknown":
        email = "nobody@example.com"
    if kind == "no password":
        user.set_unusable_password()
        user.save()
    if kind == "deactivated":
        User.objects.filter(pk=user.pk).update(is_active=False)
    if kind == "deleted":
        User.objects.filter(pk=user.pk).soft_delete()
    if kind == "guest":
        User.objects.create(name="Guest", is_guest=True)
        email = "none"
    if kind == "odd":
        email = "\u202e'; --"
    answer = attempt(api, email, password)
    assert answer.status_code == 401
    assert answer.json() == {"error": {"code": "INVALID_CREDENTIALS", "message": "E-mail or password is wrong."}}
    assert not Session.objects.exists()


@pytest.mark.django_db
def test_an_unknown_address_costs_a_password_check_too(api, monkeypatch):
    """Counted, not timed: each refusal runs the slow hash once, whatever is wrong."""
    known, without = make_user(), make_user()
    without.set_unusable_password()
    without.save()
    emails = [known.email, without.email, "nobody@example.com"]
    runs = []
    for name in ("encode", "verify"):
        real = getattr(Argon2PasswordHasher, name)

        def counted(self, *args, real=real, **kwargs):
            runs.append(real)
            return real(self, *args, **kwargs)

        monkeypatch.setattr(Argon2PasswordHasher, name, counted)
    counts = []
    for email in emails:
        runs.clear()
        attempt(api, email)
        counts.append(len(runs))
    assert counts == [1, 1, 1]


@pytest.mark.django_db
def test_passwords_are_argon2_and_each_account_has_its_own(api):
    one, two = make_user(), make_user()
    two.set_password("something else entirely")
    two.save()
    assert one.password.startswith("argon2$")
    assert attempt(api, two.email, PASSWORD).status_code == 401
    assert attempt(api, two.email, "something else entirely").status_code == 200


@pytest.mark.django_db
def test_the_eleventh_guess_from_an_address_is_refused_unread(api, participant, limits):
    for _ in range(10):
        assert attempt(api, participant.email).status_code == 401
    answer = attempt(api, participant.email, PASSWORD)
    assert answer.status_code == 429
    error = answer.json()["error"]
    assert error["code"] == "RATE_LIMIT_EXCEEDED"
    assert error["details"]["limit"] == 10
    assert error["details"]["resetAt"].endswith("Z")
    assert 1 <= int(answer["Retry-After"]) <= 61


@pytest.mark.django_db
def test_nobody_locks_out_a_neighbour(api, participant, stranger, limits):
    for _ in range(11):
        attempt(api, participant.email)
    assert attempt(api, participant.email, PASSWORD, address="198.51.100.9").status_code == 200, "the owner elsewhere"
    assert attempt(api, stranger.email, PASSWORD).status_code == 200, "somebody else at the same address"


@pytest.mark.django_db
def test_an_unknown_address_is_limited_alike(api, limits):
    codes = [attempt(api, "nobody@example.com").status_code for _ in range(11)]
    assert codes == [401] * 10 + [429]


@pytest.mark.django_db
def test_many_addresses_together_reach_the_ceiling_of_the_account(api, participant, limits):
    limits.RATE_LIMIT_LOGIN_ACCOUNT = 3
    for number in range(3):
        assert attempt(api, participant.email, address=f"203.0.113.{number}").status_code == 401
    assert attempt(api, participant.email, PASSWORD, address="203.0.113.9").status_code == 429


@pytest.mark.django_db
def test_a_hall_behind_one_address_signs_in_at_once(api, settings):
    settings.RATE_LIMITS = True
    for _ in range(settings.RATE_LIMIT_ANONYMOUS + 5):
        assert attempt(api, make_user().email, PASSWORD).status_code == 200
    settings.RATE_LIMIT_SIGN_IN = 1
    answer = attempt(api, make_user().email, PASSWORD)
    assert (answer.status_code, answer["X-RateLimit-Limit"]) == (429, "1")


@pytest.mark.django_db
def test_right_passwords_are_not_counted(api, participant, limits):
    for _ in range(12):
        assert attempt(api, participant.email, PASSWORD).status_code == 200
    for _ in range(10):
        assert attempt(api, participant.email).status_code == 401
    assert attempt(api, participant.email).status_code == 429


@pytest.mark.django_db
@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        {"email": "a@example.com"},
        {"password": "x"},
        {"email": None, "password": None},
        {"email": {"$ne": ""}, "password": {"$ne": ""}},
        {"email": "x" * 255, "password": "x"},
        {"email": "a@example.com", "password": "x" * 1001},
    ],
)
def test_other_bodies_are_422(api, body):
    assert api().post(LOGIN, body).status_code == 422


@pytest.mark.django_db
def test_a_nul_character_is_no_crash(api):
    assert attempt(api, "a\0b@example.com").status_code == 400


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_guesses_that_arrive_at_once_are_counted_one_by_one(api, limits):
    user = make_user()
    attempt(api, "nobody@example.com")  # what is imported on the first request is imported by now

    def guess(index):
        try:
            return attempt(api, user.email).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(20) as pool:
        codes = list(pool.map(guess, range(30)))
    assert codes.count(401) == 10
    assert codes.count(429) == 20
