"""Fixtures for all tests. Databases and Redis are in databases.py, markers for Chromium and Node in programs.py."""

import os
from collections.abc import Callable
from typing import Any

import pytest
from django.db.backends.postgresql.creation import DatabaseCreation
from django.test import Client
from rest_framework.test import APIClient

from accounts.hashes import PasswordHasher
from accounts.models import User
from rooms.enums import ParticipantRole
from rooms.models import Room
from tests.contract import ContractClient
from tests.factories import add_participant, bearer, make_room, make_user
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


# Argon2 as in production, but for its cost: a suite that signs in a thousand times does not guard anything by it.
PasswordHasher.time_cost, PasswordHasher.memory_cost, PasswordHasher.parallelism = 1, 8, 1


@pytest.fixture
def organiser(db: None) -> User:
    return make_user("Olga Organiser")


@pytest.fixture
def moderator(db: None) -> User:
    return make_user("Mo Moderator")


@pytest.fixture
def participant(db: None) -> User:
    return make_user("Pat Participant")


@pytest.fixture
def stranger(db: None) -> User:
    """Signed in, and of another room: tries every door."""
    return make_user("Stella Stranger")


@pytest.fixture
def admin(db: None) -> User:
    return make_user("Ada Admin", is_staff=True, is_superuser=True)


@pytest.fixture
def room(organiser: User, moderator: User, participant: User) -> Room:
    """A public ACTIVE room with an organiser, a moderator and a participant in it."""
    room = make_room(organiser)
    add_participant(room, moderator, ParticipantRole.MODERATOR)
    add_participant(room, participant)
    return room


@pytest.fixture
def private_room(organiser: User, moderator: User, participant: User) -> Room:
    room = make_room(organiser, is_public=False)
    add_participant(room, moderator, ParticipantRole.MODERATOR)
    add_participant(room, participant)
    return room


@pytest.fixture
def api() -> Callable[..., APIClient]:
    """`api()` is an anonymous client, `api(user)` one that sends the access token of `user`.

    Every answer they get is held against the OpenAPI document.
    """

    def client(user: User | None = None) -> APIClient:
        return ContractClient(headers=bearer(user) if user else {})

    return client


@pytest.fixture
def dashboard(db: None) -> Callable[..., Client]:
    """`dashboard()` is an anonymous browser of the organiser dashboard, `dashboard(user)` one signed in as `user`."""

    def browser(user: User | None = None) -> Client:
        client = Client()
        if user is not None:
            client.force_login(user)
        return client

    return browser


def drop_with_its_sessions(self: Any, name: str, verbosity: int) -> None:
    """What a killed server or a thread left open must not keep the test database."""
    with self._nodb_cursor() as cursor:
        cursor.execute(f"DROP DATABASE {self.connection.ops.quote_name(name)} WITH (FORCE)")


DatabaseCreation._destroy_test_db = drop_with_its_sessions  # type: ignore[attr-defined,method-assign,unused-ignore]
