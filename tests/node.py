"""Node packages for the tests marked `node`: exact versions, installed once into a temporary place of the machine."""

import json
import os
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path

import pytest

PACKAGES = {"socket.io-client": "4.8.4"}


@cache
def socketio_client() -> dict[str, str]:
    """An environment in which node finds PACKAGES. Skips where they are not there and npm cannot fetch them; with
    REQUIRE_NODE=1, as in CI, that is a failure."""
    name = "-".join(["event-platform-node", *PACKAGES.values()])
    folder = Path(os.environ.get("XDG_CACHE_HOME") or tempfile.gettempdir()) / name
    modules = folder / "node_modules"
    if not all((modules / package / "package.json").exists() for package in PACKAGES):
        npm = shutil.which("npm")
        if npm is None:
            missing("npm was not found")
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "package.json").write_text(json.dumps({"private": True, "dependencies": PACKAGES}))
        done = subprocess.run(
            [str(npm), "install", "--no-audit", "--no-fund", "--no-package-lock", "--ignore-scripts"],
            cwd=folder,
            check=False,
            capture_output=True,
            text=True,
        )
        if done.returncode:
            missing(f"npm could not install {', '.join(PACKAGES)}:\n{done.stderr}")
    return os.environ | {"NODE_PATH": str(modules)}


def missing(why: str) -> None:
    if os.environ.get("REQUIRE_NODE", "0") not in {"", "0"}:
        pytest.fail(why, pytrace=False)
    pytest.skip(why)
