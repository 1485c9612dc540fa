"""What clients may ask for over a live connection. All doors carry these commands; apps add their own."""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import jsonschema_rs
from django.db import DatabaseError

from platform_site.rest.exceptions import DomainError, InvalidInput, PayloadTooLarge
from platform_site.rest.parsers import checked
from rooms.connections import MOST_ROOMS, Connection
from rooms.errors import OtherIdentity, TooManyRooms
from rooms.frames import frame_now
from rooms.identity import identity_of_token

logger = logging.getLogger(__name__)

LONGEST_MESSAGE = 64 * 1024  # bytes
ID = {"type": "string", "minLength": 1, "maxLength": 100}
LEVEL = {"enum": ["public", "organizer", "private"]}


class InvalidToken(DomainError):
    code, status, message = "INVALID_TOKEN", 401, "The token is not valid or has expired."


class SignInFirst(DomainError):
    code, status, message = "UNAUTHORIZED", 401, "Sign in first."


class TooManyMessages(DomainError):
    code, status, message = "RATE_LIMIT_EXCEEDED", 429, "Too many messages. Wait a moment."


class MessageTooLarge(PayloadTooLarge):
    message = "The message is larger than 64 KiB."


class Unreadable(DomainError):
    code, status, message = "BAD_REQUEST", 400, 'Send a JSON object with "event" and "data".'


class ServerFault(DomainError):
    code, status, message = "INTERNAL_ERROR", 500, "Something went wrong on our side."


class NotNow(DomainError):
    code, status, message = "SERVICE_UNAVAILABLE", 503, "The database does not answer. Try again."


Answer = Awaitable[dict[str, Any]] | dict[str, Any]


@dataclass(frozen=True)
class Command:
    """`takes` and `answers` are JSON Schemas (draft 7) of the data either way. What does not fit `takes` is refused."""

    name: str
    summary: str
    takes: dict[str, Any]
    answers: dict[str, Any]
    run: Callable[..., Any] = field(repr=False)
    in_thread: bool = False

    @cached_property
    def validator(self) -> Any:
        return jsonschema_rs.Draft7Validator(self.takes)

    def check(self, data: dict[str, Any]) -> None:
        faults: dict[str, list[str]] = {}
        for error in self.validator.iter_errors(data):
            faults.setdefault(".".join(map(str, error.instance_path)) or "data", []).append(str(error.message)[:300])
        if faults:
            raise InvalidInput(faults)


COMMANDS: dict[str, Command] = {}


def shape(required: tuple[str, ...] = (), **properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(required)}


def live_command(name: str, *, takes: dict[str, Any], answers: dict[str, Any]) -> Callable[[Any], Any]:
    """Registers `async def run(connection, data) -> dict`. The first line of its docstring is its summary."""

    def register(run: Callable[[Connection, dict[str, Any]], Awaitable[dict[str, Any]]]) -> Any:
        COMMANDS[name] = Command(name, summary_of(run), takes, answers, run)
        return run

    return register


def database_command(name: str, *, takes: dict[str, Any], answers: dict[str, Any]) -> Callable[[Any], Any]:
    """Registers `def run(*, by: User, data: dict) -> dict`, which runs in a thread: what apps write their moves as.

    Whoever sends it must be signed in. Domain errors become error acknowledgements.
    """

    def register(run: Callable[..., dict[str, Any]]) -> Any:
        COMMANDS[name] = Command(name, summary_of(run), takes, answers, run, in_thread=True)
        return run

    return register


def summary_of(run: Any) -> str:
    return (run.__doc__ or "").strip().partition("\n")[0]


async def obey(connection: Connection, name: Any, data: Any) -> dict[str, Any]:
    """The acknowledgement of one message: {success: true, data} or {success: false, error}. Never raises.

    The door sends it, then calls `settle`.
    """
    try:
        if not connection.spend():
            raise TooManyMessages
        return {"success": True, "data": await answer(connection, name, data)}
    except DomainError as error:
        return refusal(error)
    except DatabaseError:
        logger.exception("%s found no database", name)
        return refusal(NotNow())
    except Exception:
        logger.exception("%s crashed", name)
        return refusal(ServerFault())


