"""Who is present: people are checked in at the desk, so that a draw can be held among those who are there."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from accounts.actors import Actor
from platform_site.rest.fields import iso
from rooms.actions.people import tell_updated
from rooms.errors import NotInRoom, RoomClosed
from rooms.models import Participant
from rooms.permissions import Need, locked_room


@transaction.atomic
def check_in(*, room_id: str, participant_id: str, by: Actor) -> Participant:
    """Notes that a person is there. Whoever is checked in already stays so, with their time.

    Raises Forbidden, NotInRoom, RoomClosed.
    """
    return set_check_in(room_id, participant_id, timezone.now(), by)


@transaction.atomic
def undo_check_in(*, room_id: str, participant_id: str, by: Actor) -> Participant:
    """Takes a mistaken check-in back. Raises what `check_in` raises."""
    return set_check_in(room_id, participant_id, None, by)


def set_check_in(room_id: str, participant_id: str, at: datetime | None, by: Actor) -> Participant:
    room = locked_room(room_id, by, Need.RUN)
    participant = Participant.objects.select_related("user").filter(pk=participant_id, room=room).first()
    if participant is None:
        raise NotInRoom
    if not room.is_open:
        raise RoomClosed
    if (participant.checked_in_at is None) == (at is None):
        return participant
    participant.checked_in_at = at
    participant.save(update_fields=["checked_in_at", "updated_at"])
    tell_updated(room, participant, {"checkedInAt": iso(at) if at else None}, by=by)
    return participant
