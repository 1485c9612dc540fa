"""Messages to people: stored, pushed, read."""

from collections.abc import Callable

import pytest
from django.db import transaction
from rest_framework.test import APIClient

from accounts.models import User
from rooms.actions import update_room
from rooms.models import Notification, Room
from rooms.notifications import notify
from tests.live import Live, Server, apart, token_of


def test_a_person_reads_their_own_messages_only(
    room: Room, participant: User, stranger: User, api: Callable[..., APIClient]
) -> None:
    first = notify(user_id=participant.pk, type="winner", title="You won", room=room, data={"prizeId": "x"})
    second = notify(user_id=participant.pk, type="note", title="Hello")
    mine = api(participant).get("/api/v1/notifications").json()
    assert [each["id"] for each in mine["data"]] == [second.pk, first.pk]
    assert mine["data"][1] | {"createdAt": None} == {
        "id": first.pk,
        "type": "winner",
        "title": "You won",
        "body": "",
        "roomId": room.pk,
        "data": {"prizeId": "x"},
        "readAt": None,
        "createdAt": None,
    }
    assert api(stranger).get("/api/v1/notifications").json()["data"] == []
    assert api().get("/api/v1/notifications").status_code == 401
    assert api(stranger).post(f"/api/v1/notifications/{first.pk}/read").status_code == 404
    once = api(participant).post(f"/api/v1/notifications/{first.pk}/read").json()["data"]
    assert once["readAt"]
    assert api(participant).post(f"/api/v1/notifications/{first.pk}/read").json()["data"] == once
    unread = api(participant).get("/api/v1/notifications?unread=true").json()
    assert [each["id"] for each in unread["data"]] == [second.pk]
    assert api(participant).get("/api/v1/notifications?unread=7").status_code == 422


@pytest.mark.django_db
def test_a_message_of_a_failed_transaction_is_none(participant: User) -> None:
    def fail() -> None:
        with transaction.atomic():
            notify(user_id=participant.pk, type="note", title="Hello")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert not Notification.objects.exists()


@pytest.mark.usefixtures("committed_db")
async def test_messages_are_pushed_once_to_every_device(server: Server, participant: User, stranger: User) -> None:
    token, other = [await apart(token_of, user) for user in (participant, stranger)]
    async with (
        Live(server.live_url, token) as phone,
        Live(server.live_url, token) as tablet,
        Live(server.live_url, other) as foreign,
    ):
        note = await apart(notify, user_id=participant.pk, type="note", title="Hello")
        for client in (phone, tablet):
            assert (await client.event("notification:received"))["notification"]["id"] == note.pk
        answer = await phone.ask("notification:mark_read", notificationId=note.pk)
        assert answer["data"]["notification"]["readAt"]
        refused = await foreign.ask("notification:mark_read", notificationId=note.pk)
        assert refused["error"]["code"] == "NOT_FOUND"
        assert phone.names().count("notification:received") == 1
        assert "notification:received" not in foreign.names()
    async with Live(server.live_url) as nobody:
        refused = await nobody.ask("notification:mark_read", notificationId=note.pk)
        assert refused["error"]["code"] == "UNAUTHORIZED"


def test_the_log_by_rest_shows_the_room_as_the_caller_may_see_it(
    room: Room, organiser: User, participant: User, api: Callable[..., APIClient]
) -> None:
    update_room(room_id=room.pk, by=organiser, name="Spring party")
    for user, code, role in ((organiser, room.join_code, "ORGANIZER"), (participant, room.join_code, "PARTICIPANT")):
        log = api(user).get(f"/api/v1/rooms/{room.pk}/events").json()["data"]
        shown = next(each["data"]["room"] for each in log if each["event"] == "room:updated")
        assert (shown["name"], shown["joinCode"], shown["myRole"]) == ("Spring party", code, role)
    log = api().get(f"/api/v1/rooms/{room.pk}/events").json()["data"]
    assert next(each["data"]["room"] for each in log if each["event"] == "room:updated")["joinCode"] is None


def test_the_log_by_rest(
    room: Room, organiser: User, stranger: User, private_room: Room, api: Callable[..., APIClient]
) -> None:
    whole = api(organiser).get(f"/api/v1/rooms/{room.pk}/events").json()
    assert [each["data"]["seq"] for each in whole["data"]] == list(range(1, whole["meta"]["total"] + 1))
    rest = api().get(f"/api/v1/rooms/{room.pk}/events?since=1&limit=1").json()
    assert [each["data"]["seq"] for each in rest["data"]] == [2]
    assert api(stranger).get(f"/api/v1/rooms/{private_room.pk}/events").status_code == 404
    for query in ("since=-1", "since=x", "limit=0", "limit=101"):
        assert api().get(f"/api/v1/rooms/{room.pk}/events?{query}").status_code == 422
