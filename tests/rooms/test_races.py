"""Two requests at once, on a database that lets them. Each test opens with the variant that must fail."""

import threading
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from platform_site.rest.exceptions import Forbidden, NotFound
from rooms.actions import (
    accept_invitation,
    change_participant,
    invite,
    join_by_code,
    join_room,
    leave_room,
    offer_role,
    redeem_invitations,
    remove_participant,
    transfer_room,
    update_room,
)
from rooms.errors import AlreadyIn, NotInRoom, NotOrganizer, OrganizerStays, RoomClosed
from rooms.models import Invitation, Participant, Room, RoomEvent
from tests import races
from tests.factories import add_participant, make_room, make_user

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
# What has no guard may end in an error of the database: the tests look at it.
at_once = partial(races.at_once, caught=Exception)


def kinds(results: list[Any]) -> list[str]:
    return sorted(type(result).__name__ for result in results)


def numbers(room: Room) -> list[int]:
    return list(RoomEvent.objects.filter(room=room).order_by("seq").values_list("seq", flat=True))


def events_of(room: Room, type: str) -> int:
    return RoomEvent.objects.filter(room=room, type=type, visibility="PUBLIC").count()


def test_two_joins_of_one_person(room):
    def join_without_a_lock(user: Any, meet: threading.Barrier) -> Participant:
        there = Participant.objects.filter(room=room, user=user).exists()
        meet.wait(10)
        assert not there
        return Participant.objects.create(room=room, user=user, joined_at=timezone.now())

    user, meet = make_user(), threading.Barrier(2)
    naive = at_once(*[lambda: join_without_a_lock(user, meet)] * 2)
    assert kinds(naive) == ["IntegrityError", "Participant"]

    for _ in range(5):
        user, before = make_user(), events_of(room, "participant:joined")
        results = at_once(*[partial(join_room, room_id=room.pk, by=user)] * 2)
        assert kinds(results) == ["AlreadyIn", "Participant"]
        assert Participant.all_objects.filter(room=room, user=user).count() == 1
        assert events_of(room, "participant:joined") == before + 1


def test_join_while_the_room_closes(organiser):
    room, user = make_room(organiser), make_user()
    looked, closed = threading.Event(), threading.Event()

    def join_without_a_lock() -> None:
        assert Room.objects.get(pk=room.pk).is_open
        looked.set()
        assert closed.wait(10)
        Participant.objects.create(room=room, user=user, joined_at=timezone.now())

    def close() -> None:
        assert looked.wait(10)
        update_room(room_id=room.pk, by=organiser, status="COMPLETED")
        closed.set()

    at_once(join_without_a_lock, close)
    assert Participant.objects.filter(
        room=room, user=user, joined_at__gt=Room.objects.get(pk=room.pk).closed_at
    ).exists()

    for _ in range(8):
        room, user = make_room(organiser), make_user()
        joined, done = at_once(
            partial(join_room, room_id=room.pk, by=user),
            partial(update_room, room_id=room.pk, by=organiser, status="COMPLETED"),
        )
        assert isinstance(done, Room)
        in_it = Participant.objects.filter(room=room, user=user).exists()
        assert in_it is isinstance(joined, Participant)
        assert in_it or isinstance(joined, RoomClosed)
        assert RoomEvent.objects.filter(room=room).latest("seq").type == "room:status_changed"


def test_all_organizers_step_down_at_once(room, organiser):
    creator = Participant.objects.get(room=room, user=organiser)
    with pytest.raises(IntegrityError), transaction.atomic():
        Participant.objects.filter(pk=creator.pk).update(role="VIEWER")

    others = [add_participant(room, make_user(), "ORGANIZER") for _ in range(3)]
    results = at_once(
        *[
            partial(change_participant, room_id=room.pk, participant_id=person.pk, by=person.user, role="VIEWER")
            for person in [creator, *others]
        ]
    )
    assert isinstance(results[0], OrganizerStays)
    assert kinds(results[1:]) == ["Participant"] * 3
    assert list(Participant.objects.filter(room=room, role="ORGANIZER")) == [creator]


def test_leaving_while_being_removed(room, organiser):
    for _ in range(8):
        person, before = add_participant(room), events_of(room, "participant:left")
        results = at_once(
            partial(leave_room, room_id=room.pk, by=person.user),
            partial(remove_participant, room_id=room.pk, participant_id=person.pk, by=organiser),
        )
        assert kinds(results) == ["NotInRoom", "Participant"]
        assert isinstance(results[0], NotInRoom) is (Participant.all_objects.get(pk=person.pk).removed_by is not None)
        assert events_of(room, "participant:left") == before + 1


