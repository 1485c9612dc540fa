"""What the fund keeps about a person, for themselves: their wins."""

from typing import Any

from accounts.models import User
from platform_site.rest.fields import iso
from prizes.models import Winner


def export_wins(user: User) -> dict[str, Any]:
    """Revoked ones too, without what organizers noted then."""
    wins = Winner.all_objects.filter(participant__user=user, room__deleted_at=None).select_related("prize")
    return {"wins": [win_row(win) for win in wins.order_by("pk")]}


def win_row(win: Winner) -> dict[str, Any]:
    return {
        "id": win.pk,
        "roomId": win.room_id,
        "participantId": win.participant_id,
        "prizeId": win.prize_id,
        "prizeName": win.prize.name,
        "state": win.state,
        "method": win.method,
        "metadata": win.metadata,
        "drawId": win.draw_id,
        "claimCode": win.claim_code,
        "fulfilledAt": iso(win.fulfilled_at) if win.fulfilled_at else None,
        "createdAt": iso(win.created_at),
    }
