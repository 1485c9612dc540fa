"""Commands and events of the games that rooms run: which there are, and who in the process carries out a command."""

import logging
from datetime import datetime
from functools import cache
from typing import Any

from django.conf import settings
from django.utils import timezone

from accounts.models import User
from apps_registry.contract import AppCommand, RoomApp
from apps_registry.registry import builtin_apps, room_app
from platform_site.rest.exceptions import InvalidInput, NotFound
from rooms.live.catalogue import Event
from rooms.live.schemas import ID, CommandShape
from rooms.models import Room

logger = logging.getLogger(__name__)


class GameCommand(CommandShape):
    """A command of a game. Its data name the room by `roomId`, whether the game says so or not."""

    def __init__(self, command: AppCommand) -> None:
        takes = command.takes | {
            "type": "object",
            "properties": {"roomId": ID} | command.takes.get("properties", {}),
            "required": list(dict.fromkeys(["roomId", *command.takes.get("required", ())])),
        }
        super().__init__(command.name, command.summary, takes, command.answers)
        self.run = command.run
        self.asks_for_access = command.asks_for_access


def game_commands() -> dict[str, dict[str, GameCommand]]:
    """{app_id: {name: command}}"""
    return _commands(tuple(settings.BUILTIN_APPS))


@cache
def _commands(folders: tuple[str, ...]) -> dict[str, dict[str, GameCommand]]:
    return {
        app_id: {command.name: GameCommand(command) for command in game.commands}
        for app_id, game in builtin_apps().items()
    }


def is_game_command(name: str) -> bool:
    return any(name in commands for commands in game_commands().values())


def asks_for_access(name: str) -> bool:
    """Whether every game that has this command asks by itself who may know of the room."""
    named = [commands[name] for commands in game_commands().values() if name in commands]
    return all(command.asks_for_access for command in named)


def described_commands() -> list[GameCommand]:
    return [command for commands in game_commands().values() for command in commands.values()]


def described_events() -> list[Event]:
    return [
        Event(each.name, each.summary, dict(each.fields), logged=each.logged)
        for game in builtin_apps().values()
        for each in game.events
    ]


def play(*, name: str, data: dict[str, Any], by: User, arrived_at: datetime) -> dict[str, Any]:
    """Has the game of the room `roomId` carry out one of its commands. Waits for the database: call it in a thread.

    Raises NotFound where `by` may not know of the room, InvalidInput for a command that its game does not have or
    data that do not fit, and whatever the game refuses.
    """
    known = None if asks_for_access(name) else Room.objects.as_seen_by(by)
    app_id = app_of(data["roomId"], Room.objects if known is None else known)
    command = game_commands().get(app_id, {}).get(name)
    try:
        if command is None:
            raise InvalidInput({"event": ["The game of this room has no such command."]})
        command.check(data)
    except InvalidInput:
        if known is None:
            app_of(data["roomId"], Room.objects.as_seen_by(by))  # a fault is told of rooms that they may know of
        raise
    return command.run(room_id=data["roomId"], by=by, data=data, arrived_at=arrived_at)


def app_of(room_id: str, rooms: Any) -> str:
    """The app that a room runs. Raises NotFound where it is not among `rooms`."""
    app_id: str | None = rooms.filter(pk=room_id).values_list("app_id", flat=True).first()
    if app_id is None:
        raise NotFound
    return app_id


def wants_waking(command: str) -> bool:
    """Whether the game of this command has something to do between commands."""
    return command in _commands_of_waking_games(tuple(settings.BUILTIN_APPS))


@cache
def _commands_of_waking_games(folders: tuple[str, ...]) -> frozenset[str]:
    waking = [game for game in builtin_apps().values() if type(game).wake is not RoomApp.wake]
    return frozenset(command.name for game in waking for command in game.commands)


def wake(room_id: str) -> datetime | None:
    """Has the game of a room do what is due; answers when something will be. Call it in a thread."""
    room = Room.objects.only("app_id").filter(pk=room_id).first()
    return room_app(room.app_id).wake(room_id, timezone.now()) if room is not None else None


def wake_due_rooms() -> list[str]:
    """Wakes the games that no process woke in time; says in which rooms. One that fails keeps no other waiting."""
    now, woken = timezone.now(), []
    for game in builtin_apps().values():
        for room_id in game.due_rooms(now):
            try:
                game.wake(room_id, now)
            except Exception:
                logger.exception("The game of room %s could not be woken", room_id)
            else:
                woken.append(room_id)
    return woken
