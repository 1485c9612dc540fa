"""Many at once: the fund never gives away more than it has, and the log has no gaps. Real threads, real PostgreSQL."""

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.utils import timezone

from accounts.actors import PLATFORM
from accounts.models import User
from platform_site.rest.exceptions import InvalidInput
from prizes import stock
from prizes.actions import award_prize, create_prize, hand_over
from prizes.actions.fund import with_asked
from prizes.errors import AlreadyHandedOver, AlreadyWon, PrizeExhausted
from prizes.models import Prize, Winner
from rooms.actions import join_room, leave_room, update_room
from rooms.errors import AlreadyIn
from rooms.events import record
from rooms.models import Participant, Room, RoomEvent
from rooms.permissions import Need, locked_room
from tests.factories import add_participant, make_prize, make_room, make_user
from tests.races import DONE, at_once, ends, wait_for_a_lock

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def awards(room: Room, prize: Prize, people: list[Participant]) -> list[Callable[[], Any]]:
    return [
        lambda person=person: award_prize(  # type: ignore[misc]
            room_id=room.pk, prize_id=prize.pk, participant_id=person.pk, by=room.created_by
        )
        for person in people
    ]


def naive_award(prize_id: str, participant_id: str, all_have_read: threading.Barrier) -> None:
    """How not to do it: look whether something is left, then take it. No lock, no condition in the write."""
    with transaction.atomic():
        prize = Prize.objects.get(pk=prize_id)
        all_have_read.wait(timeout=60)
        if prize.quantity_remaining < 1:
            raise PrizeExhausted
        prize.quantity_remaining -= 1
        prize.save()
        Winner.objects.create(room_id=prize.room_id, prize=prize, participant_id=participant_id)


def people_of(room: Room, number: int) -> list[Participant]:
    return [add_participant(room) for _ in range(number)]


def assert_sound(room: Room, prize: Prize) -> None:
    """The invariant of the fund, and a log that runs 1, 2, 3 … in both numberings up to what the room has counted."""
    prize.refresh_from_db()
    room.refresh_from_db()
    assert Winner.objects.live().filter(prize=prize).count() + prize.quantity_remaining == prize.quantity
    events = RoomEvent.objects.filter(room=room)
    assert list(events.order_by("seq").values_list("seq", flat=True)) == list(range(1, room.last_seq + 1))
    public = events.filter(public_seq__isnull=False).order_by("public_seq").values_list("public_seq", flat=True)
    assert list(public) == list(range(1, room.last_public_seq + 1))


@pytest.mark.parametrize(("threads", "pieces"), [(8, 1), (200, 50)])
def test_without_a_guard_the_fund_oversells(room, threads, pieces):
    """The control: if this passed without overselling, the race below would prove nothing."""
    prize, people = make_prize(room, quantity=pieces), people_of(room, threads)
    all_have_read = threading.Barrier(threads)
    outcome = ends(at_once(*[partial(naive_award, prize.pk, person.pk, all_have_read) for person in people]))
    assert outcome[DONE] > pieces
    assert Winner.objects.live().filter(prize=prize).count() > pieces


@pytest.mark.parametrize(("threads", "pieces"), [(8, 1), (200, 50)])
def test_the_fund_never_oversells(room, threads, pieces):
    prize, people = make_prize(room, quantity=pieces), people_of(room, threads)
    outcome = ends(at_once(*awards(room, prize, people)))
    assert outcome == {DONE: pieces, PrizeExhausted: threads - pieces}
    assert Winner.objects.live().filter(prize=prize).values("participant").distinct().count() == pieces
    assert RoomEvent.objects.filter(room=room, type="winner:selected").count() == pieces
    assert_sound(room, prize)
    assert prize.quantity_remaining == 0


def test_one_person_wins_a_prize_once(room):
    prize, [person] = make_prize(room, quantity=5), people_of(room, 1)
    outcome = ends(at_once(*awards(room, prize, [person] * 8)))
    assert outcome == {DONE: 1, AlreadyWon: 7}
    assert RoomEvent.objects.filter(room=room, type="winner:selected").count() == 1
    assert_sound(room, prize)
    assert prize.quantity_remaining == 4


