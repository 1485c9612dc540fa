"""Handing prizes over: by the win, or at the desk by the code that the winner shows."""

from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts.actors import Actor, person_of
from platform_site.rest.addresses import address_block
from platform_site.rest.exceptions import InvalidTransition, NotFound
from platform_site.rest.fields import iso
from platform_site.rest.throttling import RateLimited, hit
from prizes.actions.fund import winner_of
from prizes.enums import WinnerState
from prizes.errors import AlreadyHandedOver
from prizes.models import Winner
from prizes.shapes import WinnerSerializer, named_person
from rooms.actions import spelled
from rooms.enums import Visibility
from rooms.events import record
from rooms.models import Room
from rooms.permissions import Need, is_allowed, locked_room


@transaction.atomic
def fulfil_winner(*, room_id: str, winner_id: str, by: Actor) -> Winner:
    """The prize was handed over; goes on after the event. Again: no change, the same answer. Raises InvalidTransition
    for a revoked win."""
    room = locked_room(room_id, by, Need.RUN)
    winner = winner_of(room, winner_id)
    if winner.state == WinnerState.FULFILLED:
        return winner
    return fulfil(room, winner, by)


def fulfil(room: Room, winner: Winner, by: Actor) -> Winner:
    # The condition, and not the lock alone, makes sure that a prize is handed over once.
    waiting = Winner.objects.filter(pk=winner.pk, state=WinnerState.AWARDED)
    if not waiting.update(state=WinnerState.FULFILLED, fulfilled_at=timezone.now(), fulfilled_by=person_of(by)):
        raise InvalidTransition("A win that was revoked cannot be handed over.")
    winner = winner_of(room, winner.pk)
    record(room, "winner:updated", {"winner": WinnerSerializer(winner).data}, by=by)
    return winner


@transaction.atomic
def unfulfil_winner(*, room_id: str, winner_id: str, by: Actor, reason: str) -> Winner:
    """Takes a mistaken hand-over back: the prize waits for its winner again; goes on after the event. The `reason` is
    kept in the log for those who run the room. Again: no change, the same answer. Raises InvalidTransition for a
    revoked win."""
    room = locked_room(room_id, by, Need.ORGANIZE)
    winner = winner_of(room, winner_id)
    if winner.state == WinnerState.AWARDED:
        return winner
    mistaken = handed_over(winner)
    given = Winner.objects.filter(pk=winner.pk, state=WinnerState.FULFILLED)
    if not given.update(state=WinnerState.AWARDED, fulfilled_at=None, fulfilled_by=None):
        raise InvalidTransition("A win that was revoked was never handed over.")
    winner = winner_of(room, winner_id)
    record(room, "winner:updated", {"winner": WinnerSerializer(winner).data}, by=by)
    told = {"winnerId": winner.pk, "reason": reason, **mistaken}
    record(room, "winner:handover_undone", told, by=by, visibility=Visibility.ORGANIZER)
    return winner


def claim_of(*, code: str, by: Any, address: str | None, own: bool = False) -> Winner:
    """The win with this claim code, as people type it, for those who run its room and, where `own` is true, for the
    winner. To all others there is none: NotFound. Each such try is counted: RateLimited. Call it outside a
    transaction."""
    code = spelled(code)
    winner: Winner | None = Winner.objects.filter(claim_code=code).with_people().first()
    if winner is not None:
        if own and by.is_authenticated and winner.participant.user_id == by.pk:
            return winner
        room = Room.objects.as_seen_by(by).filter(pk=winner.room_id).first()
        if room is not None and is_allowed(room, by, Need.RUN):
            return winner
    # A code of somebody else's room is as wrong as one that nobody has, or guessing would learn which there are.
    wrong = hit(f"wrong-codes:{address_block(address or '')}", limit=settings.RATE_LIMIT_WRONG_CODES)
    if not wrong.allowed:
        raise RateLimited(wrong, "Too many wrong codes. Wait a little.")
    raise NotFound("No win has this code.")


def hand_over(*, code: str, by: Actor, address: str | None) -> Winner:
    """The desk gives the prize to whoever shows this code, once. Raises what `claim_of` raises, AlreadyHandedOver with
    when and by whom, InvalidTransition for a revoked win."""
    found = claim_of(code=code, by=by, address=address)
    return hand_over_once(found.room_id, found.pk, by)


@transaction.atomic
def hand_over_once(room_id: str, winner_id: str, by: Actor) -> Winner:
    room = locked_room(room_id, by, Need.RUN)
    winner = winner_of(room, winner_id)
    if winner.state == WinnerState.FULFILLED:
        raise AlreadyHandedOver(**handed_over(winner))
    return fulfil(room, winner, by)


def handed_over(winner: Winner) -> dict[str, Any]:
    """When a prize was handed over, and by whom."""
    return {
        "fulfilledAt": iso(winner.fulfilled_at) if winner.fulfilled_at else None,
        "fulfilledBy": named_person(winner.fulfilled_by),
    }
