"""One's own place, and who is checked in at the desk."""

import pytest
from django.urls import reverse

from accounts.actions import open_dashboard
from platform_site.rest.exceptions import Forbidden
from rooms.actions import check_in, leave_room, remove_participant, restore_participant, undo_check_in, update_room
from rooms.models import Participant, RoomEvent
from tests.factories import add_participant


def people(room, *rest):
    return "/".join((f"/api/v1/rooms/{room.pk}/participants", *rest))


def last(room):
    return RoomEvent.objects.filter(room=room).latest("seq")


def test_ones_own_place_has_the_shape_of_a_member(room, participant, stranger, organiser, api):
    place = Participant.objects.get(room=room, user=participant)
    Participant.objects.filter(pk=place.pk).update(metadata={"ticketNumber": 7})
    mine = api(participant).get(people(room, "me")).json()["data"]
    assert (mine["id"], mine["role"], mine["metadata"], mine["checkedInAt"]) == (
        place.pk, "PARTICIPANT", {"ticketNumber": 7}, None,
    )  # fmt: skip
    assert mine == api(participant).get(people(room, place.pk)).json()["data"]
    leave_room(room_id=room.pk, by=participant)
    for user, status in ((participant, 404), (stranger, 404), (None, 401)):
        assert api(user).get(people(room, "me")).status_code == status


def test_a_check_in_is_told_once(room, moderator, participant, api):
    place = Participant.objects.get(room=room, user=participant)
    first = api(moderator).post(people(room, place.pk, "check-in"))
    assert first.status_code == 200
    at = first.json()["data"]["checkedInAt"]
    assert at is not None
    event = last(room)
    assert (event.type, event.visibility, event.actor) == ("participant:updated", "PUBLIC", moderator)
    assert event.payload["changes"] == {"checkedInAt": at}
    assert (event.payload["participant"]["checkedInAt"], event.payload["participant"]["metadata"]) == (at, None)
    again = api(moderator).post(people(room, place.pk, "check-in"))
    assert (again.json()["data"]["checkedInAt"], last(room).seq) == (at, event.seq)


def test_a_check_in_is_taken_back_once(room, organiser, participant, api):
    place = Participant.objects.get(room=room, user=participant)
    check_in(room_id=room.pk, participant_id=place.pk, by=organiser)
    assert api(organiser).delete(people(room, place.pk, "check-in")).json()["data"]["checkedInAt"] is None
    event = last(room)
    assert event.payload["changes"] == {"checkedInAt": None}
    assert api(organiser).delete(people(room, place.pk, "check-in")).status_code == 200
    assert last(room).seq == event.seq


def test_nobody_checks_themselves_in(room, participant):
    place = Participant.objects.get(room=room, user=participant)
    for act in (check_in, undo_check_in):
        with pytest.raises(Forbidden):
            act(room_id=room.pk, participant_id=place.pk, by=participant)
    assert Participant.objects.get(pk=place.pk).checked_in_at is None


def test_who_is_gone_or_of_another_room_is_not_checked_in(room, private_room, organiser, api):
    gone, elsewhere = add_participant(room), add_participant(private_room)
    leave_room(room_id=room.pk, by=gone.user)
    for person in (gone, elsewhere):
        assert api(organiser).post(people(room, person.pk, "check-in")).status_code == 404


def test_after_the_end_nobody_is_checked_in(room, organiser, participant, api):
    place = Participant.objects.get(room=room, user=participant)
    update_room(room_id=room.pk, by=organiser, status="COMPLETED")
    answer = api(organiser).post(people(room, place.pk, "check-in"))
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "ROOM_CLOSED")


def test_who_comes_back_is_checked_in_anew_and_who_is_restored_is_there(room, organiser, participant, api):
    place = Participant.objects.get(room=room, user=participant)
    check_in(room_id=room.pk, participant_id=place.pk, by=organiser)
    remove_participant(room_id=room.pk, participant_id=place.pk, by=organiser)
    restore_participant(room_id=room.pk, participant_id=place.pk, by=organiser)
    assert Participant.objects.get(pk=place.pk).checked_in_at is not None
    leave_room(room_id=room.pk, by=participant)
    assert api(participant).post(people(room)).json()["data"]["checkedInAt"] is None


def test_the_dashboard_checks_in(room, organiser, moderator, participant, dashboard):
    place = Participant.objects.get(room=room, user=participant)
    open_dashboard(user=moderator)
    client = dashboard(moderator)
    page = reverse("admin:rooms_participant_change", args=(place.pk,))
    for button, words, here in (("check_in", "Undo check-in", True), ("undo_check_in", "Check in", False)):
        client.post(reverse(f"admin:rooms_participant_{button}", args=(place.pk,)), {"_form_submitted": "True"})
        assert (Participant.objects.get(pk=place.pk).checked_in_at is not None) is here
        assert words in client.get(page).content.decode()
