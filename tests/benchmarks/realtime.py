"""Publish → deliver: from just before a REST call to each of N receivers, one server process doing all of it.

uv run python -m tests.benchmarks.realtime --sockets 200 1000 5000
uv run python -m tests.benchmarks.realtime --server daphne --sockets 1000
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile

SERVERS = {
    "uvicorn": ("uvicorn", "--loop", "asyncio"),
    "uvloop": ("uvicorn", "--loop", "uvloop"),  # uv run --with uvloop …
    "daphne": ("daphne",),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sockets", type=int, nargs="+", default=[200, 1000, 5000])
    parser.add_argument("--server", choices=SERVERS, default="uvicorn")
    parser.add_argument("--database", choices=("postgres", "sqlite"), default="postgres")
    parser.add_argument("--single", type=int, default=50, help="events one by one")
    parser.add_argument("--burst", type=int, default=200, help="events with calls in flight")
    parser.add_argument("--in-flight", type=int, default=20)
    parser.add_argument("--handshakes", type=int, default=50, help="connections that are being opened at a time")
    parser.add_argument("--profile", help="a py-spy command to run beside the burst, with {pid} in it")
    options = parser.parse_args()
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    for count in options.sockets:
        with tempfile.TemporaryDirectory() as folder:
            print(json.dumps({"server": options.server, "database": options.database} | run(options, count, folder)))


def run(options: argparse.Namespace, count: int, folder: str) -> dict[str, object]:
    """One fresh database, server process and load client."""
    os.environ |= {
        "DEBUG": "on",
        "RATE_LIMITS": "off",
        "ALLOWED_HOSTS": "*",
        "DJANGO_SETTINGS_MODULE": "platform_site.settings",
    }
    stage = [sys.executable, "-m", "tests.benchmarks.stage", options.database, folder, *SERVERS[options.server]]
    with (
        open(os.path.join(folder, "log"), "w+") as log,
        subprocess.Popen(stage, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True) as staged,
    ):
        assert staged.stdin is not None
        assert staged.stdout is not None
        facts = json.loads(staged.stdout.readline()) | {
            "sockets": count,
            "single": options.single,
            "burst": options.burst,
            "in-flight": options.in_flight,
            "handshakes": options.handshakes,
        }
        profiler = subprocess.Popen(options.profile.format(pid=facts["pid"]).split()) if options.profile else None
        load = [sys.executable, "-m", "tests.benchmarks.load"]
        load += [part for name, value in facts.items() for part in (f"--{name}", str(value))]
        done = subprocess.run(load, check=False, stdout=subprocess.PIPE, text=True)
        if profiler is not None:
            profiler.wait()
        staged.stdin.close()
        staged.wait()
        if done.returncode:
            log.seek(0)
            raise SystemExit(f"The load client failed. The server said:\n{log.read()}")
    return dict(json.loads(done.stdout))


if __name__ == "__main__":
    main()
