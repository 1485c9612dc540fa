"""Who holds which ticket number, and how much it weighs in a draw. All of it needs the lock of the room."""

from collections.abc import Sequence
from typing import Any

from django.db.models import Exists, Max, OuterRef

from accounts.actors import Actor
from apps_registry.builtin.lottery.models import Ticket
from platform_site.rest.exceptions import InvalidInput
from prizes.fair_draw import MAX_WEIGHT, whole
from rooms.enums import ParticipantRole
from rooms.models import Participant, Room
from rooms.notifications import notify

NUMBER, WEIGHT = "ticketNumber", "tickets"
TAKEN = "Another participant holds this ticket number."


def seat(room: Room, participant: Participant, *, tell: bool = True) -> None:
    """Brings the ticket of somebody in line with their metadata, where an organizer may have written a number; else
    gives a PARTICIPANT the next free one, and the weight that the settings name. Saves what it changed."""
    before = dict(participant.metadata)
    if NUMBER in participant.metadata:
        claim(room, participant, participant.metadata[NUMBER])
    elif participant.role == ParticipantRole.PARTICIPANT:
        number = held_by(participant) or issue(room, participant)
        if number is None:
            if tell:
                tell_none_left(room, participant)
            return
        participant.metadata = participant.metadata | {NUMBER: number}
    check_weight(participant.metadata)
    if participant.role == ParticipantRole.PARTICIPANT:
        participant.metadata = {WEIGHT: room.app_settings.get("ticketsPerParticipant", 1)} | participant.metadata
    if participant.metadata != before:
        participant.save(update_fields=["metadata", "updated_at"])


def seat_together(room: Room, participants: Sequence[Participant]) -> set[str]:
    """`seat` for those of many newcomers for whom nothing but the next numbers is due, in a few statements. Answers
    their ids; the others (a number of the organizer's, a ticket of before, no number left) are to be seated one by one.
    """
    players = [each for each in participants if each.role == ParticipantRole.PARTICIPANT]
    holders = Ticket.objects.filter(participant__in=players).values_list("participant_id", flat=True)
    named = [each.metadata[NUMBER] for each in participants if NUMBER in each.metadata]
    special = set(holders) | {each.pk for each in players if NUMBER in each.metadata}
    plain = [each for each in players if each.pk not in special]
    last = Ticket.objects.filter(room=room).aggregate(last=Max("number"))["last"] or 0
    numbers = (number for number in range(last + 1, room.app_settings["ticketCount"] + 1) if number not in named)
    weight = room.app_settings.get("ticketsPerParticipant", 1)
    seated = list(zip(plain, numbers, strict=False))
    for participant, number in seated:
        participant.metadata = {WEIGHT: weight} | participant.metadata | {NUMBER: number}
    Ticket.objects.bulk_create(Ticket(room=room, participant=each, number=number) for each, number in seated)
    if seated:
        Participant.objects.bulk_update([each for each, _ in seated], ["metadata"])
    return {each.pk for each, _ in seated}


def held_by(participant: Participant) -> int | None:
    return Ticket.objects.filter(participant=participant).values_list("number", flat=True).first()


def issue(room: Room, participant: Participant) -> int | None:
    """A new ticket with the next number that nobody has; None when all are given out."""
    most = room.app_settings["ticketCount"]
    number = (Ticket.objects.filter(room=room).aggregate(last=Max("number"))["last"] or 0) + 1
    if number > most:
        number = lowest_free(room)
    if number > most:
        return None
    Ticket.objects.create(room=room, participant=participant, number=number)
    return number


def lowest_free(room: Room) -> int:
    """Organizers may have given numbers by hand, and so left gaps."""
    tickets = Ticket.objects.filter(room=room)
    if not tickets.filter(number=1).exists():
        return 1
    next_one = tickets.filter(number=OuterRef("number") + 1)
    before_gap = tickets.exclude(Exists(next_one)).order_by("number").values_list("number", flat=True)
    return before_gap[0] + 1


def claim(room: Room, participant: Participant, number: Any) -> None:
    """An organizer wrote this number. Raises InvalidInput where it is none of this lottery, or somebody else's."""
    most = room.app_settings["ticketCount"]
    if isinstance(number, bool) or not isinstance(number, int) or not 1 <= number <= most:
        raise InvalidInput({f"metadata.{NUMBER}": [f"Use a whole number from 1 to {most}."]})
    if Ticket.objects.filter(room=room, number=number).exclude(participant=participant).exists():
        raise InvalidInput({f"metadata.{NUMBER}": [TAKEN]})
    Ticket.objects.update_or_create(participant=participant, defaults={"room": room, "number": number})


def check_weight(metadata: dict[str, Any]) -> None:
    if not whole(metadata.get(WEIGHT, 1), MAX_WEIGHT):
        raise InvalidInput({f"metadata.{WEIGHT}": [f"Use a whole number from 1 to {MAX_WEIGHT}."]})


def give_up(participant: Participant) -> None:
    """An organizer took the number out of the metadata: it is free again."""
    Ticket.objects.filter(participant=participant).delete()


def tell_none_left(room: Room, participant: Participant) -> None:
    notify(
        user_id=participant.user_id,
        type="lottery:no_ticket",
        title="All tickets are taken",
        body="You are in the room and can watch, but you have no ticket and cannot be drawn.",
        room=room,
    )


def state_of(room: Room, user: Any) -> dict[str, Any]:
    """What a page of `user` (None: an outsider) begins with: {ticketNumber, tickets, ticketsLeft}."""
    own: dict[str, Any] = {}
    if user is not None and user.is_authenticated:
        own = Participant.objects.filter(room=room, user_id=user.pk).values_list("metadata", flat=True).first() or {}
    left = room.app_settings["ticketCount"] - Ticket.objects.filter(room=room).count()
    return {"ticketNumber": own.get(NUMBER), "tickets": own.get(WEIGHT), "ticketsLeft": max(left, 0)}


def seat_everybody(room: Room, before: dict[str, Any], by: Actor) -> None:
    """The settings changed: whoever still has the old weight gets the new one, and whoever waits for a ticket gets
    one while there are any. Raises InvalidInput where more tickets are given out than the settings now allow."""
    most = room.app_settings["ticketCount"]
    highest = Ticket.objects.filter(room=room).aggregate(last=Max("number"))["last"] or 0
    if highest > most:
        raise InvalidInput({"appSettings.ticketCount": [f"Ticket {highest} is given out already."]})
    old, new = before.get("ticketsPerParticipant", 1), room.app_settings.get("ticketsPerParticipant", 1)
    people = Participant.objects.filter(room=room, role=ParticipantRole.PARTICIPANT)
    reweigh = bool(before) and old != new
    if not reweigh:
        people = people.filter(lottery_ticket=None)
    for participant in people.order_by("joined_at", "pk").iterator(chunk_size=500):
        if reweigh and participant.metadata.get(WEIGHT) == old:
            participant.metadata = participant.metadata | {WEIGHT: new}
            participant.save(update_fields=["metadata", "updated_at"])
        # Whoever waits in vain was told so when they joined.
        seat(room, participant, tell=not before)
