"""Who may do what: one row for each endpoint of the API, read by rooms/test_permissions.py.

A new endpoint needs a row here; a test compares the table with the router. Most rows are one line:

    Row("PATCH", "/rooms/{room}", write(ORGANIZERS), body={"name": "Renamed"})

Paths and bodies may name what is in the tried room: {room}, {code}, {person} (a PARTICIPANT), {deputy} (a second
ORGANIZER), {gone} (removed from it), {stranger} (a user id), {prize}, {app}; {participant} and {organizer} are the user
ids of these callers, {device} is a session of that participant, {invitation} an offer to them, {screen_key} a key of
the room; in ACTIVE rooms also {win} with the code {claim}, and {draw} and {rehearsal}, which are open.
`.but("draft", {"organizer": 409})` says what differs in a kind of room, `.only("public")` leaves out the others.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Self

CALLERS = (
    "anonymous",
    "guest",  # of the room, with the tokens that its code gave
    "guest elsewhere",  # with the tokens that the code of another room gave
    "viewer",
    "participant",
    "moderator",
    "organizer",
    "other organizer",  # of another room
    "removed",
    "left",
    "admin",  # of the platform, in no room
)
ROOMS = ("public", "private", "draft", "deleted")  # the first two ACTIVE, the last two public
ANYWHERE = ("public",)  # for endpoints outside of rooms: tried once

MEMBERS = {"guest", "viewer", "participant", "moderator", "organizer"}
GUESTS = {"guest", "guest elsewhere"}
SIGNED_IN = set(CALLERS) - {"anonymous"}
RUNNERS = {"moderator", "organizer", "admin"}
ORGANIZERS = {"organizer", "admin"}


class Statuses(dict[str, dict[str, int]]):
    """Kind of room → caller → status."""

    def only(self, *kinds: str) -> Self:
        return type(self)({kind: self[kind] for kind in kinds})

    def but(self, kind: str, statuses: dict[str, int]) -> Self:
        self[kind] = self[kind] | statuses
        return self


@dataclass(frozen=True)
class Row:
    method: str
    path: str
    expected: Statuses
    body: dict[str, Any] | None = None
    headers: dict[str, str] = field(default_factory=dict)


def read() -> Statuses:
    """As reading the room: whoever knows of it."""
    return Statuses(
        public=dict.fromkeys(CALLERS, 200),
        private=dict.fromkeys(CALLERS, 404) | dict.fromkeys(MEMBERS | {"admin"}, 200),
        draft=dict.fromkeys(CALLERS, 200),
        deleted=dict.fromkeys(CALLERS, 404),
    )


def write(allowed: Iterable[str], done: int = 200) -> Statuses:
    """A change: 401 without a token, 404 for who may not know of the room, 403 for who may know of it and no more."""
    done_for, no_token = dict.fromkeys(allowed, done), {"anonymous": 401}
    open_room = dict.fromkeys(CALLERS, 403) | no_token | done_for
    return Statuses(
        public=open_room,
        private=dict.fromkeys(CALLERS, 404) | dict.fromkeys(MEMBERS | {"admin"}, 403) | no_token | done_for,
        draft=dict(open_room),
        deleted=dict.fromkeys(CALLERS, 404) | no_token,
    )


def outside(allowed: Iterable[str], done: int = 200, refused: int = 403) -> Statuses:
    """An endpoint that belongs to no room."""
    return Statuses(public=dict.fromkeys(CALLERS, refused) | {"anonymous": 401} | dict.fromkeys(allowed, done))


ACTIVE = ("public", "private")
REHEARSED = read().only(*ACTIVE)  # a rehearsal is for those who run the event
for kind in ACTIVE:
    REHEARSED[kind] = dict.fromkeys(CALLERS, 404) | dict.fromkeys(RUNNERS, 200)

AT_THE_DESK = read().only(*ACTIVE)  # to all but those who run the room no claim code exists
for kind in ACTIVE:
    AT_THE_DESK[kind] = dict.fromkeys(CALLERS, 404) | {"anonymous": 401} | dict.fromkeys(RUNNERS, 200)

IN_ALREADY = dict.fromkeys(MEMBERS, 409)
JOIN = (
    write({"other organizer", "left", "admin"}, 201)
    .but("public", IN_ALREADY)
    .but("draft", IN_ALREADY)
    .but("private", IN_ALREADY | {"other organizer": 404, "left": 404, "removed": 403})
)
WITH_CODE = dict.fromkeys(CALLERS, 201) | dict.fromkeys(MEMBERS, 200) | {"removed": 403}
JOIN_BY_CODE = Statuses(
    public=WITH_CODE,
    private=WITH_CODE | {"anonymous": 401, "guest elsewhere": 401},  # not for guests, unless its organizer says so
    draft=dict(WITH_CODE),
    deleted=dict.fromkeys(CALLERS, 404),
)
LEAVE = write(MEMBERS)
for kind in ("public", "private", "draft"):
    LEAVE.but(kind, {"organizer": 409} | dict.fromkeys(set(CALLERS) - MEMBERS - {"anonymous"}, 404))

MINE = write(MEMBERS)
for kind in ("public", "private", "draft"):
    MINE.but(kind, dict.fromkeys(SIGNED_IN - MEMBERS, 404))

NOT_FOUND = dict.fromkeys(CALLERS, 404)
WITHOUT_ENVELOPE = {"/openapi.json", "/rooms/{room}/export.{kind}", "/rooms/{room}/evidence.zip"}

TABLE = [
    Row("GET", "/openapi.json", outside(CALLERS)),
    # messages
    Row("GET", "/notifications", outside(SIGNED_IN)),
    Row("POST", "/notifications/{message}/read", outside({"participant"}, refused=404)),
    # invitations
    Row("GET", "/invitations", outside(SIGNED_IN)),
    Row("POST", "/invitations/{invitation}/accept", outside({"participant"}, refused=404)),
    Row("POST", "/invitations/{invitation}/decline", outside({"participant"}, refused=404)),
    # accounts
    Row("POST", "/auth/login", outside(CALLERS), body={"email": "{email}", "password": "{password}"}),
    Row("POST", "/auth/refresh", outside(CALLERS), body={"refreshToken": "{refresh}"}),
    Row("POST", "/auth/exchange", outside(CALLERS), body={"code": "{exchange}"}),
    Row("POST", "/auth/logout", outside(SIGNED_IN)),
    Row(
        "POST",
        "/auth/claim-guest",
        outside({"other organizer", "admin"}).but("public", dict.fromkeys(MEMBERS - GUESTS | {"left"}, 409)),
        body={"guestToken": "{guest_token}"},
    ),
    Row("GET", "/auth/me", outside(SIGNED_IN)),
    Row("GET", "/auth/google", outside(CALLERS, 503)),  # no provider is set up here
    Row("GET", "/auth/google/url", outside(CALLERS, 503)),
    Row("GET", "/auth/google/callback", outside(CALLERS, 503)),
    Row("GET", "/auth/sessions", outside(SIGNED_IN)),
    Row("DELETE", "/auth/sessions", outside(SIGNED_IN)),
    Row("DELETE", "/auth/sessions/{device}", outside({"participant"}, refused=404)),
    Row("GET", "/users/{participant}", outside(SIGNED_IN)),
    Row("PATCH", "/users/{participant}", outside({"participant"}), body={"name": "Renamed"}),
    Row("GET", "/users/{participant}/export", outside({"participant"})),
    Row("DELETE", "/users/{participant}", outside({"participant"})),
    Row("DELETE", "/users/{organizer}", outside({"organizer"}, 409)),
    # apps
    Row("GET", "/apps", outside(SIGNED_IN - GUESTS)),
    Row("GET", "/apps/{app}", outside(SIGNED_IN - GUESTS)),
    # rooms
    Row("GET", "/rooms", outside(CALLERS)),
    Row("POST", "/rooms", outside(SIGNED_IN - GUESTS, 201), body={"name": "Mine", "appId": "{app}"}),
    Row("GET", "/rooms/{room}", read()),
    Row("PATCH", "/rooms/{room}", write(ORGANIZERS), body={"name": "Renamed"}),
    Row(
        "DELETE",
        "/rooms/{room}",
        write(ORGANIZERS, 409).but("draft", dict.fromkeys(ORGANIZERS, 200)),
    ),
    Row("POST", "/rooms/{room}/transfer", write(ORGANIZERS), body={"participantId": "{deputy}"}),
    Row("POST", "/rooms/join", JOIN_BY_CODE, body={"code": "{code}", "name": "Newcomer"}),
    # participants
    Row("GET", "/rooms/{room}/participants", read()),
    Row("GET", "/rooms/{room}/participants/{person}", read()),
    Row("POST", "/rooms/{room}/participants", JOIN),
    Row("POST", "/rooms/{room}/participants", write(RUNNERS, 201), body={"userId": "{stranger}"}),
    Row(
        "POST",
        "/rooms/{room}/participants",
        write(ORGANIZERS, 201),
        body={"userId": "{stranger}", "role": "ORGANIZER"},
    ),
    Row("POST", "/rooms/{room}/participants", write(RUNNERS, 201), body={"email": "new@example.com"}),
    Row(
        "POST",
        "/rooms/{room}/participants",
        write(ORGANIZERS, 201),
        body={"email": "new@example.com", "role": "MODERATOR"},
    ),
    Row("PATCH", "/rooms/{room}/participants/{person}", write(RUNNERS), body={"role": "VIEWER"}),
    Row("PATCH", "/rooms/{room}/participants/{person}", write(ORGANIZERS), body={"role": "MODERATOR"}),
    Row("DELETE", "/rooms/{room}/participants/{person}", write(RUNNERS), body={"reason": "Noise"}),
    Row("DELETE", "/rooms/{room}/participants/me", LEAVE),
    Row("POST", "/rooms/{room}/participants", write(RUNNERS, 201), body={"name": "Lena Listed"}),
    Row("POST", "/rooms/{room}/participants/batch", write(RUNNERS, 201), body={"items": [{"name": "Lena Listed"}]}),
    Row("GET", "/rooms/{room}/participants/me", MINE),
    Row("POST", "/rooms/{room}/participants/{person}/check-in", write(RUNNERS)),
    Row("DELETE", "/rooms/{room}/participants/{person}/check-in", write(RUNNERS)),
    Row("POST", "/rooms/{room}/participants/{gone}/restore", write(ORGANIZERS)),
    # prizes
    Row("GET", "/rooms/{room}/prizes", read()),
    Row("POST", "/rooms/{room}/prizes", write(RUNNERS, 201), body={"name": "Cup"}),
    Row("GET", "/rooms/{room}/prizes/{prize}", read()),
    Row("PATCH", "/rooms/{room}/prizes/{prize}", write(RUNNERS), body={"name": "Bowl"}),
    Row("DELETE", "/rooms/{room}/prizes/{prize}", write(RUNNERS)),
    # winners
    Row("GET", "/rooms/{room}/winners", read()),
    Row(
        "POST",
        "/rooms/{room}/winners",
        write(RUNNERS, 201).but("draft", dict.fromkeys(RUNNERS, 409)),
        body={"prizeId": "{prize}", "participantId": "{person}"},
    ),
    # Nothing was won or drawn in a draft.
    Row("GET", "/rooms/{room}/winners/{win}", read().but("draft", NOT_FOUND)),
    Row("POST", "/rooms/{room}/winners/{win}/fulfil", write(RUNNERS).but("draft", dict.fromkeys(RUNNERS, 404))),
    Row(
        "POST",
        "/rooms/{room}/winners/{win}/unfulfil",
        write(ORGANIZERS).but("draft", dict.fromkeys(ORGANIZERS, 404)),
        body={"reason": "Given to the wrong person"},
    ),
    Row("GET", "/claims/{claim}", AT_THE_DESK),
    Row("POST", "/claims/{claim}", AT_THE_DESK),
    Row("DELETE", "/rooms/{room}/winners/{win}", write(ORGANIZERS).but("draft", dict.fromkeys(ORGANIZERS, 404))),
    # draws
    Row("GET", "/rooms/{room}/draws", read()),
    Row(
        "POST",
        "/rooms/{room}/draws",
        write(ORGANIZERS, 201).but("draft", dict.fromkeys(ORGANIZERS, 409)),
        body={"prizeId": "{prize}"},
    ),
    Row("GET", "/rooms/{room}/draws/{draw}", read().but("draft", NOT_FOUND)),
    Row("GET", "/rooms/{room}/draws/{draw}/proof", read().but("draft", NOT_FOUND)),
    Row("GET", "/rooms/{room}/draws/{draw}/receipt", read().but("draft", NOT_FOUND)),
    Row("POST", "/rooms/{room}/draws/{draw}/run", write(ORGANIZERS).but("draft", dict.fromkeys(ORGANIZERS, 404))),
    Row("POST", "/rooms/{room}/draws/{draw}/cancel", write(ORGANIZERS).but("draft", dict.fromkeys(ORGANIZERS, 404))),
    Row("GET", "/rooms/{room}/draws/{rehearsal}", REHEARSED),
    Row("GET", "/rooms/{room}/draws/{rehearsal}/proof", REHEARSED),
    Row("GET", "/rooms/{room}/draws/{rehearsal}/receipt", REHEARSED),
    Row(
        "POST",
        "/rooms/{room}/draws/{draw}/reveal",  # of a draw that was not run
        write(RUNNERS, 409).but("draft", dict.fromkeys(RUNNERS, 404)),
    ),
    # pictures: what these send is none
    Row("POST", "/rooms/{room}/pictures", write(RUNNERS, 400), body={"picture": "none"}),
    # the stage
    Row("GET", "/rooms/{room}/stage", write(RUNNERS)),
    Row("PUT", "/rooms/{room}/stage", write(RUNNERS), body={"from": 0, "entropyPlan": "A word"}),
    Row("POST", "/rooms/{room}/stage/next", write(RUNNERS), body={"from": 0}),
    Row("POST", "/rooms/{room}/stage/back", write(RUNNERS), body={"from": 0}),
    Row("POST", "/rooms/{room}/stage/absent", write(ORGANIZERS, 404), body={"from": 0, "winnerId": "none"}),
    Row("POST", "/rooms/{room}/stage/rehearsal", write(ORGANIZERS), body={"from": 0, "rehearsal": True}),
    # the big screen
    Row("GET", "/rooms/{room}/screen", read()),
    Row("PUT", "/rooms/{room}/screen", write(RUNNERS), body={"mode": "PRIZES"}),
    Row("POST", "/rooms/{room}/screen/end-rehearsal", write(RUNNERS)),
    Row("GET", "/rooms/{room}/screen/keys", write(RUNNERS)),
    Row("POST", "/rooms/{room}/screen/keys", write(RUNNERS, 201)),
    Row("DELETE", "/rooms/{room}/screen/keys/{screen_key}", write(RUNNERS)),
    # the log
    Row("GET", "/rooms/{room}/events", read()),
    # files
    Row("GET", "/rooms/{room}/export.{kind}", write(ORGANIZERS)),
    Row("GET", "/rooms/{room}/evidence.zip", write(ORGANIZERS)),
]
