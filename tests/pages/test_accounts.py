"""Signing up and a new password, by letters; what strangers may learn of it."""

import re

import pytest
from django.core import mail
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from accounts.models import User
from platform_site.worker import Worker
from rooms.models import Invitation, Participant
from tests.factories import PASSWORD

pytestmark = pytest.mark.django_db(transaction=True)  # the worker asks the database anew
NEW = "a brand new pass phrase"


@pytest.fixture(autouse=True)
def with_mail(settings):
    settings.EMAIL_URL, settings.SIGN_UP, settings.JOBS = "smtp://localhost", True, {}


def letters():
    """What the worker sends of what was asked for."""
    mail.outbox.clear()
    Worker().turn()
    return mail.outbox


def link_in_letter():
    [letter] = letters()
    return re.findall(r"http://testserver(\S+)", str(letter.body))[0]


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
        assert [letter.to for letter in letters()] == [[email]]
    assert answers[0] == answers[1]


def test_letters_are_few(client, settings):
    settings.RATE_LIMITS = True
    statuses = [client.post("/password", {"email": "a@example.com"}).status_code for _ in range(3)]
    assert statuses == [200, 200, 429]
    assert len(letters()) == 2


def test_without_mail_there_is_neither(client, settings):
    settings.EMAIL_URL, settings.SIGN_UP = "", False
    page = client.get("/login").content.decode()
    assert "Sign up" not in page
    assert "Forgotten" not in page
    for path in ("/sign-up", "/password", "/sign-up/token"):
        assert client.post(path, {"email": "a@example.com"}).status_code == 404
    assert letters() == []


@pytest.mark.parametrize("token", ["x", "c123.abc", "a.b-c", "%01"])
def test_a_wrong_link_says_so(client, token):
    for path in ("sign-up", "password"):
        assert client.get(f"/{path}/{token}").status_code == 410
        assert client.post(f"/{path}/{token}", {"name": "A", "password": NEW}).status_code == 410


def test_an_address_that_is_none(client):
    for email in ("", "no", "a@b", "a@example.com\nBcc: b@example.com", "\0@example.com"):
        assert client.post("/password", {"email": email}).status_code == 422
    assert letters() == []


def test_letters_speak_the_readers_language(client):
    client.post("/sign-up", {"email": "new@example.com"}, headers={"Accept-Language": "ru"})
    assert "Завершите регистрацию" in letters()[0].subject


def test_no_answer_waits_for_the_mail_server(client, settings):
    settings.EMAIL_BACKEND = "a mail server that must not be asked now"
    assert client.post("/sign-up", {"email": "new@example.com"}).status_code == 200
    assert client.post("/password", {"email": "new@example.com"}).status_code == 200
    assert DBTaskResult.objects.ready().count() == 2


def test_a_letter_that_is_not_taken_is_tried_again_and_then_given_up(client, settings, caplog, participant):
    backend, settings.EMAIL_BACKEND = settings.EMAIL_BACKEND, "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    client.post("/password", {"email": participant.email})
    tried = 0
    while DBTaskResult.objects.exclude(finished_at__isnull=False).exists() and tried < 10:
        assert letters() == []
        tried += 1
        later = DBTaskResult.objects.filter(finished_at=None)
        assert not later.filter(run_after__lte=timezone.now()).exists()
        later.update(run_after=timezone.now())
    assert tried == 5
    assert "given up" in caplog.text
    settings.EMAIL_BACKEND = backend
    assert letters() == []
    assert_nobody_is_named(caplog, participant.email)


def test_a_letter_that_was_not_taken_goes_out_when_the_mail_server_is_back(client, settings, caplog, participant):
    backend, settings.EMAIL_BACKEND = settings.EMAIL_BACKEND, "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    client.post("/password", {"email": participant.email})
    assert letters() == []
    settings.EMAIL_BACKEND = backend
    DBTaskResult.objects.filter(finished_at=None).update(run_after=timezone.now())
    assert client.post(link_in_letter(), {"password": NEW}).status_code == 302
    assert_nobody_is_named(caplog, participant.email)


def assert_nobody_is_named(caplog, email):
    """Neither the log nor the table of tasks keeps whom a letter went to, or a link."""
    assert email not in caplog.text
    rows = list(DBTaskResult.objects.values())
    assert rows
    assert email not in str(rows)
    assert "/password/" not in str(rows)
