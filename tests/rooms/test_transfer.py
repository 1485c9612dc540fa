"""A room is handed over to another organizer of it."""

import pytest

from accounts.actors import PLATFORM
from accounts.erasure import erase_user
from accounts.models import User
from accounts.sessions import deactivate_user
from rooms.actions import change_participant, leave_room, transfer_room, update_room
from rooms.models import Notification, Participant, Room
from tests.factories import add_participant, make_guest, make_user
from tests.rooms.test_entry import code_of, last_event
from tests.rooms.test_invitations import reason_of


@pytest.fixture
def heir(room: Room) -> Participant:
    return add_participant(room, make_user("Hedda Heir"), "ORGANIZER")


def transfer(room: Room) -> str:
    return f"/api/v1/rooms/{room.pk}/transfer"


def test_a_room_is_handed_over(room, organiser, heir, api):
    answer = api(organiser).post(transfer(room), {"participantId": heir.pk})
    assert answer.status_code == 200
    data = answer.json()["data"]
    assert (data["createdBy"], data["organizer"]["name"]) == (heir.user_id, "Hedda Heir")
    event = last_event(room)
    assert (event.type, event.actor, event.visibility) == ("room:updated", organiser, "PUBLIC")
    assert event.payload["changes"] == {"createdBy": heir.user_id, "organizer": data["organizer"]}
    assert event.payload["room"]["joinCode"] is None
    assert Notification.objects.get(user=heir.user).type == "room:transferred"
    old = Participant.objects.get(room=room, user=organiser)
    assert old.role == "ORGANIZER"
    # The rule moves along: who created it before may go, and who has it now may not.
    leave_room(room_id=room.pk, by=organiser)
    answer = api(heir.user).delete(f"/api/v1/rooms/{room.pk}/participants/me")
    assert reason_of(answer) == (409, "organizer_stays")
    erase_user(user=organiser, by=organiser)


def test_handing_over_to_oneself_changes_nothing(room, organiser, api):
    own, before = Participant.objects.get(room=room, user=organiser), last_event(room).seq
    assert api(organiser).post(transfer(room), {"participantId": own.pk}).status_code == 200
    assert last_event(room).seq == before


def test_only_who_created_it_hands_it_over(room, organiser, moderator, participant, stranger, heir, api, admin):
    for user in (moderator, participant, stranger, heir.user):
        answer = api(user).post(transfer(room), {"participantId": heir.pk})
        assert reason_of(answer) == (403, "not_creator")
    assert Room.objects.get(pk=room.pk).created_by == organiser
    assert api(admin).post(transfer(room), {"participantId": heir.pk}).status_code == 200


def test_only_an_organizer_of_the_room_takes_it_over(room, organiser, moderator, stranger, api, heir):
    mo = Participant.objects.get(room=room, user=moderator)
    guest = add_participant(room, make_guest())
    for person in (mo, guest):
        assert reason_of(api(organiser).post(transfer(room), {"participantId": person.pk})) == (409, "not_organizer")
    for pk in ("c" + "0" * 24, stranger.pk):
        assert code_of(api(organiser).post(transfer(room), {"participantId": pk})) == (404, "NOT_FOUND")
    for body in ({}, {"participantId": None}, {"participantId": "x" * 200}):
        assert code_of(api(organiser).post(transfer(room), body)) == (422, "VALIDATION_ERROR")
    deactivate_user(user=User.objects.get(pk=heir.user_id), by=PLATFORM)
    assert reason_of(api(organiser).post(transfer(room), {"participantId": heir.pk})) == (409, "not_organizer")
    assert Room.objects.get(pk=room.pk).created_by == organiser


def test_a_room_that_is_over_is_handed_over_too(room, organiser, heir):
    update_room(room_id=room.pk, by=organiser, status="COMPLETED")
    assert transfer_room(room_id=room.pk, participant_id=heir.pk, by=organiser).created_by == heir.user


def test_who_handed_it_over_may_be_lowered(room, organiser, heir):
    transfer_room(room_id=room.pk, participant_id=heir.pk, by=organiser)
    own = Participant.objects.get(room=room, user=organiser)
    lowered = change_participant(room_id=room.pk, participant_id=own.pk, by=heir.user, role="PARTICIPANT")
    assert lowered.role == "PARTICIPANT"
