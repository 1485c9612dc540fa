"""The database away, and back: 503 for everybody, one line of the log for each request, no restart of ours."""

import re

import pytest
import requests
from django.db import OperationalError, ProgrammingError, connection

from platform_site.db.outages import is_outage
from tests.live import DAPHNE, Server, database_url, free_port
from tests.races import together

ENDPOINTS = [
    ("GET", "/api/v1/rooms"),
    ("GET", "/api/v1/rooms/c0123456789abcdefghijklmn"),
    ("GET", "/api/v1/auth/me"),
    ("GET", "/api/v1/nowhere"),
    ("POST", "/api/v1/auth/login"),
    ("POST", "/api/v1/rooms/join"),
    ("POST", "/api/v1/rooms"),
    ("POST", "/login"),
    ("GET", "/admin/"),
    ("GET", "/draws/c0123456789abcdefghijklmn/verify"),
]


@pytest.fixture(scope="module")
def lonely():
    """A server whose database refuses connections. RATE_LIMITS are on: they are counted in the database too."""
    away = f"postgres://nobody:hunter2@127.0.0.1:{free_port()}/none?connect_timeout=1"
    environment = {"DATABASE_URL": away, "DATABASE_POOL_SIZE": "0", "RATE_LIMITS": "on", "REVOCATIONS": "table"}
    with Server(DAPHNE, **environment) as server:
        yield server


@pytest.mark.parametrize(("method", "path"), ENDPOINTS)
def test_without_a_database_everything_is_unavailable(lonely, method, path):
    body = {"email": "a@example.com", "password": "wrong", "code": "AAAAAA", "name": "x"}
    sent = {"data": body} if path == "/login" else {"json": body if method == "POST" else None}
    cookies = {"sessionid": "a" * 32, "csrftoken": "b" * 32}
    if path == "/login":
        body["csrfmiddlewaretoken"] = "b" * 32
    answer = requests.request(
        method, lonely.url + path, timeout=60, allow_redirects=False, cookies=cookies,
        headers={"X-Request-ID": f"outage-{ENDPOINTS.index((method, path))}-probe"}, **sent,
    )  # fmt: skip
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5"), answer.text[:2000]
    if path.startswith("/api/"):
        error = answer.json()["error"]
        assert error == {
            "code": "SERVICE_UNAVAILABLE",
            "message": "The database does not answer. Try again in a moment.",
        }
    else:
        assert '<meta http-equiv="refresh" content="5">' in answer.text
        assert "The database does not answer" in answer.text


def test_an_outage_fills_no_log(lonely):
    before = len(lonely.output().splitlines())
    assert requests.get(f"{lonely.url}/api/v1/rooms", timeout=60).status_code == 503
    assert requests.get(f"{lonely.url}/admin/", timeout=60, cookies={"sessionid": "a" * 32}).status_code == 503
    told = lonely.output().splitlines()[before:]
    assert sum("the database does not answer" in line for line in told) == 2, told
    assert len(told) == 4, told
    assert not re.search("Traceback|hunter2", lonely.output())


def test_health_tells_which_part_fails(lonely):
    assert requests.get(f"{lonely.url}/health/live", timeout=60).status_code == 200
    answer = requests.get(f"{lonely.url}/health/ready", timeout=60)
    assert (answer.status_code, answer.json()["failing"]) == (503, ["database", "migrations"])


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_restart_of_the_database_leaves_no_dead_connections(room):
    """Every connection that the server had is cut, as a restart does; whoever comes next gets a living one."""
    url = f"{database_url()}?application_name=restarted"
    with Server(DAPHNE, DATABASE_URL=url, DATABASE_POOL_SIZE="4", REVOCATIONS="table") as server:

        def read(number: int) -> int:
            return requests.get(f"{server.url}/api/v1/rooms/{room.pk}", timeout=60).status_code

        for _ in range(3):
            assert together(6, read) == [200] * 6
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'restarted'"
                )
                assert cursor.fetchone()[0] >= 2
        assert together(6, read) == [200] * 6


@pytest.mark.django_db
def test_a_fault_of_ours_is_no_outage():
    with pytest.raises((OperationalError, ProgrammingError)) as crashed, connection.cursor() as cursor:
        cursor.execute("SELECT nothing FROM no_such_table")
    assert not is_outage(crashed.value)
    assert not is_outage(ValueError("connection"))
