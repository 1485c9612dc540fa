"""How people come into a room."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.erasure import erase_user
from accounts.models import Session, User
from accounts.tokens import claims_of
from platform_site.rest.exceptions import DomainError
from rooms.actions import (
    delete_room,
    invite,
    join_room,
    leave_room,
    redeem_invitations,
    remove_participant,
    update_room,
)
from rooms.models import Invitation, Participant, Room, RoomEvent
from tests.factories import PASSWORD, add_participant, make_guest, make_room, make_user

JOIN = "/api/v1/rooms/join"


def people(room: Room) -> str:
    return f"/api/v1/rooms/{room.pk}/participants"


def last_event(room: Room) -> RoomEvent:
    return RoomEvent.objects.filter(room=room).latest("seq")


def code_of(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


# --- By oneself --------------------------------------------------------------------------------------------------


def test_a_join_without_body_is_a_join_as_participant(room, stranger, api):
    answer = api(stranger).post(people(room))
    assert answer.status_code == 201
    data = answer.json()["data"]
    assert (data["role"], data["userId"], data["metadata"]) == ("PARTICIPANT", stranger.pk, {})
    event = last_event(room)
    assert (event.type, event.actor) == ("participant:joined", stranger)
    assert event.payload["participant"] == data | {"metadata": None}


@pytest.mark.parametrize("role", ["viewer", "Participant"])
def test_a_join_takes_roles_in_any_case(room, stranger, api, role):
    assert api(stranger).post(people(room), {"role": role}).json()["data"]["role"] == role.upper()


@pytest.mark.parametrize("role", ["ADMIN", "ORGANIZER", "MODERATOR", "KING", "", None, 7])
def test_nobody_takes_another_role(room, stranger, api, role):
    answer = api(stranger).post(people(room), {"role": role})
    assert code_of(answer) == (422, "VALIDATION_ERROR")
    assert set(answer.json()["error"]["details"]["fields"]) == {"role"}
    assert not Participant.all_objects.filter(room=room, user=stranger).exists()


def test_people_do_not_number_their_own_tickets(room, stranger, organiser, api):
    for user, body in ((stranger, {}), (make_user(), {"role": "VIEWER"})):
        answer = api(user).post(people(room), body | {"metadata": {"ticketNumber": 1}})
        assert code_of(answer) == (422, "VALIDATION_ERROR")
        assert set(answer.json()["error"]["details"]["fields"]) == {"metadata"}
        assert not Participant.all_objects.filter(room=room, user=user).exists()


def test_a_draft_takes_early_registrations(organiser, stranger, api):
    assert api(stranger).post(people(make_room(organiser, active=False))).status_code == 201


def test_joining_twice_is_refused(room, participant, api):
    before = Room.objects.get(pk=room.pk).last_seq
    assert code_of(api(participant).post(people(room))) == (409, "CONFLICT")
    assert Room.objects.get(pk=room.pk).last_seq == before


def test_coming_back_revives_the_row_with_its_metadata(room, organiser, participant, api):
    person = room.participants.get(user=participant)
    Participant.objects.filter(pk=person.pk).update(
        metadata={"ticketNumber": 7}, role="MODERATOR", role_accepted_at=person.joined_at
    )
    leave_room(room_id=room.pk, by=participant)
    answer = api(participant).post(people(room), {"role": "VIEWER"})
    assert answer.status_code == 201
    again = Participant.objects.get(user=participant, room=room)
    assert (again.pk, again.role, again.metadata) == (person.pk, "VIEWER", {"ticketNumber": 7})
    assert again.joined_at > person.joined_at
    assert last_event(room).type == "participant:joined"


@pytest.mark.parametrize("public", [True, False])
def test_who_was_removed_cannot_come_back(organiser, stranger, api, public):
    room = make_room(organiser, is_public=public)
    person = add_participant(room, stranger)
    remove_participant(room_id=room.pk, participant_id=person.pk, by=organiser)
    assert code_of(api(stranger).post(people(room))) == (403, "FORBIDDEN")
    assert code_of(api(stranger).post(JOIN, {"code": room.join_code})) == (403, "FORBIDDEN")
    assert not Participant.objects.filter(room=room, user=stranger).exists()


def test_a_room_by_invitation_takes_nobody_else(room, organiser, stranger, api):
    update_room(room_id=room.pk, by=organiser, entry_policy="INVITE_ONLY")
    assert code_of(api(stranger).post(people(room))) == (403, "FORBIDDEN")
    assert code_of(api(stranger).post(JOIN, {"code": room.join_code})) == (403, "FORBIDDEN")
    assert code_of(api().post(JOIN, {"code": room.join_code, "name": "Gus"})) == (403, "FORBIDDEN")
    assert not User.objects.filter(is_guest=True).exists()


# --- By code -----------------------------------------------------------------------------------------------------


def test_a_code_admits_to_a_private_room(private_room, stranger, api):
    code = private_room.join_code
    answer = api(stranger).post(JOIN, {"code": f" {code[:4].lower()}-{code[4:]} "})
    assert answer.status_code == 201
    data = answer.json()["data"]
    assert data["participant"]["userId"] == stranger.pk
    assert data["participant"]["role"] == "PARTICIPANT"
    assert data["room"]["id"] == private_room.pk
    assert data["room"]["joinCode"] == code
    assert data["tokens"] is None
    assert api(stranger).get(f"/api/v1/rooms/{private_room.pk}").status_code == 200


def test_who_scans_the_code_again_gets_their_place(room, participant, organiser, api):
    before = Room.objects.get(pk=room.pk).last_seq
    answer = api(participant).post(JOIN, {"code": room.join_code})
    assert answer.status_code == 200
    assert answer.json()["data"]["participant"]["id"] == room.participants.get(user=participant).pk
    assert api(organiser).post(JOIN, {"code": room.join_code}).json()["data"]["participant"]["role"] == "ORGANIZER"
    assert Room.objects.get(pk=room.pk).last_seq == before


def test_a_guest_comes_with_a_name_and_gets_tokens_for_this_room_only(room, organiser, api):
    answer = api().post(JOIN, {"code": room.join_code, "name": "Gus"}, headers={"User-Agent": "Phone"})
    assert answer.status_code == 201
    data = answer.json()["data"]
    guest = User.objects.get(is_guest=True)
    assert (guest.name, guest.email, guest.has_usable_password()) == ("Gus", None, False)
    assert data["participant"]["user"] == {"id": guest.pk, "name": "Gus", "avatar": None}
    assert set(data["tokens"]) == {"accessToken", "refreshToken", "expiresIn", "user"}
    assert claims_of(data["tokens"]["accessToken"])["room"] == room.pk
    assert Session.objects.get(user=guest).device_info == "Phone"
    assert last_event(room).payload["participant"]["userId"] == guest.pk

    client = APIClient(headers={"Authorization": f"Bearer {data['tokens']['accessToken']}"})
    assert client.get(f"/api/v1/rooms/{room.pk}").json()["data"]["joinCode"] == room.join_code
    other = make_room(organiser)
    assert client.post(people(other)).status_code == 403
    again = client.post(JOIN, {"code": room.join_code})
    assert again.status_code == 200
    assert User.objects.filter(is_guest=True).count() == 1


def test_a_guest_of_another_room_starts_anew_here(room, organiser, api):
    guest = make_guest("Gus")
    add_participant(make_room(organiser), guest)
    data = api(guest).post(JOIN, {"code": room.join_code}).json()["data"]
    assert data["participant"]["userId"] != guest.pk
    assert data["participant"]["user"]["name"] == "Gus"
    assert claims_of(data["tokens"]["accessToken"])["room"] == room.pk


def test_a_guest_who_left_comes_back_as_themselves(room, organiser, api):
    guest = make_guest()
    person = add_participant(room, guest)
    leave_room(room_id=room.pk, by=guest)
    answer = api(guest).post(JOIN, {"code": room.join_code})
    assert (answer.status_code, answer.json()["data"]["participant"]["id"]) == (201, person.pk)
    leave_room(room_id=room.pk, by=guest)
    update_room(room_id=room.pk, by=organiser, entry_policy="REGISTERED")
    assert code_of(api(guest).post(JOIN, {"code": room.join_code})) == (403, "FORBIDDEN")


@pytest.mark.parametrize("body", [{}, {"name": ""}, {"name": " "}, {"name": "x" * 101}])
def test_a_guest_needs_a_name(room, api, body):
    assert code_of(api().post(JOIN, {"code": room.join_code} | body)) == (422, "VALIDATION_ERROR")
    assert not User.objects.filter(is_guest=True).exists()


def test_where_guests_are_not_admitted_one_signs_in_first(private_room, api):
    body = {"code": private_room.join_code, "name": "Gus"}
    assert code_of(api().post(JOIN, body)) == (401, "UNAUTHORIZED")
    assert not User.objects.filter(is_guest=True).exists()


def test_an_organiser_may_open_a_private_room_to_guests(private_room, organiser, api):
    update_room(room_id=private_room.pk, by=organiser, entry_policy="GUESTS")
    assert api().post(JOIN, {"code": private_room.join_code, "name": "Gus"}).status_code == 201


@pytest.mark.parametrize("code", ["AAAAAAAA", "x", "' OR 1=1", "😀"])
def test_a_wrong_code_is_not_found(room, api, stranger, code):
    assert code_of(api(stranger).post(JOIN, {"code": code, "name": "Gus"})) == (404, "NOT_FOUND")


@pytest.mark.parametrize("body", [{}, {"code": ""}, {"code": None}, {"code": "A" * 51}, {"code": ["A"]}, {"code": {}}])
def test_a_code_that_is_none_is_refused(api, stranger, body, db):
    assert code_of(api(stranger).post(JOIN, body)) == (422, "VALIDATION_ERROR")


def test_the_code_of_a_closed_room_says_so_and_of_a_deleted_one_nothing(room, organiser, participant, stranger, api):
    update_room(room_id=room.pk, by=organiser, status="COMPLETED")
    assert code_of(api(stranger).post(JOIN, {"code": room.join_code})) == (409, "ROOM_CLOSED")
    assert code_of(api().post(JOIN, {"code": room.join_code, "name": "Gus"})) == (409, "ROOM_CLOSED")
    assert api(participant).post(JOIN, {"code": room.join_code}).status_code == 200
    delete_room(room_id=room.pk, by=organiser)
    assert code_of(api(participant).post(JOIN, {"code": room.join_code})) == (404, "NOT_FOUND")


def test_wrong_codes_are_limited_and_the_hall_still_comes_in(room, api, limits):
    for _ in range(20):
        assert api().post(JOIN, {"code": "WRONG", "name": "Gus"}).status_code == 404
    answer = api().post(JOIN, {"code": "WRONG", "name": "Gus"})
    assert code_of(answer) == (429, "RATE_LIMIT_EXCEEDED")
    assert answer.json()["error"]["details"]["limit"] == 20
    assert api().post(JOIN, {"code": room.join_code, "name": "Gus"}).status_code == 201
    elsewhere = api().post(JOIN, {"code": "WRONG", "name": "Gus"}, REMOTE_ADDR="192.0.2.9")
    assert elsewhere.status_code == 404


def test_a_hall_joins_within_a_minute(room, participant, api, limits):
    client = api(participant)
    answers = [client.post(JOIN, {"code": room.join_code}) for _ in range(50)]
    assert {answer.status_code for answer in answers} == {200}
    assert (answers[-1]["X-RateLimit-Limit"], answers[-1]["X-RateLimit-Remaining"]) == ("600", "550")


# --- By others ---------------------------------------------------------------------------------------------------


def test_an_organizer_lets_somebody_in(room, organiser, stranger, api):
    body = {"userId": stranger.pk, "role": "PARTICIPANT", "metadata": {"table": 3}}
    answer = api(organiser).post(people(room), body)
    assert answer.status_code == 201
    data = answer.json()["data"]
    assert (data["userId"], data["role"], data["metadata"]) == (stranger.pk, "PARTICIPANT", {"table": 3})
    assert "email" not in str(data)
    event = last_event(room)
    assert (event.type, event.actor, event.payload["participant"]["metadata"]) == (
        "participant:joined",
        organiser,
        None,
    )


def test_a_moderator_lets_in_participants_and_viewers(room, moderator, stranger, api):
    for role in ("MODERATOR", "ORGANIZER"):
        for who in ({"userId": stranger.pk}, {"email": "new@example.com"}):
            assert code_of(api(moderator).post(people(room), who | {"role": role})) == (403, "FORBIDDEN")
    metadata = api(moderator).post(people(room), {"userId": stranger.pk, "metadata": {"table": 3}})
    assert code_of(metadata) == (422, "VALIDATION_ERROR")
    assert not Participant.all_objects.filter(room=room, user=stranger).exists()
    assert not Invitation.objects.exists()
    assert api(moderator).post(people(room), {"userId": stranger.pk, "role": "VIEWER"}).status_code == 201


def test_nobody_is_let_in_twice_nor_past_a_removal(room, organiser, participant, stranger, api):
    assert code_of(api(organiser).post(people(room), {"userId": participant.pk})) == (409, "CONFLICT")
    person = room.participants.get(user=participant)
    remove_participant(room_id=room.pk, participant_id=person.pk, by=organiser)
    assert code_of(api(organiser).post(people(room), {"userId": participant.pk})) == (409, "CONFLICT")
    assert not Participant.objects.filter(pk=person.pk).exists()


def test_only_people_with_an_account_are_let_in(room, organiser, api):
    deleted = make_user(deleted_at="2026-01-01T00:00:00Z")
    for user_id in ("c" + "0" * 24, make_guest().pk, deleted.pk, "x"):
        answer = api(organiser).post(people(room), {"userId": user_id})
        assert code_of(answer) == (422, "VALIDATION_ERROR")
        assert set(answer.json()["error"]["details"]["fields"]) == {"userId"}


@pytest.mark.parametrize(
    "body",
    [
        {"role": "ADMIN", "email": "new@example.com"},
        {"email": "nonsense"},
        {"email": "new@example.com", "userId": "c" + "0" * 24},
        {"email": "new@example.com", "metadata": {"table": 3}},
        {"userId": "c" + "0" * 24, "role": "MODERATOR", "metadata": {"table": 3}},
    ],
)
def test_an_invitation_is_whole_or_refused(room, organiser, api, body):
    assert code_of(api(organiser).post(people(room), body)) == (422, "VALIDATION_ERROR")
    assert not Invitation.objects.exists()


def test_an_invitation_does_not_tell_whether_there_is_an_account(private_room, organiser, stranger, api):
    known = make_user(email_verified=True)
    answers, seqs = [], []
    for email in (known.email, "nobody@example.com"):
        answer = api(organiser).post(people(private_room), {"email": email, "role": "VIEWER"})
        assert answer.status_code == 201
        answers.append(
            {name: value for name, value in answer.json()["data"].items() if name not in ("id", "createdAt")}
        )
        seqs.append(Room.objects.get(pk=private_room.pk).last_seq)
        assert email not in answer.content.decode()
    assert answers[0] == answers[1] == {"roomId": private_room.pk, "role": "VIEWER"}
    assert seqs[0] == seqs[1]
    assert not Participant.objects.filter(room=private_room, user=known).exists()


def test_an_invitation_is_redeemed_at_sign_in(private_room, organiser, api, django_capture_on_commit_callbacks):
    invite(room_id=private_room.pk, by=organiser, email="Nina@Example.COM", role="VIEWER")
    nina = make_user("Nina", email="nina@example.com", email_verified=True)
    with django_capture_on_commit_callbacks(execute=True):
        login = api().post(
            "/api/v1/auth/login", {"email": "nina@example.com", "password": "correct horse battery staple"}
        )
    assert login.status_code == 200
    assert Participant.objects.get(room=private_room, user=nina).role == "VIEWER"
    assert Invitation.objects.get().redeemed_at is not None
    assert last_event(private_room).payload["participant"]["userId"] == nina.pk
    leave_room(room_id=private_room.pk, by=nina)
    redeem_invitations(user=nina)
    assert not Participant.objects.filter(room=private_room, user=nina).exists()


def test_an_unverified_address_redeems_nothing(private_room, organiser, api):
    impostor = make_user(email="nina@example.com", email_verified=False)
    invite(room_id=private_room.pk, by=organiser, email="nina@example.com")
    redeem_invitations(user=impostor)
    assert code_of(api(impostor).post(people(private_room))) == (404, "NOT_FOUND")
    assert Invitation.objects.get().redeemed_at is None


@pytest.mark.parametrize("by_code", [True, False])
def test_an_invited_person_joins_a_room_by_invitation(private_room, organiser, api, by_code):
    update_room(room_id=private_room.pk, by=organiser, entry_policy="INVITE_ONLY")
    nina = make_user(email="nina@example.com", email_verified=True)
    invite(room_id=private_room.pk, by=organiser, email="nina@example.com", role="VIEWER")
    path, body = (JOIN, {"code": private_room.join_code}) if by_code else (people(private_room), {})
    assert api(nina).post(path, body).status_code == 201
    assert Participant.objects.get(room=private_room, user=nina).role == "VIEWER"
    assert Invitation.objects.get().redeemed_at is not None


def test_an_invitation_opens_no_closed_room_and_undoes_no_removal(room, organiser, participant):
    User.objects.filter(pk=participant.pk).update(email="nina@example.com", email_verified=True)
    participant.refresh_from_db()
    person = room.participants.get(user=participant)
    remove_participant(room_id=room.pk, participant_id=person.pk, by=organiser)
    invite(room_id=room.pk, by=organiser, email="nina@example.com")
    redeem_invitations(user=participant)
    assert not Participant.objects.filter(pk=person.pk).exists()
    closed = make_room(organiser)
    invite(room_id=closed.pk, by=organiser, email="nina@example.com")
    update_room(room_id=closed.pk, by=organiser, status="CANCELLED")
    redeem_invitations(user=participant)
    assert not Participant.objects.filter(room=closed, user=participant).exists()
    with pytest.raises(DomainError) as refusal:
        invite(room_id=closed.pk, by=organiser, email="else@example.com")
    assert refusal.value.code == "ROOM_CLOSED"


def test_an_invitation_never_lowers(room, organiser, moderator):
    User.objects.filter(pk=moderator.pk).update(email="mo@example.com", email_verified=True)
    moderator.refresh_from_db()
    invite(room_id=room.pk, by=organiser, email="mo@example.com", role="VIEWER")
    redeem_invitations(user=moderator)
    assert room.participants.get(user=moderator).role == "MODERATOR"
    assert Invitation.objects.get().redeemed_at is not None


def test_a_second_invitation_renews_the_first(room, organiser, moderator):
    first = invite(room_id=room.pk, by=organiser, email="nina@example.com", role="MODERATOR")
    second = invite(room_id=room.pk, by=moderator, email="NINA@example.com", role="VIEWER")
    assert second.pk == first.pk
    assert Invitation.objects.get().role == "MODERATOR"  # a moderator does not take back what an organizer gave
    invite(room_id=room.pk, by=organiser, email="nina@example.com", role="VIEWER")
    assert Invitation.objects.get().role == "VIEWER"


def test_erasing_somebody_forgets_where_they_were_invited(room, organiser):
    nina = make_user(email="nina@example.com", email_verified=True)
    for email in ("nina@example.com", "else@example.com"):
        invite(room_id=room.pk, by=organiser, email=email)
    erase_user(user=nina, by=nina)
    assert list(Invitation.objects.values_list("email", flat=True)) == ["else@example.com"]


def test_join_room_by_the_platform_admin_needs_no_code(private_room, admin):
    assert join_room(room_id=private_room.pk, by=admin).role == "PARTICIPANT"


def test_signing_in_at_the_dashboard_redeems_an_invitation(
    private_room, organiser, client, django_capture_on_commit_callbacks
):
    invite(room_id=private_room.pk, by=organiser, email="nina@example.com")
    nina = make_user("Nina", email="nina@example.com", email_verified=True, is_staff=True)
    with django_capture_on_commit_callbacks(execute=True):
        answer = client.post("/admin/login/", {"username": nina.email, "password": PASSWORD})
    assert answer.status_code == 302
    assert private_room.participants.filter(user=nina).exists()


def test_a_code_without_a_name_is_a_body_of_the_documented_shape(room, organiser, api):
    """A client made from the document leaves out what it has not got."""
    schema = api().get("/api/v1/openapi.json").json()["components"]["schemas"]["CodeRequest"]
    assert "default" not in schema["properties"]["name"]
    assert "name" not in schema["required"]
    assert api(make_user()).post("/api/v1/rooms/join", {"code": room.join_code}).status_code == 201
