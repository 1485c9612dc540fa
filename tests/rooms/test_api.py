"""/rooms and /rooms/{id}/participants: shapes, lists, filters, and what they cost."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from prizes.actions import award_prize
from prizes.models import Prize, Winner
from rooms.actions import leave_room, remove_participant
from rooms.models import Participant, Room
from tests.factories import add_participant, make_app, make_prize, make_room, make_user

ROOMS = "/api/v1/rooms"
ROOM_FIELDS = {
    "id", "name", "description", "appId", "appManifestVersion", "appSettings", "status", "isPublic", "entryPolicy",
    "joinCode", "joinLocked", "maxParticipants", "maskNames", "timeZone", "revealSeconds", "privacyNotice", "myRole",
    "createdBy", "createdAt", "updatedAt", "deletedAt", "participantCount", "prizeCount", "winnerCount",
    "_count", "app", "organizer",
}  # fmt: skip
PARTICIPANT_FIELDS = {
    "id",
    "userId",
    "roomId",
    "role",
    "metadata",
    "joinedAt",
    "checkedInAt",
    "updatedAt",
    "deletedAt",
    "user",
}
APP_FIELDS = {"id", "appId", "name", "version", "baseUrl", "manifestVersion"}


def people(room: Room) -> str:
    return f"{ROOMS}/{room.pk}/participants"


def names(answer: Any) -> list[str]:
    assert answer.status_code == 200
    return [row["name"] for row in answer.json()["data"]]


def code_of(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


# --- One room ----------------------------------------------------------------------------------------------------


def test_a_room_has_its_shape(room, organiser, api):
    data = api(organiser).get(f"{ROOMS}/{room.pk}").json()["data"]
    assert set(data) == ROOM_FIELDS
    assert set(data["app"]) == APP_FIELDS | {"manifest"}
    assert data["organizer"] == {"id": organiser.pk, "name": organiser.name, "avatar": None}
    assert (data["createdBy"], data["status"], data["isPublic"]) == (organiser.pk, "ACTIVE", True)
    assert (data["description"], data["deletedAt"]) == (None, None)
    assert data["_count"] == {"participants": 3, "prizes": 0, "winners": 0}
    (listed,) = api(organiser).get(ROOMS).json()["data"]
    assert set(listed) == ROOM_FIELDS
    assert set(listed["app"]) == APP_FIELDS


def test_settings_and_code_are_shown_by_level(organiser, moderator, participant, stranger, admin, api):
    room = make_room(organiser, app_settings={"tickets": 5, "budget": 100, "answer": "sesame"})
    add_participant(room, moderator, "MODERATOR")
    add_participant(room, participant)
    public = {"title": "Party", "tickets": 5}
    whole = public | {"budget": 100, "answer": "sesame"}
    for user, shown, sees_code in (
        (None, public, False),
        (stranger, public, False),
        (participant, public, True),
        (moderator, public | {"budget": 100}, True),
        (organiser, whole, True),
        (admin, whole, True),
    ):
        for data in (
            api(user).get(f"{ROOMS}/{room.pk}").json()["data"],
            api(user).get(ROOMS).json()["data"][0],
        ):
            assert data["appSettings"] == shown
            assert (data["joinCode"] == room.join_code) is sees_code


def test_creating_a_room_answers_it_whole(stranger, api):
    app = make_app()
    body = {"name": " Ball ", "appId": app.app_id, "description": None, "isPublic": False, "currentQuestionIndex": 0}
    answer = api(stranger).post(ROOMS, body)
    assert answer.status_code == 201
    data = answer.json()["data"]
    assert set(data) == ROOM_FIELDS
    assert (data["name"], data["status"], data["entryPolicy"]) == ("Ball", "DRAFT", "REGISTERED")
    assert data["appSettings"] == {"title": "Party"}
    assert data["participantCount"] == 1
    saved = Room.objects.get(pk=data["id"])
    assert (saved.created_by, saved.description) == (stranger, "")


def test_a_quiz_room_takes_what_older_clients_still_send(stranger, api):
    schema = {
        "type": "object",
        "additionalProperties": False,
        "properties": {"currentQuestionIndex": {"x-dropped": True}, "quizStatus": {"x-dropped": True}},
    }
    settings = {"currentQuestionIndex": -1, "quizStatus": "WAITING"}
    answer = api(stranger).post(ROOMS, {"name": "Quiz", "appId": make_app(schema).app_id, "appSettings": settings})
    assert answer.status_code == 201
    assert Room.objects.get().app_settings == {}
    changed = api(stranger).patch(f"{ROOMS}/{Room.objects.get().pk}", {"appSettings": settings})
    assert changed.status_code == 200
    assert Room.objects.get().app_settings == {}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 256}, "name"),
        ({"name": None}, "name"),
        ({"appId": "app_unknown"}, "appId"),
        ({"isPublic": "perhaps"}, "isPublic"),
        ({"entryPolicy": "NOBODY"}, "entryPolicy"),
        ({"appSettings": []}, "appSettings"),
        ({"appSettings": {"tickets": 0}}, "appSettings.tickets"),
        ({"appSettings": {"unknown": 1}}, "appSettings"),
        ({"description": "x" * 10_001}, "description"),
    ],
)
def test_a_room_that_is_wrong_is_refused_by_field(organiser, api, change, field):
    room = make_room(organiser, active=False)
    created = api(organiser).post(ROOMS, {"name": "Ball", "appId": room.app_id} | change)
    changed = api(organiser).patch(f"{ROOMS}/{room.pk}", change)
    for answer in (created, changed):
        assert code_of(answer) == (422, "VALIDATION_ERROR")
        assert set(answer.json()["error"]["details"]["fields"]) == {field}
    assert Room.objects.count() == 1
    assert Room.objects.get().name == room.name


@pytest.mark.parametrize("status", ["DELETED", "", None, 3])
def test_an_unknown_status_is_refused(room, organiser, api, status):
    assert code_of(api(organiser).patch(f"{ROOMS}/{room.pk}", {"status": status})) == (422, "VALIDATION_ERROR")


def test_a_status_is_taken_in_any_case(room, organiser, api):
    answer = api(organiser).patch(f"{ROOMS}/{room.pk}", {"status": "completed"})
    assert answer.json()["data"]["status"] == "COMPLETED"
    assert code_of(api(organiser).patch(f"{ROOMS}/{room.pk}", {"status": "active"})) == (409, "INVALID_TRANSITION")


def test_a_frozen_setting_is_named(room, organiser, api):
    answer = api(organiser).patch(f"{ROOMS}/{room.pk}", {"appSettings": {"tickets": 9}})
    assert code_of(answer) == (409, "CONFLICT")
    assert set(answer.json()["error"]["details"]["fields"]) == {"appSettings.tickets"}


@pytest.mark.parametrize("text", ["\0", "a\0b"])
def test_a_nul_character_is_refused_everywhere(room, organiser, stranger, api, text):
    for answer in (
        api(organiser).post(ROOMS, {"name": text, "appId": room.app_id}),
        api(organiser).patch(f"{ROOMS}/{room.pk}", {"name": text}),
        api(stranger).post(f"{ROOMS}/join", {"code": text}),
        api(organiser).post(people(room), {"userId": text}),
    ):
        assert code_of(answer) == (400, "BAD_REQUEST")
    for query in ({"search": text}, {"createdBy": text}, {"appId": text}, {"status": text}):
        assert code_of(api().get(ROOMS, query)) == (400, "BAD_REQUEST")
    assert code_of(api().get(people(room), {"search": text})) == (400, "BAD_REQUEST")


# --- Lists of rooms ----------------------------------------------------------------------------------------------


def test_lists_show_what_one_may_find(organiser, participant, stranger, admin, api):
    make_room(organiser, name="open")
    make_room(organiser, name="draft", active=False)
    for name, active in (("private", True), ("private draft", False)):
        add_participant(make_room(organiser, name=name, is_public=False, active=active), participant)
    for user, found in (
        (None, {"open"}),
        (stranger, {"open"}),
        (participant, {"open", "private", "private draft"}),
        (organiser, {"open", "draft", "private", "private draft"}),
        (admin, {"open", "draft", "private", "private draft"}),
    ):
        assert set(names(api(user).get(ROOMS))) == found
        assert api(user).get(ROOMS).json()["meta"]["total"] == len(found)


def test_lists_are_filtered(organiser, stranger, api):
    first = make_room(organiser, name="Winter Ball")
    second = make_room(stranger, name="Summer 100% fun", active=False)
    make_room(stranger, name="Hidden", is_public=False)
    client = api(stranger)
    for query, found in (
        ({"status": "active"}, {"Winter Ball", "Hidden"}),
        ({"status": "DRAFT"}, {"Summer 100% fun"}),
        ({"status": "COMPLETED"}, set()),
        ({"appId": first.app_id}, {"Winter Ball"}),
        ({"isPublic": "false"}, {"Hidden"}),
        ({"isPublic": "TRUE"}, {"Winter Ball", "Summer 100% fun"}),
        ({"createdBy": organiser.pk}, {"Winter Ball"}),
        ({"search": "winter"}, {"Winter Ball"}),
        ({"search": "00% f"}, {"Summer 100% fun"}),
        ({"search": "%"}, {"Summer 100% fun"}),
        ({"search": "_"}, set()),
        ({"search": "ball", "status": "DRAFT"}, set()),
        ({}, {"Winter Ball", "Summer 100% fun", "Hidden"}),
    ):
        assert set(names(client.get(ROOMS, query))) == found, query
    assert second.pk in [row["id"] for row in client.get(ROOMS, {"createdBy": stranger.pk}).json()["data"]]


@pytest.mark.parametrize(
    "query",
    [
        "status=OPEN",
        "isPublic=perhaps",
        "limit=abc",
        "limit=0",
        "limit=-1",
        "limit=1000000",
        "page=0",
        "page=-1",
        "page=x",
    ],
)
def test_an_unknown_filter_value_is_refused(room, api, query):
    for path in (ROOMS, people(room)):
        if path == ROOMS or query.startswith(("limit", "page")):
            answer = api().get(f"{path}?{query}")
            assert code_of(answer) == (422, "VALIDATION_ERROR")
            assert set(answer.json()["error"]["details"]["fields"]) == {query.split("=")[0]}
    assert code_of(api().get(f"{people(room)}?role=KING")) == (422, "VALIDATION_ERROR")


def test_lists_come_in_pages_newest_first(organiser, api):
    for number in range(3):
        make_room(organiser, name=f"Room {number}")
    answer = api().get(ROOMS, {"limit": 2})
    assert names(answer) == ["Room 2", "Room 1"]
    meta = answer.json()["meta"]
    assert {name: meta[name] for name in ("page", "limit", "total", "totalPages", "pages")} == {
        "page": 1,
        "limit": 2,
        "total": 3,
        "totalPages": 2,
        "pages": 2,
    }
    assert names(api().get(ROOMS, {"limit": 2, "page": 2})) == ["Room 0"]
    assert names(api().get(ROOMS, {"page": 9})) == []


def test_counts_are_of_what_is_there(room, organiser, api):
    prize, deleted = make_prize(room, quantity=5), make_prize(room)
    winner, loser, left, removed = (add_participant(room) for _ in range(4))
    award_prize(room_id=room.pk, prize_id=prize.pk, participant_id=winner.pk, by=organiser)
    revoked = award_prize(room_id=room.pk, prize_id=prize.pk, participant_id=loser.pk, by=organiser)
    Winner.objects.filter(pk=revoked.pk).update(state="REVOKED", revoked_at=room.created_at)
    Prize.objects.filter(pk=deleted.pk).soft_delete()
    leave_room(room_id=room.pk, by=left.user)
    remove_participant(room_id=room.pk, participant_id=removed.pk, by=organiser)
    for data in (api().get(f"{ROOMS}/{room.pk}").json()["data"], api().get(ROOMS).json()["data"][0]):
        assert data["_count"] == {"participants": 5, "prizes": 1, "winners": 1}
        assert (data["participantCount"], data["prizeCount"], data["winnerCount"]) == (5, 1, 1)
    assert api().get(people(room)).json()["meta"]["total"] == 5


# --- Participants ------------------------------------------------------------------------------------------------


def test_participants_are_listed_in_the_order_of_joining(room, organiser, participant, stranger, api):
    Participant.objects.filter(user=participant).update(metadata={"ticketNumber": 7})
    answer = api(participant).get(people(room))
    rows = answer.json()["data"]
    assert [row["role"] for row in rows] == ["ORGANIZER", "MODERATOR", "PARTICIPANT"]
    assert all(set(row) == PARTICIPANT_FIELDS for row in rows)
    assert all(set(row["user"]) == {"id", "name", "avatar"} for row in rows)
    assert rows[2]["metadata"] == {"ticketNumber": 7}
    assert answer.json()["meta"]["limit"] == 50
    for user in (None, stranger):
        for data in (
            api(user).get(people(room)).json()["data"][2],
            api(user).get(f"{people(room)}/{rows[2]['id']}").json()["data"],
        ):
            assert data == rows[2] | {"metadata": None}


def test_participants_are_filtered(room, participant, api):
    add_participant(room, make_user("Vera Viewer"), "VIEWER")
    assert [row["role"] for row in api().get(people(room), {"role": "viewer"}).json()["data"]] == ["VIEWER"]
    assert [row["userId"] for row in api().get(people(room), {"search": "pat"}).json()["data"]] == [participant.pk]


def test_no_answer_shows_an_email(room, organiser, api):
    prize, person = make_prize(room), add_participant(room)
    award_prize(room_id=room.pk, prize_id=prize.pk, participant_id=person.pk, by=organiser)
    for path in ("", "/participants", f"/participants/{person.pk}", "/winners"):
        assert "@" not in api(organiser).get(f"{ROOMS}/{room.pk}{path}").content.decode()
    assert "@" not in api(organiser).get(ROOMS).content.decode()


# --- Costs -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [1, 3])
@pytest.mark.parametrize("signed_in", [False, True])
def test_reading_costs_the_same_whatever_the_number_of_rows(organiser, api, number, signed_in):
    rooms = [make_room(organiser) for _ in range(number)]
    room = rooms[0]
    for _ in range(number):
        add_participant(room)
    client = api(organiser if signed_in else None)
    for path, cost in (
        (ROOMS, 2),  # count, rows
        (f"{ROOMS}?status=ACTIVE&search=party", 2),
        (f"{ROOMS}/{room.pk}", 1),
        (people(room), 3),  # room, count, rows
        (f"{people(room)}/{room.participants.get(user=organiser).pk}", 2),
    ):
        client.get(path)  # compiles the settings schema
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert client.get(path).status_code == 200
        made = [query["sql"] for query in queries if not is_authentication(query["sql"])]
        assert len(made) == cost, made


def is_authentication(sql: str) -> bool:
    return sql.startswith('SELECT "accounts_user"')
