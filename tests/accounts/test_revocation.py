"""Revoked means revoked on every process, whatever copy of the table a process asks."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.conf import settings as configured
from django.core.cache import cache
from django.db import transaction
from django.utils import timezone

from accounts import revocation
from accounts.actors import PLATFORM
from accounts.hashes import hashed
from accounts.models import TokenBlacklist
from accounts.revocation import LocalCopy, RedisCopy, is_revoked, lift, person_mark, revoke, token_mark
from platform_site.db.ids import new_id
from tests.servers import Redis

pytestmark = pytest.mark.django_db(transaction=True)


def claims():
    return {"jti": new_id(), "sid": new_id(), "sub": new_id()}


def revoke_token(token):
    revoke([token_mark(token["jti"])], user_id=None, by=PLATFORM, reason="test")


@pytest.fixture
def on_redis(settings, redis_url):
    def at(url):
        settings.REVOCATIONS, settings.REDIS_URL = "redis", url
        settings.CACHES = {
            "default": {
                "BACKEND": "django.core.cache.backends.redis.RedisCache",
                "LOCATION": url,
                "OPTIONS": {"socket_timeout": 1, "socket_connect_timeout": 1},
            }
        }
        revocation.copies.clear()

    at(redis_url)
    cache.clear()
    yield at
    revocation.copies.clear()


@pytest.fixture
def on_file(settings, tmp_path):
    settings.REVOCATIONS, settings.REVOCATIONS_FILE = "file", str(tmp_path / "revocations")


@pytest.fixture(params=["redis", "file", "table"])
def kind(request, settings):
    if request.param == "table":
        settings.REVOCATIONS = "table"
    else:
        request.getfixturevalue(f"on_{request.param}")
    return request.param


def test_only_hashes_are_kept(on_file):
    token = claims()
    revoke_token(token)
    row = TokenBlacklist.objects.get()
    assert row.token_hash == token_mark(token["jti"])
    assert token["jti"] not in str(vars(row))
    assert 0 < (row.expires_at - timezone.now()).total_seconds() <= configured.ACCESS_TOKEN_TTL


@pytest.mark.parametrize("mark", ["jti", "sid", "sub"])
def test_a_token_falls_with_any_of_its_marks(kind, mark):
    token, other = claims(), claims()
    assert not is_revoked(token)
    revoke([hashed(f"{mark}:{token[mark]}")], user_id=None, by=PLATFORM, reason="test")
    assert is_revoked(token)
    assert not is_revoked(other)


def test_a_token_that_is_fine_costs_no_query_with_a_copy(kind, django_assert_num_queries):
    is_revoked(claims())
    with django_assert_num_queries(1 if kind == "table" else 0):
        assert not is_revoked(claims())


def test_sensitive_callers_ask_the_table(kind, django_assert_num_queries):
    token = claims()
    is_revoked(token)
    TokenBlacklist.objects.create(token_hash=token_mark(token["jti"]), expires_at=timezone.now().replace(year=2100))
    with django_assert_num_queries(1):
        assert is_revoked(token, ask_table=True)


def test_a_lifted_revocation_is_over_at_once(kind):
    token = claims()
    revoke([person_mark(token["sub"])], user_id=None, by=PLATFORM, reason="test")
    assert is_revoked(token)
    lift(person_mark(token["sub"]))
    assert not is_revoked(token)


def test_revoking_twice_keeps_one_row(kind):
    token = claims()
    revoke_token(token)
    revoke_token(token)
    assert TokenBlacklist.objects.count() == 1
    assert is_revoked(token)


def test_a_process_with_a_copy_of_its_own_sees_what_another_revokes(on_file):
    here, there = LocalCopy(configured.REVOCATIONS_FILE), LocalCopy(configured.REVOCATIONS_FILE)
    token = claims()
    mark = token_mark(token["jti"])
    assert here.knows_none_of([mark])
    assert there.knows_none_of([mark])
    TokenBlacklist.objects.create(token_hash=mark, expires_at=timezone.now().replace(year=2100))
    assert there.knows_none_of([mark]), "without the file nothing tells the other process"
    here.tell([mark])
    assert not there.knows_none_of([mark])


def test_changes_within_one_tick_of_the_clock_are_all_seen(on_file):
    here, there = LocalCopy(configured.REVOCATIONS_FILE), LocalCopy(configured.REVOCATIONS_FILE)
    for _ in range(50):
        mark = token_mark(new_id())
        TokenBlacklist.objects.create(token_hash=mark, expires_at=timezone.now().replace(year=2100))
        here.tell([mark])
        os.utime(configured.REVOCATIONS_FILE, ns=(1, 1))
        assert not there.knows_none_of([mark])


def test_another_program_is_heard(on_file):
    """A second process revokes; this one knows with its next look."""
    token = claims()
    assert not is_revoked(token)
    TokenBlacklist.objects.create(token_hash=token_mark(token["jti"]), expires_at=timezone.now().replace(year=2100))
    code = "import sys; from accounts.revocation import LocalCopy; LocalCopy(sys.argv[1]).tell(['mark'])"
    start = f"import django; django.setup(); {code}"
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "platform_site.settings"}
    command = [sys.executable, "-c", start, configured.REVOCATIONS_FILE]
    subprocess.run(command, check=True, timeout=60, cwd=Path(__file__).parents[2], env=environment)
    assert is_revoked(token)


def test_a_new_process_learns_what_was_revoked_before(on_redis):
    token = claims()
    revoke_token(token)
    cache.clear()
    cache.set(RedisCopy.FILLED, 1)  # as left by a process that died between its commit and telling
    revocation.copies.clear()
    assert is_revoked(token)


def test_a_redis_that_lost_its_memory_is_not_believed(on_redis):
    token = claims()
    is_revoked(claims())
    revoke_token(token)
    cache.clear()
    assert is_revoked(token)
    assert is_revoked(token), "and from then on it knows again"


def test_without_redis_the_table_is_asked_and_redis_is_told_later(on_redis, monkeypatch, caplog):
    monkeypatch.setattr(RedisCopy, "PAUSE", 0.2)
    with Redis() as redis:
        on_redis(redis.url)
        assert not is_revoked(claims())
        redis.stop()
        token = claims()
        revoke_token(token)
        assert is_revoked(token)
        assert not is_revoked(claims())
        redis.start()
        time.sleep(0.3)
        assert is_revoked(token)
        assert cache.get(RedisCopy.key(token_mark(token["jti"]))) == 1
    assert "Redis does not know what was revoked" in caplog.text


def test_listeners_hear_what_was_revoked_and_committed(kind, settings, monkeypatch):
    heard: list[str] = []

    def hear(*, marks: list[str]) -> None:
        heard.extend(marks)

    monkeypatch.setattr(revocation, "heard", hear, raising=False)
    settings.REVOCATION_LISTENERS = ["accounts.revocation.heard"]
    token = claims()
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        revoke_token(token)
        1 / 0  # noqa: B018
    assert heard == []
    revoke_token(token)
    assert heard == [token_mark(token["jti"])]


def test_what_is_rolled_back_was_never_revoked(kind):
    token = claims()
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        revoke_token(token)
        1 / 0  # noqa: B018
    assert not is_revoked(token)
