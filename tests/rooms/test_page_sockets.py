"""Live connections of browsers that are signed in on this site's pages."""

import pytest

from accounts.models import User
from rooms.models import Room
from tests.accounts.test_page_sessions import browser_of
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
