"""Rate limits: counted once, by whatever process, in the database and in Redis."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from platform_site.rest.models import RateCount
from platform_site.rest.throttling import Limit, clean_rate_counts, hit


@pytest.fixture
def limits(settings):
    settings.RATE_LIMITS = True
    return settings


@pytest.fixture(params=["database", "redis"])
def store(request, limits, db):
    """Both places where hits are counted."""
    if request.param == "redis":
        limits.REDIS_URL = request.getfixturevalue("redis_url")
    return request.param


def test_hits_beyond_the_limit_are_refused(store):
    key = f"door {store} {time.time()}"
    hits = [hit(key, limit=2) for _ in range(3)]
    assert [(one.remaining, one.allowed) for one in hits] == [(1, True), (0, True), (0, False)]
    assert {one.limit for one in hits} == {2}
    assert 0 <= hits[0].reset_at - time.time() <= 61


def test_keys_do_not_share_a_count(store):
    key = f"{store} {time.time()}"
    assert hit(f"a {key}", limit=1).allowed
    assert hit(f"b {key}", limit=1).allowed


def test_a_window_ends(store):
    key = f"short {store} {time.time()}"
    assert hit(key, limit=1, window=1).allowed
    assert not hit(key, limit=1, window=1).allowed
    time.sleep(1.05)
    assert hit(key, limit=1, window=1).allowed


def test_a_look_costs_nothing(store):
    key = f"look {store} {time.time()}"
    assert hit(key, limit=1, cost=0) == Limit(1, 1, hit(key, limit=1, cost=0).reset_at, allowed=True)
    assert hit(key, limit=1).allowed
    assert not hit(key, limit=1, cost=0).allowed


def test_off_means_no_count(settings, db):
    settings.RATE_LIMITS = False
    assert all(hit("off", limit=1).allowed for _ in range(3))
    assert not RateCount.objects.exists()


def test_the_database_holds_no_personal_data(limits, db):
    hit("login alice@example.com", limit=1)
    assert "alice" not in RateCount.objects.get().key


def test_a_redis_that_is_down_leaves_the_counting_to_the_database(limits, db):
    limits.REDIS_URL = "redis://127.0.0.1:9/0"
    assert hit("down", limit=1).allowed
    assert not hit("down", limit=1).allowed
    assert RateCount.objects.get().count == 2


def test_ended_windows_are_cleaned(limits, db):
    hit("old", limit=1, window=1)
    hit("new", limit=1)
    time.sleep(1.05)
    assert clean_rate_counts() == 1
    assert RateCount.objects.count() == 1


def together(count, function):
    def run(number):
        try:
            return function(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


def counted_in_two_steps(key):
    """What hit() must not do: read, then write."""
    row = RateCount.objects.filter(key=key).first() or RateCount(key=key, count=0, reset_at=0)
    row.count += 1
    time.sleep(0.05)
    row.save()
    return row.count <= 10


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_concurrent_hits_are_all_counted(limits):
    RateCount.objects.create(key="naive", count=0, reset_at=0)
    assert sum(together(30, lambda _: counted_in_two_steps("naive"))) > 10

    assert sum(one.allowed for one in together(30, lambda _: hit("race", limit=10))) == 10
    assert RateCount.objects.exclude(key="naive").get().count == 30


@pytest.mark.django_db(transaction=True)
def test_concurrent_hits_are_all_counted_in_redis(limits, redis_url):
    limits.REDIS_URL = redis_url
    key = f"race {time.time()}"
    assert sum(one.allowed for one in together(30, lambda _: hit(key, limit=10))) == 10
    assert hit(key, limit=100).remaining == 100 - 31
