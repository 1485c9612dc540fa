"""What a page knows of its room after events: static/js/room-state.js, run by Node."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.programs import NODE

pytestmark = pytest.mark.node
SCRIPT = Path(__file__).resolve().parents[2] / "platform_site" / "static" / "js" / "room-state.js"
RUN = """
globalThis.window = globalThis;
require(process.argv[1]);
const {snapshot, events} = JSON.parse(require("fs").readFileSync(0, "utf8"));
const frozen = (value) => {
  if (value && typeof value === "object" && !(value instanceof Set)) Object.values(value).forEach(frozen);
  return Object.freeze(value);
};
let state = RoomState.start(snapshot);
for (const [event, data] of events) state = RoomState.reduce(frozen(state), event, data);
const plain = (key, value) => (value instanceof Set ? [...value] : value);
console.log(JSON.stringify(state, plain));
"""


def after(*events: tuple[str, dict[str, Any]], **known: Any) -> dict[str, Any]:
    """The state after `events`; the old state is frozen, so a reducer that changes it in place fails."""
    room = {"id": "r", "name": "Party", "status": "ACTIVE", "participantCount": 1, "prizeCount": 1, "winnerCount": 0}
    room |= {"joinCode": "K7M2QXPA", "myRole": "PARTICIPANT"}
    snapshot = {
        "room": room,
        "level": "public",
        "seq": 10,
        "me": person("p1"),
        "people": [person("p1")],
        "prizes": [prize("z1", 2)],
        "winners": [],
        "draws": [],
    } | known
    done = subprocess.run(
        [str(NODE.path()), "-e", RUN, str(SCRIPT)],
        input=json.dumps({"snapshot": snapshot, "events": events}),
        check=True,
        capture_output=True,
        text=True,
    )
    return json.loads(done.stdout)


def person(id: str, role: str = "PARTICIPANT", **metadata: Any) -> dict[str, Any]:
    return {"id": id, "userId": f"u-{id}", "role": role, "metadata": metadata or None, "user": {"name": id}}


def prize(id: str, left: int) -> dict[str, Any]:
    return {"id": id, "name": id, "quantityRemaining": left, "winnerCount": 0}


def winner(id: str, prize_id: str = "z1") -> dict[str, Any]:
    return {"id": id, "participantId": "p1", "prizeId": prize_id, "drawId": None, "revealAt": None}


def test_people_come_and_go():
    state = after(
        ("participant:joined", {"seq": 11, "participant": person("p2")}),
        ("participant:joined", {"seq": 12, "participant": person("p3", "MODERATOR")}),
        ("participant:left", {"seq": 13, "participantId": "p2", "userId": "u-p2"}),
        ("participant:joined", {"seq": 14, "participant": person("p2")}),
        ("participant:left", {"seq": 15, "participantId": "p2", "userId": "u-p2"}),
    )
    assert [each["id"] for each in state["people"]] == ["p3", "p1"]
    assert (state["room"]["participantCount"], state["seq"]) == (2, 15)


def test_those_who_run_the_room_hear_twice_that_somebody_left_and_count_once():
    left = {"participantId": "p2", "userId": "u-p2"}
    state = after(
        ("participant:joined", {"seq": 11, "participant": person("p2")}),
        ("participant:left", {"seq": 12, **left}),
        ("participant:left", {"seq": 13, **left, "reason": "Noise"}),
    )
    assert state["room"]["participantCount"] == 1


def test_what_only_the_reader_knew_outlives_what_everybody_is_told():
    state = after(
        ("participant:updated", {"seq": 11, "participant": person("p1", "VIEWER")}),
        ("room:updated", {"seq": 12, "room": {"name": "Ball", "status": "ACTIVE", "joinCode": None, "myRole": None}}),
        me=person("p1", ticketNumber=42),
    )
    assert (state["me"]["role"], state["me"]["metadata"]) == ("VIEWER", {"ticketNumber": 42})
    assert (state["room"]["name"], state["room"]["joinCode"]) == ("Ball", "K7M2QXPA")
    assert state["room"]["participantCount"] == 1


def test_wins_move_the_stock_once():
    state = after(
        ("winner:selected", {"seq": 11, "winner": winner("w1")}),
        ("winner:selected", {"seq": 12, "winner": winner("w1")}),
        ("winner:selected", {"seq": 13, "winner": winner("w2")}),
        ("winner:removed", {"seq": 14, "winnerId": "w1", "participantId": "p1", "prizeId": "z1"}),
        ("winner:removed", {"seq": 15, "winnerId": "w1", "participantId": "p1", "prizeId": "z1"}),
    )
    assert [each["id"] for each in state["winners"]] == ["w2"]
    assert state["prizes"][0]["quantityRemaining"] == 1
    assert state["room"]["winnerCount"] == 1


def test_prizes_stand_in_the_order_that_the_organiser_gives_them():
    """Equal numbers stand by age; a number that an old event does not tell is the one that was known."""
    first, second = prize("z1", 2) | {"position": 1}, prize("z2", 1) | {"position": 2}
    events = (
        ("prize:created", {"seq": 11, "prize": prize("z3", 1) | {"position": 0}}),
        ("prize:created", {"seq": 12, "prize": prize("z4", 1) | {"position": 1}}),
        ("prize:updated", {"seq": 13, "prize": second | {"position": 0}}),
        ("prize:updated", {"seq": 14, "prize": prize("z3", 5)}),
    )
    assert [each["id"] for each in after(*events, prizes=[first, second])["prizes"]] == ["z2", "z3", "z1", "z4"]


def test_a_draw_goes_its_way():
    state = after(
        ("draw:committed", {"seq": 11, "drawId": "d1", "fingerprint": "6aa9"}),
        ("draw:running", {"seq": 12, "drawId": "d1", "entropy": "3 1 6"}),
        ("draw:completed", {"seq": 13, "drawId": "d1", "seed": "ab"}),
        ("draw:revealed", {"seq": 14, "drawId": "d1"}),
    )
    assert state["draws"] == [
        {
            "id": "d1",
            "drawId": "d1",
            "status": "COMPLETED",
            "fingerprint": "6aa9",
            "entropy": "3 1 6",
            "seed": "ab",
            "seq": None,
        }
    ]
    assert state["revealed"] == ["d1"]


def test_presence_counts_people_and_is_in_no_log():
    state = after(
        ("room:subscribed", {"onlineCount": 2, "organizerOnline": False}),
        ("presence:user_online", {"userId": "u-boss", "onlineCount": 3, "organizerOnline": True}),
        ("presence:user_offline", {"userId": "u-p1", "onlineCount": 2, "organizerOnline": True}),
        ("presence:changed", {"onlineCount": 400, "organizerOnline": True}),
    )
    assert state["online"] == {"count": 400, "organizer": True}
    assert state["seq"] == 10


def test_events_of_apps_only_count():
    state = after(("quiz:question_shown", {"seq": 11, "question": {}}))
    assert state["seq"] == 11
    assert "question" not in state
