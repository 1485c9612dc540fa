"""The plugins in databases.py and programs.py, tried on small suites of their own."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

CONFIGURATION = f"""
[pytest]
addopts = -p tests.programs -p tests.databases -p pytest_django.plugin
pythonpath = . {Path(__file__).parent.parent}
DJANGO_SETTINGS_MODULE = inner_settings
markers =
    postgres
    browser
"""
SETTINGS = """
import dj_database_url
DATABASES = {"default": dj_database_url.config()}
"""

Run = Callable[..., pytest.RunResult]


@pytest.fixture
def run(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Run:
    # These suites never connect, so the address of the server need not exist.
    monkeypatch.setenv("TEST_DATABASE_URL", "postgres://nobody@127.0.0.1:9/none")
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    for name in ("TEST_DATABASE", "DJANGO_SETTINGS_MODULE", "REQUIRE_BROWSER"):
        monkeypatch.delenv(name, raising=False)
    pytester.makeini(CONFIGURATION)
    pytester.makepyfile(inner_settings=SETTINGS)

    def run_suite(source: str, *args: str) -> pytest.RunResult:
        pytester.makepyfile(test_inner=f"import pytest\nfrom django.db import connection\n{source}")
        return pytester.run(sys.executable, "-m", "pytest", *args)

    return run_suite


def test_postgres_tests_run_on_postgresql_in_one_child(run: Run) -> None:
    result = run("""
@pytest.mark.postgres
@pytest.mark.parametrize("number", [1, 2])
def test_there(number): assert connection.vendor == "postgresql"

def test_here(): assert connection.vendor == "sqlite"
""")
    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(["postgres: 2 passed"])


def test_a_failing_postgres_test_fails_the_outer_run(run: Run) -> None:
    result = run("""
@pytest.mark.postgres
def test_there(): assert connection.vendor == "sqlite", "the child's own words"

@pytest.mark.postgres
def test_elsewhere(): pass
""")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*the child's own words*", "*1 failed, 1 passed*"])


def test_a_child_without_an_executed_test_fails_the_outer_run(run: Run) -> None:
    result = run("""
@pytest.mark.postgres
@pytest.mark.skip
def test_there(): pass
""")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*it executed no test*"])


def test_deselected_postgres_tests_start_no_child(run: Run) -> None:
    result = run("@pytest.mark.postgres\ndef test_there(): assert False\n\ndef test_here(): pass", "-m", "not postgres")
    result.assert_outcomes(passed=1, deselected=1)


@pytest.mark.parametrize(
    ("required", "outcomes", "words"),
    [
        ("0", {"passed": 1, "deselected": 1}, "browser: 1 left out, Chromium was not found*"),
        ("1", {"passed": 1, "errors": 1}, "Chromium was not found, and REQUIRE_BROWSER is set."),
    ],
)
def test_browser_tests_without_chromium(
    run: Run, monkeypatch: pytest.MonkeyPatch, required: str, outcomes: dict[str, int], words: str
) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setenv("REQUIRE_BROWSER", required)
    result = run("@pytest.mark.browser\ndef test_page(): pass\n\ndef test_here(): pass")
    result.assert_outcomes(**outcomes)
    result.stdout.fnmatch_lines([words])