async def answer(connection: Connection, name: Any, data: Any) -> dict[str, Any]:
    command = COMMANDS.get(name) if isinstance(name, str) else None
    if command is None:
        raise InvalidInput({"event": ["There is no such command."]})
    data = {} if data is None else data
    if not isinstance(data, dict):
        raise InvalidInput({"data": ["Send an object."]})
    try:
        checked(data)
    except (ValueError, RecursionError):
        raise Unreadable("The data nests too deep or holds text that cannot be stored.") from None
    try:
        command.check(data)
    except (ValueError, TypeError):  # a binary attachment of Socket.IO
        raise Unreadable("Send JSON values only.") from None
    if not command.in_thread:
        return await command.run(connection, data)
    if not connection.identity.user_id:
        raise SignInFirst
    return await connection.hub.run(lambda: command.run(by=connection.user, data=data))


def refusal(error: DomainError) -> dict[str, Any]:
    told: dict[str, Any] = {"code": error.code, "message": error.message}
    return {"success": False, "error": told | ({"details": error.details} if error.details else {})}


async def settle(connection: Connection) -> None:
    """What follows an answer: the events that a new subscription has missed."""
    while connection.after_answer:
        await connection.after_answer.pop(0)()


def complain(connection: Connection, refused: dict[str, Any]) -> None:
    """Tells of a refusal for which the client has asked no acknowledgement."""
    connection.push(frame_now("error", **refused["error"]))


# --- The platform's own commands -------------------------------------------------------------------------------------


@live_command(
    "auth",
    takes=shape(("token",), token={"type": "string", "maxLength": 8192}),
    answers=shape(("userId", "expiresAt"), userId=ID, expiresAt={"type": "number"}),
)
async def auth(connection: Connection, data: dict[str, Any]) -> dict[str, Any]:
    """Says who the client is, or renews its token; nobody can become somebody else."""
    identity = await connection.hub.run(identity_of_token, data["token"])
    if identity is None:
        raise InvalidToken
    if connection.identity.user_id not in {"", identity.user_id}:
        raise OtherIdentity
    connection.identify(identity)
    await connection.hub.recheck(connection.subscriptions.values())
    return {"userId": identity.user_id, "expiresAt": identity.expires_at}


@live_command(
    "room:subscribe",
    takes=shape(("roomId",), roomId=ID, since={"type": ["integer", "null"], "minimum": 0}, level=LEVEL),
    answers=shape(
        ("roomId", "room", "level", "seq", "resumed"),
        roomId=ID,
        room={"$ref": "#/components/schemas/Room"},
        level=LEVEL,
        seq={"type": "integer"},
        resumed={"type": "boolean", "description": "Whether the events after `since` follow; else start from `room`."},
    ),
)
async def subscribe(connection: Connection, data: dict[str, Any]) -> dict[str, Any]:
    """Follows a room; with `since` (and the level it was counted at) what was missed follows too."""
    room_id = data["roomId"]
    if len(connection.subscriptions) >= MOST_ROOMS and room_id not in connection.subscriptions:
        raise TooManyRooms(f"One connection follows at most {MOST_ROOMS} rooms.")
    told, catch_up = await connection.hub.subscribe(
        connection, room_id, since=data.get("since"), level=data.get("level")
    )
    connection.after_answer.append(catch_up)
    return told


@live_command("room:unsubscribe", takes=shape(("roomId",), roomId=ID), answers=shape(("roomId",), roomId=ID))
async def unsubscribe(connection: Connection, data: dict[str, Any]) -> dict[str, Any]:
    """Follows a room no longer."""
    connection.hub.unsubscribe(connection, data["roomId"])
    return {"roomId": data["roomId"]}


@live_command("ping", takes=shape(), answers=shape())
async def ping(connection: Connection, data: dict[str, Any]) -> dict[str, Any]:
    """Does nothing: its acknowledgement shows a client that the connection lives."""
    return {}
