"""The fund: stock and wins move together."""

import pytest

from platform_site.rest.exceptions import DomainError, InvalidInput, NotFound
from prizes.actions import award_prize, delete_prize
from prizes.errors import AlreadyWon, PrizeExhausted
from prizes.models import Winner
from rooms.actions import leave_room
from rooms.enums import ParticipantRole
from rooms.models import Notification, RoomEvent
from tests.factories import add_participant, make_prize, make_room


def test_award_takes_one_piece_and_tells_the_room(room, organiser, participant):
    prize = make_prize(room, quantity=2)
    person = room.participants.get(user=participant)
    winner = award_prize(room_id=room.pk, prize_id=prize.pk, participant_id=person.pk, by=organiser)
    prize.refresh_from_db()
    assert (prize.quantity, prize.quantity_remaining) == (2, 1)
    assert (winner.state, winner.method) == ("AWARDED", "MANUAL")
    event = RoomEvent.objects.filter(room=room).latest("seq")
    assert event.type == "winner:selected"
    assert event.payload["winner"]["id"] == winner.pk
    assert event.actor == organiser


def test_award_of_the_last_piece_leaves_nothing(room, organiser):
    prize = make_prize(room, quantity=1)
    first, second = add_participant(room), add_participant(room)
    award_prize(room_id=room.pk, prize_id=prize.pk, participant_id=first.pk, by=organiser)
    events = RoomEvent.objects.filter(room=room).count()
    with pytest.raises(PrizeExhausted):
        award_prize(room_id=room.pk, prize_id=prize.pk, participant_id=second.pk, by=organiser)
    assert Winner.objects.live().count() == 1
    assert RoomEvent.objects.filter(room=room).count() == events


def test_award_to_the_same_person_again_returns_the_piece(room, organiser):
    prize = make_prize(room, quantity=3)
    person = add_participant(room)
    award_prize(room_id=room.pk, prize_id=prize.pk, participant_id=person.pk, by=organiser)
    with pytest.raises(AlreadyWon):
        award_prize(room_id=room.pk, prize_id=prize.pk, participant_id=person.pk, by=organiser)
    prize.refresh_from_db()
    assert prize.quantity_remaining == 2
    assert Winner.objects.live().count() == 1


@pytest.mark.parametrize("role", [ParticipantRole.VIEWER, ParticipantRole.MODERATOR])
def test_award_only_to_participants(room, organiser, role):
    prize, person = make_prize(room), add_participant(room, role=role)
    with pytest.raises(DomainError) as refusal:
        award_prize(room_id=room.pk, prize_id=prize.pk, participant_id=person.pk, by=organiser)
    assert refusal.value.status == 422
    assert "participantId" in refusal.value.details["fields"]


def test_award_of_another_rooms_prize_is_not_found(room, organiser, stranger):
    prize, person = make_prize(make_room(stranger)), add_participant(room)
    with pytest.raises(DomainError) as refusal:
        award_prize(room_id=room.pk, prize_id=prize.pk, participant_id=person.pk, by=organiser)
    assert refusal.value.code == "NOT_FOUND"


def test_award_needs_an_active_room(organiser):
    room = make_room(organiser, active=False)
    prize, person = make_prize(room), add_participant(room)
    with pytest.raises(DomainError) as refusal:
        award_prize(room_id=room.pk, prize_id=prize.pk, participant_id=person.pk, by=organiser)
    assert refusal.value.status == 409


def test_a_winner_is_told_and_nobody_else(room, organiser, participant, api):
    prize = make_prize(room, name="Cup")
    person = room.participants.get(user=participant)
    winner = award_prize(room_id=room.pk, prize_id=prize.pk, participant_id=person.pk, by=organiser)
    told = api(participant).get("/api/v1/notifications").json()["data"]
    assert [(each["type"], each["title"], each["roomId"], each["readAt"]) for each in told] == [
        ("winner", "You won: Cup", room.pk, None)
    ]
    shown = {"winnerId": winner.pk, "prizeId": prize.pk, "claimCode": winner.claim_code, "revealAt": None}
    assert told[0]["data"] == shown
    assert api(organiser).get("/api/v1/notifications").json()["data"] == []


def test_a_refused_award_tells_nobody(room, organiser):
    prize, first, second = make_prize(room), add_participant(room), add_participant(room)
    award_prize(room_id=room.pk, prize_id=prize.pk, participant_id=first.pk, by=organiser)
    with pytest.raises(PrizeExhausted):
        award_prize(room_id=room.pk, prize_id=prize.pk, participant_id=second.pk, by=organiser)
    assert not Notification.objects.filter(user=second.user).exists()


def test_an_award_asks_the_database_six_times(room, organiser, participant, django_assert_num_queries):
    prize, person = make_prize(room), room.participants.get(user=participant)
    with django_assert_num_queries(6 + 2) as asked:  # a savepoint stands for BEGIN and COMMIT here
        award_prize(room_id=room.pk, prize_id=prize.pk, participant_id=person.pk, by=organiser)
    assert [query["sql"].split()[0] for query in asked.captured_queries[1:-1]] == [
        "SELECT",  # the room, locked, with prize and participant
        "UPDATE",  # the stock
        "INSERT",  # the win
        "UPDATE",  # the room's numbers
        "INSERT",  # the event
        "INSERT",  # the message to the winner
    ]


def test_a_deleted_prize_and_a_person_who_left_are_not_found(room, organiser, participant):
    prize, gone = make_prize(room), make_prize(room)
    person, left = room.participants.get(user=participant), add_participant(room)
    delete_prize(room_id=room.pk, prize_id=gone.pk, by=organiser)
    leave_room(room_id=room.pk, by=left.user)
    with pytest.raises(NotFound):
        award_prize(room_id=room.pk, prize_id=gone.pk, participant_id=person.pk, by=organiser)
    with pytest.raises(InvalidInput):
        award_prize(room_id=room.pk, prize_id=prize.pk, participant_id=left.pk, by=organiser)
    assert not Winner.objects.exists()
