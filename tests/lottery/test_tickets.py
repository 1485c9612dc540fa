"""Tickets: one number for everybody who takes part, unique in the room, with a weight in draws."""

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from apps_registry.builtin.lottery.models import Ticket
from apps_registry.models import App
from apps_registry.registry import room_app
from platform_site.rest.exceptions import InvalidInput
from prizes.entries import entries_of
from prizes.models import Winner
from rooms.actions import (
    add_person,
    change_participant,
    create_room,
    join_by_code,
    join_room,
    leave_room,
    remove_participant,
    restore_participant,
    update_room,
)
from rooms.models import Notification, Participant, Room, RoomEvent
from tests.factories import make_app, make_draw, make_prize, make_room, make_user
from tests.races import together
from tests.rules import cannot_be_added, cannot_become

SETTINGS = {"ticketCount": 3, "drawDate": "2030-12-31T20:00:00Z"}


def make_lottery(by, active=True, **settings) -> Room:
    app = App.objects.get(app_id="app_lottery_v1")
    return make_room(by, active=active, app=app, app_settings=SETTINGS | settings)


def number_of(participant: Participant) -> int | None:
    participant.refresh_from_db()
    return participant.metadata.get("ticketNumber")


@pytest.fixture
def lottery(organiser):
    return make_lottery(organiser)


def test_who_joins_gets_a_number_and_a_weight(organiser):
    lottery = make_lottery(organiser, ticketsPerParticipant=5)
    first = join_room(room_id=lottery.pk, by=make_user())
    second = join_by_code(code=lottery.join_code, by=None, name="Guest").participant
    assert first.metadata == {"ticketNumber": 1, "tickets": 5}
    assert second.metadata == {"ticketNumber": 2, "tickets": 5}
    assert set(Ticket.objects.values_list("participant", "number")) == {(first.pk, 1), (second.pk, 2)}


def test_organizers_and_viewers_get_none_until_they_take_part(lottery, organiser):
    viewer = join_room(room_id=lottery.pk, by=make_user(), role="VIEWER")
    assert number_of(viewer) is None
    assert number_of(Participant.objects.get(room=lottery, user=organiser)) is None
    change_participant(room_id=lottery.pk, participant_id=viewer.pk, by=organiser, role="PARTICIPANT")
    assert number_of(viewer) == 1


def test_who_comes_back_has_the_same_ticket(lottery, organiser):
    user = make_user()
    person = join_room(room_id=lottery.pk, by=user)
    leave_room(room_id=lottery.pk, by=user)
    join_room(room_id=lottery.pk, by=make_user())
    assert join_room(room_id=lottery.pk, by=user).metadata["ticketNumber"] == 1
    remove_participant(room_id=lottery.pk, participant_id=person.pk, by=organiser)
    restore_participant(room_id=lottery.pk, participant_id=person.pk, by=organiser)
    assert number_of(person) == 1
    assert Ticket.objects.count() == 2


def test_people_join_without_a_ticket_when_all_are_given_out(lottery):
    for _ in range(3):
        join_room(room_id=lottery.pk, by=make_user())
    late = make_user()
    person = join_room(room_id=lottery.pk, by=late)
    assert "ticketNumber" not in person.metadata
    message = Notification.objects.get(user=late)
    assert (message.type, message.room) == ("lottery:no_ticket", lottery)
    prize = make_prize(lottery, quantity=9)
    assert person.pk not in dict(entries_of(make_draw(lottery, prize)))


def test_an_organizer_gives_a_number_by_hand(lottery, organiser):
    person = add_person(
        room_id=lottery.pk, by=organiser, user_id=make_user().pk, metadata={"ticketNumber": 2, "seat": "A1"}
    )
    assert person.metadata == {"ticketNumber": 2, "seat": "A1", "tickets": 1}
    others = [join_room(room_id=lottery.pk, by=make_user()) for _ in range(2)]
    assert [number_of(other) for other in others] == [3, 1]  # the gap is filled


