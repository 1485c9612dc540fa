"""Who is online: people, not tabs, over processes and after a kill -9."""

from typing import Any

import pytest

from accounts.models import User
from rooms.actions import change_participant
from rooms.models import Participant, Room, RoomEvent
from tests.live import UVICORN, Live, Server, apart, token_of
from tests.rooms.live.fakes import done, enter, follow, hub_in_test

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
            assert await online(boss, room) == ["Olga Organiser", "Pat Participant"]
        left = await boss.event("presence:user_offline")
        assert (left["userId"], left["onlineCount"]) == (participant.pk, 1)
        assert len(arrivals(boss, participant)) == 1
        assert boss.names().count("presence:user_offline") == 1, "the tablet alone is nobody's leaving"
        assert await online(boss, room) == ["Olga Organiser"]
    assert not await apart(RoomEvent.objects.filter(type__startswith="presence").exists)


def arrivals(client: Live, user: User) -> list[dict[str, Any]]:
    return [
        each for each in client.events if each["event"] == "presence:user_online" and each["data"]["userId"] == user.pk
    ]


async def test_everybody_is_told_whether_somebody_runs_the_room(
    server: Server, room: Room, moderator: User, participant: User
) -> None:
    runs, plays = [await apart(token_of, user) for user in (moderator, participant)]
    async with Live(server.live_url, plays) as phone:
        told = await phone.subscribe(room.pk)
        assert (told["onlineCount"], told["organizerOnline"]) == (0, False)
        assert await phone.event("room:subscribed") | {"timestamp": ""} == told | {"timestamp": ""}
        async with Live(server.live_url, runs) as boss:
            await boss.subscribe(room.pk)
            await phone.until(lambda: arrivals(phone, moderator))
            assert arrivals(phone, moderator)[0]["data"]["organizerOnline"] is True
            async with Live(server.live_url) as late:  # nobody in particular, in a public room
                told = await late.subscribe(room.pk)
                assert (told["onlineCount"], told["organizerOnline"]) == (2, True)
                answer = await late.ask("presence:get_online", roomId=room.pk)
                assert answer["data"]["organizerOnline"] is True
        left = await phone.event("presence:user_offline")
        assert (left["userId"], left["onlineCount"], left["organizerOnline"]) == (moderator.pk, 1, False)


async def test_a_new_role_alone_changes_who_runs_the_room(room: Room, organiser: User, moderator: User) -> None:
    async with hub_in_test() as hub:
        member, passer_by = enter(hub, moderator), enter(hub)
        await follow(hub, member, room)
        await follow(hub, passer_by, room)
        own = await apart(Participant.objects.get, room=room, user=moderator)
        await hub.presence.tell_changes(room.pk)
        await done(hub, change_participant, room_id=room.pk, participant_id=own.pk, role="PARTICIPANT", by=organiser)
        await hub.presence.tell_changes(room.pk)
        told = [(name, data["organizerOnline"]) for name, data in passer_by.frames if name.startswith("presence:")]
        assert told == [("presence:user_online", True), ("presence:changed", False)]
        assert hub.presence.running == {}
        assert hub.presence.here == {room.pk: {moderator.pk: 1}}


async def test_who_comes_in_just_after_a_telling_is_told_too(room: Room, organiser: User) -> None:
    async with hub_in_test() as hub:
        phone = enter(hub)
        await follow(hub, phone, room)
        late = enter(hub)
        told, catch_up = await hub.following.subscribe(late, room.pk, since=None, level=None)
        assert told["organizerOnline"] is False
        await follow(hub, enter(hub, organiser), room)
        await hub.presence.tell_changes(room.pk)
        await catch_up()
        name, data = late.frames[-1]
        assert (name, data["organizerOnline"], data["onlineCount"]) == ("presence:changed", True, 1)


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
                await phone.until(lambda: arrivals(phone, participant))
                told = await phone.subscribe(room.pk)
                assert (told["onlineCount"], told["organizerOnline"]) == (2, True)
                other.kill()
                left = await boss.event("presence:user_offline", 35)
                assert left["userId"] == participant.pk
                assert await online(boss, room) == ["Olga Organiser"]
