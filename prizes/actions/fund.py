"""Prizes and wins: adding, changing, awarding, revoking."""

from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import FilteredRelation, Q
from django.utils import timezone

from accounts.actors import Actor, person_of
from platform_site.db.changes import UNCHANGED, Unchanged, named
from platform_site.rest.exceptions import InvalidInput, InvalidTransition, NotFound
from platform_site.rest.fields import iso, wire_name
from platform_site.rest.metadata import merged_metadata
from prizes import stock
from prizes.enums import OPEN_DRAWS, WinnerMethod, WinnerState
from prizes.errors import AlreadyWon, PrizeInUse
from prizes.models import Prize, Winner, new_claim_code
from prizes.shapes import PrizeSerializer, WinnerSerializer
from rooms.enums import ParticipantRole, RoomStatus
from rooms.errors import RoomClosed, RoomNotActive
from rooms.events import record
from rooms.models import Notification, Participant, Room
from rooms.notifications import notify_all
from rooms.permissions import Need, locked_room

MOST_TRIES = 20


@transaction.atomic
def create_prize(
    *,
    room_id: str,
    by: Actor,
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


@transaction.atomic
def update_prize(
    *,
    room_id: str,
    prize_id: str,
    by: Actor,
    name: str | Unchanged = UNCHANGED,
    description: str | Unchanged = UNCHANGED,
    image_url: str | Unchanged = UNCHANGED,
    quantity: int | Unchanged = UNCHANGED,
    metadata: dict[str, Any] | Unchanged = UNCHANGED,
    position: int | Unchanged = UNCHANGED,
) -> Prize:
    """Changes name, description, image_url, position, metadata (merged at the top level, None removes a key) and
    quantity, which takes the stock with it.

    Raises RoomClosed, NotFound, InvalidInput (metadata too large), QuantityPromised (below awarded + reserved).
    """
    room = locked_room(room_id, by, Need.RUN)
    if not room.is_open:
        raise RoomClosed
    prize = prize_of(room, prize_id)
    if metadata is not UNCHANGED:
        metadata = merged_metadata(prize.metadata, metadata)
    given = named(
        name=name,
        description=description,
        image_url=image_url,
        quantity=quantity,
        metadata=metadata,
        position=position,
    )
    changed = {field: value for field, value in given.items() if getattr(prize, field) != value}
    if not changed:
        return prize
    if "quantity" in changed:
        stock.resize(prize, changed["quantity"])
    # Nothing but the fields that changed is written: stock that moved above must not be written back.
    for field in changed.keys() - {"quantity"}:
        setattr(prize, field, changed[field])
    prize.save(update_fields=[*(changed.keys() - {"quantity"}), "updated_at"])
    prize = prize_of(room, prize_id)
    shown = PrizeSerializer(prize).data
    told = {wire_name(field): value for field, value in changed.items()}
    if "quantity" in changed:
        told["quantityRemaining"] = prize.quantity_remaining
    record(room, "prize:updated", {"prizeId": prize.pk, "changes": told, "prize": shown}, by=by)
    return prize


def prize_of(room: Room, prize_id: str) -> Prize:
    prize = Prize.objects.filter(pk=prize_id, room=room).with_winner_count().first()
    if prize is None:
        raise NotFound("There is no such prize in this room.")
    return prize


@transaction.atomic
def delete_prize(*, room_id: str, prize_id: str, by: Actor) -> None:
    """Hides a prize that nobody holds. Raises RoomClosed, NotFound, PrizeInUse."""
    room = locked_room(room_id, by, Need.RUN)
    if not room.is_open:
        raise RoomClosed
    prize = prize_of(room, prize_id)
    if prize.winner_count or prize.draw_lines.filter(draw__status__in=OPEN_DRAWS).exists():
        raise PrizeInUse
    Prize.objects.filter(pk=prize.pk).soft_delete()
    record(room, "prize:deleted", {"prizeId": prize.pk}, by=by)


def award_prize(
    *,
    room_id: str,
    prize_id: str,
    participant_id: str,
    by: Actor,
    method: str = WinnerMethod.MANUAL,
    round_key: str = "",
    metadata: dict[str, Any] | None = None,
) -> Winner:
    """Gives one piece of a prize to a participant: takes it from the stock, writes the win, tells the room, or nothing.

    Raises RoomNotActive or RoomClosed, NotFound (no such prize here), InvalidInput (not a PARTICIPANT of this room),
    PrizeExhausted, AlreadyWon.
    """
    asked = partial(with_asked, prize_id, participant_id)
    for code in claim_codes():
        try:
            with transaction.atomic():
                room = locked_room(room_id, by, Need.RUN, beside=asked)
                require_active(room)
                prize: Prize | None = getattr(room, "asked_prize", None)
                if prize is None:
                    raise NotFound("There is no such prize in this room.")
                participant = eligible(getattr(room, "asked_participant", None))
                stock.take(prize.pk)
                winner = Winner(
                    room=room,
                    participant=participant,
                    prize=prize,
                    method=method,
                    round_key=round_key,
                    claim_code=code,
                    metadata=metadata or {},
                )
                winner.save(force_insert=True)
                record(room, "winner:selected", {"winner": WinnerSerializer(winner).data}, by=by)
                notify_all([message_of(winner)])
                return winner
        except IntegrityError:
            # The piece is back in stock with the rest of the transaction. The unique rules say why it failed.
            if has_won(prize_id, participant_id, round_key):
                raise AlreadyWon from None
            if not taken_codes([code]):
                raise
    raise AssertionError("claim_codes() does not end")


def claim_codes() -> Iterator[str]:
    """One code after the other, for whoever finds one taken. Raises RuntimeError when that happens too often to be
    chance."""
    for _ in range(MOST_TRIES):
        yield new_claim_code()
    raise RuntimeError("No free claim code was found.")


def taken_codes(codes: Iterable[str]) -> set[str]:
    """Those of `codes` that some win has, or had."""
    return set(Winner.all_objects.filter(claim_code__in=list(codes)).values_list("claim_code", flat=True))


def message_of(winner: Winner) -> Notification:
    """What the winner is told at once, wherever they are signed in."""
    return Notification(
        user_id=winner.participant.user_id,
        type="winner",
        title=f"You won: {winner.prize.name}"[:255],
        room=winner.room,
        data={
            "winnerId": winner.pk,
            "prizeId": winner.prize_id,
            "claimCode": winner.claim_code,
            "revealAt": iso(winner.reveal_at) if winner.reveal_at else None,
        },
    )


def require_active(room: Room) -> None:
    if not room.is_open:
        raise RoomClosed
    if room.status != RoomStatus.ACTIVE:
        raise RoomNotActive


def with_asked(prize_id: str, participant_id: str, rooms: Any) -> Any:
    """Adds the living prize and participant of these ids as `asked_prize` and `asked_participant`. Where there is none,
    Django sets no such attribute."""
    return rooms.annotate(
        asked_prize=FilteredRelation("prizes", condition=Q(prizes__pk=prize_id, prizes__deleted_at=None)),
        asked_participant=FilteredRelation(
            "participants", condition=Q(participants__pk=participant_id, participants__deleted_at=None)
        ),
    ).select_related("asked_prize", "asked_participant__user")


def eligible(participant: Participant | None) -> Participant:
    if participant is None:
        raise InvalidInput({"participantId": ["This person is not in the room."]})
    if participant.role != ParticipantRole.PARTICIPANT:
        raise InvalidInput({"participantId": ["Only people who take part as PARTICIPANT can win."]})
    return participant


def has_won(prize_id: str, participant_id: str, round_key: str) -> bool:
    wins = Winner.objects.live().filter(prize=prize_id, round_key=round_key)
    return wins.exists() if round_key else wins.filter(participant=participant_id).exists()


@transaction.atomic
def revoke_winner(*, room_id: str, winner_id: str, by: Actor, reason: str = "") -> Winner:
    """Takes a win back, with its piece into the fund; goes on after the event. Again: no change, the same answer, and
    the first reason stays. Raises InvalidTransition for a win that was handed over."""
    room = locked_room(room_id, by, Need.ORGANIZE)
    winner = winner_of(room, winner_id)
    if winner.state == WinnerState.REVOKED:
        return winner
    # The condition, and not the lock alone, makes sure that two revocations never return two pieces.
    revoked = Winner.objects.filter(pk=winner.pk, state=WinnerState.AWARDED).update(
        state=WinnerState.REVOKED, revoked_at=timezone.now(), revoked_by=person_of(by), revocation_reason=reason
    )
    if not revoked:
        raise InvalidTransition("A prize that was handed over cannot be taken back.")
    stock.give_back(winner.prize_id)
    told = {"winnerId": winner.pk, "participantId": winner.participant_id, "prizeId": winner.prize_id}
    record(room, "winner:removed", told, by=by)
    return winner_of(room, winner_id)


def winner_of(room: Room, winner_id: str) -> Winner:
    winner = Winner.objects.filter(pk=winner_id, room=room).with_people().first()
    if winner is None:
        raise NotFound("There is no such win in this room.")
    return winner
