"""Rows to test with, made by the product's own actions where there is one."""

from functools import cache
from itertools import count
from typing import Any

from django.contrib.auth.hashers import make_password
from django.utils import timezone

from accounts.actions import open_session
from accounts.actors import PLATFORM
from accounts.models import User
from accounts.tokens import named_user
from apps_registry.models import App, ManifestVersion
from prizes.actions import commit_draw, create_prize
from prizes.models import Draw, Prize
from rooms.actions import create_room, update_room
from rooms.enums import RUNNERS, ParticipantRole, RoomStatus
from rooms.models import Participant, Room

PASSWORD = "correct horse battery staple"
SCHEMA = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "title": {"type": "string", "default": "Party", "x-visibility": "public", "x-mutable": True},
        "tickets": {"type": "integer", "minimum": 1, "x-visibility": "public"},
        "budget": {"type": "integer", "x-visibility": "organizer"},
        "answer": {"type": "string", "x-visibility": "private"},
    },
}
numbers = count(1)


@cache
def password_hash() -> str:
    return make_password(PASSWORD)


def make_user(name: str = "", **fields: Any) -> User:
    """A registered user with the password PASSWORD."""
    number = next(numbers)
    name = name or f"User {number}"
    fields = {"email": f"{name.lower().replace(' ', '.')}.{number}@example.com", "password": password_hash()} | fields
    return User.objects.create(name=name, **fields)


def make_guest(name: str = "Guest") -> User:
    return User.objects.create(name=name, is_guest=True)


def make_app(schema: dict[str, Any] | None = None, app_id: str = "", **manifest: Any) -> App:
    """A registered app; its app_id is new in every call, because compiled schemas are kept for the process."""
    app_id, version = app_id or f"app_test_{next(numbers)}", "1.0.0"
    whole = {
        "meta": {"name": f"Test app {app_id}", "version": version, "description": "For tests."},
        "baseUrl": "https://game.example.com",
        "capabilities": [],
        "permissions": [],
        "webhooks": {},
        "settings": SCHEMA if schema is None else schema,
    } | manifest
    app = App.objects.create(app_id=app_id, manifest=whole, manifest_version=version)
    ManifestVersion.objects.create(
        app=app, version=version, key=f"{app_id}@{version}", manifest=whole, published_at=timezone.now()
    )
    return app


def make_room(by: User, *, active: bool = True, app: App | None = None, **fields: Any) -> Room:
    room = create_room(by=by, app_id=(app or make_app()).app_id, **{"name": "Winter party"} | fields)
    return update_room(room_id=room.pk, by=by, status=RoomStatus.ACTIVE) if active else room


def add_participant(room: Room, user: User | None = None, role: str = ParticipantRole.PARTICIPANT) -> Participant:
    """Puts somebody into a room without asking: no rule, no event."""
    now = timezone.now()
    accepted = now if role in RUNNERS else None
    return Participant.objects.create(
        room=room, user=user or make_user(), role=role, role_accepted_at=accepted, joined_at=now
    )


def make_prize(room: Room, **fields: Any) -> Prize:
    return create_prize(room_id=room.pk, by=PLATFORM, **{"name": "Cup"} | fields)


def bearer(user: User, room_id: str = "") -> dict[str, str]:
    """The header that signs `user` in, as a guest of `room_id` where that is given.

    What a process reads when it is asked the first time is read by now.
    """
    access = open_session(user=user, room_id=room_id).access
    named_user(access)
    return {"Authorization": f"Bearer {access}"}


def make_draw(room: Room, prize: Prize, count: int | None = None, **fields: Any) -> Draw:
    """A committed draw over one prize, by the platform itself."""
    return commit_draw(room_id=room.pk, by=PLATFORM, prizes=[(prize.pk, count)], **fields)
