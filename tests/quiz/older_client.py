"""A quiz client as it was written before this server: Socket.IO, fire and forget, what it believes sent along.

Its host sends the whole question, the right answer too, and never `quiz:start`; it keeps where it stands in the room's
settings by REST. Its players stamp answers with their own clocks. Nobody waits for an acknowledgement.
"""

import asyncio
from typing import Any, Self

import socketio

from accounts.models import User
from tests.live import Server, apart, token_of


class OlderClient:
    def __init__(self, server: Server, user: User, room_id: str) -> None:
        self.server, self.user, self.room_id = server, user, room_id
        self.socket = socketio.AsyncClient(reconnection=False)
        self.events: list[tuple[str, Any]] = []
        self.changed = asyncio.Event()
        self.socket.on("*", self.keep)

    async def keep(self, event: str, *data: Any) -> None:
        self.events.append((event, data[0] if data else None))
        self.changed.set()

    async def __aenter__(self) -> Self:
        token = await apart(token_of, self.user)
        await self.socket.connect(self.server.url, auth={"token": token}, transports=["websocket"])
        await self.socket.emit("room:subscribe", {"roomId": self.room_id})
        await self.until("room:subscribed")
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.socket.disconnect()

    async def until(self, name: str, times: int = 1, seconds: float = 20) -> Any:
        """The data of the so-manieth event of that name, now or soon."""
        async with asyncio.timeout(seconds):
            while len(found := [data for event, data in self.events if event == name]) < times:
                self.changed.clear()
                await self.changed.wait()
        return found[times - 1]

    # --- The host ----------------------------------------------------------------------------------------------

    async def show(self, index: int, question: dict[str, Any]) -> None:
        await self.socket.emit(
            "quiz:show_question", {"roomId": self.room_id, "question": question, "questionIndex": index}
        )
        await self.remember(quizStatus="QUESTION_ACTIVE", currentQuestionIndex=index, questionShownAt=1735689600000)

    async def close(self) -> None:
        await self.socket.emit("quiz:close_question", {"roomId": self.room_id})

    async def remember(self, **settings: Any) -> None:
        await apart(self.server.call, "PATCH", f"/rooms/{self.room_id}", self.user, appSettings=settings)

    async def complete(self) -> None:
        await apart(self.server.call, "PATCH", f"/rooms/{self.room_id}", self.user, status="COMPLETED")

    # --- A player ----------------------------------------------------------------------------------------------

    async def answer(self, question_id: str, option: int) -> None:
        await self.socket.emit(
            "quiz:answer",
            {
                "roomId": self.room_id,
                "questionId": question_id,
                "answerIndex": option,
                "timestamp": 0,  # its own clock says that it was the first
                "responseTimeMs": 1,
                "userId": "somebody else",
            },
        )