def test_a_moderator_who_is_removed_while_they_wait_does_nothing_more(room, organiser, moderator):
    victim = add_participant(room)

    def role_with_the_lock() -> Any:
        with transaction.atomic():
            return Room.objects.select_for_update(of=("self",)).with_role_of(moderator).get(pk=room.pk).viewer_role

    def while_removed(call: Callable[[], Any]) -> Any:
        """The result of `call`, which waits for the room while `moderator` is removed from it."""
        person = Participant.all_objects.get(room=room, user=moderator)
        Participant.all_objects.filter(pk=person.pk).update(deleted_at=None, removed_by=None, removal_reason="")
        results: list[Any] = []

        def run() -> None:
            results.extend(at_once(call))

        waiting = threading.Thread(target=run)
        with transaction.atomic():
            remove_participant(room_id=room.pk, participant_id=person.pk, by=organiser)
            waiting.start()
            races.wait_for_a_lock()
        waiting.join(30)
        return results[0]

    assert while_removed(role_with_the_lock) == "MODERATOR"  # the row is new, what stands beside it is old
    refusal = while_removed(lambda: remove_participant(room_id=room.pk, participant_id=victim.pk, by=moderator))
    assert isinstance(refusal, Forbidden)
    assert Participant.objects.filter(pk=victim.pk).exists()


def test_two_changes_of_settings_both_stay(organiser):
    def merge_without_a_lock(name: str, value: Any, meet: threading.Barrier) -> None:
        settings = Room.objects.get(pk=room.pk).app_settings
        meet.wait(10)
        Room.objects.filter(pk=room.pk).update(app_settings=settings | {name: value})

    room, meet = make_room(organiser, active=False), threading.Barrier(2)
    at_once(lambda: merge_without_a_lock("tickets", 5, meet), lambda: merge_without_a_lock("budget", 9, meet))
    assert len(Room.objects.get(pk=room.pk).app_settings) == 2  # one of the two is lost

    room = make_room(organiser, active=False)
    at_once(
        lambda: update_room(room_id=room.pk, by=organiser, app_settings={"tickets": 5}),
        lambda: update_room(room_id=room.pk, by=organiser, app_settings={"budget": 9}),
    )
    assert Room.objects.get(pk=room.pk).app_settings == {"title": "Party", "tickets": 5, "budget": 9}


def test_a_hall_joins_at_once(room):
    before = numbers(room)
    results = at_once(*[lambda: join_by_code(code=room.join_code, by=None, name="Gus")] * 20)
    assert kinds(results) == ["Admission"] * 20
    assert len({entry.participant.user_id for entry in results}) == 20
    assert numbers(room) == list(range(1, len(before) + 21))


def test_a_room_never_takes_one_too_many(organiser):
    def join_without_a_lock(meet: threading.Barrier) -> None:
        room = Room.objects.get(pk=small.pk)
        taken = Participant.objects.filter(room=room, role="PARTICIPANT").count()
        meet.wait(10)
        assert room.max_participants is not None
        if taken < room.max_participants:
            Participant.objects.create(room=room, user=make_user(), joined_at=timezone.now())

    small, meet = make_room(organiser, max_participants=3), threading.Barrier(10)
    at_once(*[partial(join_without_a_lock, meet)] * 10)
    assert Participant.objects.filter(room=small, role="PARTICIPANT").count() == 10

    for _ in range(3):
        room = make_room(organiser, max_participants=3)
        people = [make_user() for _ in range(5)]
        results = at_once(
            *[partial(join_by_code, code=room.join_code, by=None, name="Gus")] * 5,
            *[partial(join_room, room_id=room.pk, by=person) for person in people],
        )
        assert kinds(results).count("RoomFull") == 7
        assert Participant.objects.filter(room=room, role="PARTICIPANT").count() == 3


def test_one_person_signs_in_twice_at_once(private_room, organiser):
    user = make_user(email="nina@example.com", email_verified=True)
    invite(room_id=private_room.pk, by=organiser, email="nina@example.com")
    results = at_once(*[lambda: redeem_invitations(user=user)] * 3)
    assert results == [None] * 3
    assert Participant.all_objects.filter(room=private_room, user=user).count() == 1
    assert events_of(private_room, "participant:joined") == 2