@pytest.mark.parametrize("number", [0, 4, "2", False, 1.5, None, [1]])
def test_a_number_that_is_none_of_the_lottery_is_refused(lottery, organiser, number):
    person = join_room(room_id=lottery.pk, by=make_user())
    if number is None:
        change_participant(room_id=lottery.pk, participant_id=person.pk, by=organiser, metadata={"ticketNumber": None})
        assert not Ticket.objects.exists()
        return
    with pytest.raises(InvalidInput) as refusal:
        change_participant(
            room_id=lottery.pk, participant_id=person.pk, by=organiser, metadata={"ticketNumber": number}
        )
    assert "metadata.ticketNumber" in refusal.value.details["fields"]
    assert number_of(person) == 1


def test_nobody_gets_somebody_elses_number(lottery, organiser):
    first, second = (join_room(room_id=lottery.pk, by=make_user()) for _ in range(2))
    with pytest.raises(InvalidInput):
        change_participant(room_id=lottery.pk, participant_id=second.pk, by=organiser, metadata={"ticketNumber": 1})
    assert (number_of(first), number_of(second)) == (1, 2)
    change_participant(room_id=lottery.pk, participant_id=second.pk, by=organiser, metadata={"ticketNumber": 3})
    assert Ticket.objects.get(participant=second).number == 3


def test_a_weight_that_is_none_is_refused(lottery, organiser):
    person = join_room(room_id=lottery.pk, by=make_user())
    with pytest.raises(InvalidInput):
        change_participant(room_id=lottery.pk, participant_id=person.pk, by=organiser, metadata={"tickets": "many"})
    change_participant(room_id=lottery.pk, participant_id=person.pk, by=organiser, metadata={"tickets": 7})
    assert dict(entries_of(make_draw(lottery, make_prize(lottery)))) == {person.pk: 7}


def test_draws_are_weighted_by_the_setting_unless_somebody_got_more(organiser):
    lottery = make_lottery(organiser, ticketsPerParticipant=4)
    plain, rich = (join_room(room_id=lottery.pk, by=make_user()) for _ in range(2))
    change_participant(room_id=lottery.pk, participant_id=rich.pk, by=organiser, metadata={"tickets": 9})
    draw = make_draw(lottery, make_prize(lottery))
    assert dict(entries_of(draw)) == {plain.pk: 4, rich.pk: 9}
    assert draw.eligibility["weightField"] == "tickets"


@pytest.mark.parametrize("several", [False, True])
def test_allow_multiple_wins(organiser, several):
    lottery = make_lottery(organiser, allowMultipleWins=several)
    person = join_room(room_id=lottery.pk, by=make_user())
    other = join_room(room_id=lottery.pk, by=make_user())
    won = make_prize(lottery)
    Winner.objects.create(room=lottery, participant=person, prize=won)
    draw = make_draw(lottery, make_prize(lottery))
    assert draw.distinct is not several
    assert set(dict(entries_of(draw))) == ({person.pk, other.pk} if several else {other.pk})


def test_what_a_page_begins_with(lottery):
    user = make_user()
    assert room_app(lottery.app_id).state_for(lottery, None) == {
        "ticketNumber": None,
        "tickets": None,
        "ticketsLeft": 3,
    }
    join_room(room_id=lottery.pk, by=user)
    assert room_app(lottery.app_id).state_for(lottery, user) == {"ticketNumber": 1, "tickets": 1, "ticketsLeft": 2}


def test_more_tickets_in_a_draft_reach_those_who_wait(organiser):
    lottery = make_lottery(organiser, active=False)
    people = [join_room(room_id=lottery.pk, by=make_user()) for _ in range(5)]
    update_room(room_id=lottery.pk, by=organiser, app_settings={"ticketCount": 4})
    assert [number_of(person) for person in people] == [1, 2, 3, 4, None]
    assert Notification.objects.filter(type="lottery:no_ticket").count() == 2  # told once each, when they joined
    with pytest.raises(InvalidInput) as refusal:
        update_room(room_id=lottery.pk, by=organiser, app_settings={"ticketCount": 3})
    assert "appSettings.ticketCount" in refusal.value.details["fields"]


