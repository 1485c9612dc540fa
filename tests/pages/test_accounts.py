"""Signing up and a new password, by letters; what strangers may learn of it."""

import re

import pytest
from django.core import mail

from accounts.models import User
from rooms.models import Invitation, Participant
from tests.factories import PASSWORD, make_user

pytestmark = pytest.mark.django_db
NEW = "a brand new pass phrase"


@pytest.fixture(autouse=True)
def with_mail(settings):
    settings.EMAIL_URL, settings.SIGN_UP = "smtp://localhost", True


def link_in_letter():
    assert len(mail.outbox) == 1
    return re.findall(r"http://testserver(\S+)", str(mail.outbox.pop().body))[0]


def test_somebody_signs_up(client, room):
    Invitation.objects.create(room=room, email="new@example.com")
    assert "Sign up" in client.get("/login").content.decode()
    answer = client.post("/sign-up", {"email": " New@Example.com ", "next": f"/rooms/{room.pk}"})
    assert "New@Example.com" in answer.content.decode()
    link = link_in_letter()
    page = client.get(link).content.decode()
    assert "New@Example.com" in page
    weak = client.post(link, {"name": "Nadia", "password": "password"})
    assert weak.status_code == 422
    assert not User.objects.filter(email="new@example.com").exists()
    answer = client.post(link, {"name": "Nadia", "password": NEW})
    user = User.objects.get(email="new@example.com")
    assert (answer.status_code, answer["Location"]) == (302, f"/rooms/{room.pk}")
    assert (user.name, user.email_verified, user.check_password(NEW)) == ("Nadia", True, True)
    assert client.session["_auth_user_id"] == user.pk
    again = client.post(link, {"name": "Nadia", "password": NEW})
    assert again.status_code == 410
    assert User.objects.filter(email="new@example.com").count() == 1


@pytest.mark.django_db(transaction=True)
def test_who_was_invited_is_in_after_signing_up(client, room):
    Invitation.objects.create(room=room, email="new@example.com")
    client.post("/sign-up", {"email": "new@example.com"})
    client.post(link_in_letter(), {"name": "Nadia", "password": NEW})
    assert Participant.objects.filter(room=room, user__email="new@example.com").exists()


def test_a_new_password_ends_what_knew_the_old_one(client, participant):
    other = type(client)()
    other.post("/login", {"email": participant.email, "password": PASSWORD})
    assert other.get("/me").status_code == 200
    client.post("/password", {"email": participant.email})
    link = link_in_letter()
    assert client.post(link, {"password": NEW}).status_code == 302
    participant.refresh_from_db()
    assert participant.check_password(NEW)
    assert participant.email_verified
    assert other.get("/me").status_code == 302
    assert client.get(link).status_code == 410
    assert client.post(link, {"password": PASSWORD}).status_code == 410


@pytest.mark.parametrize("path", ["/sign-up", "/password"])
def test_strangers_do_not_learn_who_has_an_account(client, participant, path):
    answers = []
    for email in (participant.email, "nobody@example.com"):
        page = client.post(path, {"email": email}).content.decode().replace(email, "…")
        answers.append(re.sub(r"<input[^>]*>|\?next=[^\"]*", "", page))
        assert mail.outbox.pop().to == [email]
    assert answers[0] == answers[1]


def test_letters_are_few(client, settings):
    settings.RATE_LIMITS = True
    statuses = [client.post("/password", {"email": "a@example.com"}).status_code for _ in range(3)]
    assert statuses == [200, 200, 429]
    assert len(mail.outbox) == 2


def test_without_mail_there_is_neither(client, settings):
    settings.EMAIL_URL, settings.SIGN_UP = "", False
    page = client.get("/login").content.decode()
    assert "Sign up" not in page
    assert "Forgotten" not in page
    for path in ("/sign-up", "/password", "/sign-up/token"):
        assert client.post(path, {"email": "a@example.com"}).status_code == 404
    assert mail.outbox == []


@pytest.mark.parametrize("token", ["x", "c123.abc", "a.b-c", "%00"])
def test_a_wrong_link_says_so(client, token):
    for path in ("sign-up", "password"):
        assert client.get(f"/{path}/{token}").status_code == 410
        assert client.post(f"/{path}/{token}", {"name": "A", "password": NEW}).status_code == 410


def test_an_address_that_is_none(client):
    for email in ("", "no", "a@b", "a@example.com\nBcc: b@example.com", "\0@example.com"):
        assert client.post("/password", {"email": email}).status_code == 422
    assert mail.outbox == []


def test_letters_speak_the_readers_language(client):
    client.post("/sign-up", {"email": "new@example.com"}, headers={"Accept-Language": "ru"})
    assert "Завершите регистрацию" in mail.outbox[0].subject


def test_a_letter_that_cannot_be_sent_is_told(client, settings, caplog):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    answer = client.post("/password", {"email": make_user().email})
    assert answer.status_code == 503
    assert "could not be sent" in answer.content.decode()
    assert "@" not in caplog.text
