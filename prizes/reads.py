"""Long lists of a room's prizes and wins as dicts, without a model object and a serializer a row.

Each is held to its serializer, answer for answer, by a test.
"""

from typing import Any

from accounts.models import DELETED_USER_NAME
from platform_site.rest.fields import iso
from rooms.reads import PARTICIPANT_COLUMNS, moment, participant_row

PRIZE_COLUMNS = (
    "id",
    "room_id",
    "name",
    "description",
    "image_url",
    "quantity",
    "quantity_remaining",
    "winner_count",
    "position",
    "metadata",
    "created_at",
    "updated_at",
    "deleted_at",
)
OF_PARTICIPANT, OF_PRIZE = "participant__", "prize__"
WINNER_COLUMNS = (
    "id",
    "room_id",
    "participant_id",
    "prize_id",
    "state",
    "method",
    "metadata",
    "draw_id",
    "reveal_at",
    "fulfilled_at",
    "fulfilled_by_id",
    "fulfilled_by__name",
    "fulfilled_by__deleted_at",
    "claim_code",
    "created_at",
    "deleted_at",
    *(OF_PARTICIPANT + name for name in PARTICIPANT_COLUMNS),
    *(OF_PRIZE + name for name in ("id", "name", "description", "image_url")),
)


def prize_row(row: dict[str, Any]) -> dict[str, Any]:
    """PrizeSerializer's answer from PRIZE_COLUMNS."""
    return {
        "id": row["id"],
        "roomId": row["room_id"],
        "name": row["name"],
        "description": row["description"] or None,
        "imageUrl": row["image_url"] or None,
        "quantity": row["quantity"],
        "quantityRemaining": row["quantity_remaining"],
        "winnerCount": row["winner_count"],
        "position": row["position"],
        "metadata": row["metadata"],
        "createdAt": iso(row["created_at"]),
        "updatedAt": iso(row["updated_at"]),
        "deletedAt": moment(row["deleted_at"]),
    }


def winner_row(row: dict[str, Any], *, member: bool, runs: bool, own_id: str) -> dict[str, Any]:
    """WinnerSerializer's answer from WINNER_COLUMNS, to the user `own_id` (or "")."""
    by_gone = row["fulfilled_by__deleted_at"] is not None
    is_winner = bool(own_id) and row[f"{OF_PARTICIPANT}user_id"] == own_id
    return {
        "id": row["id"],
        "roomId": row["room_id"],
        "participantId": row["participant_id"],
        "prizeId": row["prize_id"],
        "state": row["state"],
        "method": row["method"],
        "metadata": row["metadata"],
        "drawId": row["draw_id"],
        "revealAt": moment(row["reveal_at"]),
        "fulfilledAt": moment(row["fulfilled_at"]),
        "fulfilledBy": None
        if row["fulfilled_by_id"] is None
        else {"id": row["fulfilled_by_id"], "name": DELETED_USER_NAME if by_gone else row["fulfilled_by__name"]},
        "claimCode": row["claim_code"] if is_winner or runs else None,
        "createdAt": iso(row["created_at"]),
        "deletedAt": moment(row["deleted_at"]),
        "participant": participant_row(row, member=member, prefix=OF_PARTICIPANT),
        "prize": {
            "id": row["prize_id"],
            "name": row[f"{OF_PRIZE}name"],
            "description": row[f"{OF_PRIZE}description"] or None,
            "imageUrl": row[f"{OF_PRIZE}image_url"] or None,
        },
    }
