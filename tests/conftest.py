"""Fixtures for all tests. Databases and Redis are in databases.py, markers for Chromium and Node in programs.py."""

import os
from typing import Any

import pytest

from tests.programs import CHROMIUM

# What a browser would otherwise do on its own: fetch updates, report, speak to its maker.
QUIET = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """pytest-playwright drives the machine's own Chromium instead of downloading one."""
    # Chromium refuses to sandbox itself as root.
    args = [*QUIET, "--no-sandbox"] if os.geteuid() == 0 else list(QUIET)
    return {**browser_type_launch_args, "executable_path": CHROMIUM.path(), "args": args}
