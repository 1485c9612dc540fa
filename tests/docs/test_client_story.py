"""The client story of docs/ runs, as its readers would run it, and leaves what it tells of."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from accounts.models import Session
from prizes.enums import WinnerState
from prizes.models import Winner
from rooms.enums import RoomStatus
from rooms.models import Invitation, Room
from tests.factories import PASSWORD, make_app, make_room, make_user

STORY = Path(__file__).resolve().parents[2] / "docs" / "client_story.py"
APP = {"type": "object", "required": ["tickets"], "properties": {"tickets": {"type": "integer", "minimum": 1}}}


@pytest.mark.django_db(transaction=True)
def test_the_story_runs(live_server):
    organizer, player, app = make_user("Olga"), make_user("Pat"), make_app(APP)
    for _ in range(3):
        make_room(make_user(), app=make_app())
    people = ["--organizer", str(organizer.email), "--player", str(player.email)]
    options = [*people, "--password", PASSWORD, "--app", app.app_id]
    told = subprocess.run(
        [sys.executable, "-I", STORY, live_server.url, *options],
        capture_output=True, text=True, timeout=120, check=False, env={"PATH": os.environ["PATH"]},
    )  # fmt: skip
    assert told.returncode == 0, told.stdout + told.stderr
    assert told.stdout.endswith("All as described.\n")
    room = Room.objects.get(created_by=organizer)
    assert (room.status, room.app_settings) == (RoomStatus.COMPLETED, {"tickets": 1})
    states = sorted(Winner.objects.filter(room=room).values_list("prize__name", "state"))
    assert states == [
        ("Mug", WinnerState.FULFILLED),
        ("Mug", WinnerState.REVOKED),
        *[("Voucher", WinnerState.AWARDED)] * 2,
    ]
    assert Invitation.objects.get().email == "somebody@example.com"
    assert not Session.objects.live().filter(user__in=[organizer, player]).exists()