def test_the_unique_rule_holds_where_the_lock_does_not(room):
    """Past the action and its lock, the database alone lets one of eight equal wins through."""
    prize, [person] = make_prize(room, quantity=5), people_of(room, 1)

    def insert() -> None:
        try:
            Winner.objects.create(room=room, prize=prize, participant=person)
        except IntegrityError:
            raise AlreadyWon from None

    assert ends(at_once(*[insert] * 8)) == {DONE: 1, AlreadyWon: 7}


def test_the_conditional_write_holds_where_the_lock_does_not(room):
    """Eight decrements at once, without the lock of the room: one finds a piece."""
    prize = make_prize(room, quantity=1)

    assert ends(at_once(*[lambda: stock.take(prize.pk)] * 8)) == {DONE: 1, PrizeExhausted: 7}


def test_a_failure_between_decrement_and_insert_loses_no_stock(room):
    """The database refuses the insert (a trigger of this test), after the piece has left the stock."""
    prize, [person] = make_prize(room, quantity=3), people_of(room, 1)
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION no_win() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            " IF (SELECT quantity_remaining FROM prizes_prize WHERE id = NEW.prize_id) <> 2 THEN"
            "  RAISE EXCEPTION 'the piece was not taken first'; END IF;"
            " RAISE EXCEPTION 'the disk is full' USING ERRCODE = 'disk_full'; END $$"
        )
        cursor.execute("CREATE TRIGGER no_win BEFORE INSERT ON prizes_winner FOR EACH ROW EXECUTE FUNCTION no_win()")
    try:
        with pytest.raises(DatabaseError, match="the disk is full"):
            awards(room, prize, [person])[0]()
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP FUNCTION no_win() CASCADE")
    assert not Winner.all_objects.filter(prize=prize).exists()
    assert not RoomEvent.objects.filter(room=room, type="winner:selected").exists()
    assert_sound(room, prize)
    assert prize.quantity_remaining == 3
    awards(room, prize, [person])[0]()
    assert_sound(room, prize)


def test_a_log_that_is_not_locked_loses_numbers(room):
    """The control for the one below: read the last number, then count on."""
    threads = 8
    all_have_read = threading.Barrier(threads)
    taken = []

    def count() -> None:
        last = RoomEvent.objects.filter(room=room).latest("seq").seq
        all_have_read.wait(timeout=60)
        taken.append(last + 1)

    at_once(*[count] * threads)
    assert len(set(taken)) < threads


def test_different_actions_number_one_log(room):
    prize, people, newcomers = make_prize(room, quantity=20), people_of(room, 10), [make_user() for _ in range(10)]
    before, calls = RoomEvent.objects.filter(room=room).count(), awards(room, prize, people)

    def tell() -> None:
        with transaction.atomic():
            record(locked_room(room.pk, PLATFORM, Need.READ), "test:told", {}, by=PLATFORM)

    for number, user in enumerate(newcomers):
        calls.append(lambda user=user: join_room(room_id=room.pk, by=user))  # type: ignore[misc]
        calls.append(lambda n=number: create_prize(room_id=room.pk, by=PLATFORM, name=f"Prize {n}"))  # type: ignore[misc]
        calls.append(lambda n=number: update_room(room_id=room.pk, by=PLATFORM, name=f"Party {n}"))  # type: ignore[misc]
        calls.append(tell)
    assert ends(at_once(*calls)) == {DONE: 50}
    assert_sound(room, prize)
    told = Counter(RoomEvent.objects.filter(room=room, seq__gt=before).values_list("type", flat=True))
    assert told == {
        "winner:selected": 10,
        "participant:joined": 10,
        "prize:created": 10,
        "room:updated": 10,
        "test:told": 10,
    }


def test_a_person_who_joins_eight_times_at_once_is_in_once(room, stranger):
    outcome = ends(at_once(*[lambda: join_room(room_id=room.pk, by=stranger)] * 8))
    assert outcome == {DONE: 1, AlreadyIn: 7}
    assert Participant.all_objects.filter(room=room, user=stranger).count() == 1
    assert RoomEvent.objects.filter(room=room, type="participant:joined", actor=stranger).count() == 1


def test_coming_back_eight_times_at_once_revives_one_row(room, stranger):
    first = join_room(room_id=room.pk, by=stranger)
    leave_room(room_id=room.pk, by=stranger)
    outcome = ends(at_once(*[lambda: join_room(room_id=room.pk, by=stranger)] * 8))
    assert outcome == {DONE: 1, AlreadyIn: 7}
    assert Participant.all_objects.get(room=room, user=stranger).pk == first.pk


