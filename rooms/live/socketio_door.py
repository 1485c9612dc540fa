"""Socket.IO 4 at /socket.io/: the same commands and events for clients that speak it, by websocket or polling."""

import json
from typing import Any

import socketio
from django.conf import settings
from django.utils import timezone
from engineio.packet import MESSAGE, Packet

from platform_site.rest.parsers import strict_json
from rooms.live.connections import Connection
from rooms.live.frames import Frame
from rooms.live.hub import Hub, hub_here
from rooms.live.identity import Identity, identity_of_cookie, identity_of_screen_key, identity_of_token
from rooms.live.origins import address_of, is_allowed_origin
from rooms.live.protocol import LONGEST_MESSAGE, complain, obey, settle
from rooms.live.refusals import TooManyConnections, WrongToken

NAMESPACE = "/"


class BoundedJSON:
    """The JSON of the Socket.IO library, but strict: nesting that ends Python's stack is unreadable, and no crash."""

    dumps = staticmethod(json.dumps)

    @staticmethod
    def loads(text: str | bytes) -> Any:
        return strict_json(text)


class SocketIODoor(socketio.AsyncServer):
    """Takes over where the library would look for an event handler: commands are the protocol's, in their order."""

    def __init__(self) -> None:
        super().__init__(
            async_mode="asgi",
            json=BoundedJSON,
            cors_allowed_origins=lambda origin, environ: is_allowed_origin(environ["asgi.scope"]),
            max_http_buffer_size=LONGEST_MESSAGE + 64,  # the packet's own signs beside the message
            ping_interval=20,
            ping_timeout=20,
            namespaces=[NAMESPACE],
        )
        self.connections: dict[str, SocketIOConnection] = {}
        self.on("connect", self.come_in)
        self.on("disconnect", self.go)

    async def come_in(self, sid: str, environ: dict[str, Any], auth: Any = None) -> None:
        hub = hub_here()
        identity = await identity_at_handshake(hub, environ["asgi.scope"], auth)
        if identity is None:
            raise socketio.exceptions.ConnectionRefusedError(f"Authentication failed: {WrongToken.message}")
        engine_id = self.manager.eio_sid_from_sid(sid, NAMESPACE)
        connection = SocketIOConnection(hub, self, sid, engine_id, address_of(environ["asgi.scope"]))
        try:
            hub.enter(connection)
        except TooManyConnections as error:
            raise socketio.exceptions.ConnectionRefusedError(error.message) from error
        self.connections[sid] = connection
        hub.directory.identify(connection, identity)

    async def go(self, sid: str, reason: str = "") -> None:
        connection = self.connections.pop(sid, None)
        if connection is not None:
            connection.hub.leave(connection)

    async def _handle_connect(self, eio_sid: str, namespace: str | None, data: Any) -> None:
        if self.manager.sid_from_eio_sid(eio_sid, namespace or NAMESPACE) is None:
            await super()._handle_connect(eio_sid, namespace, data)

    async def _handle_event(self, eio_sid: str, namespace: str | None, id: int | None, data: Any) -> None:
        connection = self.connections.get(self.manager.sid_from_eio_sid(eio_sid, namespace or NAMESPACE))
        if connection is None:
            return
        arrived_at = timezone.now()
        name, *arguments = data if isinstance(data, list) and data else [None]
        answer = await obey(connection.hub, connection, name, arguments[0] if arguments else None, arrived_at)
        if id is not None:
            packet = self.packet_class(socketio.packet.ACK, namespace=namespace, id=id, data=[answer])
            await self._send_packet(eio_sid, packet)
        elif not answer["success"]:
            complain(connection, answer)
        await settle(connection)


async def identity_at_handshake(hub: Hub, scope: dict[str, Any], auth: Any) -> Identity | None:
    """By the token in `auth` (None when it is wrong), by this site's session cookie, or nobody yet."""
    if auth:
        token = auth.get("token") if isinstance(auth, dict) else None
        if token is None and isinstance(auth, dict) and "screenKey" in auth:
            return await hub.worker.run(identity_of_screen_key, auth["screenKey"])
        if token is not None or not isinstance(auth, dict):
            return await hub.worker.run(identity_of_token, token)
    return await identity_of_cookie(hub.worker.run, scope)


class SocketIOConnection(Connection):
    """Hands packets to the library's queue for the client, which its writer empties; to a bound."""

    def __init__(self, hub: Hub, door: SocketIODoor, sid: str, engine_id: str, address: str) -> None:
        super().__init__(address)
        self.hub, self.door, self.sid, self.engine_id = hub, door, sid, engine_id
        self.gone = False

    def push(self, frame: Frame) -> None:
        engine = self.door.eio.sockets.get(self.engine_id)
        if self.gone or engine is None or engine.closed:
            return
        if engine.queue.qsize() >= settings.REALTIME_QUEUE:
            self.cut(0)
        else:
            engine.queue.put_nowait(packet_of(frame))

    async def deliver(self, frame: Frame) -> None:
        engine = self.door.eio.sockets.get(self.engine_id)
        if engine is not None and engine.queue.qsize() >= settings.REALTIME_QUEUE // 2 and not engine.closed:
            await engine.queue.join()
        self.push(frame)

    def cut(self, code: int) -> None:
        if self.gone:
            return
        self.gone = True
        self.hub.leave(self)
        self.hub.worker.spawn(self.door.disconnect(self.sid))


def packet_of(frame: Frame) -> Packet:
    """One packet object for all clients: it keeps its encoded form."""
    if frame.packet is None:
        frame.packet = Packet(MESSAGE, frame.packet_text)
    return frame.packet


door = SocketIODoor()
application = socketio.ASGIApp(door, socketio_path="socket.io")
