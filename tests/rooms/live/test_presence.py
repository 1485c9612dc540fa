"""Who is online: people, not tabs, over processes and after a kill -9."""

import asyncio
from typing import Any

import pytest

from accounts.models import User
from rooms.models import Room, RoomEvent
from tests.live import UVICORN, Live, Server, apart, token_of

pytestmark = pytest.mark.usefixtures("committed_db")


async def online(client: Live, room: Room) -> list[str]:
    answer = await client.ask("presence:get_online", roomId=room.pk)
    return sorted(user["name"] for user in answer["data"]["users"])


async def test_presence_counts_people_not_tabs(
    server: Server, room: Room, organiser: User, participant: User, stranger: User
) -> None:
    token, other, passing = [await apart(token_of, user) for user in (participant, organiser, stranger)]
    async with Live(server.live_url, other) as boss, Live(server.live_url, passing) as visitor:
        await boss.subscribe(room.pk)
        await visitor.subscribe(room.pk)
        async with Live(server.live_url, token) as phone:
            await phone.subscribe(room.pk)
            async with Live(server.live_url, token) as tablet:
                await tablet.subscribe(room.pk)
                await boss.until(lambda: arrivals(boss, participant))
                assert await online(boss, room) == ["Olga Organiser", "Pat Participant"]
            await asyncio.sleep(1.5)
            assert await online(boss, room) == ["Olga Organiser", "Pat Participant"]
        left = await boss.event("presence:user_offline")
        assert (left["userId"], left["onlineCount"]) == (participant.pk, 1)
        assert len(arrivals(boss, participant)) == 1
        assert await online(boss, room) == ["Olga Organiser"]
    assert not await apart(RoomEvent.objects.filter(type__startswith="presence").exists)


def arrivals(client: Live, user: User) -> list[dict[str, Any]]:
    return [
        each for each in client.events if each["event"] == "presence:user_online" and each["data"]["userId"] == user.pk
    ]


async def test_strangers_do_not_see_who_is_in_a_private_room(daphne: Server, private_room: Room) -> None:
    async with Live(daphne.live_url) as client:
        answer = await client.ask("presence:get_online", roomId=private_room.pk)
        assert answer["error"]["code"] == "NOT_FOUND"


async def test_whoever_a_killed_process_held_goes_offline(
    room: Room, organiser: User, participant: User, redis_url: str
) -> None:
    tokens = [await apart(token_of, user) for user in (organiser, participant)]
    with Server(UVICORN, REDIS_URL=redis_url) as one, Server(UVICORN, REDIS_URL=redis_url) as other:
        async with Live(one.live_url, tokens[0]) as boss:
            await boss.subscribe(room.pk)
            async with Live(other.live_url, tokens[1]) as phone:
                await phone.subscribe(room.pk)
                await boss.until(lambda: arrivals(boss, participant))
                assert await online(boss, room) == ["Olga Organiser", "Pat Participant"]
                other.kill()
                left = await boss.event("presence:user_offline", 35)
                assert left["userId"] == participant.pk
                assert await online(boss, room) == ["Olga Organiser"]
