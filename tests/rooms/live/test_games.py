"""Commands of games: dispatched by name to the game of the room that they name, with the moment of their arrival."""

import asyncio
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import override_settings
from django.utils import timezone

from accounts.models import User
from platform_site.asyncapi import document
from rooms.live.hub import Hub
from rooms.live.protocol import obey
from rooms.live.websocket import native_door
from rooms.models import Room
from tests.factories import add_participant, make_app, make_room
from tests.live import apart, token_of
from tests.rooms.live.fakes import Phone, enter, hub_in_test
from tests.rooms.live.parlour.app import SLOW, asked, go_on

pytestmark = pytest.mark.usefixtures("committed_db")

ARRIVED = datetime(2026, 1, 1, 20, 15, tzinfo=UTC)


@pytest.fixture(autouse=True)
def parlour(committed_db: None) -> Iterator[None]:
    asked.clear()
    go_on.clear()
    with override_settings(BUILTIN_APPS=["tests.rooms.live.parlour"]):
        yield


@pytest.fixture
def table(parlour: None, organiser: User, participant: User) -> Room:
    """A room that runs the game."""
    room = make_room(organiser, app=make_app(app_id="app_parlour_v1"))
    add_participant(room, participant)
    return room


async def ask(hub: Hub, phone: Phone, name: str = "parlour:guess", **data: Any) -> dict[str, Any]:
    return await obey(hub, phone, name, data, ARRIVED)


async def test_the_game_of_the_room_is_asked(table: Room, participant: User) -> None:
    async with hub_in_test() as hub:
        answer = await ask(hub, enter(hub, participant), roomId=table.pk, number=7, more="is ignored")
    assert answer == {"success": True, "data": {"number": 7}}
    (call,) = asked
    assert (call["room_id"], call["by"], call["arrived_at"]) == (table.pk, participant.pk, ARRIVED)
    assert call["data"]["number"] == 7


async def test_what_the_game_refuses_is_told_in_the_usual_shape(table: Room, participant: User) -> None:
    async with hub_in_test() as hub:
        answer = await ask(hub, enter(hub, participant), roomId=table.pk, number=13)
    assert answer["success"] is False
    assert (answer["error"]["code"], answer["error"]["message"]) == ("CONFLICT", "Not this one.")


async def test_what_does_not_fit_never_reaches_the_game(
    table: Room, private_room: Room, participant: User, stranger: User
) -> None:
    async with hub_in_test() as hub:
        phone = enter(hub, participant)
        for answer, code in (
            (await ask(hub, phone, number=7), "VALIDATION_ERROR"),
            (await ask(hub, phone, roomId=["x"], number=7), "VALIDATION_ERROR"),
            (await ask(hub, phone, roomId=table.pk, number="7"), "VALIDATION_ERROR"),
            (await ask(hub, phone, "parlour:nothing", roomId=table.pk), "VALIDATION_ERROR"),
            (await ask(hub, phone, roomId="nowhere", number=7), "NOT_FOUND"),
            (await ask(hub, enter(hub, stranger), roomId=private_room.pk, number=7), "NOT_FOUND"),
            (await ask(hub, enter(hub), roomId=table.pk, number=7), "UNAUTHORIZED"),
        ):
            assert answer["error"]["code"] == code, answer
    assert asked == []


async def test_a_room_of_another_game_has_no_such_command(room: Room, participant: User) -> None:
    async with hub_in_test() as hub:
        answer = await ask(hub, enter(hub, participant), roomId=room.pk, number=7)
    assert answer["error"]["details"]["fields"] == {"event": ["The game of this room has no such command."]}
    assert asked == []


async def test_a_message_is_stamped_when_it_arrives_not_when_the_one_before_is_done(
    table: Room, participant: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The client's second message is read, and stamped, while the game still thinks about the first."""
    sent: list[dict[str, Any]] = []
    token = await apart(token_of, participant)
    texts = [
        json.dumps({"id": number, "event": "parlour:guess", "data": {"roomId": table.pk, "number": number}})
        for number in (SLOW, 7)
    ]
    arriving: list[dict[str, Any]] = [{"type": "websocket.connect"}]
    arriving += [{"type": "websocket.receive", "text": text} for text in texts]
    read_all: list[datetime] = []
    answered = asyncio.Event()

    async def receive() -> dict[str, Any]:
        if arriving:
            return arriving.pop(0)
        read_all.append(timezone.now())
        go_on.set()
        await answered.wait()
        return {"type": "websocket.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)
        if sum('"ack"' in each.get("text", "") for each in sent) == 2:
            answered.set()

    scope = {"headers": [(b"host", b"testserver")], "subprotocols": [token], "client": ("127.0.0.1", 1)}
    async with hub_in_test() as hub, asyncio.timeout(20):
        monkeypatch.setattr("rooms.live.websocket.hub_here", lambda: hub)
        await native_door(scope, receive, send)
    assert [call["data"]["number"] for call in asked] == [SLOW, 7]
    assert asked[0]["told_to_go_on"], "the first was answered before the second was read"
    assert asked[1]["arrived_at"] <= read_all[0]


def test_the_description_holds_what_games_add() -> None:
    document.cache_clear()
    messages = document()["components"]["messages"]
    document.cache_clear()
    takes = messages["command.parlour.guess"]["payload"]["properties"]["data"]
    assert takes["required"] == ["roomId", "number"]
    counted = messages["event.parlour.guessed"]["payload"]["properties"]["data"]
    assert "seq" not in counted["properties"]
    assert counted["properties"].keys() == {"count", "roomId", "timestamp"}
