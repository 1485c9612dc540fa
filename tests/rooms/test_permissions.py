"""Every endpoint is tried by every caller in every kind of room."""

import re
from dataclasses import dataclass
from typing import Any

import pytest
from django.apps import apps
from django.db import transaction
from django.urls import URLPattern, URLResolver, get_resolver
from rest_framework.test import APIClient

from accounts.actions import open_session
from accounts.handover import new_exchange_code
from accounts.models import User
from platform_site.views import UnknownPath
from prizes.actions import award_prize
from rooms.actions import delete_room, leave_room, make_screen_key, remove_participant
from rooms.enums import ParticipantRole
from rooms.models import Invitation, Notification, Room
from tests.contract import ContractClient
from tests.factories import (
    PASSWORD,
    add_participant,
    bearer,
    make_draw,
    make_guest,
    make_prize,
    make_room,
    make_user,
)
from tests.permission_table import CALLERS, TABLE, WITHOUT_ENVELOPE, Row

NOBODYS = "c" + "0" * 24


@dataclass
class World:
    clients: dict[str, APIClient]
    names: dict[str, str]  # what stands for {room}, {person} … in paths and bodies
    users: dict[str, User | None]
    tokens: dict[str, str]


def make_world(kind: str) -> World:
    organizer, moderator, removed, left = make_user(), make_user(), make_user(), make_user()
    room = make_room(organizer, active=kind in ("public", "private"), is_public=kind != "private")
    other_organizer, stranger = make_user(), make_user()
    elsewhere = make_room(other_organizer)
    add_participant(room, moderator, ParticipantRole.MODERATOR)
    users: dict[str, Any] = {
        "anonymous": None,
        "guest": make_guest(),
        "guest elsewhere": make_guest(),
        "viewer": make_user(),
        "participant": make_user(),
        "moderator": moderator,
        "organizer": organizer,
        "other organizer": other_organizer,
        "removed": removed,
        "left": left,
        "admin": make_user(is_staff=True, is_superuser=True),
    }
    assert tuple(users) == CALLERS
    for name in ("guest", "participant"):
        add_participant(room, users[name])
    add_participant(elsewhere, users["guest elsewhere"])
    add_participant(room, users["viewer"], ParticipantRole.VIEWER)
    person, gone = add_participant(room), add_participant(room, removed)
    deputy = add_participant(room, role=ParticipantRole.ORGANIZER)
    add_participant(room, left)
    remove_participant(room_id=room.pk, participant_id=gone.pk, by=organizer)
    leave_room(room_id=room.pk, by=left)
    prize = make_prize(room)
    win = draw = rehearsal = NOBODYS
    claim = "ZZZZZZ"
    if kind in ("public", "private"):
        drawn = make_prize(room, quantity=5)
        winner = add_participant(room)
        won = award_prize(room_id=room.pk, prize_id=drawn.pk, participant_id=winner.pk, by=organizer)
        win, claim = won.pk, won.claim_code
        draw = make_draw(room, drawn, 1).pk
        rehearsal = make_draw(room, drawn, 1, rehearsal=True).pk
    screen_key, _ = make_screen_key(room_id=room.pk, by=organizer)
    if kind == "deleted":
        delete_room(room_id=room.pk, by=organizer)
    names = {
        "win": win,
        "claim": claim,
        "screen_key": screen_key.pk,
        "draw": draw,
        "rehearsal": rehearsal,
        "kind": "csv",
        "room": room.pk,
        "code": room.join_code,
        "person": person.pk,
        "deputy": deputy.pk,
        "gone": gone.pk,
        "invitation": Invitation.objects.create(room=make_room(organizer), user=users["participant"]).pk,
        "stranger": stranger.pk,
        "prize": prize.pk,
        "app": room.app_id,
        "email": str(stranger.email),
        "password": PASSWORD,
        "refresh": open_session(user=stranger).refresh,
        "exchange": new_exchange_code(stranger),
        "participant": users["participant"].pk,
        "organizer": organizer.pk,
        "message": Notification.objects.create(user=users["participant"], type="note", title="Hello").pk,
    }
    rooms_of_guests = {"guest": room.pk, "guest elsewhere": elsewhere.pk}
    headers = {name: bearer(user, rooms_of_guests.get(name, "")) if user else {} for name, user in users.items()}
    clients: dict[str, APIClient] = {name: ContractClient(headers=headers[name]) for name in users}
    names["device"] = users["participant"].sessions.get().family
    tokens = {name: header.get("Authorization", "").removeprefix("Bearer ") for name, header in headers.items()}
    names["guest_token"] = tokens["guest"]
    return World(clients, names, users, tokens)


