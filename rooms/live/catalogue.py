"""Every event that a live connection can bring, with the JSON Schema of its data. Those of apps
are declared by the apps (`RoomApp.events`).

Shapes of rooms, prizes and so on are those of the REST API, by reference to its description.
"""

from dataclasses import dataclass, field
from typing import Any

from rooms.live.schemas import FIGURES, ID, LEVEL, NUMBER, OBJECT, TEXT, TIME, ref, shape


@dataclass(frozen=True)
class Event:
    """`logged` events have a `seq` and come again after a reconnect; the others are told once."""

    name: str
    summary: str
    fields: dict[str, Any] = field(default_factory=dict)
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


SUBSCRIBED = {"room": ref("Room"), "level": LEVEL, "seq": NUMBER, "resumed": {"type": "boolean"}} | FIGURES
PRESENCE = {"userId": ID, "user": {"anyOf": [ref("Person"), {"type": "null"}]}} | FIGURES

FLAG = {"type": "boolean"}
NULLABLE_TEXT = {"type": ["string", "null"]}
NULLABLE_TIME = {"type": ["string", "null"], "format": "date-time"}
DIGITS = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
MODE = {"enum": ["draw", "delegated-refuse", "delegated-draw"]}
DRAW = {"drawId": ID, "drawSeq": NUMBER, "rehearsal": FLAG, "fingerprint": DIGITS}
DRAWN = {"type": "array", "items": shape(("prizeId", "name", "count"), prizeId=ID, name=TEXT, count=NUMBER)}
WIN = shape(("prizeId", "participantId", "rank"), prizeId=ID, participantId=ID, rank=NUMBER)

SCREEN_MODE = {"enum": ["LOBBY", "PRIZES", "DRAW", "WINNERS", "QUIZ", "LEADERBOARD", "MESSAGE", "BLANK"]}
SCREEN: dict[str, Any] = {
    "mode": SCREEN_MODE,
    "drawId": NULLABLE_TEXT,
    "prizeId": NULLABLE_TEXT,
    "message": NULLABLE_TEXT,
}
SCREEN |= {"hideNames": FLAG, "rehearsal": FLAG, "revision": NUMBER, "seq": NUMBER}

EVENTS = {
    event.name: event
    for event in (
        Event("room:updated", "The room was changed.", {"changes": OBJECT, "room": ref("Room")}),
        Event("room:status_changed", "The event began or ended.", {"oldStatus": TEXT, "newStatus": TEXT}),
        Event("room:deleted", "The room is no more."),
        Event("participant:joined", "Somebody came in.", {"participant": ref("Participant")}),
        Event(
            "participant:updated",
            "A role, metadata, a check-in, or the account behind it changed.",
            {"participantId": ID, "changes": OBJECT, "participant": ref("Participant")},
        ),
        Event("participant:left", "Somebody left, or was removed.", {"participantId": ID, "userId": ID}),
        Event("prize:created", "There is one prize more.", {"prize": ref("Prize")}),
        Event("prize:updated", "A prize was changed.", {"prizeId": ID, "changes": OBJECT, "prize": ref("Prize")}),
        Event("prize:deleted", "A prize was taken back.", {"prizeId": ID}),
        Event("winner:selected", "Somebody won.", {"winner": ref("Winner")}),
        Event("winner:updated", "A win was handed over or changed.", {"winner": ref("Winner")}),
        Event(
            "winner:handover_undone",
            "A hand-over was taken back, for this reason; told to those who run the room.",
            {"winnerId": ID, "reason": TEXT, "fulfilledAt": TIME}
            | {"fulfilledBy": {"anyOf": [shape(("id", "name"), id=ID, name=TEXT), {"type": "null"}]}},
        ),
        Event("winner:removed", "A win was revoked.", {"winnerId": ID, "participantId": ID, "prizeId": ID}),
        Event(
            "draw:committed",
            "A draw is announced: what its result will follow from is fixed. Keep the fingerprint, all 64 digits.",
            DRAW
            | {"replaces": NULLABLE_TEXT, "mode": MODE, "committedAt": TIME, "commitment": DIGITS}
            | {"entryCount": NUMBER, "totalWeight": NUMBER, "entriesRoot": DIGITS, "rulesHash": DIGITS}
            | {"prizes": DRAWN, "distinct": FLAG, "entropyPlan": TEXT},
        ),
        Event(
            "draw:running",
            "A draw has begun: its public value is fixed before its seed is opened.",
            {"drawId": ID, "drawSeq": NUMBER, "rehearsal": FLAG, "entropy": TEXT},
        ),
        Event(
            "draw:completed",
            "A draw has its winners, and its seed is revealed. `winners` are the first hundred; `receipt` is the "
            "winners' receipt, null where it is 16 KiB or longer.",
            DRAW
            | {"status": {"const": "COMPLETED"}, "mode": MODE, "prizes": DRAWN, "entropy": TEXT, "seed": DIGITS}
            | {"strength": TEXT, "fallbackReason": TEXT, "withdrawnCount": NUMBER, "winnerCount": NUMBER}
            | {
                "winners": {"type": "array", "items": WIN},
                "runAt": TIME,
                "revealAt": NULLABLE_TIME,
                "receipt": {"type": ["object", "null"]},
            },
        ),
        Event(
            "draw:cancelled",
            "A draw was called off, and its seed is revealed.",
            DRAW | {"status": {"const": "CANCELLED"}, "seed": DIGITS, "reason": TEXT, "cancelledAt": TIME},
        ),
        Event(
            "draw:revealed",
            "The big screen has shown a draw's result, or was skipped: nobody need wait for `revealAt` any more.",
            {"drawId": ID, "drawSeq": NUMBER, "rehearsal": FLAG},
        ),
        Event(
            "screen:changed",
            "The big screen shows something else. Of a rehearsal, those who run the room and screens are told once, "
            "without `seq`.",
            SCREEN,
            logged=False,
            optional=("seq",),
        ),
        Event(
            "stage:moved",
            "The run of show went on; told to those who run the room, who read the stage anew.",
            {"at": NUMBER, "rehearsal": FLAG},
            logged=False,
        ),
        Event(
            "screen:presence",
            "A big screen was connected or has gone; told to those who run the room.",
            {"connected": FLAG, "screens": NUMBER},
            logged=False,
        ),
        Event(
            "room:subscribed", "A subscription begins, or begins anew after a change of role.", SUBSCRIBED, logged=False
        ),
        Event(
            "room:unsubscribed",
            "A subscription has ended.",
            {"reason": {"enum": ["asked", "left", "access", "deleted"]}},
            logged=False,
        ),
        Event("presence:user_online", "A member came online, with a first device.", PRESENCE, logged=False),
        Event("presence:user_offline", "A member went offline, with the last device.", PRESENCE, logged=False),
        Event(
            "presence:changed",
            "Many came or went at once (ask presence:get_online who), or whoever runs the room did.",
            FIGURES,
            logged=False,
        ),
        Event(
            "notification:received",
            "A message to this person.",
            {"notification": ref("Notification")},
            logged=False,
            in_room=False,
        ),
        Event("token:expired", "The token has ended; the connection closes.", logged=False, in_room=False),
        Event(
            "error",
            "A message that asked for no acknowledgement was refused.",
            {"code": TEXT, "message": TEXT, "details": OBJECT},
            logged=False,
            in_room=False,
            optional=("details",),
        ),
    )
}