def test_an_invited_person_joins_and_signs_in_at_once(private_room, organiser):
    user = make_user(email="nina@example.com", email_verified=True)
    invite(room_id=private_room.pk, by=organiser, email="nina@example.com")
    joined, _ = at_once(lambda: join_room(room_id=private_room.pk, by=user), lambda: redeem_invitations(user=user))
    assert isinstance(joined, Participant | AlreadyIn)
    assert Participant.objects.filter(room=private_room, user=user).count() == 1


def test_a_room_is_handed_over_to_somebody_who_is_lowered_or_leaves(organiser):
    def transfer_without_a_lock(
        room: Room, person: Participant, looked: threading.Event, done: threading.Event
    ) -> None:
        assert Participant.objects.get(pk=person.pk).role == "ORGANIZER"
        looked.set()
        assert done.wait(10)
        Room.objects.filter(pk=room.pk).update(created_by=person.user)

    def lower(room: Room, person: Participant, looked: threading.Event, done: threading.Event) -> None:
        assert looked.wait(10)
        change_participant(room_id=room.pk, participant_id=person.pk, by=organiser, role="VIEWER")
        done.set()

    room = make_room(organiser)
    person, looked, done = add_participant(room, make_user(), "ORGANIZER"), threading.Event(), threading.Event()
    naive, _ = at_once(
        lambda: transfer_without_a_lock(room, person, looked, done), lambda: lower(room, person, looked, done)
    )
    assert isinstance(naive, IntegrityError)  # the database knows better, and the caller gets a 500

    for round_ in range(8):
        room = make_room(organiser)
        person = add_participant(room, make_user(), "ORGANIZER")
        other = (
            partial(leave_room, room_id=room.pk, by=person.user)
            if round_ % 2
            else partial(change_participant, room_id=room.pk, participant_id=person.pk, by=organiser, role="VIEWER")
        )
        handed, ended = at_once(partial(transfer_room, room_id=room.pk, participant_id=person.pk, by=organiser), other)
        creator = Room.objects.get(pk=room.pk).created_by_id
        if isinstance(handed, Room):
            assert isinstance(ended, OrganizerStays)
            assert creator == person.user_id
        else:
            assert isinstance(handed, NotInRoom | NotOrganizer)
            assert isinstance(ended, Participant)
            assert creator == organiser.pk
        assert Participant.objects.filter(room=room, user=creator, role="ORGANIZER").exists()


def test_an_offer_is_accepted_while_its_holder_is_lowered(organiser):
    def accept_without_a_lock(person: Participant, offer: Any, looked: threading.Event, done: threading.Event) -> None:
        assert Invitation.objects.filter(pk=offer.pk).exists()
        looked.set()
        assert done.wait(10)
        fields = {"role": "ORGANIZER", "role_accepted_at": timezone.now(), "is_held_viewer": False}
        Participant.objects.filter(pk=person.pk).update(**fields)

    def lower(room: Room, person: Participant, looked: threading.Event, done: threading.Event) -> None:
        assert looked.wait(10)
        change_participant(room_id=room.pk, participant_id=person.pk, by=organiser, role="VIEWER")
        done.set()

    def offered() -> tuple[Room, Participant, Any]:
        room = make_room(organiser)
        person = add_participant(room, make_user(), "MODERATOR")
        return room, person, offer_role(room_id=room.pk, by=organiser, user_id=person.user_id, role="ORGANIZER")

    room, person, offer = offered()
    looked, done = threading.Event(), threading.Event()
    at_once(lambda: accept_without_a_lock(person, offer, looked, done), lambda: lower(room, person, looked, done))
    assert Participant.objects.get(pk=person.pk).role == "ORGANIZER"  # in spite of the demotion

    for _ in range(8):
        room, person, offer = offered()
        accepted, lowered = at_once(
            partial(accept_invitation, invitation_id=offer.pk, by=person.user),
            partial(change_participant, room_id=room.pk, participant_id=person.pk, by=organiser, role="VIEWER"),
        )
        assert isinstance(lowered, Participant)
        assert isinstance(accepted, Participant | NotFound)
        assert Participant.objects.get(pk=person.pk).role == "VIEWER"
        assert not Invitation.objects.open().filter(room=room).exists()
