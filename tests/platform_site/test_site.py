"""Health, foreign origins, request ids, logs."""

import json
import logging
import re

import pytest
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import RequestFactory

from platform_site.rest.logs import JSONFormatter, RequestFacts, current
from platform_site.views import ready
from tests.servers import Redis


def test_live_asks_nobody(client, django_assert_num_queries, db):
    with django_assert_num_queries(0):
        answer = client.get("/health/live")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


@pytest.mark.parametrize("path", ["/health/live", "/health/ready"])
def test_health_is_told_whatever_host_the_probe_names(client, db, settings, path):
    settings.ALLOWED_HOSTS = ["events.example.org"]
    assert client.get(path, HTTP_HOST="10.1.2.3:8000").status_code == 200
    assert client.get("/", HTTP_HOST="10.1.2.3:8000").status_code == 400


def test_ready(client, db):
    assert client.get("/health/ready").json() == {"status": "ok", "failing": []}


def test_not_ready_without_a_migration(client, db):
    MigrationRecorder.Migration.objects.filter(app="rest").delete()
    answer = client.get("/health/ready")
    assert (answer.status_code, answer.json()) == (503, {"status": "failing", "failing": ["migrations"]})


def test_not_ready_without_redis(client, db, settings):
    with Redis() as redis:
        settings.REDIS_URL = redis.url
        assert client.get("/health/ready").status_code == 200
        redis.stop()
        answer = client.get("/health/ready")
    assert (answer.status_code, answer.json()["failing"]) == (503, ["redis"])


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_not_ready_without_the_database():
    connection.close()
    real = connection.settings_dict["NAME"]
    connection.settings_dict["NAME"] = "no_such_database"
    try:
        answer = ready(RequestFactory().get("/health/ready"))
    finally:
        connection.settings_dict["NAME"] = real
        connection.close()
    assert answer.status_code == 503
    assert json.loads(answer.content) == {"status": "failing", "failing": ["database", "migrations"]}


@pytest.fixture
def origin(settings):
    settings.CORS_ALLOWED_ORIGINS = ["https://app.example.org"]
    return "https://app.example.org"


def test_a_listed_origin_may_call(api, room, origin):
    answer = api().get("/api/v1/rooms", HTTP_ORIGIN=origin)
    assert answer["Access-Control-Allow-Origin"] == origin
    exposed = answer["Access-Control-Expose-Headers"]
    assert all(name in exposed for name in ("X-RateLimit-Remaining", "Retry-After", "X-Request-ID"))


def test_a_listed_origin_may_read_refusals(api, db, origin):
    for answer in (
        api().post("/api/v1/auth/login", b"x" * (2**20 + 1), content_type="application/json", HTTP_ORIGIN=origin),
        api().get("/api/v1/nowhere", HTTP_ORIGIN=origin),
    ):
        assert answer.status_code >= 400
        assert answer["Access-Control-Allow-Origin"] == origin


def test_a_preflight_names_what_may_be_sent(client, db, origin):
    answer = client.options(
        "/api/v1/rooms", HTTP_ORIGIN=origin, HTTP_ACCESS_CONTROL_REQUEST_METHOD="POST",
        HTTP_ACCESS_CONTROL_REQUEST_HEADERS="authorization, idempotency-key",
    )  # fmt: skip
    assert answer.status_code == 200
    assert "idempotency-key" in answer["Access-Control-Allow-Headers"]


def test_another_origin_may_not(api, client, db, origin):
    assert "Access-Control-Allow-Origin" not in api().get("/api/v1/rooms", HTTP_ORIGIN="https://evil.example")
    assert "Access-Control-Allow-Origin" not in client.get("/health/live", HTTP_ORIGIN=origin)


def test_a_request_id_is_kept_or_made(client, db):
    assert client.get("/health/live", HTTP_X_REQUEST_ID="from-the-proxy-1")["X-Request-ID"] == "from-the-proxy-1"
    for odd in ("short", "with space and more", "x" * 65, "a\nb" * 5):
        assert re.fullmatch("[0-9a-f]{32}", client.get("/health/live", HTTP_X_REQUEST_ID=odd)["X-Request-ID"])


class Lines(logging.Handler):
    def __init__(self):
        super().__init__()
        self.setFormatter(JSONFormatter())
        self.lines = []

    def emit(self, record):
        self.lines.append(json.loads(self.format(record)))


@pytest.fixture
def lines():
    handler = Lines()
    logging.getLogger().addHandler(handler)
    yield handler.lines
    logging.getLogger().removeHandler(handler)


def test_a_line_names_request_room_and_actor(api, room, participant, lines):
    answer = api(participant).get(f"/api/v1/rooms/{room.pk}/prizes")
    line = next(line for line in lines if line["logger"] == "platform_site.requests")
    assert line["requestId"] == answer["X-Request-ID"]
    assert (line["room"], line["actor"], line["status"]) == (room.pk, participant.pk, 200)
    assert line["message"] == f"GET /api/v1/rooms/{room.pk}/prizes 200"
    assert current.get() is None


def test_no_line_holds_a_token_or_an_address(api, room, participant, lines):
    client = api(participant)
    token = client._headers["Authorization"] if hasattr(client, "_headers") else client.defaults["HTTP_AUTHORIZATION"]
    client.get("/api/v1/rooms?search=somebody@example.com")
    logger = logging.getLogger("somewhere")
    logger.warning("%s by %s", token, participant.email)
    try:
        raise ValueError(f"no such user: {participant.email}, token={token.split()[1]}")
    except ValueError:
        logger.exception("failed")
    told = json.dumps(lines)
    assert len(lines) == 3
    assert token.split()[1] not in told
    assert participant.email not in told
    assert "example.com" not in told
    assert "[removed]" in told


def test_a_line_outside_a_request_is_one_json_object():
    record = logging.LogRecord("x", logging.INFO, __file__, 1, "text with\nbreak", (), None)
    text = JSONFormatter().format(record)
    assert "\n" not in text
    assert set(json.loads(text)) == {"time", "level", "logger", "message"}
    before = current.set(RequestFacts("abcdefgh"))
    try:
        assert json.loads(JSONFormatter().format(record))["requestId"] == "abcdefgh"
    finally:
        current.reset(before)


@pytest.mark.parametrize(
    "path",
    [
        "/rooms/%00",
        "/j/%00",
        "/sign-up/%00",
        "/rooms?search=%00",
        "/rooms?%00=1",
        "/admin/rooms/room/%00/change/",
        "/admin/rooms/room/?q=%00",
        "/admin/rooms/room/?status__exact=%00",
        "/admin/rooms/participant/?room__id__exact=%00",
    ],
)
def test_an_address_with_a_nul_is_a_bad_request(client, admin, path):
    client.force_login(admin)
    assert client.get(path).status_code == 400
    assert client.post(path).status_code == 400


def test_in_the_api_it_is_one_too(client):
    for path in ("/api/v1/rooms/%00", "/api/v1/rooms?search=%00"):
        answer = client.get(path)
        assert answer.status_code in (400, 404)
        assert answer.json()["error"]["code"] in ("BAD_REQUEST", "NOT_FOUND")
