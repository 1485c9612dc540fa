"""The home page of the organiser dashboard: the reader's rooms and how they are doing."""

import json
from datetime import datetime, time, timedelta
from typing import Any

from django.db.models import Count, OuterRef, Q, Subquery, Sum
from django.db.models.functions import Coalesce, TruncDate
from django.http import HttpRequest
from django.utils import timezone

from accounts.shapes import name_of
from platform_site.db.admin import admin_address
from prizes.admin import STATE_LABELS
from prizes.models import Prize, Winner
from rooms.admin import STATUS_LABELS
from rooms.enums import OPEN_STATUSES, ParticipantRole, RoomStatus
from rooms.models import Participant, Room

MOST_ROOMS = 12
LATEST_WINNERS = 8
DAYS = 14
LIVE_FIRST = {RoomStatus.ACTIVE: 0, RoomStatus.DRAFT: 1}


def home_of(request: HttpRequest) -> dict[str, Any]:
    """What the home page shows. The number of queries does not depend on how many rooms there are."""
    if not request.user.has_perm("rooms.view_room"):
        return {"home": None}
    managed = Room.objects.managed_by(request.user)
    rooms = [card_of(room) for room in newest(managed, request.user)]
    home: dict[str, Any] = {
        "rooms": sorted(rooms, key=lambda card: LIVE_FIRST.get(card["room"].status, 2)),
        "room_total": managed.count() if len(rooms) == MOST_ROOMS else len(rooms),
        "can_add": request.user.has_perm("rooms.add_room"),
        "add_address": admin_address(Room, "add"),
        "list_address": admin_address(Room, "changelist"),
    }
    if rooms:
        home |= figures(managed) | {"winners": latest_winners(managed), "joins": joins(managed)}
    return {"home": home}


def newest(managed: Any, user: Any) -> Any:
    fund = Prize.objects.filter(room=OuterRef("pk")).order_by().values("room")
    rooms = managed.with_role_of(user).with_counts().select_related("app")
    rooms = rooms.annotate(
        pieces=Coalesce(Subquery(fund.annotate(n=Sum("quantity")).values("n")), 0),
        pieces_left=Coalesce(Subquery(fund.annotate(n=Sum("quantity_remaining")).values("n")), 0),
    )
    return rooms.order_by("-created_at", "id")[:MOST_ROOMS]


def card_of(room: Any) -> dict[str, Any]:
    won = room.pieces - room.pieces_left
    return {
        "room": room,
        "address": admin_address(Room, "change", room.pk),
        "label": STATUS_LABELS[RoomStatus(room.status)],
        "role": ParticipantRole(room.viewer_role).label if room.viewer_role else "",
        "won_percent": round(100 * won / room.pieces) if room.pieces else 0,
    }


def figures(managed: Any) -> dict[str, Any]:
    rooms = managed.values("pk")
    counted = managed.order_by().aggregate(
        active=Count("pk", filter=Q(status=RoomStatus.ACTIVE)),
        open=Count("pk", filter=Q(status__in=OPEN_STATUSES)),
    )
    people = Participant.objects.filter(room__in=rooms).aggregate(people=Count("user", distinct=True))
    fund = Prize.objects.filter(room__in=rooms).aggregate(
        left=Coalesce(Sum("quantity_remaining", filter=Q(room__status__in=OPEN_STATUSES)), 0)
    )
    won = Winner.objects.live().filter(room__in=rooms).aggregate(winners=Count("pk"))
    return {
        "figures": [
            {"title": "Active rooms", "value": counted["active"], "icon": "play_circle"},
            {"title": "People", "value": people["people"], "icon": "groups"},
            {"title": "Prizes left to win", "value": fund["left"], "icon": "redeem"},
            {"title": "Winners", "value": won["winners"], "icon": "trophy"},
        ]
    }


def latest_winners(managed: Any) -> list[dict[str, Any]]:
    winners = Winner.objects.live().filter(room__in=managed.values("pk")).with_people().select_related("room")
    return [
        {
            "name": name_of(winner.participant.user),
            "prize": winner.prize.name,
            "room": winner.room.name,
            "when": winner.created_at,
            "address": admin_address(Winner, "change", winner.pk),
            "state": winner.get_state_display(),
            "label": STATE_LABELS[winner.state],
        }
        for winner in winners.order_by("-created_at", "-id")[:LATEST_WINNERS]
    ]


def joins(managed: Any) -> dict[str, Any]:
    """How many people joined on each of the last days, as a chart and in words."""
    today = timezone.localdate()
    days = [today - timedelta(days=back) for back in reversed(range(DAYS))]
    since = timezone.make_aware(datetime.combine(days[0], time.min))
    rows = (
        Participant.objects.filter(room__in=managed.values("pk"), joined_at__gte=since)
        .annotate(day=TruncDate("joined_at"))
        .order_by()
        .values("day")
        .annotate(n=Count("pk"))
        .values_list("day", "n")
    )
    joined = dict(rows)
    counts = [joined.get(day, 0) for day in days]
    bars = {
        "label": "Joined",
        "data": counts,
        "backgroundColor": "var(--color-primary-600)",
        "maxBarThickness": 28,
        "displayYAxis": True,
    }
    return {
        "total": sum(counts),
        "days": DAYS,
        "data": json.dumps({"labels": [f"{day:%-d %b}" for day in days], "datasets": [bars]}),
    }
