"""What an application can do for a room. A built-in app is a subclass of RoomApp, found by apps_registry.registry; one
that is registered answers by webhook, through the class that a setting names."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from platform_site.rest.exceptions import InvalidInput


class AppFailed(Exception):
    """An app did not answer, or not as it should. `reason` is shown to everybody: it holds nothing private."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class AppCommand:
    """A command of a game's own, named `{namespace}:{action}`. `takes` and `answers` are JSON Schemas of the data.

    `run(room_id=…, by=…, data=…, arrived_at=…)` is called in a thread for a signed-in user; it checks for itself what
    they may do, and raises domain errors. `arrived_at` is when the server read the message: it, and never a clock of
    the client, says who was first.
    """

    name: str
    summary: str
    takes: dict[str, Any]
    answers: dict[str, Any]
    run: Callable[..., dict[str, Any]] = field(repr=False)
    # For what hundreds send at once: `run` itself raises NotFound for whoever may not know of the room, and nobody
    # asks before.
    asks_for_access: bool = False


@dataclass(frozen=True)
class EventShape:
    """An event of a game's own, with the JSON Schema of each field of its data. Events that are not `logged` are told
    once and never repeated after a reconnect."""

    name: str
    summary: str
    fields: Mapping[str, Any]
    logged: bool = True


@dataclass(frozen=True)
class DrawRules:
    """What a game says of the draws in its rooms. Where an organizer gives a rule of their own, that one counts, but
    for `needs`: whoever lacks this key in their metadata enters no draw."""

    weight_field: str = ""
    needs: str = ""
    several_wins: bool = False


@dataclass(frozen=True)
class SelectionRequest:
    """Who wins? `participants` are [{id, userId, metadata}], `prizes` [{id, name, quantityRemaining}] with the pieces
    that this draw may give. `request_id` stays the same however often the same draw asks."""

    room_id: str
    participants: list[dict[str, Any]]
    prizes: list[dict[str, Any]]
    app_settings: dict[str, Any]
    request_id: str


@dataclass(frozen=True)
class Selection:
    participant_id: str
    prize_id: str
    metadata: dict[str, Any] = field(default_factory=dict)


class WinnerSelector(Protocol):
    def select_winners(self, request: SelectionRequest) -> Sequence[Selection]:
        """Called outside any transaction, and perhaps again with the same request_id. Raises AppFailed."""


@contextmanager
def told_at(position: int) -> Iterator[None]:
    """What is refused inside is told of the one at `position` of many."""
    try:
        yield
    except InvalidInput as refusal:
        faults = refusal.details["fields"].items()
        raise InvalidInput({f"{position}.{path}": texts for path, texts in faults}) from refusal


class RoomApp:
    """A game: what it does in the rooms that run it. Each method here does nothing; a game overrides what it needs.

    Methods that get a `room` are called inside the transaction of the change that they belong to, with the room
    locked. They may write rows, record events and raise domain errors, which undo the change. `room` and
    `participant` are rows of the models of rooms, and `by` is a person or PLATFORM of accounts.actors.
    """

    app_id = ""
    commands: Sequence[AppCommand] = ()
    events: Sequence[EventShape] = ()
    screen_modes: frozenset[str] = frozenset()  # of QUIZ and LEADERBOARD, those that the big screen can show

    def settings_faults(self, settings: dict[str, Any]) -> dict[str, list[str]]:
        """What is wrong with settings that the manifest's schema accepts: {dotted path from appSettings: messages}."""
        return {}

    def on_setup(self, room: Any, before: dict[str, Any], by: Any) -> None:
        """The room was created with this game, or its settings changed; they were `before`, empty where the room ran
        another game."""

    def on_activation(self, room: Any, by: Any) -> None:
        """The event is about to start. Raise InvalidInput to refuse."""

    def on_join(self, room: Any, participant: Any, by: Any) -> None:
        """Somebody is in the room, with a role that they did not have before: they joined, came back, were restored
        or changed. May be called more than once for the same person. May change and save their metadata."""

    def on_join_many(self, room: Any, participants: Sequence[Any], by: Any) -> None:
        """`on_join` for many who came at once. What is refused of one of them is told as `3.metadata.ticketNumber`,
        with their position from 0. A game whose `on_join` queries overrides this, too."""
        for at, participant in enumerate(participants):
            with told_at(at):
                self.on_join(room, participant, by)

    def on_metadata(self, room: Any, participant: Any, before: dict[str, Any], by: Any) -> None:
        """An organizer changed somebody's metadata, which was `before`. The row is saved, and told afterwards."""

    def on_leave(self, room: Any, participant: Any, by: Any) -> None:
        """Somebody left or was removed."""

    def on_closing(self, room: Any, by: Any) -> None:
        """The event is about to be completed or cancelled: the last moment at which something may happen in it."""

    def runtime_values(self, room: Any) -> dict[str, Any]:
        """What members read in `appSettings` beside the settings. Called for every row of a list: no queries. A game
        keeps what it needs for this in `room.app_runtime`."""
        return room.app_runtime or {}

    def draw_rules(self, room: Any) -> DrawRules:
        return DrawRules()

    def select_winners(self, request: SelectionRequest) -> Sequence[Selection]:
        """Who wins a draw, for a game whose manifest has the capability winnerSelection. Called outside any
        transaction, and perhaps again with the same request_id. Raises AppFailed."""
        raise AppFailed("The game does not choose.")

    def state_for(self, room: Any, user: Any) -> dict[str, Any]:
        """What a page of `user` (None: an outsider, or the big screen) begins with. Nothing that they may not know.
        `room` was read `as_seen_by(user)`, which says who they are in it."""
        return {}

    def wake(self, room_id: str, now: datetime) -> datetime | None:
        """Does what is due in a room (a time limit, a count to tell), in a transaction of its own; says when to call
        again, or None. Doing it twice, or late, changes nothing."""
        return None

    def due_rooms(self, now: datetime) -> Sequence[str]:
        """The rooms in which `wake` has something to do that no process did in time. The worker asks every second."""
        return ()
