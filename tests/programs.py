"""Pytest plugin: tests marked `browser` need Chromium, those marked `node` need Node.

Where the program is missing they are left out, and the summary says so. REQUIRE_BROWSER=1 or REQUIRE_NODE=1, which CI
sets, turns that into failures.
"""

import os
import shutil
from dataclasses import dataclass
from typing import Any

import pytest


@dataclass(frozen=True)
class Program:
    marker: str
    title: str
    names: tuple[str, ...]

    def path(self) -> str | None:
        return next(filter(None, map(shutil.which, self.names)), None)

    def required(self) -> bool:
        return os.environ.get(self.variable, "0") not in {"", "0"}

    @property
    def variable(self) -> str:
        return f"REQUIRE_{self.marker.upper()}"


CHROMIUM = Program("browser", "Chromium", ("chromium", "chromium-browser", "google-chrome"))
NODE = Program("node", "Node", ("node", "nodejs"))
LEFT_OUT = pytest.StashKey[dict[str, int]]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[LEFT_OUT] = {}


@pytest.hookimpl(trylast=True)  # After -k and -m have had their say.
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for program in (CHROMIUM, NODE):
        if program.path() or program.required():
            continue
        if without := [item for item in items if item.get_closest_marker(program.marker)]:
            items[:] = [item for item in items if not item.get_closest_marker(program.marker)]
            config.hook.pytest_deselected(items=without)
            config.stash[LEFT_OUT][program.marker] = len(without)
    # Playwright keeps an event loop running in the main thread up to the end of the session, and beside it neither
    # asyncio tests nor Django's guard against the ORM in a loop would work: browser tests come last.
    items.sort(key=lambda item: item.get_closest_marker(CHROMIUM.marker) is not None)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    for program in (CHROMIUM, NODE):
        if item.get_closest_marker(program.marker) and not program.path():
            pytest.fail(f"{program.title} was not found, and {program.variable} is set.", pytrace=False)
    if item.get_closest_marker(CHROMIUM.marker):
        os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"  # See above: from here on that loop runs.


def pytest_sessionfinish(session: pytest.Session) -> None:
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["left_out"] = session.config.stash[LEFT_OUT]


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Every worker of pytest-xdist collects the same tests; any of them can tell what was left out."""
    node.config.stash[LEFT_OUT].update(getattr(node, "workeroutput", {}).get("left_out", {}))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    for program in (CHROMIUM, NODE):
        if count := config.stash[LEFT_OUT].get(program.marker):
            terminalreporter.write_line(
                f"{program.marker}: {count} left out, {program.title} was not found"
                f" ({program.variable}=1 makes that a failure)",
                yellow=True,
            )
