"""What happens to the people of a room."""

from typing import Any

import pytest

from accounts.actors import PLATFORM
from accounts.models import User
from rooms.actions import change_participant, leave_room, remove_participant, update_room
from rooms.actions.people import MOST_REMOVALS
from rooms.models import Participant, Room, RoomEvent
from tests.factories import add_participant, make_guest, make_room, make_user


def at(person: Participant, tail: str = "") -> str:
    return f"/api/v1/rooms/{person.room_id}/participants/{person.pk}{tail}"


def code_of(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


def events_since(room: Room, seq: int) -> list[RoomEvent]:
    return list(RoomEvent.objects.filter(room=room, seq__gt=seq).order_by("seq"))


def seq_of(room: Room) -> int:
    return Room.objects.get(pk=room.pk).last_seq


def role_of(room: Room, user: User) -> str:
    return Participant.objects.get(room=room, user=user).role


# --- Leaving and being removed -----------------------------------------------------------------------------------


@pytest.mark.parametrize("own_id", [True, False])
def test_people_leave_by_themselves(room, participant, api, own_id):
    person, before = room.participants.get(user=participant), seq_of(room)
    path = at(person) if own_id else f"/api/v1/rooms/{room.pk}/participants/me"
    answer = api(participant).delete(path)
    assert (answer.status_code, answer.json()) == (200, {"data": {"success": True}})
    row = Participant.all_objects.get(pk=person.pk)
    assert row.deleted_at is not None
    assert row.removed_by is None
    (event,) = events_since(room, before)
    assert (event.type, event.payload) == ("participant:left", {"participantId": person.pk, "userId": participant.pk})
    assert code_of(api(participant).delete(path)) == (403 if own_id else 404, "FORBIDDEN" if own_id else "NOT_FOUND")


def test_people_leave_a_closed_room(room, organiser, participant):
    update_room(room_id=room.pk, by=organiser, status="COMPLETED")
    leave_room(room_id=room.pk, by=participant)
    assert not Participant.objects.filter(room=room, user=participant).exists()


def test_the_creator_stays(room, organiser, admin, api):
    creator = room.participants.get(user=organiser)
    second = add_participant(room, make_user(), "ORGANIZER")
    before = seq_of(room)
    assert code_of(api(organiser).delete(f"/api/v1/rooms/{room.pk}/participants/me")) == (409, "CONFLICT")
    assert code_of(api(organiser).delete(at(creator))) == (409, "CONFLICT")
    for user in (second.user, admin):
        assert code_of(api(user).delete(at(creator))) == (409, "CONFLICT")
        assert code_of(api(user).patch(at(creator), {"role": "VIEWER"})) == (409, "CONFLICT")
    assert role_of(room, organiser) == "ORGANIZER"
    assert seq_of(room) == before
    assert api(second.user).delete(f"/api/v1/rooms/{room.pk}/participants/me").status_code == 200


def test_a_removal_is_recorded_and_its_reason_is_not_public(room, moderator, participant, api):
    person, before = room.participants.get(user=participant), seq_of(room)
    assert api(moderator).delete(at(person), {"reason": "Shouting"}).status_code == 200
    row = Participant.all_objects.get(pk=person.pk)
    assert (row.removed_by, row.removal_reason) == (moderator, "Shouting")
    told = {"participantId": person.pk, "userId": participant.pk}
    public, audit = events_since(room, before)
    assert (public.visibility, public.payload) == ("PUBLIC", told)
    assert audit.visibility == "ORGANIZER"
    assert audit.payload == told | {"removedBy": moderator.pk, "reason": "Shouting"}


def test_removing_takes_the_door_to_a_private_room_away(private_room, organiser, participant, api):
    assert api(participant).get(f"/api/v1/rooms/{private_room.pk}").status_code == 200
    remove_participant(
        room_id=private_room.pk, participant_id=private_room.participants.get(user=participant).pk, by=organiser
    )
    assert api(participant).get(f"/api/v1/rooms/{private_room.pk}").status_code == 404
    assert api(participant).get("/api/v1/rooms").json()["data"] == []


def test_a_moderator_removes_only_people_below(room, moderator, organiser, api):
    peer = add_participant(room, make_user(), "MODERATOR")
    for person in (peer, room.participants.get(user=organiser)):
        assert code_of(api(moderator).delete(at(person))) == (403, "FORBIDDEN")
        assert Participant.objects.filter(pk=person.pk).exists()
    assert api(organiser).delete(at(peer)).status_code == 200


def test_an_organizer_is_lowered_before_they_are_removed(room, organiser, api):
    second = add_participant(room, make_user(), "ORGANIZER")
    assert code_of(api(organiser).delete(at(second))) == (409, "CONFLICT")
    assert api(organiser).patch(at(second), {"role": "PARTICIPANT"}).status_code == 200
    assert api(organiser).delete(at(second)).status_code == 200


def test_a_moderators_removals_are_limited_and_an_organizers_are_not(room, moderator, organiser, api, limits):
    crowd = [add_participant(room) for _ in range(MOST_REMOVALS + 2)]
    clients = api(moderator), api(organiser)
    for person in crowd[:MOST_REMOVALS]:
        assert clients[0].delete(at(person)).status_code == 200
    answer = clients[0].delete(at(crowd[-1]))
    assert code_of(answer) == (429, "RATE_LIMIT_EXCEEDED")
    assert answer.json()["error"]["details"]["limit"] == MOST_REMOVALS
    assert Participant.objects.filter(pk=crowd[-1].pk).exists()
    for person in crowd[MOST_REMOVALS:]:
        assert clients[1].delete(at(person)).status_code == 200


def test_a_person_of_another_room_is_not_found_here(room, organiser, stranger, api):
    elsewhere = add_participant(make_room(stranger))
    path = f"/api/v1/rooms/{room.pk}/participants/{elsewhere.pk}"
    client = api(organiser)
    for answer in (client.get(path), client.patch(path, {"role": "VIEWER"}), client.delete(path)):
        assert code_of(answer) == (404, "NOT_FOUND")
    assert code_of(client.post(f"{path}/restore")) == (404, "NOT_FOUND")
    assert Participant.objects.get(pk=elsewhere.pk).role == "PARTICIPANT"


# --- Restoring ---------------------------------------------------------------------------------------------------


def test_an_organizer_undoes_a_removal(room, moderator, organiser, participant, api):
    person = room.participants.get(user=participant)
    Participant.objects.filter(pk=person.pk).update(metadata={"ticketNumber": 7})
    remove_participant(room_id=room.pk, participant_id=person.pk, by=moderator, reason="Shouting")
    assert code_of(api(moderator).post(at(person, "/restore"))) == (403, "FORBIDDEN")
    before = seq_of(room)
    answer = api(organiser).post(at(person, "/restore"))
    assert answer.status_code == 200
    assert answer.json()["data"]["metadata"] == {"ticketNumber": 7}
    row = Participant.objects.get(pk=person.pk)
    assert (row.removed_by, row.removal_reason, row.joined_at) == (None, "", person.joined_at)
    (event,) = events_since(room, before)
    assert (event.type, event.actor) == ("participant:joined", organiser)
    assert api(organiser).post(at(person, "/restore")).json() == answer.json()
    assert len(events_since(room, before)) == 1


def test_only_a_removal_is_undone_and_only_while_the_room_is_open(room, organiser, participant, api):
    person, other = room.participants.get(user=participant), add_participant(room)
    leave_room(room_id=room.pk, by=participant)
    assert code_of(api(organiser).post(at(person, "/restore"))) == (409, "CONFLICT")
    remove_participant(room_id=room.pk, participant_id=other.pk, by=organiser)
    update_room(room_id=room.pk, by=organiser, status="COMPLETED")
    assert code_of(api(organiser).post(at(other, "/restore"))) == (409, "ROOM_CLOSED")
    assert not Participant.objects.filter(pk__in=(person.pk, other.pk)).exists()


def test_a_deleted_account_is_not_restored_into_a_room(room, organiser, participant, api):
    person = room.participants.get(user=participant)
    remove_participant(room_id=room.pk, participant_id=person.pk, by=organiser)
    User.objects.filter(pk=participant.pk).soft_delete()
    assert code_of(api(organiser).post(at(person, "/restore"))) == (404, "NOT_FOUND")


# --- Roles and metadata ------------------------------------------------------------------------------------------


def test_an_organizer_gives_roles(room, organiser, participant, api):
    person, before = room.participants.get(user=participant), seq_of(room)
    answer = api(organiser).patch(at(person), {"role": "viewer"})
    assert (answer.status_code, answer.json()["data"]["role"]) == (200, "VIEWER")
    (event,) = events_since(room, before)
    assert event.type == "participant:updated"
    assert event.payload["changes"] == {"role": "VIEWER"}
    assert event.payload["participantId"] == person.pk
    assert event.payload["participant"] == answer.json()["data"] | {"metadata": None}
    api(organiser).patch(at(person), {"role": "VIEWER"})
    assert len(events_since(room, before)) == 1


def test_admin_is_no_role_of_a_room(room, organiser, admin, participant, api):
    person = room.participants.get(user=participant)
    for user in (organiser, admin):
        assert code_of(api(user).patch(at(person), {"role": "ADMIN"})) == (422, "VALIDATION_ERROR")
    assert role_of(room, participant) == "PARTICIPANT"


@pytest.mark.parametrize(
    ("old", "new", "allowed"),
    [
        ("PARTICIPANT", "VIEWER", True),
        ("VIEWER", "PARTICIPANT", False),
        ("PARTICIPANT", "MODERATOR", False),
        ("PARTICIPANT", "ORGANIZER", False),
        ("MODERATOR", "PARTICIPANT", False),
        ("ORGANIZER", "PARTICIPANT", False),
    ],
)
def test_a_moderator_moves_people_down_only(room, moderator, api, old, new, allowed):
    person = add_participant(room, make_user(), old)
    answer = api(moderator).patch(at(person), {"role": new})
    assert answer.status_code == (200 if allowed else 403)
    assert role_of(room, person.user) == (new if allowed else old)


def test_a_moderator_steps_down_but_not_up(room, moderator, api):
    person = room.participants.get(user=moderator)
    assert api(moderator).patch(at(person), {"role": "ORGANIZER"}).status_code == 403
    assert api(moderator).patch(at(person), {"role": "PARTICIPANT"}).status_code == 200
    assert api(moderator).patch(at(person), {"role": "VIEWER"}).status_code == 403


def test_a_guest_does_not_run_a_room(room, organiser, api):
    person = add_participant(room, make_guest())
    for role in ("MODERATOR", "ORGANIZER"):
        assert code_of(api(organiser).patch(at(person), {"role": role})) == (422, "VALIDATION_ERROR")


def test_metadata_merges_and_is_told_to_organizers_only(room, organiser, participant, api):
    person = room.participants.get(user=participant)
    Participant.objects.filter(pk=person.pk).update(metadata={"ticketNumber": 7, "table": 3})
    before = seq_of(room)
    answer = api(organiser).patch(at(person), {"metadata": {"table": None, "seat": "A4"}})
    assert answer.json()["data"]["metadata"] == {"ticketNumber": 7, "seat": "A4"}
    assert Participant.objects.get(pk=person.pk).metadata == {"ticketNumber": 7, "seat": "A4"}
    (event,) = events_since(room, before)
    assert (event.visibility, event.payload["changes"]["metadata"]["seat"]) == ("ORGANIZER", "A4")
    api(organiser).patch(at(person), {"role": "VIEWER", "metadata": {"seat": "B1"}})
    hidden, public = events_since(room, before)[1:]
    assert (hidden.visibility, public.visibility) == ("ORGANIZER", "PUBLIC")
    assert public.payload["changes"] == {"role": "VIEWER"}
    assert public.payload["participant"]["metadata"] is None


def test_metadata_is_for_organizers_bounded_and_frozen_at_the_end(room, organiser, moderator, participant, api):
    person = room.participants.get(user=participant)
    refused = api(moderator).patch(at(person), {"metadata": {"ticketNumber": 1}, "role": "VIEWER"})
    assert code_of(refused) == (422, "VALIDATION_ERROR")
    for _ in range(2):
        api(organiser).patch(at(person), {"metadata": {"a": "x" * 9000}})
    assert code_of(api(organiser).patch(at(person), {"metadata": {"b": "x" * 9000}})) == (422, "VALIDATION_ERROR")
    assert set(Participant.objects.get(pk=person.pk).metadata) == {"a"}
    update_room(room_id=room.pk, by=organiser, status="COMPLETED")
    assert code_of(api(organiser).patch(at(person), {"metadata": {"c": 1}})) == (409, "ROOM_CLOSED")
    assert role_of(room, participant) == "PARTICIPANT"


def test_an_empty_change_changes_nothing(room, organiser, participant, api):
    person, before = room.participants.get(user=participant), seq_of(room)
    assert api(organiser).patch(at(person), {}).status_code == 200
    assert seq_of(room) == before


def test_the_platform_itself_changes_people(room, participant):
    person = room.participants.get(user=participant)
    change_participant(room_id=room.pk, participant_id=person.pk, by=PLATFORM, metadata={"ticketNumber": 1})
    assert Participant.objects.get(pk=person.pk).metadata == {"ticketNumber": 1}


def test_who_left_or_was_removed_cannot_be_read(room, organiser, participant, api):
    person, gone = room.participants.get(user=participant), add_participant(room)
    leave_room(room_id=room.pk, by=participant)
    remove_participant(room_id=room.pk, participant_id=gone.pk, by=organiser)
    for row in (person, gone):
        assert code_of(api(organiser).get(at(row))) == (404, "NOT_FOUND")
        assert code_of(api(organiser).patch(at(row), {"role": "VIEWER"})) == (404, "NOT_FOUND")
        assert code_of(api(organiser).delete(at(row))) == (404, "NOT_FOUND")
