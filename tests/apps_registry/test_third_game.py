"""A third game is a folder and a page: it is built from docs/build-a-built-in-game.md, and played."""

import json
import re
import sys
from pathlib import Path

import pytest
from django.conf import settings as product
from django.utils import timezone

from apps_registry.contract import RoomApp
from apps_registry.models import App
from apps_registry.registration import register_builtin_apps
from apps_registry.registry import room_app
from platform_site.rest.exceptions import InvalidInput, NotFound
from rooms.actions import create_room, join_room, update_room
from rooms.errors import RoomNotActive
from rooms.live.games import described_commands, described_events, play
from rooms.models import RoomEvent
from tests.factories import make_user

PAGE = Path(product.BASE_DIR) / "docs" / "build-a-built-in-game.md"
BLOCK = re.compile(r"<!-- file: (?P<name>[\w.]+) -->\n```\w+\n(?P<text>.*?)```", re.DOTALL)
APP_ID = "app_applause_v1"


@pytest.fixture
def applause(tmp_path, settings, monkeypatch, db):
    """The folder of the page, in the place of a game."""
    folder = tmp_path / "third_games" / "applause"
    folder.mkdir(parents=True)
    (folder / "__init__.py").touch()
    for block in BLOCK.finditer(PAGE.read_text(encoding="utf-8")):
        text = block["text"].replace("apps_registry.builtin.applause", "third_games.applause")
        (folder / block["name"]).write_text(text, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    settings.BUILTIN_APPS = [*settings.BUILTIN_APPS, "third_games.applause"]
    register_builtin_apps(using="default")
    yield folder
    for name in [name for name in sys.modules if name.startswith("third_games")]:
        del sys.modules[name]


def move(room, user, **data):
    return play(name="applause:clap", data={"roomId": room.pk} | data, by=user, arrived_at=timezone.now())


def test_the_page_has_the_files_that_it_names(applause):
    assert {path.name for path in applause.iterdir()} - {"__pycache__"} == {
        "__init__.py",
        "manifest.json",
        "actions.py",
        "app.py",
    }


def test_it_is_played(applause, organiser, api):
    assert App.objects.get(app_id=APP_ID).manifest == json.loads((applause / "manifest.json").read_text())
    room = create_room(by=organiser, app_id=APP_ID, name="Concert", app_settings={"loud": 3})
    fan, stranger = make_user(), make_user()
    with pytest.raises(RoomNotActive):
        move(room, organiser)
    update_room(room_id=room.pk, by=organiser, status="ACTIVE")
    join_room(room_id=room.pk, by=fan)
    assert [move(room, fan)["claps"], move(room, fan, times=2)["claps"]] == [1, 3]
    with pytest.raises(InvalidInput):
        move(room, fan, times=11)
    shown = api(fan).get(f"/api/v1/rooms/{room.pk}").json()["data"]["appSettings"]
    assert shown == {"loud": 3, "claps": 3}
    assert api(stranger).get(f"/api/v1/rooms/{room.pk}").json()["data"]["appSettings"] == {"loud": 3}
    update_room(room_id=room.pk, by=organiser, status="COMPLETED")
    told = RoomEvent.objects.filter(room=room, type__startswith="applause:").order_by("seq")
    assert list(told.values_list("type", "payload")) == [
        ("applause:loud", {"claps": 3}),
        ("applause:result", {"claps": 3}),
    ]


def test_a_private_room_is_unknown_to_strangers(applause, organiser):
    room = create_room(by=organiser, app_id=APP_ID, name="Concert", is_public=False)
    with pytest.raises(NotFound):
        move(room, make_user())


def test_its_commands_and_events_are_described(applause):
    assert "applause:clap" in {command.name for command in described_commands()}
    assert {"applause:heard", "applause:loud"} <= {event.name for event in described_events()}


def test_the_page_names_every_method_of_the_contract():
    text = PAGE.read_text(encoding="utf-8")
    methods = [name for name in vars(RoomApp) if not name.startswith("_") and callable(getattr(RoomApp, name))]
    assert len(methods) > 10
    assert [name for name in methods if f"`{name}`" not in text] == []


def test_without_the_folder_there_is_no_game():
    assert room_app(APP_ID).app_id == ""
