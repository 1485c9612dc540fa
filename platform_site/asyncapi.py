"""The description of live connections (AsyncAPI 3.0), made from the commands and events that the code itself uses."""

import json
from functools import cache
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from platform_site.rest.openapi import document as openapi_document
from rooms.live import games
from rooms.live.catalogue import EVENTS, Event
from rooms.live.commands import COMMANDS
from rooms.live.schemas import CommandShape, shape

REFUSAL = shape(("code", "message"), code={"type": "string"}, message={"type": "string"}, details={"type": "object"})


def described_events() -> list[Event]:
    return [*EVENTS.values(), *games.described_events()]


def described_commands() -> list[CommandShape]:
    return [*COMMANDS.values(), *games.described_commands()]


def key_of(name: str) -> str:
    """Keys of components hold no colon."""
    return name.replace(":", ".")


@cache
def document() -> dict[str, Any]:
    """The AsyncAPI document, made once a process."""
    messages: dict[str, Any] = {}
    for event in described_events():
        payload = shape(("event", "data"), event={"const": event.name}, data=event.schema)
        messages[f"event.{key_of(event.name)}"] = message(event.name, event.summary, payload)
    for command in described_commands():
        asked = {"id": {"type": ["integer", "string", "number"]}, "event": {"const": command.name}}
        payload = shape(("event",), **asked, data=command.takes)
        messages[f"command.{key_of(command.name)}"] = message(command.name, command.summary, payload)
        done = shape(("ack", "success", "data"), ack={}, success={"const": True}, data=command.answers)
        refused = shape(("ack", "success", "error"), ack={}, success={"const": False}, error=REFUSAL)
        title = f"Acknowledgement of {command.name}"
        messages[f"ack.{key_of(command.name)}"] = message(title, command.summary, {"oneOf": [done, refused]})
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Event Platform: live connections",
            "version": "1",
            "description": "JSON text frames at /ws/. Socket.IO 4 clients find the same at /socket.io/.",
        },
        "defaultContentType": "application/json",
        "channels": {
            "live": {
                "address": "/ws/",
                "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in messages},
            }
        },
        "operations": operations(messages),
        "components": {"messages": messages, "schemas": openapi_document()["components"]["schemas"]},
    }


def message(title: str, summary: str, payload: dict[str, Any]) -> dict[str, Any]:
    return {"name": title, "title": title, "summary": summary, "payload": payload}


def operations(messages: dict[str, Any]) -> dict[str, Any]:
    """From the server's side, as AsyncAPI has it: commands are received, events are sent."""
    channel = {"$ref": "#/channels/live"}
    found: dict[str, Any] = {}
    for name in messages:
        kind, _, rest = name.partition(".")
        told = [{"$ref": f"#/channels/live/messages/{name}"}]
        if kind == "event":
            found[name] = {"action": "send", "channel": channel, "messages": told}
        elif kind == "command":
            answer = [{"$ref": f"#/channels/live/messages/ack.{rest}"}]
            reply = {"channel": channel, "messages": answer}
            found[name] = {"action": "receive", "channel": channel, "messages": told, "reply": reply}
    return found


def asyncapi_json(request: HttpRequest) -> HttpResponse:
    return HttpResponse(json.dumps(document(), ensure_ascii=False, default=str), content_type="application/json")


def asyncapi_page(request: HttpRequest) -> HttpResponse:
    """The same for people, beside the page of the REST API."""
    events = [(event, json.dumps(event.schema["properties"], indent=2)) for event in described_events()]
    commands = [(each, json.dumps(each.takes["properties"], indent=2)) for each in described_commands()]
    return render(request, "asyncapi.html", {"events": events, "commands": commands})
