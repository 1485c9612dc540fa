"""The big screen on a live connection: a key opens one room, rehearsals reach it, those who run the room see it."""

import pytest

from accounts.models import User
from prizes.actions import run_draw, show_on_screen
from rooms.actions import make_screen_key, revoke_screen_key
from rooms.live.identity import identity_of_screen_key
from rooms.models import Room, ScreenKey
from rooms.screen_keys import is_screen_there
from tests.factories import add_participant, make_draw, make_prize
from tests.live import Live, Server, apart, token_of
from tests.rooms.live.fakes import Phone, done, enter, follow, hub_in_test, quiet

pytestmark = pytest.mark.usefixtures("committed_db")


async def screen_in(hub: object, room: Room, organiser: User) -> tuple[Phone, ScreenKey]:
    row, key = await apart(make_screen_key, room_id=room.pk, by=organiser)
    phone = enter(hub)  # type: ignore[arg-type]
    identity = await apart(identity_of_screen_key, key)
    assert identity is not None
    hub.directory.identify(phone, identity)  # type: ignore[attr-defined]
    return phone, row


async def test_a_screen_follows_a_private_room_and_is_seen(private_room: Room, organiser: User, stranger: User) -> None:
    async with hub_in_test() as hub:
        boss, guest = enter(hub, organiser), enter(hub)
        await follow(hub, boss, private_room)
        screen, _ = await screen_in(hub, private_room, organiser)
        told = await follow(hub, screen, private_room)
        await quiet(hub)
        assert (told["level"], told["room"]["joinCode"]) == ("public", private_room.join_code)
        assert told["room"]["myRole"] is None
        assert await apart(is_screen_there, private_room.pk)
        assert boss.frames[-1][0] == "screen:presence"
        assert (boss.frames[-1][1]["connected"], boss.frames[-1][1]["screens"]) == (True, 1)
        await done(hub, show_on_screen, room_id=private_room.pk, by=organiser, mode="BLANK")
        assert screen.frames[-1][0] == boss.frames[-1][0] == "screen:changed"
        await hub.following.recheck(screen.subscriptions.values())
        assert private_room.pk in screen.subscriptions
        hub.leave(screen)
        await quiet(hub)
        assert boss.frames[-1][0] == "screen:presence"
        assert boss.frames[-1][1]["connected"] is False
        assert not await apart(is_screen_there, private_room.pk)
        assert guest.frames == []


async def test_a_screen_of_a_public_room_gets_no_frame_of_an_outsider_nor_an_outsider_its_code(
    room: Room, organiser: User
) -> None:
    """Both look at public level: what is read once for a kind of viewers must not mix the two."""
    async with hub_in_test() as hub:
        screen, _ = await screen_in(hub, room, organiser)
        visitor = enter(hub)
        shown = [(await follow(hub, each, room))["room"]["joinCode"] for each in (screen, visitor)]
        assert shown == [room.join_code, None]


async def test_frames_of_a_rehearsal_reach_the_screen_and_no_visitor(room: Room, organiser: User) -> None:
    def rehearse() -> None:
        draw = make_draw(room, prize, rehearsal=True)
        run_draw(room_id=room.pk, draw_id=draw.pk, by=organiser)

    await apart(add_participant, room)
    prize = await apart(make_prize, room)
    async with hub_in_test() as hub:
        screen, _ = await screen_in(hub, room, organiser)
        visitor, boss = enter(hub), enter(hub, organiser)
        for each in (screen, visitor, boss):
            await follow(hub, each, room)
        await done(hub, rehearse)
        drawn = ["draw:committed", "draw:running", "draw:completed"]
        assert [name for name in screen.names() if name.startswith("draw:")] == drawn
        assert [name for name in boss.names() if name.startswith("draw:")] == drawn
        assert not [name for name in visitor.names() if name.startswith("draw:")]


async def test_a_revoked_key_ends_its_screens(room: Room, organiser: User) -> None:
    async with hub_in_test() as hub:
        screen, row = await screen_in(hub, room, organiser)
        await follow(hub, screen, room)
        await done(hub, revoke_screen_key, room_id=room.pk, key_id=row.pk, by=organiser)
        await hub.directory.tick()
        assert screen.code == 4401


async def test_the_command_auth_takes_a_screen_key(daphne: Server, private_room: Room, organiser: User) -> None:
    _, key = await apart(make_screen_key, room_id=private_room.pk, by=organiser)
    async with Live(daphne.live_url) as client:
        refused = await client.ask("auth", screenKey="screen_wrong")
        assert refused["error"]["code"] == "INVALID_TOKEN"
        answer = await client.ask("auth", screenKey=key)
        assert answer["data"] == {"userId": None, "roomId": private_room.pk, "expiresAt": None}
        assert (await client.subscribe(private_room.pk))["level"] == "public"
        other = await client.ask("auth", token=await apart(token_of, organiser))
        assert other["error"]["details"]["reason"] == "other_identity"
        neither = await client.ask("auth")
        assert neither["error"]["code"] == "VALIDATION_ERROR"
