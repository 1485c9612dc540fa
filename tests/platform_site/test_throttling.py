"""Rate limits: counted once, by whatever process, in the database and in Redis."""

import time
from ipaddress import ip_network

import pytest

from platform_site.rest.models import RateCount
from platform_site.rest.throttling import Limit, clean_rate_counts, hit
from tests.races import together


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
    assert clean_rate_counts() == {"rate counts": 1}
    assert RateCount.objects.count() == 1


def counted_in_two_steps(key: str) -> bool:
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


# --- The API's own limits ------------------------------------------------------------------------------------------


@pytest.fixture
def few(limits):
    limits.RATE_LIMIT_ANONYMOUS, limits.RATE_LIMIT_ANONYMOUS_READS, limits.RATE_LIMIT_USER = 2, 2, 3
    return limits


def test_every_answer_tells_the_limit(few, api, room, participant):
    answer = api(participant).get("/api/v1/rooms")
    assert (answer["X-RateLimit-Limit"], answer["X-RateLimit-Remaining"]) == ("3", "2")
    assert 0 <= int(answer["X-RateLimit-Reset"]) - time.time() <= 61
    assert api().get("/api/v1/rooms")["X-RateLimit-Remaining"] == "1"
    assert api().get("/api/v1/nowhere")["X-RateLimit-Remaining"] == "0"


def test_too_many_requests_are_refused(few, api, room):
    assert [api().get("/api/v1/rooms").status_code for _ in range(3)] == [200, 200, 429]
    refused = api().get(f"/api/v1/rooms/{room.pk}")
    error = refused.json()["error"]
    assert (error["code"], error["details"]["limit"]) == ("RATE_LIMIT_EXCEEDED", 2)
    assert error["details"]["resetAt"].endswith(".000Z")
    assert 1 <= int(refused["Retry-After"]) <= 61
    assert refused["X-RateLimit-Remaining"] == "0"


def test_one_caller_does_not_use_up_anothers_limit(few, api, room, participant, stranger):
    assert [api(participant).get("/api/v1/rooms").status_code for _ in range(4)] == [200, 200, 200, 429]
    assert api(stranger).get("/api/v1/rooms").status_code == 200
    assert api().get("/api/v1/rooms").status_code == 200
    assert api().get("/api/v1/rooms", REMOTE_ADDR="203.0.113.1").status_code == 200


def test_a_refused_change_changes_nothing(few, api, room, organiser):
    for _ in range(3):
        api(organiser).get("/api/v1/rooms")
    answer = api(organiser).post(f"/api/v1/rooms/{room.pk}/prizes", {"name": "Cup"})
    assert answer.status_code == 429
    assert not room.prizes.exists()


def test_wrong_tokens_are_counted_by_address(few, api, db):
    client = api()
    client.credentials(HTTP_AUTHORIZATION="Bearer guess")
    assert [client.get("/api/v1/rooms").status_code for _ in range(3)] == [401, 401, 429]


def test_bodies_that_are_refused_unread_are_counted(few, api, db):
    def send():
        return api().post("/api/v1/auth/login", b"x" * (2**20 + 1), content_type="application/json").status_code

    assert [send(), send(), send()] == [413, 413, 429]


def test_strangers_may_read_more_than_they_may_change(few, api, room):
    few.RATE_LIMIT_ANONYMOUS_READS = 4
    path = f"/api/v1/rooms/{room.pk}"
    assert [api().delete(path).status_code for _ in range(3)] == [401, 401, 429]
    assert [api().get(path).status_code for _ in range(5)] == [200, 200, 200, 200, 429]
    assert api().get(path)["X-RateLimit-Limit"] == "4"
    assert api().delete(path)["X-RateLimit-Limit"] == "2"


@pytest.mark.parametrize("path", ["/api/v1/openapi.json", "/api/v1/asyncapi.json", "/api/docs/", "/api/docs/live/"])
def test_descriptions_are_not_limited(few, client, db, path):
    assert [client.get(path).status_code for _ in range(4)] == [200] * 4


def test_pages_are_not_limited(few, client, db):
    assert [client.get("/api/docs/").status_code for _ in range(5)] == [200] * 5
    assert [client.get("/health/live").status_code for _ in range(5)] == [200] * 5


def test_forwarded_addresses_count_apart_behind_a_trusted_proxy(few, api, db):
    few.TRUSTED_PROXIES = [ip_network("127.0.0.1")]
    hall = [api().get("/api/v1/rooms", HTTP_X_FORWARDED_FOR=f"198.51.100.{number}") for number in range(5)]
    assert [answer.status_code for answer in hall] == [200] * 5
    few.TRUSTED_PROXIES = []
    made_up = [api().get("/api/v1/rooms", HTTP_X_FORWARDED_FOR=f"198.51.100.{number}") for number in range(3)]
    assert [answer.status_code for answer in made_up] == [200, 200, 429]
