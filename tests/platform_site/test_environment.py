"""Settings from the environment: every fault named at once, none with a traceback, none that repeats a secret."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from platform_site.environment import Environment, made_once

ROOT = Path(__file__).resolve().parents[2]
PRODUCTION = {
    "SECRET_KEY": "kH3-9sV2nQx8ZpL0wRt6yUe1oBd4cFg7aMj5-Kw2Er8Ty4Ui6Op0",
    "JWT_SECRET": "Zt7-4bN1mXc9VpQ2wEr6tYu0iOa8sDf3gHj5",
    "FIELD_ENCRYPTION_KEYS": Fernet.generate_key().decode(),
    "DATABASE_URL": "postgres://user:hunter2@127.0.0.1:5432/events",
    "ALLOWED_HOSTS": "events.example.org",
}


def start(*command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    clean = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/")}
    return subprocess.run(
        [sys.executable, *command], cwd=ROOT, env=clean | environment, capture_output=True, text=True, check=False
    )


def test_production_settings_pass_djangos_own_deployment_check():
    alone = PRODUCTION | {"DATABASE_POOL_SIZE": "0"}  # a pool would wait for a database that is not there
    done = start("manage.py", "check", "--deploy", "--fail-level", "WARNING", **alone)
    assert done.returncode == 0, done.stderr


def test_an_empty_environment_names_every_fault_at_once():
    done = start("-c", "import platform_site.settings")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    for name in PRODUCTION:
        assert f"- {name} is missing" in done.stderr


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("SECRET_KEY", "short", "is too short"),
        ("JWT_SECRET", "change-me-change-me-change-me-change-me", "is a sample value"),
        ("JWT_SECRET", "a" * 64, "is a sample value"),
        ("FIELD_ENCRYPTION_KEYS", "nonsense", "no Fernet key"),
        ("DATABASE_URL", "oracle://user:hunter2@db/events", "no address of the kind"),
        ("DATABASE_URL", "postgres://user:hunter2@db:99999/events", "no address of the kind"),
        ("DATABASE_URL", "postgres://user:hunter2@[::1/events", "no address of the kind"),
        ("DATABASE_URL", "postgres://user:hunter2@db", "names no database"),
        ("REDIS_URL", "http://localhost", "no address of the kind"),
        ("REDIS_URL", "redis://localhost:port/0", "no address of the kind"),
        ("JWT_SECRET", PRODUCTION["SECRET_KEY"], "is SECRET_KEY once more"),
        ("DEFAULT_TIME_ZONE", "Mars/Olympus", "use a time zone"),
        ("ACCESS_TOKEN_TTL", "1h", "use a whole number"),
        ("ACCESS_TOKEN_TTL", "5", "use a whole number"),
        ("DEBUG", "maybe", "use on or off"),
        ("HTTPS", "maybe", "use on or off"),
        ("CORS_ORIGINS", "https://app.example.org/path", "an origin looks like"),
        ("CORS_ORIGINS", "https://user@app.example.org", "an origin looks like"),
        ("CORS_ORIGINS", "https://app.example.org/", "an origin looks like"),
        ("CORS_ORIGINS", "https://app.example.org?a=b", "an origin looks like"),
        ("CORS_ORIGINS", "https://app.example.org#part", "an origin looks like"),
        ("CORS_ORIGINS", "https://app.example.org#", "an origin looks like"),
        ("CORS_ORIGINS", "https://app.example.org:port", "an origin looks like"),
        ("CORS_ORIGINS", "https://:443", "an origin looks like"),
        ("OAUTH_REDIRECTS", "https://user@app.example.org", "an origin looks like"),
        ("DATABASE_URL", "postgres://user:hunter2@db/events?sslmod=require", "has the unknown option 'sslmod'"),
        ("DATABASE_URL", "sqlite:////tmp/events.sqlite3?mode=ro", "has the unknown option 'mode'"),
        ("ORGANIZERS", "everybody", "use one of granted, open"),
    ],
)
def test_a_wrong_value_stops_the_start_with_one_line(name, value, told):
    done = start("-c", "import platform_site.settings", **PRODUCTION | {name: value})
    assert done.returncode == 1
    faults = [line for line in done.stderr.splitlines() if line.startswith("  - ")]
    assert len(faults) == 1
    assert faults[0].startswith(f"  - {name} ")
    assert told in faults[0]
    assert "hunter2" not in done.stderr
    assert "Traceback" not in done.stderr


def test_an_option_of_the_database_reaches_the_driver():
    url = PRODUCTION["DATABASE_URL"] + "?sslmode=verify-full&connect_timeout=3"
    told = "from platform_site.settings import *; o = DATABASES['default']['OPTIONS']; print(o['sslmode'], o['pool'])"
    done = start("-c", told, **PRODUCTION | {"DATABASE_URL": url})
    assert done.stdout.startswith("verify-full {"), done.stderr


def test_other_hosts_of_the_domain_keep_their_http_until_ops_say_otherwise():
    told = "from platform_site.settings import *; print(SECURE_HSTS_INCLUDE_SUBDOMAINS, SECURE_HSTS_PRELOAD)"
    assert start("-c", told, **PRODUCTION).stdout == "False False\n"
    on = {"HSTS_SUBDOMAINS": "on", "HSTS_PRELOAD": "on"}
    assert start("-c", told, **PRODUCTION | on).stdout == "True True\n"
    assert start("-c", told, **PRODUCTION | on | {"HTTPS": "off"}).stdout == "False False\n"


def test_made_secrets_are_made_once_and_for_their_owner_only(tmp_path):
    path = tmp_path / "secrets.json"
    first = made_once(path, "SECRET_KEY", lambda: "first")
    assert made_once(path, "SECRET_KEY", lambda: "second") == first == "first"
    assert made_once(path, "JWT_SECRET", lambda: "third") == "third"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_readers_give_defaults_and_lists():
    env = Environment({"WORDS": " a, b ,,c", "NUMBER": "7", "SWITCH": "On"})
    assert env.words("WORDS") == ["a", "b", "c"]
    assert env.words("NONE", ("x",)) == ["x"]
    assert (env.number("NUMBER", 1), env.number("NONE", 1)) == (7, 1)
    assert env.switch("SWITCH", default=False) is True
    assert env.switch("NONE", default=True) is True
    assert env.faults == []
