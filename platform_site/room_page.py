"""The organiser's page of one room: its figures and its tables, each cut to the newest rows."""

from collections.abc import Callable
from typing import Any

from django.db.models import Sum
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.template.defaultfilters import date
from django.template.loader import render_to_string
from django.urls import NoReverseMatch, reverse
from django.utils.safestring import SafeString

from accounts.shapes import name_of
from platform_site.db.admin import admin_address, link
from prizes.admin import STATE_LABELS
from rooms.admin import STATUS_LABELS
from rooms.enums import RoomStatus
from rooms.models import Room

MOST_ROWS = 25


def label(text: str, kind: str) -> SafeString:
    return render_to_string("unfold/helpers/label.html", {"text": text, "type": kind})


def moment(value: Any) -> str:
    return date(value, "j M Y, H:i") if value else "–"


PRIZES: dict[str, Callable[[Any], Any]] = {
    "Prize": link,
    "Left": lambda prize: f"{prize.quantity_remaining} of {prize.quantity}",
    "Held for draws": lambda prize: prize.quantity_reserved or "–",
}
PEOPLE: dict[str, Callable[[Any], Any]] = {
    "Person": lambda person: link(person, name_of(person.user)),
    "Role": lambda person: person.get_role_display(),
    "Joined": lambda person: moment(person.joined_at),
}
WINNERS: dict[str, Callable[[Any], Any]] = {
    "Winner": lambda winner: link(winner, name_of(winner.participant.user)),
    "Prize": lambda winner: winner.prize.name,
    "State": lambda winner: label(winner.get_state_display(), STATE_LABELS[winner.state]),
    "How": lambda winner: winner.get_method_display(),
    "When": lambda winner: moment(winner.created_at),
}
DRAWS: dict[str, Callable[[Any], Any]] = {
    "Draw": lambda draw: link(draw, f"Draw {draw.seq}" + (" (rehearsal)" if draw.rehearsal else "")),
    "Status": lambda draw: draw.get_status_display(),
    "Entries": lambda draw: draw.entry_count,
    "Committed": lambda draw: moment(draw.created_at),
    "Run": lambda draw: moment(draw.run_at),
}
EVENTS: dict[str, Callable[[Any], Any]] = {
    "No.": lambda event: link(event, str(event.seq)),
    "What": lambda event: event.type,
    "By": lambda event: name_of(event.actor),
    "When": lambda event: moment(event.created_at),
}


def page_of(*, room: Any, request: HttpRequest) -> dict[str, Any]:
    """What the template of the page shows of a room read `with_counts`."""
    prizes = room.prizes.order_by("position", "id")
    people = room.participants.select_related("user").order_by("-joined_at", "-id")
    winners = room.winners.select_related("participant__user", "prize").order_by("-created_at", "-id")
    draws = room.draws.order_by("-seq").defer("entries", "sealed_seed", "outcome", "withdrawn", "eligibility")
    events = room.events.select_related("actor").order_by("-seq").defer("payload")
    tables = [
        table_of(room, "prizes", "Prizes", prizes, PRIZES, "No prizes yet. Add the first one with “Add a prize”."),
        table_of(room, "people", "People", people, PEOPLE, "Nobody is here yet. Share the join code."),
        table_of(room, "winners", "Winners", winners, WINNERS, "Nobody has won yet."),
        table_of(room, "draws", "Draws", draws, DRAWS, "No draw was made yet."),
        table_of(room, "log", "Event log", events, EVENTS, "Nothing has happened yet.", count=room.last_seq),
    ]
    return {
        "room": room,
        "label": STATUS_LABELS[RoomStatus(room.status)],
        "join_link": join_link(room, request),
        "pieces": prizes.aggregate(all=Coalesce(Sum("quantity"), 0), left=Coalesce(Sum("quantity_remaining"), 0)),
        "tables": tables,
        "tabs": [*((table["tab"], table["title"], table["count"]) for table in tables), ("general", "Settings", None)],
        "people": room.participant_count,
        "winners": room.winner_count,
    }


def table_of(
    room: Room,
    tab: str,
    title: str,
    rows: Any,
    columns: dict[str, Callable[[Any], Any]],
    nothing: str,
    count: int | None = None,
) -> dict[str, Any]:
    shown = list(rows[: MOST_ROWS + 1])
    more = len(shown) > MOST_ROWS
    if count is None:
        count = rows.count() if more else len(shown)
    cells = [[column(row) for column in columns.values()] for row in shown[:MOST_ROWS]]
    return {
        "tab": tab,
        "title": title,
        "table": {"headers": list(columns), "rows": cells},
        "count": count,
        "more": more,
        "address": f"{admin_address(rows.model, 'changelist')}?room={room.pk}",
        "nothing": nothing,
    }


def join_link(room: Room, request: HttpRequest) -> str:
    """The address that people open to join, where this installation has such a page."""
    try:
        return request.build_absolute_uri(reverse("join", args=(room.join_code,)))
    except NoReverseMatch:
        return ""
