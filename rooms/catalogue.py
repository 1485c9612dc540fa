"""Every event that a live connection can bring, with the JSON Schema of its data. Apps add theirs with `define_event`.

Shapes of rooms, prizes and so on are those of the REST API, by reference to its description.
"""

from dataclasses import dataclass
from typing import Any

from rooms.protocol import ID, LEVEL, shape

TIME = {"type": "string", "format": "date-time"}
TEXT = {"type": "string"}
NUMBER = {"type": "integer", "minimum": 0}
OBJECT = {"type": "object"}


@dataclass(frozen=True)
class Event:
    """`logged` events have a `seq` and come again after a reconnect; the others are told once."""

    name: str
    summary: str
    fields: dict[str, Any]
    logged: bool = True
    in_room: bool = True
    optional: tuple[str, ...] = ()

    @property
    def schema(self) -> dict[str, Any]:
        """Of `data`. More fields may come with later versions."""
        around: dict[str, Any] = {"timestamp": TIME}
        if self.in_room:
            around["roomId"] = ID
        if self.logged:
            around["seq"] = {"type": "integer", "minimum": 1}
        fields = self.fields | around
        return shape(tuple(name for name in fields if name not in self.optional), **fields)


EVENTS: dict[str, Event] = {}


def define_event(name: str, summary: str, fields: dict[str, Any] | None = None, **options: Any) -> None:
    EVENTS[name] = Event(name, summary, fields or {}, **options)


def ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


define_event("room:updated", "The room was changed.", {"changes": OBJECT, "room": ref("Room")})
define_event("room:status_changed", "The event began or ended.", {"oldStatus": TEXT, "newStatus": TEXT})
define_event("room:deleted", "The room is no more.")
define_event("participant:joined", "Somebody came in.", {"participant": ref("Participant")})
define_event(
    "participant:updated",
    "A role or metadata changed.",
    {"participantId": ID, "changes": OBJECT, "participant": ref("Participant")},
)
define_event("participant:left", "Somebody left, or was removed.", {"participantId": ID, "userId": ID})
define_event("prize:created", "There is one prize more.", {"prize": ref("Prize")})
define_event("prize:updated", "A prize was changed.", {"prizeId": ID, "changes": OBJECT, "prize": ref("Prize")})
define_event("prize:deleted", "A prize was taken back.", {"prizeId": ID})
define_event("winner:selected", "Somebody won.", {"winner": ref("Winner")})
define_event("winner:updated", "A win was handed over or changed.", {"winner": ref("Winner")})
define_event("winner:removed", "A win was revoked.", {"winnerId": ID, "participantId": ID, "prizeId": ID})
define_event("draw:committed", "A draw is announced: its commitment is fixed.", {"drawId": ID})
define_event(
    "draw:running",
    "A draw has begun: its public value is fixed before its seed is opened.",
    {"drawId": ID, "entropy": TEXT},
)
define_event("draw:completed", "A draw has its winners, and its seed is revealed.", {"drawId": ID})
define_event("draw:cancelled", "A draw was called off, and its seed is revealed.", {"drawId": ID})

SUBSCRIBED = {"room": ref("Room"), "level": LEVEL, "seq": NUMBER, "resumed": {"type": "boolean"}}
define_event(
    "room:subscribed", "A subscription begins, or begins anew after a change of role.", SUBSCRIBED, logged=False
)
define_event(
    "room:unsubscribed",
    "A subscription has ended.",
    {"reason": {"enum": ["asked", "left", "access", "deleted"]}},
    logged=False,
)
PRESENCE = {"userId": ID, "user": {"anyOf": [ref("Person"), {"type": "null"}]}, "onlineCount": NUMBER}
define_event("presence:user_online", "A member came online, with a first device.", PRESENCE, logged=False)
define_event("presence:user_offline", "A member went offline, with the last device.", PRESENCE, logged=False)
define_event(
    "presence:changed", "Many came or went at once; ask presence:get_online.", {"onlineCount": NUMBER}, logged=False
)
define_event(
    "notification:received",
    "A message to this person.",
    {"notification": ref("Notification")},
    logged=False,
    in_room=False,
)
define_event("token:expired", "The token has ended; the connection closes.", logged=False, in_room=False)
define_event(
    "error",
    "A message that asked for no acknowledgement was refused.",
    {"code": TEXT, "message": TEXT, "details": OBJECT},
    logged=False,
    in_room=False,
    optional=("details",),
)
