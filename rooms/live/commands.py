"""What clients may ask for over a live connection. All doors carry these commands, and those of the games."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from accounts.models import User
from rooms.errors import OtherIdentity, TooManyRooms
from rooms.live import games
from rooms.live.connections import MOST_ROOMS, Connection
from rooms.live.hub import Hub
from rooms.live.identity import identity_of_screen_key, identity_of_token
from rooms.live.presence import people_for
from rooms.live.refusals import SignInFirst, WrongToken
from rooms.live.schemas import FIGURES, ID, LEVEL, CommandShape, ref, shape
from rooms.notifications import NotificationSerializer, mark_read
from rooms.viewers import room_of_screen


@dataclass(frozen=True, slots=True)
class Call:
    """One message: what was asked, by whom, and when its frame arrived at this server."""

    hub: Hub
    connection: Connection
    name: str
    data: dict[str, Any]
    arrived_at: datetime


@dataclass
class Command(CommandShape):
    """A CommandShape and what does it: `run` answers the data of the acknowledgement, or raises a DomainError."""

    run: Callable[[Call], Awaitable[dict[str, Any]]] = field(repr=False)


async def auth(call: Call) -> dict[str, Any]:
    if "screenKey" in call.data:
        return await auth_screen(call)
    identity = await call.hub.worker.run(identity_of_token, call.data["token"])
    if identity is None:
        raise WrongToken
    connection = call.connection
    if connection.identity.user_id not in {"", identity.user_id} or connection.identity.screen_key:
        raise OtherIdentity
    call.hub.directory.identify(connection, identity)
    await call.hub.following.recheck(connection.subscriptions.values())
    return {"userId": identity.user_id, "expiresAt": identity.expires_at}


async def auth_screen(call: Call) -> dict[str, Any]:
    identity = await call.hub.worker.run(identity_of_screen_key, call.data["screenKey"])
    if identity is None:
        raise WrongToken("The screen key is not valid or was revoked.")
    connection = call.connection
    if connection.identity.user_id or connection.identity.screen_key not in {"", identity.screen_key}:
        raise OtherIdentity
    call.hub.directory.identify(connection, identity)
    await call.hub.following.recheck(connection.subscriptions.values())
    return {"userId": None, "roomId": room_of_screen(identity.user), "expiresAt": None}


async def subscribe(call: Call) -> dict[str, Any]:
    connection, room_id = call.connection, call.data["roomId"]
    if len(connection.subscriptions) >= MOST_ROOMS and room_id not in connection.subscriptions:
        raise TooManyRooms(f"One connection follows at most {MOST_ROOMS} rooms.")
    told, catch_up = await call.hub.following.subscribe(
        connection, room_id, since=call.data.get("since"), level=call.data.get("level")
    )
    connection.after_answer.append(catch_up)
    return told


async def unsubscribe(call: Call) -> dict[str, Any]:
    call.hub.following.unsubscribe(call.connection, call.data["roomId"])
    return {"roomId": call.data["roomId"]}


async def ping(call: Call) -> dict[str, Any]:
    return {}


async def get_online(call: Call) -> dict[str, Any]:
    room_id, hub = call.data["roomId"], call.hub
    now = await hub.presence.standing(room_id)
    shown = await hub.worker.run(people_for, room_id, call.connection.user, sorted(now.people))
    return {"roomId": room_id, "users": shown, **now.figures, "onlineCount": len(shown)}


async def mark_notification_read(call: Call) -> dict[str, Any]:
    user = signed_in(call)

    def mark() -> dict[str, Any]:
        read = mark_read(notification_id=call.data["notificationId"], by=user)
        return {"notification": NotificationSerializer(read).data}

    return await call.hub.worker.run(mark)


async def play(call: Call) -> dict[str, Any]:
    """Hands a command to the game of the room that its data name."""
    move = partial(games.play, name=call.name, data=call.data, by=signed_in(call), arrived_at=call.arrived_at)
    answer = await call.hub.worker.run(move)
    if games.wants_waking(call.name):
        call.hub.clock.look_soon(call.data["roomId"])
    return answer


def signed_in(call: Call) -> User:
    if not call.connection.identity.user_id:
        raise SignInFirst
    user: User = call.connection.user
    return user


RESUMED = {"type": "boolean", "description": "Whether the events after `since` follow; else start from `room`."}
SUBSCRIPTION = {
    "roomId": ID,
    "room": ref("Room"),
    "level": LEVEL,
    "seq": {"type": "integer"},
    "resumed": RESUMED,
} | FIGURES
ONLINE = {"roomId": ID, "users": {"type": "array", "items": ref("Person")}} | FIGURES

COMMANDS = {
    command.name: command
    for command in (
        Command(
            "auth",
            "Says who the client is, or renews its token; nobody can become somebody else. A big screen shows its "
            "`screenKey`, which opens the room `roomId`.",
            takes=shape(token={"type": "string", "maxLength": 8192}, screenKey={"type": "string", "maxLength": 100})
            | {"oneOf": [{"required": ["token"]}, {"required": ["screenKey"]}]},
            answers=shape(
                ("userId", "expiresAt"),
                userId={"type": ["string", "null"]},
                roomId=ID,
                expiresAt={"type": ["number", "null"]},
            ),
            run=auth,
        ),
        Command(
            "room:subscribe",
            "Follows a room; with `since` (and the level it was counted at) what was missed follows too.",
            takes=shape(("roomId",), roomId=ID, since={"type": ["integer", "null"], "minimum": 0}, level=LEVEL),
            answers=shape(tuple(SUBSCRIPTION), **SUBSCRIPTION),
            run=subscribe,
        ),
        Command(
            "room:unsubscribe",
            "Follows a room no longer.",
            takes=shape(("roomId",), roomId=ID),
            answers=shape(("roomId",), roomId=ID),
            run=unsubscribe,
        ),
        Command(
            "ping",
            "Does nothing: its acknowledgement shows a client that the connection lives.",
            takes=shape(),
            answers=shape(),
            run=ping,
        ),
        Command(
            "presence:get_online",
            "Who of a room's members follows it now.",
            takes=shape(("roomId",), roomId=ID),
            answers=shape(tuple(ONLINE), **ONLINE),
            run=get_online,
        ),
        Command(
            "notification:mark_read",
            "Marks a message as read.",
            takes=shape(("notificationId",), notificationId=ID),
            answers=shape(("notification",), notification=ref("Notification")),
            run=mark_notification_read,
        ),
    )
}
GAME_COMMAND = Command(
    "{game}:{action}",
    "A command of the game that the room runs.",
    takes=shape(("roomId",), roomId=ID),
    answers=shape(),
    run=play,
)


def command_named(name: Any) -> Command | None:
    if not isinstance(name, str):
        return None
    return COMMANDS.get(name) or (GAME_COMMAND if games.is_game_command(name) else None)
