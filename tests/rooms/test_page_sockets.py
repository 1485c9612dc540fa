"""Live connections of browsers that are signed in on this site's pages."""

import pytest
from django.test import Client

from accounts.models import Session, User
from rooms.models import Participant, Room
from tests.accounts.test_page_sessions import browser_of
from tests.factories import make_room
from tests.live import Live, Server, apart


@pytest.mark.parametrize("how", ["ended elsewhere", "signed out"])
async def test_sockets_of_a_page_end_at_once(daphne: Server, room: Room, participant: User, how: str) -> None:
    browser = await apart(browser_of, participant)
    cookie = {"Cookie": f"sessionid={browser.cookies['sessionid'].value}"}
    async with Live(daphne.live_url, additional_headers=cookie, origin=daphne.url) as client:
        assert (await client.subscribe(room.pk))["room"]["joinCode"] == room.join_code
        if how == "signed out":
            await apart(browser.post, "/logout")
        else:
            await apart(daphne.call, "DELETE", "/auth/sessions", participant)
        assert await client.closed() == 4401


def join(browser: Client, room: Room, name: str) -> User:
    browser.get(f"/j/{room.join_code}")
    assert browser.post(f"/j/{room.join_code}", {"name": name}).status_code == 302
    return Participant.objects.get(room=room, user__name=name).user


async def test_tabs_of_guests_in_two_rooms_leave_each_other_alone(daphne: Server, room: Room, organiser: User) -> None:
    other = await apart(make_room, organiser, name="Other")
    browser = Client()
    gina = await apart(join, browser, room, "Gina")

    def tab(of: Room) -> Live:
        cookie = {"Cookie": f"sessionid={browser.cookies['sessionid'].value}"}
        return Live(f"{daphne.live_url}?room={of.pk}", additional_headers=cookie, origin=daphne.url)

    async def who(client: Live, of: Room) -> list[str]:
        answer = await client.ask("presence:get_online", roomId=of.pk)
        return [user["name"] for user in answer["data"]["users"]]

    async with tab(room) as first:
        await first.subscribe(room.pk)
        gino = await apart(join, browser, other, "Gino")
        async with tab(other) as second:
            await second.subscribe(other.pk)
            assert await who(first, room) == ["Gina"]
            assert await who(second, other) == ["Gino"]
            state = await apart(browser.get, f"/rooms/{room.pk}/state.json")
            assert state.json()["me"]["userId"] == gina.pk
            await second.event("presence:user_online")
            async with tab(other) as again, tab(room) as back:  # whichever of them was opened last
                await again.subscribe(other.pk)
                await back.subscribe(room.pk)
                await apart(browser.get, f"/rooms/{other.pk}")
                assert await who(back, room) == ["Gina"]
                assert await who(again, other) == ["Gino"]
                assert await apart(Session.objects.filter(user__in=[gina, gino], revoked_at=None).count) == 2
                await apart(browser.post, "/logout")
                assert [await each.closed() for each in (first, second, again, back)] == [4401] * 4
    assert await apart(Session.objects.filter(user__in=[gina, gino], revoked_at=None).count) == 0
