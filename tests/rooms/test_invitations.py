"""Roles to run a room with: offered, accepted, declined, taken back. Nobody gets one without their own word."""

from typing import Any

import pytest

from accounts.models import User
from rooms.actions import (
    accept_invitation,
    add_person,
    change_participant,
    invite,
    join_room,
    leave_room,
    redeem_invitations,
    remove_participant,
    update_room,
)
from rooms.models import Invitation, Notification, Participant, Room, RoomEvent
from tests.factories import add_participant, make_room, make_user
from tests.rooms.test_entry import JOIN, code_of, last_event, people

INVITATIONS = "/api/v1/invitations"
RUNNING = ["ORGANIZER", "MODERATOR"]


def role_of(room: Room, user: User) -> str | None:
    return Participant.objects.filter(room=room, user=user).values_list("role", flat=True).first()


def reason_of(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["details"]["reason"]


@pytest.fixture
def nina(db):
    return make_user("Nina", email="nina@example.com", email_verified=True)


def offer(api: Any, room: Room, by: User, to: User, role: str = "MODERATOR", how: str = "userId") -> str:
    body = {"userId": to.pk} if how == "userId" else {"email": to.email}
    answer = api(by).post(people(room), body | {"role": role})
    assert answer.status_code == 201, answer.content
    assert set(answer.json()["data"]) == {"id", "roomId", "role", "createdAt"}
    return answer.json()["data"]["id"]


# --- Offered, not imposed ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", RUNNING)
@pytest.mark.parametrize("how", ["userId", "email"])
def test_a_running_role_is_offered_and_accepted(private_room, organiser, nina, api, how, role):
    before = Room.objects.get(pk=private_room.pk).last_seq
    pk = offer(api, private_room, organiser, nina, role, how)
    redeem_invitations(user=nina)
    nina.refresh_from_db()
    assert (role_of(private_room, nina), nina.is_staff) == (None, False)
    assert Room.objects.get(pk=private_room.pk).last_seq == before
    (told,) = api(nina).get("/api/v1/notifications").json()["data"]
    assert (told["type"], told["roomId"]) == ("invitation", private_room.pk)
    assert told["data"] == {"invitationId": pk, "role": role}
    (shown,) = api(nina).get(INVITATIONS).json()["data"]
    assert shown["room"] == {"id": private_room.pk, "name": private_room.name, "status": "ACTIVE"}
    assert (shown["id"], shown["role"], shown["invitedBy"]["id"]) == (pk, role, organiser.pk)
    answer = api(nina).post(f"{INVITATIONS}/{pk}/accept")
    assert (answer.status_code, answer.json()["data"]["role"]) == (200, role)
    nina.refresh_from_db()
    assert nina.is_staff
    event = last_event(private_room)
    assert (event.type, event.actor) == ("participant:joined", nina)
    assert api(nina).get(INVITATIONS).json()["data"] == []
    assert api(nina).post(f"{INVITATIONS}/{pk}/accept").json() == answer.json()
    assert last_event(private_room).seq == event.seq


@pytest.mark.parametrize("role", RUNNING)
def test_somebody_in_the_room_keeps_their_role_until_they_accept(room, organiser, participant, api, role):
    person, before = room.participants.get(user=participant), last_event(room).seq
    answer = api(organiser).patch(f"{people(room)}/{person.pk}", {"role": role})
    assert (answer.status_code, answer.json()["data"]["role"]) == (200, "PARTICIPANT")
    participant.refresh_from_db()
    assert (role_of(room, participant), participant.is_staff, last_event(room).seq) == ("PARTICIPANT", False, before)
    (shown,) = api(participant).get(INVITATIONS).json()["data"]
    api(participant).post(f"{INVITATIONS}/{shown['id']}/accept")
    assert role_of(room, participant) == role
    event = last_event(room)
    assert (event.type, event.actor, event.payload["changes"]) == ("participant:updated", participant, {"role": role})


def test_a_moderator_is_offered_more_and_has_less_at_once(room, organiser, moderator, api):
    person = room.participants.get(user=moderator)
    path = f"{people(room)}/{person.pk}"
    api(organiser).patch(path, {"role": "ORGANIZER"})
    assert role_of(room, moderator) == "MODERATOR"
    accept_invitation(invitation_id=Invitation.objects.get().pk, by=moderator)
    assert role_of(room, moderator) == "ORGANIZER"
    accepted = Participant.objects.get(pk=person.pk).role_accepted_at
    api(organiser).patch(path, {"role": "MODERATOR"})
    again = Participant.objects.get(pk=person.pk)
    assert (again.role, again.role_accepted_at) == ("MODERATOR", accepted)
    api(organiser).patch(path, {"role": "PARTICIPANT"})
    assert Participant.objects.get(pk=person.pk).role_accepted_at is None


def test_what_somebody_has_is_not_offered(room, organiser, moderator, api):
    for user, role in ((moderator, "MODERATOR"), (organiser, "MODERATOR"), (organiser, "ORGANIZER")):
        assert reason_of(api(organiser).post(people(room), {"userId": user.pk, "role": role})) == (409, "already_in")
    assert not Invitation.objects.exists()


def test_declining_is_final_until_one_is_invited_again(room, organiser, nina, api):
    pk = offer(api, room, organiser, nina)
    for _ in range(2):
        answer = api(nina).post(f"{INVITATIONS}/{pk}/decline")
        assert answer.json() == {"data": {"success": True}}
    assert reason_of(api(nina).post(f"{INVITATIONS}/{pk}/accept")) == (409, "invitation_answered")
    assert role_of(room, nina) is None
    assert offer(api, room, organiser, nina) == pk
    assert Notification.objects.filter(user=nina).count() == 2
    assert api(nina).post(f"{INVITATIONS}/{pk}/accept").status_code == 200
    assert reason_of(api(nina).post(f"{INVITATIONS}/{pk}/decline")) == (409, "invitation_answered")


def test_a_declined_address_is_not_redeemed_at_sign_in(private_room, organiser, nina, api):
    pk = offer(api, private_room, organiser, nina, "PARTICIPANT", "email")
    assert api(nina).get(INVITATIONS).json()["meta"]["total"] == 1
    api(nina).post(f"{INVITATIONS}/{pk}/decline")
    redeem_invitations(user=nina)
    assert role_of(private_room, nina) is None
    assert code_of(api(nina).post(people(private_room))) == (404, "NOT_FOUND")


def test_renewing_an_open_offer_tells_nobody_twice(room, organiser, nina, api):
    for how in ("userId", "userId", "email", "email"):
        offer(api, room, organiser, nina, "MODERATOR", how)
    redeem_invitations(user=nina)
    assert Notification.objects.filter(user=nina).count() == 2  # one for each invitation


def test_an_address_without_an_account_is_told_at_its_first_sign_in(room, organiser):
    invite(room_id=room.pk, by=organiser, email="late@example.com", role="MODERATOR")
    late = make_user(email="late@example.com", email_verified=True)
    for _ in range(2):
        redeem_invitations(user=late)
    assert Notification.objects.filter(user=late, type="invitation").count() == 1
    assert role_of(room, late) is None


def test_an_unverified_address_sees_and_takes_nothing(room, organiser, api):
    impostor = make_user(email="nina@example.com", email_verified=False)
    pk = offer(api, room, organiser, impostor, how="email")
    assert not Notification.objects.exists()
    assert api(impostor).get(INVITATIONS).json()["data"] == []
    assert code_of(api(impostor).post(f"{INVITATIONS}/{pk}/accept")) == (404, "NOT_FOUND")


def test_nobody_answers_for_somebody_else(room, organiser, nina, stranger, api):
    pk = offer(api, room, organiser, nina)
    for user in (stranger, organiser):
        for answer in ("accept", "decline"):
            assert code_of(api(user).post(f"{INVITATIONS}/{pk}/{answer}")) == (404, "NOT_FOUND")
    assert api(stranger).get(INVITATIONS).json()["data"] == []


def test_whoever_is_offered_a_running_role_may_come_in_without_it(private_room, organiser, nina, api):
    update_room(room_id=private_room.pk, by=organiser, entry_policy="INVITE_ONLY")
    pk = offer(api, private_room, organiser, nina)
    answer = api(nina).post(JOIN, {"code": private_room.join_code})
    assert (answer.status_code, role_of(private_room, nina)) == (201, "PARTICIPANT")
    assert api(nina).post(f"{INVITATIONS}/{pk}/accept").json()["data"]["role"] == "MODERATOR"


def test_closed_rooms_and_removed_people(room, organiser, nina, api):
    pk = offer(api, room, organiser, nina)
    person = add_participant(room, nina)
    remove_participant(room_id=room.pk, participant_id=person.pk, by=organiser)
    assert code_of(api(nina).post(f"{INVITATIONS}/{pk}/accept")) == (404, "NOT_FOUND")
    pk = offer(api, room, organiser, nina, how="email")
    assert reason_of(api(nina).post(f"{INVITATIONS}/{pk}/accept")) == (403, "removed")
    closed = make_room(organiser)
    pk = offer(api, closed, organiser, nina)
    update_room(room_id=closed.pk, by=organiser, status="CANCELLED")
    assert code_of(api(nina).post(f"{INVITATIONS}/{pk}/accept")) == (409, "ROOM_CLOSED")
    assert {row["roomId"] for row in api(nina).get(INVITATIONS).json()["data"]} == {room.pk}
    body = {"userId": make_user().pk, "role": "MODERATOR"}
    assert code_of(api(organiser).post(people(closed), body)) == (409, "ROOM_CLOSED")


@pytest.mark.parametrize("number", [1, 3])
def test_the_list_costs_the_same_for_any_number(organiser, nina, api, number, django_assert_num_queries):
    for _ in range(number):
        offer(api, make_room(organiser), organiser, nina)
    client = api(nina)
    with django_assert_num_queries(3):  # the address, how many, the page
        assert len(client.get(INVITATIONS).json()["data"]) == number


# --- Renewed by whom it may not be ---------------------------------------------------------------------------------


def test_a_moderator_does_not_renew_what_an_organizer_handed_out(room, organiser, moderator, nina):
    invite(room_id=room.pk, by=organiser, email="nina@example.com", role="ORGANIZER")
    accept_invitation(invitation_id=Invitation.objects.get().pk, by=nina)
    person = room.participants.get(user=nina)
    change_participant(room_id=room.pk, participant_id=person.pk, by=organiser, role="PARTICIPANT")
    renewed = invite(room_id=room.pk, by=moderator, email="nina@example.com")
    assert renewed.role == "PARTICIPANT"
    redeem_invitations(user=nina)
    assert role_of(room, nina) == "PARTICIPANT"


@pytest.mark.parametrize("how", ["userId", "email"])
def test_demotion_ends_open_invitations_to_more(room, organiser, moderator, api, how):
    User.objects.filter(pk=moderator.pk).update(email="mo@example.com", email_verified=True)
    moderator.refresh_from_db()
    person = room.participants.get(user=moderator)
    pk = offer(api, room, organiser, moderator, "ORGANIZER", how)
    change_participant(room_id=room.pk, participant_id=person.pk, by=organiser, role="PARTICIPANT")
    assert code_of(api(moderator).post(f"{INVITATIONS}/{pk}/accept")) == (404, "NOT_FOUND")
    assert role_of(room, moderator) == "PARTICIPANT"


def test_demotion_ends_what_an_address_that_is_not_verified_was_promised(room, organiser, participant):
    invite(room_id=room.pk, by=organiser, email=participant.email, role="PARTICIPANT")
    person = room.participants.get(user=participant)
    change_participant(room_id=room.pk, participant_id=person.pk, by=organiser, role="VIEWER")
    assert not Invitation.objects.exists()


def test_demotion_keeps_invitations_to_no_more_and_to_others(room, organiser, moderator, nina, api):
    kept = offer(api, room, organiser, nina)
    invite(room_id=room.pk, by=organiser, email=moderator.email, role="VIEWER")
    person = room.participants.get(user=moderator)
    change_participant(room_id=room.pk, participant_id=person.pk, by=organiser, role="PARTICIPANT")
    assert set(Invitation.objects.values_list("role", flat=True)) == {"MODERATOR", "VIEWER"}
    assert api(nina).post(f"{INVITATIONS}/{kept}/accept").status_code == 200


@pytest.mark.parametrize("how", ["lowered", "left"])
def test_an_organizer_who_is_none_any_more_leaves_no_offers_behind(room, organiser, nina, stranger, api, how):
    second = add_participant(room, stranger, "ORGANIZER")
    pk = offer(api, room, stranger, nina, "ORGANIZER")
    guest_list = invite(room_id=room.pk, by=stranger, email="list@example.com")
    if how == "left":
        leave_room(room_id=room.pk, by=stranger)
    else:
        change_participant(room_id=room.pk, participant_id=second.pk, by=organiser, role="MODERATOR")
    assert code_of(api(nina).post(f"{INVITATIONS}/{pk}/accept")) == (404, "NOT_FOUND")
    assert list(Invitation.objects.all()) == [guest_list]


# --- A VIEWER by decision ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("back", ["join", "join as PARTICIPANT", "code", "invitation"])
def test_a_viewer_by_decision_comes_back_as_one(room, organiser, moderator, nina, api, back):
    person = add_participant(room, nina)
    change_participant(room_id=room.pk, participant_id=person.pk, by=moderator, role="VIEWER")
    leave_room(room_id=room.pk, by=nina)
    if back == "invitation":
        invite(room_id=room.pk, by=moderator, email="nina@example.com")
        redeem_invitations(user=nina)
    elif back == "code":
        assert api(nina).post(JOIN, {"code": room.join_code}).status_code == 201
    else:
        body = {"role": "PARTICIPANT"} if back == "join as PARTICIPANT" else {}
        assert api(nina).post(people(room), body).json()["data"]["role"] == "VIEWER"
    assert role_of(room, nina) == "VIEWER"
    leave_room(room_id=room.pk, by=nina)
    refused = api(moderator).post(people(room), {"userId": nina.pk})
    assert code_of(refused) == (403, "FORBIDDEN")
    assert api(organiser).post(people(room), {"userId": nina.pk}).json()["data"]["role"] == "PARTICIPANT"
    leave_room(room_id=room.pk, by=nina)
    assert join_room(room_id=room.pk, by=nina).role == "PARTICIPANT"


@pytest.mark.parametrize("how", ["added", "invited"])
def test_whoever_was_let_in_as_a_viewer_is_one_by_decision(room, organiser, nina, how):
    if how == "added":
        add_person(room_id=room.pk, by=organiser, user_id=nina.pk, role="VIEWER")
    else:
        invite(room_id=room.pk, by=organiser, email="nina@example.com", role="VIEWER")
        redeem_invitations(user=nina)
    leave_room(room_id=room.pk, by=nina)
    assert join_room(room_id=room.pk, by=nina).role == "VIEWER"


def test_a_viewer_by_choice_may_choose_again(room, nina):
    join_room(room_id=room.pk, by=nina, role="VIEWER")
    leave_room(room_id=room.pk, by=nina)
    assert join_room(room_id=room.pk, by=nina).role == "PARTICIPANT"
    assert RoomEvent.objects.filter(room=room, type="participant:joined").count() == 3
