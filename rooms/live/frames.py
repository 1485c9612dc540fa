"""What is sent to clients: each frame is encoded once and shared by all sockets that it goes to."""

import json
from functools import cached_property
from typing import Any

from django.utils import timezone

from platform_site.rest.fields import iso


def encoded(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


class Frame:
    """An event with its data. Every form of it is made at first use and kept."""

    def __init__(self, event: str, data: dict[str, Any]) -> None:
        self.event, self.data = event, data
        self.packet: Any = None  # the Socket.IO door's own form

    @cached_property
    def body(self) -> str:
        return encoded(self.data)

    @cached_property
    def text(self) -> str:
        """The native protocol."""
        return f'{{"event":{encoded(self.event)},"data":{self.body}}}'

    @cached_property
    def message(self) -> dict[str, Any]:
        """The same as an ASGI message."""
        return {"type": "websocket.send", "text": self.text}

    @property
    def packet_text(self) -> str:
        """Socket.IO: an event packet without attachments."""
        return f"2[{encoded(self.event)},{self.body}]"


def frame_now(event: str, **data: Any) -> Frame:
    """A frame that is not in the log: it has a time and no number."""
    return Frame(event, data | {"timestamp": iso(timezone.now())})