def every_row() -> dict[str, list[Any]]:
    """All that a refused request must leave as it was."""
    models: list[Any] = [
        model
        for label in ("accounts", "apps_registry", "rooms", "prizes")
        for model in apps.get_app_config(label).get_models()
    ]
    return {model.__name__: list(model._base_manager.order_by("pk").values()) for model in models}


def tries() -> list[Any]:
    return [
        pytest.param(row, kind, id=f"{row.method} {row.path} {row.body or ''} in {kind}")
        for row in TABLE
        for kind in row.expected
    ]


@pytest.mark.django_db
@pytest.mark.parametrize(("row", "kind"), tries())
def test_every_caller_gets_their_status_and_a_refusal_changes_nothing(row: Row, kind: str) -> None:
    world = make_world(kind)
    path = "/api/v1" + row.path.format(**world.names)
    body = {name: filled(value, world.names) for name, value in row.body.items()} if row.body is not None else None
    before = every_row()
    answers, touched = {}, []
    for caller, client in world.clients.items():
        with transaction.atomic():
            answer = client.generic(row.method, path) if body is None else send(client, row.method, path, body)
            answers[caller] = answer.status_code
            if answer.status_code >= 400:
                assert "error" in answer.json()
            elif row.path not in WITHOUT_ENVELOPE:
                assert "data" in answer.json()
            if answer.status_code >= 400 and every_row() != before:
                touched.append(caller)
            transaction.set_rollback(True)
    assert answers == row.expected[kind]
    assert not touched


def filled(value: Any, names: dict[str, str]) -> Any:
    return value.format(**names) if isinstance(value, str) else value


def send(client: APIClient, method: str, path: str, body: dict[str, Any]) -> Any:
    return getattr(client, method.lower())(path, body, format="json")


@pytest.mark.django_db
def test_a_refused_read_of_a_private_room_is_the_same_as_of_none(private_room: Room, stranger: User, api: Any) -> None:
    for path in ("", "/participants", "/prizes", "/winners"):
        for user in (None, stranger):
            answer = api(user).get(f"/api/v1/rooms/{private_room.pk}{path}")
            assert answer.json() == api(user).get(f"/api/v1/rooms/{NOBODYS}{path}").json()


DOCUMENTS = ("docs/", "docs/live/", "docs/fair-draw/", "asyncapi.json")  # for everybody
DESCRIPTIONS = {("GET", f"/{page}") for page in DOCUMENTS}


def test_no_endpoint_is_missing_from_the_table() -> None:
    known = {(row.method, re.sub(r"\{\w+\}", "{}", row.path)) for row in TABLE}
    there = set(endpoints(get_resolver("platform_site.api"))) - DESCRIPTIONS
    assert there - known == set(), "These endpoints need a row in tests/permission_table.py."
    assert known - there == set(), "The table has rows for endpoints that do not exist."


def endpoints(resolver: URLResolver | Any, prefix: str = "") -> list[tuple[str, str]]:
    """(method, path with {} for each parameter) of all that answers below /api/v1."""
    found = []
    for pattern in resolver.url_patterns:
        path = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            found += endpoints(pattern, path)
        elif isinstance(pattern, URLPattern) and getattr(pattern.callback, "cls", None) is not UnknownPath:
            found += [(method, readable(path)) for method in methods_of(pattern.callback)]
    return found


def methods_of(view: Any) -> list[str]:
    actions = getattr(view, "actions", None)
    if actions:
        return [method.upper() for method in actions if method != "head"]
    cls = getattr(view, "cls", None) or getattr(view, "view_class", None)
    return (
        [name.upper() for name in cls.http_method_names if name not in ("head", "options") and hasattr(cls, name)]
        if cls
        else ["GET"]
    )


def readable(path: str) -> str:
    path = re.sub(r"\(\?P<\w+>(?:[^()]|\([^()]*\))*\)", "{}", path)  # a regular expression's parameter
    path = re.sub(r"<(?:\w+:)?\w+>", "{}", path)  # a path converter
    path = re.sub(r"\\Z|[\^$]", "", path).replace("\\", "")
    return "/" + path.removeprefix("v1/").lstrip("/")
