"""Who may know of a room is decided once: REST, live connections, pages and query sets answer alike."""

from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.test import Client

from rooms.models import Room
from rooms.querysets import may_know_of
from tests.live import Live, Server, apart
from tests.permission_table import CALLERS, ROOMS
from tests.rooms.test_permissions import World, make_world

pytestmark = pytest.mark.usefixtures("committed_db")


def by_rest(world: World) -> dict[str, bool]:
    path = f"/api/v1/rooms/{world.names['room']}"
    statuses = {caller: client.get(path).status_code for caller, client in world.clients.items()}
    assert set(statuses.values()) <= {200, 404}
    return {caller: status == 200 for caller, status in statuses.items()}


async def by_socket(world: World, server: Server) -> dict[str, bool]:
    found = {}
    for caller, token in world.tokens.items():
        async with Live(server.live_url, token or None) as client:
            answer = await client.ask("room:subscribe", roomId=world.names["room"])
        assert answer["success"] or answer["error"]["code"] == "NOT_FOUND", answer
        found[caller] = answer["success"]
    return found


def by_query(world: World) -> dict[str, bool]:
    return {
        caller: Room.objects.as_seen_by(user).filter(pk=world.names["room"]).exists()
        for caller, user in world.users.items()
    }


def by_row(world: World) -> dict[str, bool]:
    found = {}
    for caller, user in world.users.items():
        room = Room.objects.with_role_of(user).filter(pk=world.names["room"]).first()
        found[caller] = room is not None and may_know_of(room, user)
    return found


def by_page(world: World) -> dict[str, bool]:
    found = {}
    for caller, user in world.users.items():
        browser = Client()
        if user is not None:
            browser.force_login(user)
        found[caller] = browser.get(f"/draws/{world.names['draw']}/verify").status_code == 200
    return found


@pytest.mark.parametrize("kind", ROOMS)
async def test_every_door_answers_every_caller_alike(kind: str, daphne: Server) -> None:
    world = await apart(make_world, kind)
    expected: dict[str, Any] = await sync_to_async(by_rest)(world)
    assert tuple(expected) == CALLERS
    assert await by_socket(world, daphne) == expected
    assert await apart(by_query, world) == expected
    assert await apart(by_row, world) == expected
    if kind in ("public", "private"):  # the kinds in which there is a draw
        assert await sync_to_async(by_page)(world) == expected
