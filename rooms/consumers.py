"""The native WebSocket protocol: JSON text frames with commands in, acknowledgements and events out."""

import asyncio
import json
from typing import Any

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from django.contrib.auth.models import AnonymousUser

from accounts.tokens import user_of
from platform_site.rest.exceptions import DomainError, InvalidInput, NotFound
from platform_site.rest.fields import iso
from rooms.events import bell_of
from rooms.models import Room, RoomEvent
from rooms.permissions import level_of
from rooms.serializers import RoomSerializer

PROTOCOL = "event-platform"
LONGEST_FRAME = 64 * 1024
MOST_A_LOOK = 500
LOOK_EVERY = 5.0  # seconds: what a lost bell costs at most


class RoomConsumer(AsyncWebsocketConsumer):
    """One connection. `positions` holds, for each subscribed room, the last number that was sent and whether the
    viewer is of the public level."""

    async def connect(self) -> None:
        self.user: Any = self.scope.get("user") or AnonymousUser()
        self.positions: dict[str, tuple[int, bool]] = {}
        self.sending = asyncio.Lock()
        offered = self.scope.get("subprotocols", [])
        for token in offered:
            if token.count(".") == 2:
                user = await database_sync_to_async(user_of)(token)
                if user is None:
                    await self.close(code=4401)
                    return
                self.user = user
        await self.accept(PROTOCOL if PROTOCOL in offered else None)
        self.clock = asyncio.create_task(self.look_by_the_clock())

    async def disconnect(self, code: int) -> None:
        if hasattr(self, "clock"):
            self.clock.cancel()
        for room_id in self.positions:
            await self.channel_layer.group_discard(bell_of(room_id), self.channel_name)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        number = None
        try:
            if text_data is None or len(text_data) > LONGEST_FRAME:
                raise InvalidInput({"frame": ["Send JSON text of up to 64 KiB."]})
            frame = read_frame(text_data)
            number = frame.get("id")
            data = await self.answer(frame["event"], frame.get("data") or {})
            await self.send_json({"ack": number, "success": True, "data": data})
        except DomainError as error:
            told = {"code": error.code, "message": error.message}
            await self.send_json({"ack": number, "success": False, "error": told})

    async def answer(self, event: str, data: dict[str, Any]) -> dict[str, Any]:
        if event == "auth":
            return await self.sign_in(data)
        if event == "room:subscribe":
            return await self.subscribe(data)
        if event == "room:unsubscribe":
            return await self.unsubscribe(data)
        raise InvalidInput({"event": ["There is no such command."]})

    async def sign_in(self, data: dict[str, Any]) -> dict[str, Any]:
        user = await database_sync_to_async(user_of)(str(data.get("token", "")))
        if user is None:
            raise DomainErrorInvalidToken
        self.user = user
        return {"userId": user.pk}

    async def subscribe(self, data: dict[str, Any]) -> dict[str, Any]:
        room_id, since = str(data.get("roomId", "")), data.get("since")
        if since is not None and (not isinstance(since, int) or isinstance(since, bool) or since < 0):
            raise InvalidInput({"since": ["Use the last seq that you saw."]})
        # The bell first, then the state: what happens between the two is heard, not missed.
        await self.channel_layer.group_add(bell_of(room_id), self.channel_name)
        try:
            room, level, seq = await database_sync_to_async(self.snapshot)(room_id)
        except DomainError:
            await self.channel_layer.group_discard(bell_of(room_id), self.channel_name)
            raise
        self.positions[room_id] = (min(since, seq) if since is not None else seq, level == "public")
        asyncio.get_running_loop().create_task(self.look(room_id))
        return {"roomId": room_id, "room": room, "level": level, "seq": seq}

    def snapshot(self, room_id: str) -> tuple[dict[str, Any], str, int]:
        rooms = Room.objects.visible_to(self.user).with_role_of(self.user).with_counts()
        room = rooms.select_related("app", "created_by").filter(pk=room_id).first()
        if room is None:
            raise NotFound
        level = level_of(room, self.user)
        seq = room.last_public_seq if level == "public" else room.last_seq
        return RoomSerializer(room, context={"user": self.user}).data, level, seq

    async def unsubscribe(self, data: dict[str, Any]) -> dict[str, Any]:
        room_id = str(data.get("roomId", ""))
        if self.positions.pop(room_id, None) is not None:
            await self.channel_layer.group_discard(bell_of(room_id), self.channel_name)
        return {"roomId": room_id}

    async def room_rang(self, message: dict[str, Any]) -> None:
        await self.look(message["roomId"])

    async def look_by_the_clock(self) -> None:
        while True:
            await asyncio.sleep(LOOK_EVERY)
            for room_id in list(self.positions):
                await self.look(room_id)

    async def look(self, room_id: str) -> None:
        """Sends what the log holds beyond the last number sent, in order, once."""
        async with self.sending:
            while room_id in self.positions:
                seen, public_only = self.positions[room_id]
                frames = await database_sync_to_async(frames_after)(room_id, seen, public_only)
                for seq, frame in frames:
                    await self.send(frame)
                    self.positions[room_id] = (seq, public_only)
                if len(frames) < MOST_A_LOOK:
                    return

    async def send_json(self, frame: dict[str, Any]) -> None:
        await self.send(json.dumps(frame, ensure_ascii=False))


class DomainErrorInvalidToken(DomainError):
    code, status, message = "INVALID_TOKEN", 401, "The token is not valid or has expired."


def read_frame(text: str) -> dict[str, Any]:
    try:
        frame = json.loads(text)
    except (ValueError, RecursionError):
        frame = None
    if not isinstance(frame, dict) or not isinstance(frame.get("event"), str):
        raise InvalidInput({"frame": ['Send an object with "event" and "data".']})
    if not isinstance(frame.get("data") or {}, dict):
        raise InvalidInput({"data": ["Send an object."]})
    return frame


def frames_after(room_id: str, seq: int, public_only: bool) -> list[tuple[int, str]]:
    """Up to MOST_A_LOOK events after number `seq` of the level, as (number, frame)."""
    events = RoomEvent.objects.filter(room=room_id).seen_at(public_only=public_only, after=seq)
    frames = []
    for event in events[:MOST_A_LOOK]:
        data = event.payload | {"roomId": room_id, "timestamp": iso(event.created_at), "seq": event.viewer_seq}
        frames.append((event.viewer_seq, json.dumps({"event": event.type, "data": data}, ensure_ascii=False)))
    return frames
