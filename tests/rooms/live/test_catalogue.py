"""The description of live connections against what really is sent and recorded."""

import re
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from django.test import Client

from accounts.models import User
from platform_site.asyncapi import described_commands, described_events, document
from rooms.models import Room
from rooms.notifications import notify
from tests.factories import add_participant
from tests.live import Live, Server, apart, token_of

ROOT = Path(__file__).resolve().parents[3]
EVENTS = {event.name for event in described_events()}
COMMANDS = {command.name for command in described_commands()}
RECORDED = re.compile(r'record(?:_many)?\(\s*\w+,\s*"([a-z_]+:[a-z_]+)"')


def faults(message: str, frame: dict[str, Any]) -> list[str]:
    schema = {"$ref": f"#/components/messages/{message}/payload", "components": document()["components"]}
    return [
        f"{'.'.join(map(str, error.instance_path))}: {error.message}"
        for error in jsonschema_rs.Draft202012Validator(schema).iter_errors(frame)
    ]


def test_every_recorded_event_is_described() -> None:
    sources = [path.read_text() for app in ("rooms", "prizes", "apps_registry") for path in (ROOT / app).rglob("*.py")]
    recorded = {name for source in sources for name in RECORDED.findall(source)}
    assert len(recorded) > 8
    assert recorded <= EVENTS


def test_a_wrong_frame_is_found_wrong() -> None:
    assert faults("event.prize.created", {"event": "prize:created", "data": {}})


def test_the_document_is_whole_and_served(client: Client) -> None:
    served = client.get("/api/v1/asyncapi.json").json()
    assert served["asyncapi"] == "3.0.0"
    named = {message["name"] for message in served["components"]["messages"].values()}
    assert named >= EVENTS | COMMANDS
    text = str(served)
    for reference in re.findall(r"'\$ref': '#/([^']+)'", text):
        place = served
        for part in reference.split("/"):
            place = place[part]
    page = client.get("/api/docs/live/").content.decode()
    for name in EVENTS | COMMANDS:
        assert name in page


@pytest.mark.usefixtures("committed_db")
async def test_frames_are_what_the_description_says(
    daphne: Server, room: Room, organiser: User, participant: User, stranger: User
) -> None:
    def change_everything() -> None:
        base = f"/rooms/{room.pk}"
        guest = add_participant(room)
        prize = daphne.call("POST", f"{base}/prizes", organiser, name="Cup", quantity=2)
        daphne.call("PATCH", f"{base}/prizes/{prize['id']}", organiser, name="Big cup")
        winner = daphne.call("POST", f"{base}/winners", organiser, participantId=guest.pk, prizeId=prize["id"])
        daphne.call("POST", f"{base}/winners/{winner['id']}/fulfil", organiser)
        spare = daphne.call("POST", f"{base}/prizes", organiser, name="Spare")
        daphne.call("DELETE", f"{base}/prizes/{spare['id']}", organiser)
        spare = daphne.call("POST", f"{base}/prizes", organiser, name="Drawn", quantity=2)
        draw = daphne.call("POST", f"{base}/draws", organiser, prizes=[{"prizeId": spare["id"], "count": 1}])
        daphne.call("POST", f"{base}/draws/{draw['id']}/run", organiser)
        draw = daphne.call(
            "POST", f"{base}/draws", organiser, prizeId=spare["id"], eligibility={"excludeWinners": False}
        )
        daphne.call("POST", f"{base}/draws/{draw['id']}/cancel", organiser, reason="Too early")
        daphne.call("POST", f"{base}/participants", stranger)
        daphne.call("DELETE", f"{base}/participants/me", stranger)
        daphne.call("PATCH", base, organiser, name="Spring party", status="COMPLETED")
        notify(user_id=organiser.pk, type="note", title="Over")

    async with Live(daphne.live_url, await apart(token_of, organiser)) as client:
        acks = [
            ("room.subscribe", await client.ask("room:subscribe", roomId=room.pk)),
            ("room.subscribe", await client.ask("room:subscribe", roomId="nowhere")),
            ("presence.get_online", await client.ask("presence:get_online", roomId=room.pk)),
            ("ping", await client.ask("ping")),
        ]
        await apart(change_everything)
        await client.socket.send('{"event": "nonsense"}')
        note = await client.event("notification:received")
        acks += [
            (
                "notification.mark_read",
                await client.ask("notification:mark_read", notificationId=note["notification"]["id"]),
            ),
            ("room.unsubscribe", await client.ask("room:unsubscribe", roomId=room.pk)),
        ]
        await client.event("room:unsubscribed")
        for name, ack in acks:
            assert faults(f"ack.{name}", ack) == [], name
        for frame in client.events:
            assert faults(f"event.{frame['event'].replace(':', '.')}", frame) == [], frame
        seen = set(client.names())
    wanted: tuple[str, ...] = (
        "room:subscribed",
        "prize:created",
        "prize:updated",
        "prize:deleted",
        "winner:selected",
        "winner:updated",
        "draw:committed",
        "draw:running",
        "draw:completed",
        "draw:cancelled",
    )
    wanted += ("participant:joined", "participant:left", "room:updated", "room:status_changed", "error")
    assert seen >= {*wanted, "notification:received", "room:unsubscribed"}
