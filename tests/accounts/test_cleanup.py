"""`manage.py cleanup`: what goes, and what must not."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone

from accounts.actors import PLATFORM
from accounts.google import STATE_LIVES
from accounts.handover import new_exchange_code
from accounts.models import DELETED_USER_NAME, OneTimeCode, Session, TokenBlacklist, User
from accounts.revocation import revoke
from accounts.sessions import open_session
from prizes.actions import award_prize
from prizes.models import Winner
from rooms.actions import update_room
from rooms.models import Participant, Room, RoomEvent
from tests.factories import add_participant, make_guest, make_prize, make_room, make_user

pytestmark = pytest.mark.django_db


def days_ago(number):
    return timezone.now() - timedelta(days=number)


def test_it_says_what_it_did(capsys):
    open_session(user=make_user())
    Session.objects.update(created_at=days_ago(40), expires_at=days_ago(1))
    call_command("cleanup")
    assert "sessions: 1\n" in capsys.readouterr().out
    call_command("cleanup")
    lines = capsys.readouterr().out.splitlines()
    assert "sessions: 0" in lines
    assert all(line.endswith(": 0") for line in lines)


def test_what_has_expired_goes_and_the_rest_stays(participant):
    open_session(user=participant)
    old = Session.objects.get()
    Session.objects.update(created_at=days_ago(40), expires_at=days_ago(1))
    fresh = open_session(user=participant)
    revoke(["old"], user_id=None, by=PLATFORM, reason="test")
    TokenBlacklist.objects.update(expires_at=days_ago(1))
    revoke(["new"], user_id=None, by=PLATFORM, reason="test")
    new_exchange_code(participant)
    OneTimeCode.objects.update(expires_at=days_ago(1))
    new_exchange_code(participant)
    call_command("cleanup")
    assert Session.objects.get().pk != old.pk
    assert fresh.user == participant
    assert [mark.token_hash for mark in TokenBlacklist.objects.all()] == ["new"]
    assert OneTimeCode.objects.get().expires_at > timezone.now()
    assert STATE_LIVES < 3600


def old_guest(name="Guest"):
    guest = make_guest(name)
    User.objects.filter(pk=guest.pk).update(created_at=days_ago(200))
    return guest


def test_guests_who_never_took_part_go(room):
    guest, young = old_guest(), make_guest("Young")
    call_command("cleanup")
    assert not User.all_objects.filter(pk=guest.pk).exists()
    assert User.objects.filter(pk=young.pk).exists()


def test_guests_with_history_are_scrubbed(room, organiser):
    guest = old_guest("Gus the guest")
    place, prize = add_participant(room, guest), make_prize(room)
    award_prize(room_id=room.pk, prize_id=prize.pk, participant_id=place.pk, by=organiser)
    call_command("cleanup")
    guest = User.all_objects.get(pk=guest.pk)
    assert (guest.name, guest.erased_at is not None) == (DELETED_USER_NAME, True)
    assert Winner.objects.live().get().participant_id == place.pk
    assert Participant.all_objects.get(pk=place.pk).deleted_at is not None
    assert "Gus" not in str(list(RoomEvent.objects.values_list("payload", flat=True)))


@pytest.mark.parametrize("reason", ["a live device", "seen lately", "registered"])
def test_people_who_may_come_back_stay(room, reason):
    person = make_user() if reason == "registered" else old_guest()
    User.objects.filter(pk=person.pk).update(created_at=days_ago(200))
    if reason != "registered":
        open_session(user=person)
    if reason == "seen lately":
        Session.objects.update(revoked_at=days_ago(1), last_used_at=days_ago(5))
    call_command("cleanup")
    assert User.objects.filter(pk=person.pk).exists()


def over(room, days):

    update_room(room_id=room.pk, by=PLATFORM, status="COMPLETED")
    Room.objects.filter(pk=room.pk).update(closed_at=days_ago(days))
    return room


@pytest.fixture
def aged(settings):
    """Events cannot be made older than they are, so the retention is what passes."""
    settings.EVENT_RETENTION = 0
    return settings


def test_old_events_go_but_not_what_proves_a_win(room, organiser, participant, aged):
    prize, place = make_prize(room), Participant.objects.get(user=participant)
    award_prize(room_id=room.pk, prize_id=prize.pk, participant_id=place.pk, by=organiser)
    over(room, days=0)
    call_command("cleanup")
    assert list(RoomEvent.objects.filter(room=room).values_list("type", flat=True)) == ["winner:selected"]


def test_events_of_rooms_that_go_on_or_closed_lately_stay(room, organiser, settings, aged):
    before = RoomEvent.objects.filter(room=room).count()
    call_command("cleanup")
    assert RoomEvent.objects.filter(room=room).count() == before > 0
    settings.EVENT_RETENTION = 365
    over(room, days=364)
    call_command("cleanup")
    assert RoomEvent.objects.filter(room=room).count() == before + 1


def test_events_of_deleted_rooms_go(organiser, aged):
    room = make_room(organiser, active=False)
    Room.objects.filter(pk=room.pk).soft_delete()
    call_command("cleanup")
    assert not RoomEvent.objects.filter(room=room).exists()