def test_awards_and_the_end_of_the_event(organiser):
    """Whoever comes after the end is refused; whoever came before it has won. Nothing in between."""
    room = make_room(organiser)
    prize, people = make_prize(room, quantity=20), people_of(room, 20)
    end = [lambda: update_room(room_id=room.pk, by=organiser, status="COMPLETED")]
    outcome = ends(at_once(*awards(room, prize, people), *end))
    wins = outcome[DONE] - 1
    assert sum(outcome.values()) == 21
    assert set(outcome) <= {DONE, PrizeExhausted} | {
        error for error in outcome if getattr(error, "code", "") == "ROOM_CLOSED"
    }
    assert_sound(room, prize)
    assert Winner.objects.live().filter(prize=prize).count() == wins
    closed = RoomEvent.objects.get(room=room, type="room:status_changed", payload__newStatus="COMPLETED")
    assert not RoomEvent.objects.filter(room=room, type="winner:selected", seq__gt=closed.seq).exists()


def test_an_award_that_waited_for_the_room_knows_who_left_meanwhile(room):
    """One statement locks the room and reads prize and participant beside it, which may be older than the lock."""

    def while_they_leave(act: Callable[[Participant], Any]) -> Any:
        [person] = people_of(room, 1)
        with ThreadPoolExecutor(1) as pool:
            with transaction.atomic():
                locked_room(room.pk, PLATFORM, Need.READ)
                waiting = pool.submit(at_once, partial(act, person))
                wait_for_a_lock()
                leave_room(room_id=room.pk, by=person.user)
            return waiting.result(timeout=60)[0]

    def read_without_looking_again(person: Participant) -> Any:
        with transaction.atomic():
            rooms = with_asked(prize.pk, person.pk, Room.objects.select_for_update(of=("self",)))
            return rooms.get(pk=room.pk).asked_participant

    def award(person: Participant) -> Any:
        return award_prize(room_id=room.pk, prize_id=prize.pk, participant_id=person.pk, by=PLATFORM)

    prize = make_prize(room)
    assert isinstance(while_they_leave(read_without_looking_again), Participant)  # who is not there any more
    assert isinstance(while_they_leave(award), InvalidInput)
    assert_sound(room, prize)
    assert not Winner.objects.exists()


def test_two_rooms_do_not_wait_for_each_other(organiser):
    """An award in one room goes through while another room is locked."""
    room, other = make_room(organiser), make_room(User.objects.get(pk=organiser.pk))
    prize, people = make_prize(other, quantity=1), people_of(other, 1)
    with transaction.atomic():
        locked_room(room.pk, organiser, Need.ORGANIZE)
        assert ends(at_once(*awards(other, prize, people))) == {DONE: 1}


def test_two_desks_hand_one_prize_over_once(room, organiser, moderator):
    """Without the condition in the write both would; see the control."""
    prize, people = make_prize(room, quantity=2), people_of(room, 2)
    control, win = awards(room, prize, people)[0](), awards(room, prize, people)[1]()
    both_have_read = threading.Barrier(2)

    def look_then_write(by: User) -> None:
        with transaction.atomic():
            winner = Winner.objects.get(pk=control.pk)
            both_have_read.wait(timeout=60)
            if winner.state != "AWARDED":
                raise AlreadyHandedOver
            winner.state, winner.fulfilled_at, winner.fulfilled_by = "FULFILLED", timezone.now(), by
            winner.save()

    desks = (organiser, moderator)
    assert ends(at_once(*[partial(look_then_write, by) for by in desks])) == {DONE: 2}
    calls = [partial(hand_over, code=win.claim_code, by=by, address=None) for by in desks]
    results = at_once(*calls)
    assert ends(results) == {DONE: 1, AlreadyHandedOver: 1}
    handed = next(one for one in results if isinstance(one, Winner))
    refused = next(one for one in results if isinstance(one, AlreadyHandedOver))
    assert refused.details["fulfilledBy"]["id"] == handed.fulfilled_by_id
    assert RoomEvent.objects.filter(room=room, type="winner:updated").count() == 1
