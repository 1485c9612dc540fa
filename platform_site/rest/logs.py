"""Logs: one JSON object a line with the request's id, room and actor; no tokens, no e-mail addresses."""

import json
import logging
import re
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime

from platform_site.db.outages import is_outage
from platform_site.rest.fields import iso

SECRETS = re.compile(
    r"eyJ[\w-]+\.[\w-]+\.[\w-]*"  # a JWT
    r"|(?:sk_live_|whsec_)\w+"
    r"|(?i:bearer|token|secret|password|code)[\"']?\s*[=: ]\s*[\"']?[\w.~+/=-]{16,}"
    r"|[\w.+-]+@[\w-]+\.[\w.-]+"
)


@dataclass
class RequestFacts:
    """What every line that is logged during a request says of it."""

    request_id: str
    room: str = ""
    actor: str = ""


current: ContextVar[RequestFacts | None] = ContextVar("request_facts", default=None)


def without_secrets(text: str) -> str:
    return SECRETS.sub("[removed]", text)


def is_no_outage(record: logging.LogRecord) -> bool:
    """A filter: an outage of the database has been told in one line, and needs no traceback for every request."""
    return not (record.exc_info and record.exc_info[1] and is_outage(record.exc_info[1]))


class JSONFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": iso(datetime.fromtimestamp(record.created, UTC)),
            "level": record.levelname,
            "logger": record.name,
            "message": without_secrets(record.getMessage()),
        }
        if facts := current.get():
            line |= {"requestId": facts.request_id, "room": facts.room, "actor": facts.actor}
        line |= getattr(record, "facts", {})
        if record.exc_info:
            line["exception"] = without_secrets(self.formatException(record.exc_info))
        return json.dumps({name: value for name, value in line.items() if value != ""}, ensure_ascii=False)
