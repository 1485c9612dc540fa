"""Fixtures of the tests of rooms: limits that start anew, and server processes that see the test's rows."""

from collections.abc import Iterator

import pytest
from django.core.cache import cache
from django.core.management import call_command
from django.db import connection

from tests.live import DAPHNE, UVICORN, Server


@pytest.fixture
def committed_db(transactional_db: None) -> Iterator[None]:
    """Rows are committed. Cleans up itself: on SQLite a flush deletes, and rules refuse to delete what is kept."""
    yield
    if connection.vendor != "sqlite":
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
        rules = cursor.fetchall()
        for name, _ in rules:
            cursor.execute(f"DROP TRIGGER {name}")
        call_command("flush", verbosity=0, interactive=False, inhibit_post_migrate=True)
        for _, sql in rules:
            cursor.execute(sql)


@pytest.fixture(scope="session")
def daphne_process(django_db_setup: None) -> Iterator[Server]:
    with Server(DAPHNE) as server:
        yield server


@pytest.fixture(scope="session")
def uvicorn_process(django_db_setup: None) -> Iterator[Server]:
    with Server(UVICORN) as server:
        yield server


@pytest.fixture
def daphne(committed_db: None, daphne_process: Server) -> Server:
    """A daphne process on the test's database, one for the run."""
    return daphne_process


@pytest.fixture
def uvicorn(committed_db: None, uvicorn_process: Server) -> Server:
    return uvicorn_process


@pytest.fixture(params=["daphne", "uvicorn"])
def server(request: pytest.FixtureRequest) -> Server:
    """Both in turn."""
    return request.getfixturevalue(request.param)


@pytest.fixture(autouse=True)
def no_hits() -> Iterator[None]:
    """No test counts against the limits of the one before it."""
    cache.clear()
    yield
    cache.clear()
