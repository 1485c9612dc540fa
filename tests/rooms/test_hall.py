"""What an organizer says of the hall: who may still come in, how many, and where it is."""

from typing import Any

import pytest

from rooms.actions import invite, join_room, leave_room, redeem_invitations, remove_participant, update_room
from rooms.errors import RoomFull
from rooms.models import Participant, Room, RoomEvent
from tests.factories import add_participant, make_app, make_guest, make_room, make_user

JOIN = "/api/v1/rooms/join"
FIELDS = {
    "joinLocked": True,
    "maxParticipants": 200,
    "maskNames": True,
    "timeZone": "Asia/Tokyo",
    "revealSeconds": 0,
    "privacyNotice": "We keep your name until Monday.",
}


def people(room: Room) -> str:
    return f"/api/v1/rooms/{room.pk}/participants"


def refusal_of(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["details"]["reason"]


def heads(room: Room) -> int:
    return Participant.objects.filter(room=room).count()


# --- The fields --------------------------------------------------------------------------------------------------


def test_a_room_has_usual_values_and_takes_others(organiser, participant, api, settings):
    settings.DEFAULT_TIME_ZONE = "Europe/Berlin"
    app = make_app()
    made = api(organiser).post("/api/v1/rooms", {"name": "Gala", "appId": app.app_id}).json()["data"]
    assert {name: made[name] for name in FIELDS} == {
        "joinLocked": False,
        "maxParticipants": None,
        "maskNames": False,
        "timeZone": "Europe/Berlin",
        "revealSeconds": 8,
        "privacyNotice": None,
    }
    other = api(organiser).post("/api/v1/rooms", {"name": "Gala", "appId": app.app_id} | FIELDS).json()["data"]
    assert {name: other[name] for name in FIELDS} == FIELDS
    changed = api(organiser).patch(f"/api/v1/rooms/{made['id']}", FIELDS).json()["data"]
    assert {name: changed[name] for name in FIELDS} == FIELDS
    told = RoomEvent.objects.filter(room=made["id"]).latest("seq")
    assert (told.type, told.payload["changes"]) == ("room:updated", FIELDS)
    back = {"maxParticipants": None, "privacyNotice": None}
    assert api(organiser).patch(f"/api/v1/rooms/{made['id']}", back).json()["data"].items() >= back.items()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("timeZone", "Mars/Olympus"),
        ("timeZone", ""),
        ("revealSeconds", 61),
        ("revealSeconds", -1),
        ("maxParticipants", 0),
        ("maxParticipants", "many"),
        ("privacyNotice", "x" * 10_001),
        ("joinLocked", "perhaps"),
        ("maskNames", None),
    ],
)
def test_a_wrong_value_is_named(room, organiser, api, field, value):
    answer = api(organiser).patch(f"/api/v1/rooms/{room.pk}", {field: value})
    assert answer.status_code == 422
    assert list(answer.json()["error"]["details"]["fields"]) == [field]


def test_everybody_sees_their_own_role(room, organiser, moderator, participant, stranger, admin, api):
    viewer, guest = make_user(), make_guest()
    add_participant(room, viewer, "VIEWER")
    add_participant(room, guest)
    for user, role in (
        (organiser, "ORGANIZER"),
        (moderator, "MODERATOR"),
        (participant, "PARTICIPANT"),
        (viewer, "VIEWER"),
        (guest, "PARTICIPANT"),
        (stranger, None),
        (admin, None),
        (None, None),
    ):
        assert api(user).get(f"/api/v1/rooms/{room.pk}").json()["data"]["myRole"] == role
    assert RoomEvent.objects.filter(room=room, payload__room__isnull=False).exists() is False
    update_room(room_id=room.pk, by=organiser, name="Ball")
    assert RoomEvent.objects.filter(room=room).latest("seq").payload["room"]["myRole"] is None


# --- Joining is locked -------------------------------------------------------------------------------------------


def test_nobody_joins_a_locked_room_by_themselves(room, organiser, participant, stranger, admin, api):
    gone = make_user()
    join_room(room_id=room.pk, by=gone)
    leave_room(room_id=room.pk, by=gone)
    update_room(room_id=room.pk, by=organiser, join_locked=True)
    before = heads(room)
    for user in (stranger, gone):
        assert refusal_of(api(user).post(people(room))) == (409, "joining_locked")
        assert refusal_of(api(user).post(JOIN, {"code": room.join_code})) == (409, "joining_locked")
    assert refusal_of(api().post(JOIN, {"code": room.join_code, "name": "Gus"})) == (409, "joining_locked")
    assert heads(room) == before
    # Whoever is in finds their place again.
    assert api(participant).post(JOIN, {"code": room.join_code}).status_code == 200


def test_those_who_run_a_locked_room_let_people_in(room, organiser, moderator, stranger, admin, api):
    invited = make_user(email="nina@example.com", email_verified=True)
    invite(room_id=room.pk, by=organiser, email="nina@example.com")
    update_room(room_id=room.pk, by=organiser, join_locked=True)
    assert api(moderator).post(people(room), {"userId": stranger.pk}).status_code == 201
    assert api(invited).post(JOIN, {"code": room.join_code}).status_code == 201
    assert api(admin).post(people(room)).status_code == 201


# --- A room is full ----------------------------------------------------------------------------------------------


def test_a_full_room_takes_nobody_more(organiser, stranger, admin, api):
    room = make_room(organiser, max_participants=2)
    first, second = make_user(), make_user()
    assert api(first).post(people(room)).status_code == 201
    assert api(second).post(people(room), {"role": "VIEWER"}).status_code == 201
    for user in (stranger, admin):
        assert refusal_of(api(user).post(people(room))) == (409, "room_full")
        assert refusal_of(api(user).post(JOIN, {"code": room.join_code})) == (409, "room_full")
    assert refusal_of(api().post(JOIN, {"code": room.join_code, "name": "Gus"})) == (409, "room_full")
    assert refusal_of(api(organiser).post(people(room), {"userId": stranger.pk})) == (409, "room_full")
    # Those who run the room take no seat.
    add_participant(room, make_user(), "MODERATOR")
    leave_room(room_id=room.pk, by=first)
    assert api(stranger).post(people(room)).status_code == 201
    assert refusal_of(api(first).post(people(room))) == (409, "room_full")
    update_room(room_id=room.pk, by=organiser, max_participants=3)
    assert api(first).post(people(room)).status_code == 201


def test_a_removed_person_is_not_restored_into_a_full_room(organiser, api):
    room = make_room(organiser, max_participants=1)
    person = add_participant(room)
    remove_participant(room_id=room.pk, participant_id=person.pk, by=organiser)
    other = join_room(room_id=room.pk, by=make_user())
    assert refusal_of(api(organiser).post(f"{people(room)}/{person.pk}/restore")) == (409, "room_full")
    leave_room(room_id=room.pk, by=other.user)
    assert api(organiser).post(f"{people(room)}/{person.pk}/restore").status_code == 200


def test_an_invitation_to_a_full_room_stays_open(organiser):
    room = make_room(organiser, max_participants=1)
    nina = make_user(email="nina@example.com", email_verified=True)
    invite(room_id=room.pk, by=organiser, email="nina@example.com")
    other = join_room(room_id=room.pk, by=make_user())
    redeem_invitations(user=nina)
    with pytest.raises(RoomFull):
        join_room(room_id=room.pk, by=nina)
    assert not Participant.all_objects.filter(room=room, user=nina).exists()
    leave_room(room_id=room.pk, by=other.user)
    redeem_invitations(user=nina)
    assert Participant.objects.filter(room=room, user=nina).exists()
