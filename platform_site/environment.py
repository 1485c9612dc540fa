"""The process environment, read and validated: every fault is named at once, without a traceback."""

import json
import os
import secrets
from collections.abc import Callable, Mapping
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit
from zoneinfo import available_timezones

from cryptography.fernet import Fernet
from psycopg.pq import Conninfo

ON = {"1", "on", "true", "yes"}
OFF = {"0", "off", "false", "no", ""}
DATABASE_SCHEMES = {"sqlite", "postgres", "postgresql"}
MAIL_PORTS = {"smtp": 25, "smtps": 465, "smtp+tls": 587}
SAMPLE_SECRETS = {"change-me", "changeme", "secret", "insecure"}


class Environment:
    """Reads settings from `environ` and remembers every fault.

    Each reader returns a usable default after a fault, so that one start names all of them; `finish` then stops the
    start with exit status 1.
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.environ = environ
        self.faults: list[str] = []

    def text(self, name: str, default: str = "") -> str:
        return self.environ.get(name, "").strip() or default

    def switch(self, name: str, *, default: bool) -> bool:
        value = self.environ.get(name)
        if value is None:
            return default
        if value.strip().lower() in ON:
            return True
        if value.strip().lower() not in OFF:
            self.fault(name, f"is {value!r}; use on or off")
        return False

    def number(self, name: str, default: int, *, least: int = 0, most: int = 2**31) -> int:
        value = self.text(name)
        if not value:
            return default
        if not value.isascii() or not value.isdigit() or not least <= int(value) <= most:
            self.fault(name, f"is {value!r}; use a whole number from {least} to {most}")
            return default
        return int(value)

    def words(self, name: str, default: tuple[str, ...] = ()) -> list[str]:
        """A comma-separated list."""
        value = self.text(name)
        return [word.strip() for word in value.split(",") if word.strip()] if value else list(default)

    def choice(self, name: str, default: str, choices: set[str]) -> str:
        value = self.text(name, default)
        if value not in choices:
            self.fault(name, f"is {value!r}; use one of {', '.join(sorted(choices))}")
            return default
        return value

    def url(self, name: str, schemes: set[str], default: str = "") -> str:
        value = self.text(name, default)
        if value and not is_address(value, schemes):
            # The value itself may hold a password: name the fault, not the value.
            self.fault(name, f"is no address of the kind {' or '.join(f'{s}://…' for s in sorted(schemes))}")
            return default
        return value

    def database_url(self, name: str, default: str = "") -> str:
        """The URL of a database. An option that the driver does not know is a fault: sslmode is easily mistyped."""
        value = self.url(name, DATABASE_SCHEMES, default)
        parts = urlsplit(value)
        known = set() if parts.scheme == "sqlite" else {each.keyword.decode() for each in Conninfo.get_defaults()}
        for option in parse_qs(parts.query, keep_blank_values=True).keys() - known:
            self.fault(name, f"has the unknown option {option!r}")
        return value

    def origins(self, name: str) -> list[str]:
        """Origins (scheme://host[:port]) with nothing before and nothing behind them."""
        origins = self.words(name)
        for origin in origins:
            if not is_address(origin, {"http", "https"}) or not is_origin(origin):
                # No more than the host: what stands before it may be a password.
                self.fault(name, f"holds {origin.rpartition('@')[2]!r}; an origin looks like https://app.example.org")
        return origins

    def mail(self, name: str) -> dict[str, Any]:
        """Django's EMAIL_ settings from an address like smtps://user:password@mail.example.org."""
        value = self.url(name, set(MAIL_PORTS))
        if not value:
            return {}
        parts = urlsplit(value)
        return {
            "EMAIL_HOST": parts.hostname or "localhost",
            "EMAIL_PORT": parts.port or MAIL_PORTS[parts.scheme],
            "EMAIL_HOST_USER": unquote(parts.username or ""),
            "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
            "EMAIL_USE_SSL": parts.scheme == "smtps",
            "EMAIL_USE_TLS": parts.scheme == "smtp+tls",
        }

    def time_zone(self, name: str, default: str) -> str:
        """A name of the IANA time zone database."""
        value = self.text(name, default)
        if value not in available_timezones():
            self.fault(name, f"is {value!r}; use a time zone like Europe/Berlin")
            return default
        return value

    def networks(self, name: str) -> list[IPv4Network | IPv6Network]:
        """Addresses and blocks of addresses (10.0.0.0/8)."""
        networks = []
        for word in self.words(name):
            try:
                networks.append(ip_network(word, strict=False))
            except ValueError:
                self.fault(name, f"holds {word!r}; use addresses or blocks like 10.0.0.0/8")
        return networks

    def secret(self, name: str, *, made_in: Path | None, shortest: int = 32) -> str:
        """A secret of `shortest` characters or more; when missing it is made once into the file `made_in` (DEBUG)."""
        value = self.text(name)
        if not value and made_in is not None:
            return made_once(made_in, name, lambda: secrets.token_urlsafe(48))
        if not value:
            self.fault(name, "is missing; make one with: python3 -c 'import secrets; print(secrets.token_urlsafe(48))'")
        elif len(value) < shortest:
            self.fault(name, f"is too short; it needs {shortest} characters or more")
        elif len(set(value)) < 8 or any(word in value.lower() for word in SAMPLE_SECRETS):
            self.fault(name, "is a sample value; make one of your own")
        else:
            return value
        return "x" * shortest  # never used: `finish` stops the start

    def fernet_keys(self, name: str, *, made_in: Path | None) -> list[str]:
        """Keys for secrets at rest: the first encrypts, all decrypt."""
        keys = self.words(name)
        if not keys and made_in is not None:
            return [made_once(made_in, name, lambda: Fernet.generate_key().decode())]
        if not keys:
            self.fault(
                name,
                "is missing; make one with: "
                "python3 -c 'import base64, os; print(base64.urlsafe_b64encode(os.urandom(32)).decode())'",
            )
        for key in keys:
            try:
                Fernet(key)
            except ValueError:
                self.fault(name, "holds something that is no Fernet key (32 bytes in URL-safe base64)")
        return keys

    def fault(self, name: str, message: str) -> None:
        self.faults.append(f"{name} {message}")

    def finish(self) -> None:
        if self.faults:
            lines = "\n".join(f"  - {fault}" for fault in self.faults)
            raise SystemExit(f"The settings in the environment are wrong (see .env.example):\n{lines}")


def is_address(value: str, schemes: set[str]) -> bool:
    """Whether `value` is a URL of one of `schemes` whose host and port can be read."""
    try:
        parts = urlsplit(value)
        return parts.scheme in schemes and parts.port != 0
    except ValueError:
        return False


def is_origin(value: str) -> bool:
    """Whether a readable address is scheme, host and perhaps port, as browsers send them in Origin."""
    parts = urlsplit(value)
    port = f":{parts.port}" if parts.port else ""
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    return bool(host) and value == f"{parts.scheme}://{host}{port}"


def made_once(path: Path, name: str, make: Callable[[], str]) -> str:
    """The value `name` in the secrets file `path`, made when missing. The file is readable by its owner only."""
    known: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
    if name not in known:
        known[name] = make()
        draft = path.with_suffix(f".{os.getpid()}")
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            json.dump(known, file, indent=2)
        draft.replace(path)  # a crash leaves the old file or the new one, never half of one
    return known[name]
