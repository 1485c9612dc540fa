"""Tasks for the tests of the worker: they meet the test through files, so that nobody waits for a clock."""

import time
from pathlib import Path

from django_tasks import task

LONGEST = 60.0  # seconds; a test that failed must not leave a process behind


@task
def note(folder: str, name: str) -> None:
    """Says that it ran."""
    with (Path(folder) / name).open("a") as file:
        file.write("ran\n")


@task
def wait_for(folder: str, name: str) -> None:
    """Says that it has begun, then goes on when it is told to."""
    place = Path(folder)
    with (place / f"{name}.begun").open("a") as file:
        file.write("begun\n")
    end = time.monotonic() + LONGEST
    while not (place / f"{name}.go").exists() and time.monotonic() < end:
        time.sleep(0.02)
    with (place / f"{name}.done").open("a") as file:
        file.write("done\n")


@task
def fail() -> None:
    raise RuntimeError("on purpose")
