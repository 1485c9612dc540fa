"""Long lists of a room's people as dicts, without a model object and a serializer a row.

Each is held to its serializer, answer for answer, by a test.
"""

from typing import Any

from accounts.models import DELETED_USER_NAME
from platform_site.rest.fields import iso

PARTICIPANT_COLUMNS = (
    "id",
    "user_id",
    "room_id",
    "role",
    "metadata",
    "joined_at",
    "checked_in_at",
    "updated_at",
    "deleted_at",
    "user__name",
    "user__avatar",
    "user__deleted_at",
)


def participant_row(row: dict[str, Any], *, member: bool, prefix: str = "") -> dict[str, Any]:
    """ParticipantSerializer's answer from the columns PARTICIPANT_COLUMNS, each read under `prefix`."""
    if prefix:
        row = {name: row[prefix + name] for name in PARTICIPANT_COLUMNS}
    gone = row["user__deleted_at"] is not None
    return {
        "id": row["id"],
        "userId": row["user_id"],
        "roomId": row["room_id"],
        "role": row["role"],
        "metadata": row["metadata"] if member else None,
        "joinedAt": iso(row["joined_at"]),
        "checkedInAt": moment(row["checked_in_at"]),
        "updatedAt": iso(row["updated_at"]),
        "deletedAt": moment(row["deleted_at"]),
        "user": {
            "id": row["user_id"],
            "name": DELETED_USER_NAME if gone else row["user__name"],
            "avatar": None if gone else row["user__avatar"],
        },
    }


def moment(value: Any) -> str | None:
    return None if value is None else iso(value)