def test_another_weight_in_a_draft_reaches_those_who_had_the_old_one(organiser):
    lottery = make_lottery(organiser, active=False)
    plain, rich = (join_room(room_id=lottery.pk, by=make_user()) for _ in range(2))
    change_participant(room_id=lottery.pk, participant_id=rich.pk, by=organiser, metadata={"tickets": 9})
    update_room(room_id=lottery.pk, by=organiser, app_settings={"ticketsPerParticipant": 3})
    plain.refresh_from_db()
    rich.refresh_from_db()
    assert (plain.metadata["tickets"], rich.metadata["tickets"]) == (3, 9)


def test_other_settings_cost_nothing_by_the_number_of_people(lottery, organiser):
    costs = []
    for theme in ("christmas", "birthday"):
        for _ in range(4):
            join_room(room_id=lottery.pk, by=make_user())
        with CaptureQueriesContext(connection) as queries:
            update_room(room_id=lottery.pk, by=organiser, app_settings={"theme": theme})
        costs.append(len(queries))
    assert costs[0] == costs[1]


def test_a_draft_that_becomes_a_lottery_gives_tickets_to_its_people(organiser):
    room = create_room(by=organiser, app_id=make_app().app_id, name="Party")
    person = join_room(room_id=room.pk, by=make_user())
    update_room(room_id=room.pk, by=organiser, app_id="app_lottery_v1", app_settings=SETTINGS)
    assert number_of(person) == 1


def test_the_log_tells_no_ticket_to_outsiders(lottery):
    join_room(room_id=lottery.pk, by=make_user())
    joined = RoomEvent.objects.filter(room=lottery, type="participant:joined").order_by("seq").last()
    assert joined is not None
    assert joined.payload["participant"]["metadata"] is None


def test_rules_of_the_table(lottery, organiser):
    person = join_room(room_id=lottery.pk, by=make_user())
    ticket = Ticket.objects.get()
    cannot_become(ticket, "lottery_ticket_from_one", number=0)
    cannot_become(ticket, "ticket is of the room", room_id=make_room(organiser).pk)
    other = join_room(room_id=lottery.pk, by=make_user(), role="VIEWER")
    cannot_be_added(Ticket(room=lottery, participant=other, number=1), "lottery_ticket_unique|UNIQUE|unique")
    cannot_be_added(Ticket(room=lottery, participant=person, number=3), "UNIQUE|unique")


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
class TestRaces:
    def test_without_the_rooms_lock_two_would_take_one_number(self, organiser):
        """The control: what the rule of the database is for."""
        lottery = make_lottery(organiser)
        people = [join_room(room_id=lottery.pk, by=make_user(), role="VIEWER") for _ in range(2)]
        refused = []

        def naive(at: int) -> None:
            try:
                with transaction.atomic():
                    number = Ticket.objects.filter(room=lottery).count() + 1
                    with connection.cursor() as cursor:
                        cursor.execute("SELECT pg_sleep(0.2)")
                    Ticket.objects.create(room=lottery, participant=people[at], number=number)
            except IntegrityError as error:
                refused.append(str(error))

        together(2, naive)
        assert len(refused) == 1
        assert "lottery_ticket_unique" in refused[0]

    def test_many_at_once_get_numbers_without_gap_and_the_rest_none(self, organiser):
        lottery = make_lottery(organiser, ticketCount=25)
        users = [make_user() for _ in range(40)]
        people = together(40, lambda at: join_room(room_id=lottery.pk, by=users[at]))
        numbers = [person.metadata.get("ticketNumber") for person in people]
        assert sorted(number for number in numbers if number) == list(range(1, 26))
        assert Ticket.objects.count() == 25
        assert Notification.objects.filter(type="lottery:no_ticket").count() == 15
