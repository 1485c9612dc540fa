"""Fixtures of the tests of rooms: limits that start anew, and server processes that see the test's rows."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache

from tests.live import DAPHNE, UVICORN, Server


@pytest.fixture
def committed_db(transactional_db: None) -> None:
    """Rows are committed: other processes see them."""


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


@pytest.fixture
def limits(settings: Any) -> Any:
    """Limits on, and none on the number of requests as such."""
    settings.RATE_LIMITS = True
    settings.RATE_LIMIT_ANONYMOUS = settings.RATE_LIMIT_USER = 100_000
    return settings
