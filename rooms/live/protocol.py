"""How a live connection is answered: one acknowledgement for each message, whichever door it came through."""

import logging
from datetime import datetime
from typing import Any

from django.db import DatabaseError

from platform_site.rest.exceptions import DomainError, InvalidInput
from platform_site.rest.parsers import checked
from rooms.live.commands import Call, command_named
from rooms.live.connections import Connection
from rooms.live.frames import frame_now
from rooms.live.hub import Hub
from rooms.live.refusals import NotNow, ServerFault, TooManyMessages, Unreadable

logger = logging.getLogger(__name__)

LONGEST_MESSAGE = 64 * 1024  # bytes


async def obey(hub: Hub, connection: Connection, name: Any, data: Any, arrived_at: datetime) -> dict[str, Any]:
    """The acknowledgement of one message: {success: true, data} or {success: false, error}. Never raises.

    The door sends it, then calls `settle`.
    """
    try:
        if not connection.spend():
            raise TooManyMessages
        return {"success": True, "data": await answer(hub, connection, name, data, arrived_at)}
    except DomainError as error:
        return refusal(error)
    except DatabaseError:
        logger.exception("%s found no database", name)
        return refusal(NotNow())
    except Exception:
        logger.exception("%s crashed", name)
        return refusal(ServerFault())


async def answer(hub: Hub, connection: Connection, name: Any, data: Any, arrived_at: datetime) -> dict[str, Any]:
    command = command_named(name)
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
    return await command.run(Call(hub, connection, name, data, arrived_at))


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
