"""A game for the tests of the live wing: it says back what it was asked."""

from datetime import datetime
from threading import Event
from typing import Any

from accounts.models import User
from apps_registry.contract import AppCommand, EventShape, RoomApp
from platform_site.rest.exceptions import Conflict
from rooms.live.schemas import shape

SLOW = 1  # the number over which it thinks until it is told to go on
asked: list[dict[str, Any]] = []
go_on = Event()


def guess(*, room_id: str, by: User, data: dict[str, Any], arrived_at: datetime) -> dict[str, Any]:
    call = {"room_id": room_id, "by": by.pk, "data": data, "arrived_at": arrived_at}
    asked.append(call)
    if data["number"] == SLOW:
        call["told_to_go_on"] = go_on.wait(5)
    if data["number"] == 13:
        raise Conflict("Not this one.")
    return {"number": data["number"]}


class Parlour(RoomApp):
    app_id = "app_parlour_v1"
    commands = (
        AppCommand(
            "parlour:guess",
            "Guesses a number.",
            takes=shape(("number",), number={"type": "integer"}),
            answers=shape(("number",), number={"type": "integer"}),
            run=guess,
        ),
    )
    events = (EventShape("parlour:guessed", "How many have guessed.", {"count": {"type": "integer"}}, logged=False),)


GAME = Parlour()
