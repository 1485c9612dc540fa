"""What can be done to the fund. The only code that moves stock."""

from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F

from accounts.models import User
from platform_site.rest.exceptions import InvalidInput, NotFound
from prizes.errors import AlreadyWon, PrizeExhausted
from prizes.models import Prize, Winner, WinnerMethod
from prizes.serializers import PrizeSerializer, WinnerSerializer
from rooms.errors import RoomClosed, RoomNotActive
from rooms.events import record
from rooms.models import Participant, ParticipantRole, Room, RoomStatus
from rooms.permissions import Need, locked_room


@transaction.atomic
def create_prize(
    *,
    room_id: str,
    by: User | None,
    name: str,
    quantity: int = 1,
    description: str = "",
    image_url: str = "",
    metadata: dict[str, Any] | None = None,
    position: int = 0,
) -> Prize:
    """Adds a prize with all its pieces in stock. Raises RoomClosed after the event."""
    room = locked_room(room_id, by, Need.RUN)
    if not room.is_open:
        raise RoomClosed
    prize = Prize(
        room=room,
        name=name,
        description=description,
        image_url=image_url,
        quantity=quantity,
        quantity_remaining=quantity,
        metadata=metadata or {},
        position=position,
    )
    prize.save(force_insert=True)
    prize.winner_count = 0
    record(room, "prize:created", {"prize": PrizeSerializer(prize).data}, by=by)
    return prize


def award_prize(
    *,
    room_id: str,
    prize_id: str,
    participant_id: str,
    by: User | None,
    method: str = WinnerMethod.MANUAL,
    round_key: str = "",
    metadata: dict[str, Any] | None = None,
) -> Winner:
    """Gives one piece of a prize to a participant: takes it from the stock, writes the win, tells the room, or nothing.

    Raises RoomNotActive or RoomClosed, NotFound (no such prize here), InvalidInput (not a PARTICIPANT of this room),
    PrizeExhausted, AlreadyWon.
    """
    try:
        with transaction.atomic():
            room = locked_room(room_id, by, Need.RUN)
            require_active(room)
            prize = Prize.objects.filter(pk=prize_id, room=room).first()
            if prize is None:
                raise NotFound("There is no such prize in this room.")
            participant = eligible_participant(room, participant_id)
            take_piece(prize)
            winner = Winner(
                room=room,
                participant=participant,
                prize=prize,
                method=method,
                round_key=round_key,
                metadata=metadata or {},
            )
            winner.save(force_insert=True)
            record(room, "winner:selected", {"winner": WinnerSerializer(winner).data}, by=by)
            return winner
    except IntegrityError:
        # The piece is back in stock with the rest of the transaction. The unique rules say why it failed.
        if has_won(prize_id, participant_id, round_key):
            raise AlreadyWon from None
        raise


def require_active(room: Room) -> None:
    if not room.is_open:
        raise RoomClosed
    if room.status != RoomStatus.ACTIVE:
        raise RoomNotActive


def eligible_participant(room: Room, participant_id: str) -> Participant:
    participant = Participant.objects.select_related("user").filter(pk=participant_id, room=room).first()
    if participant is None:
        raise InvalidInput({"participantId": ["This person is not in the room."]})
    if participant.role != ParticipantRole.PARTICIPANT:
        raise InvalidInput({"participantId": ["Only people who take part as PARTICIPANT can win."]})
    return participant


def take_piece(prize: Prize) -> None:
    """Takes one piece that is not reserved, by a conditional write: whoever comes too late changes no row."""
    free = Prize.objects.filter(pk=prize.pk, quantity_remaining__gt=F("quantity_reserved"))
    if not free.update(quantity_remaining=F("quantity_remaining") - 1):
        raise PrizeExhausted


def has_won(prize_id: str, participant_id: str, round_key: str) -> bool:
    wins = Winner.objects.live().filter(prize=prize_id, round_key=round_key)
    return wins.exists() if round_key else wins.filter(participant=participant_id).exists()
