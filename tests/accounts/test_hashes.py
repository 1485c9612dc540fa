"""Passwords are checked a few at a time, so that many at once take neither all memory nor all of the server."""

import os
import subprocess
import sys
import time
from threading import Event, Lock, Thread

import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher, check_password, make_password

from accounts import hashes
from accounts.hashes import PasswordHasher, Turns
from platform_site.rest.exceptions import ServiceUnavailable
from tests.factories import PASSWORD, make_user
from tests.live import ROOT
from tests.races import together


class Crowd:
    """Stands where the slow hash is computed: counts how many are there at once."""

    def __init__(self):
        self.lock, self.inside, self.most = Lock(), 0, 0

    def verify(self, password, encoded):
        with self.lock:
            self.inside += 1
            self.most = max(self.most, self.inside)
        time.sleep(0.02)
        with self.lock:
            self.inside -= 1
        return False


@pytest.mark.django_db(transaction=True)
def test_as_many_passwords_are_checked_at_once_as_there_are_places(monkeypatch):
    crowd = Crowd()
    monkeypatch.setattr(Argon2PasswordHasher, "verify", crowd.verify)
    encoded = make_password(PASSWORD)
    together(20, lambda _: Argon2PasswordHasher().verify("wrong", encoded))
    assert crowd.most > 2, "without turns all are there at once"

    monkeypatch.setattr(hashes, "hashes", Turns(2))
    crowd.most = 0
    assert together(20, lambda _: check_password("wrong", encoded)) == [False] * 20
    assert crowd.most <= 2


def test_who_finds_the_queue_full_is_told_to_come_again(settings):
    settings.PASSWORD_QUEUE = 1
    turns, inside, leave, done = Turns(1), Event(), Event(), []

    def first():
        with turns.turn():
            inside.set()
            leave.wait(30)

    def second():
        with turns.turn():
            done.append("second")

    threads = [Thread(target=first), Thread(target=second)]
    threads[0].start()
    assert inside.wait(30)
    threads[1].start()
    while not turns.waiting:
        time.sleep(0.001)
    with pytest.raises(ServiceUnavailable) as refused, turns.turn():
        done.append("third")
    assert refused.value.headers == {"Retry-After": "2"}
    leave.set()
    for thread in threads:
        thread.join(30)
    assert done == ["second"]
    with turns.turn():
        done.append("again")
    assert (turns.places, turns.waiting) == (1, 0)


@pytest.fixture
def full(monkeypatch, settings):
    settings.PASSWORD_QUEUE = 0
    monkeypatch.setattr(hashes, "hashes", Turns(0))


@pytest.mark.django_db
def test_a_full_queue_answers_503_by_api_and_page(api, client, participant, full):
    answer = api().post("/api/v1/auth/login", {"email": participant.email, "password": PASSWORD})
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "SERVICE_UNAVAILABLE")
    assert answer["Retry-After"] == "2"
    page = client.post("/login", {"email": participant.email, "password": PASSWORD})
    assert (page.status_code, page["Retry-After"]) == (503, "2")
    assert "Try again" in page.content.decode()


@pytest.mark.django_db
def test_a_hash_with_older_parameters_is_replaced_at_sign_in(api, monkeypatch):
    user = make_user()
    with monkeypatch.context() as patch:
        patch.setattr(PasswordHasher, "time_cost", 3)
        user.set_password(PASSWORD)
        user.save()
    assert "t=3" in user.password
    assert api().post("/api/v1/auth/login", {"email": user.email, "password": "wrong"}).status_code == 401
    user.refresh_from_db()
    assert "t=3" in user.password
    assert api().post("/api/v1/auth/login", {"email": user.email, "password": PASSWORD}).status_code == 200
    user.refresh_from_db()
    assert "t=1" in user.password
    assert user.check_password(PASSWORD)


def test_the_parameters_are_those_that_owasp_recommends():
    """In a process of its own: this one's are cheaper."""
    told = "from accounts.hashes import PasswordHasher as p; print(p.memory_cost, p.time_cost, p.parallelism)"
    command = f"import django; django.setup(); {told}"
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "platform_site.settings"}
    done = subprocess.run(
        [sys.executable, "-c", command], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.stdout.split() == ["19456", "2", "1"], done.stderr
