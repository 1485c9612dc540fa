"""The page that checks a draw, in a browser."""

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.actors import PLATFORM
from prizes.actions import run_draw
from rooms.actions import leave_room
from rooms.models import Room
from tests.factories import add_participant, make_draw, make_prize


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("leaves", "verdict"),
    [
        (False, "Everything is right"),
        (True, "The sums are right, but look at who could not win"),
    ],
)
def test_the_verdict_tells_of_withdrawals_that_changed_the_result(
    live_server: LiveServer, room: Room, page: Page, leaves: bool, verdict: str
) -> None:
    first = add_participant(room)
    add_participant(room)
    draw = make_draw(room, make_prize(room, quantity=9))
    if leaves:
        leave_room(room_id=room.pk, by=first.user)
    run_draw(room_id=room.pk, draw_id=draw.pk, by=PLATFORM)
    page.goto(f"{live_server.url}/draws/{draw.pk}/verify")
    expect(page.locator("#verdict h2")).to_have_text(verdict)
    if leaves:
        expect(page.locator("#verdict")).to_contain_text("1 person")
        expect(page.locator("#verdict")).not_to_contain_text("Nobody changed anything")
