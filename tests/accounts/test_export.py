"""All that is kept about a person, for themselves and for nobody else."""

import json

import pytest

from accounts.sessions import open_session
from prizes.actions import award_prize
from rooms.actions import invite, leave_room, remove_participant
from rooms.notifications import notify
from tests.accounts.test_page_sessions import browser_of
from tests.factories import add_participant, make_prize, make_room, make_user

pytestmark = pytest.mark.django_db


def path(user):
    return f"/api/v1/users/{user.pk}/export"


def test_the_export_holds_what_is_kept(room, organiser, api):
    nina = make_user("Nina", email="nina@example.com", email_verified=True, provider="google", provider_id="g-7")
    browser_of(nina)
    place = add_participant(room, nina)
    left = add_participant(make_room(organiser), nina)
    leave_room(room_id=left.room_id, by=nina)
    own = make_room(nina, name="Nina's party")
    prize = make_prize(room, name="Cup")
    win = award_prize(room_id=room.pk, prize_id=prize.pk, participant_id=place.pk, by=organiser)
    note = notify(user_id=nina.pk, type="note", title="Hello")
    invitation = invite(room_id=make_room(organiser).pk, by=organiser, email="nina@example.com", role="VIEWER")
    answer = api(nina).get(path(nina))
    assert (answer.status_code, answer["Cache-Control"]) == (200, "no-store")
    data = answer.json()["data"]
    assert data["account"]["email"] == "nina@example.com"
    assert (data["account"]["provider"], data["account"]["providerId"]) == ("google", "g-7")
    assert "Browser" in [device["deviceInfo"] for device in data["devices"]]
    places = {row["id"]: row for row in data["participations"]}
    assert places[place.pk]["leftAt"] is None
    assert places[left.pk]["leftAt"] is not None
    assert [row["name"] for row in data["createdRooms"]] == [own.name]
    assert [(row["id"], row["prizeName"]) for row in data["wins"]] == [(win.pk, "Cup")]
    assert note.pk in [row["id"] for row in data["notifications"]]
    assert [row["id"] for row in data["invitations"]] == [invitation.pk]
    assert {"type": "participant:left", "roomId": left.room_id} in [
        {name: row[name] for name in ("type", "roomId")} for row in data["activity"]
    ]
    assert data["quizAnswers"] == []


def test_the_export_holds_no_secret_and_nobody_else(room, organiser, participant, api):
    person = room.participants.get(user=participant)
    remove_participant(room_id=room.pk, participant_id=person.pk, by=organiser, reason="Shouted at Olga")
    refresh = open_session(user=participant).refresh
    session = participant.sessions.first()
    text = json.dumps(api(participant).get(path(participant)).json())
    for secret in (refresh, session.token_hash, participant.password, organiser.name, organiser.email, "Shouted"):
        assert secret not in text
    assert room.join_code not in text


def test_the_export_is_for_oneself(participant, stranger, admin, api):
    for user in (stranger, admin):
        assert api(user).get(path(participant)).status_code == 403
    assert api().get(path(participant)).status_code == 401
    assert api(stranger).get(f"/api/v1/users/c{'0' * 24}/export").status_code == 404
