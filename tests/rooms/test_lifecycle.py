"""The life of a room: its settings, its status, its end."""

import json
from itertools import product
from typing import Any

import pytest
from django.test import override_settings

from accounts.actors import Actor
from accounts.models import User
from platform_site.rest.exceptions import DomainError, Forbidden, InvalidInput, InvalidTransition
from prizes.actions import award_prize
from prizes.models import Winner
from rooms.actions import create_room, delete_room, join_room, update_room
from rooms.enums import RoomStatus
from rooms.errors import RoomClosed, SettingsFrozen
from rooms.models import Participant, Room, RoomEvent
from tests.factories import add_participant, make_app, make_guest, make_prize, make_room

ALLOWED = {("DRAFT", "ACTIVE"), ("DRAFT", "CANCELLED"), ("ACTIVE", "COMPLETED"), ("ACTIVE", "CANCELLED")}
WAYS = {"DRAFT": (), "ACTIVE": ("ACTIVE",), "COMPLETED": ("ACTIVE", "COMPLETED"), "CANCELLED": ("CANCELLED",)}
calls: list[tuple[str, str]] = []


def remember_closing(room: Room, by: Actor) -> None:
    calls.append((room.pk, room.status))


def refuse_closing(room: Room, by: Actor) -> None:
    raise Forbidden("Not now.")


def room_in(by: User, status: str, **fields: Any) -> Room:
    room = make_room(by, active=False, **fields)
    for step in WAYS[status]:
        room = update_room(room_id=room.pk, by=by, status=step)
    return room


def events_of(room: Room, since: int = 0) -> list[tuple[str, str]]:
    rows = RoomEvent.objects.filter(room=room, seq__gt=since).order_by("seq")
    return list(rows.values_list("type", "visibility"))


def payloads(room: Room, since: int, visibility: str) -> list[dict[str, Any]]:
    rows = RoomEvent.objects.filter(room=room, seq__gt=since, visibility=visibility).order_by("seq")
    return list(rows.values_list("payload", flat=True))


@pytest.mark.parametrize(("old", "new"), list(product(RoomStatus.values, repeat=2)))
def test_status_moves_only_along_its_life(organiser, old, new):
    room = room_in(organiser, old)
    since = room.last_seq
    if old == new:
        update_room(room_id=room.pk, by=organiser, status=new)
        assert events_of(room, since) == []
    elif (old, new) in ALLOWED:
        update_room(room_id=room.pk, by=organiser, status=new)
        assert payloads(room, since, "PUBLIC") == [{"oldStatus": old, "newStatus": new}]
    else:
        with pytest.raises(InvalidTransition):
            update_room(room_id=room.pk, by=organiser, status=new, name="Changed")
        assert events_of(room, since) == []
    saved = Room.objects.get(pk=room.pk)
    assert saved.status == (new if (old, new) in ALLOWED else old)
    assert saved.name == room.name
    assert (saved.closed_at is None) == (saved.status in ("DRAFT", "ACTIVE"))


@override_settings(ROOM_CLOSERS=["tests.rooms.test_lifecycle.remember_closing"])
@pytest.mark.parametrize(
    ("old", "new", "called"), [("ACTIVE", "COMPLETED", True), ("DRAFT", "CANCELLED", True), ("DRAFT", "ACTIVE", False)]
)
def test_what_is_open_is_ended_with_the_room(organiser, old, new, called):
    room = room_in(organiser, old)
    calls.clear()
    update_room(room_id=room.pk, by=organiser, status=new)
    assert calls == ([(room.pk, old)] if called else [])


@override_settings(ROOM_CLOSERS=["tests.rooms.test_lifecycle.refuse_closing"])
def test_a_room_stays_open_when_what_is_open_in_it_cannot_end(room, organiser):
    since = Room.objects.get(pk=room.pk).last_seq
    with pytest.raises(Forbidden):
        update_room(room_id=room.pk, by=organiser, status="COMPLETED")
    assert Room.objects.get(pk=room.pk).status == "ACTIVE"
    assert events_of(room, since) == []


def test_one_call_sets_up_a_draft_and_starts_it(organiser):
    room = make_room(organiser, active=False)
    room = update_room(room_id=room.pk, by=organiser, app_settings={"tickets": 5}, status="ACTIVE")
    assert room.status == "ACTIVE"
    assert room.app_settings == {"title": "Party", "tickets": 5}
    with pytest.raises(InvalidInput) as refusal:
        update_room(
            room_id=make_room(organiser, active=False).pk, by=organiser, app_settings={"tickets": 0}, status="ACTIVE"
        )
    assert "appSettings.tickets" in refusal.value.details["fields"]


def test_settings_merge_and_none_removes(organiser):
    room = make_room(organiser, active=False, app_settings={"tickets": 5, "budget": 100})
    room = update_room(room_id=room.pk, by=organiser, app_settings={"budget": None, "title": "Ball"})
    assert Room.objects.get(pk=room.pk).app_settings == {"tickets": 5, "title": "Ball"}
    update_room(room_id=room.pk, by=organiser, app_settings={"title": None})
    assert Room.objects.get(pk=room.pk).app_settings == {"tickets": 5, "title": "Party"}


def test_in_a_running_room_only_mutable_settings_change(organiser):
    room = make_room(organiser, app_settings={"tickets": 5})
    update_room(room_id=room.pk, by=organiser, app_settings={"title": "Ball", "tickets": 5})
    for frozen in ({"tickets": 6}, {"tickets": None}, {"budget": 1}):
        with pytest.raises(SettingsFrozen) as refusal:
            update_room(room_id=room.pk, by=organiser, name="Changed", app_settings={"title": "Late"} | frozen)
        assert set(refusal.value.details["fields"]) == {f"appSettings.{name}" for name in frozen}
    with pytest.raises(SettingsFrozen) as refusal:
        update_room(room_id=room.pk, by=organiser, app_id=make_app().app_id)
    assert set(refusal.value.details["fields"]) == {"appId"}
    saved = Room.objects.get(pk=room.pk)
    assert (saved.name, saved.app_settings) == (room.name, {"title": "Ball", "tickets": 5})


@pytest.mark.parametrize("status", ["COMPLETED", "CANCELLED"])
def test_a_closed_room_keeps_its_settings_and_its_app(organiser, status):
    room = room_in(organiser, status)
    for change in ({"app_settings": {"title": "Late"}}, {"app_id": make_app().app_id}):
        with pytest.raises(RoomClosed):
            update_room(room_id=room.pk, by=organiser, **change)
    update_room(room_id=room.pk, by=organiser, name="Corrected", is_public=False)
    saved = Room.objects.get(pk=room.pk)
    assert (saved.name, saved.is_public, saved.app_settings) == ("Corrected", False, room.app_settings)


def test_another_app_begins_with_its_own_settings(organiser):
    room = make_room(organiser, active=False, app_settings={"tickets": 5})
    other = make_app({"type": "object", "additionalProperties": False, "properties": {"laps": {"default": 3}}})
    since = Room.objects.get(pk=room.pk).last_seq
    room = update_room(room_id=room.pk, by=organiser, app_id=other.app_id)
    assert room.app_settings == {"laps": 3}
    assert room.manifest_version_id == f"{other.app_id}@1.0.0"
    (public,) = payloads(room, since, "PUBLIC")
    assert set(public["changes"]) == {"appId", "app", "appManifestVersion", "appSettings"}
    assert public["changes"]["appSettings"] == {}


def test_public_events_say_nothing_of_hidden_settings(organiser):
    room = make_room(organiser, active=False, app_settings={"budget": 77777, "answer": "sesame"})
    for hidden in ({"answer": "open"}, {"budget": 88888}, {"answer": None}, {"budget": None}):
        since = Room.objects.get(pk=room.pk).last_seq
        update_room(room_id=room.pk, by=organiser, app_settings=hidden)
        assert events_of(room, since) == [("room:updated", "ORGANIZER")]
        (payload,) = payloads(room, since, "ORGANIZER")
        assert set(payload["changes"]) == {"appSettings"}
        assert "answer" not in json.dumps(payload)
    update_room(room_id=room.pk, by=organiser, name="Ball", app_settings={"budget": 1, "answer": "x", "title": "B"})
    public = json.dumps(payloads(room, 0, "PUBLIC"))
    assert "budget" not in public
    assert "answer" not in public
    assert room.join_code not in public
    last = RoomEvent.objects.filter(room=room, visibility="PUBLIC").latest("seq").payload
    assert last["changes"] == {"name": "Ball", "appSettings": {"title": "B"}}


def test_a_change_to_the_same_is_no_event(room, organiser):
    since = Room.objects.get(pk=room.pk).last_seq
    update_room(room_id=room.pk, by=organiser, name=room.name, app_settings={"title": "Party"})
    assert events_of(room, since) == []


def test_who_may_enter_is_told_when_it_changes(room, organiser):
    since = Room.objects.get(pk=room.pk).last_seq
    update_room(room_id=room.pk, by=organiser, is_public=False, entry_policy="INVITE_ONLY")
    (payload,) = payloads(room, since, "PUBLIC")
    assert payload["changes"] == {"isPublic": False, "entryPolicy": "INVITE_ONLY"}
    assert payload["room"]["joinCode"] is None


@pytest.mark.parametrize(("public", "policy"), [(True, "GUESTS"), (False, "REGISTERED")])
def test_a_new_room_admits_by_its_visibility(organiser, public, policy):
    assert make_room(organiser, active=False, is_public=public).entry_policy == policy
    assert (
        make_room(organiser, active=False, is_public=public, entry_policy="INVITE_ONLY").entry_policy == "INVITE_ONLY"
    )


def test_a_new_room_has_its_creator_as_organizer(organiser):
    room = make_room(organiser, active=False)
    person = Participant.objects.get(room=room)
    assert (person.user, person.role) == (organiser, "ORGANIZER")
    assert events_of(room) == [("participant:joined", "PUBLIC")]
    with pytest.raises(Forbidden):
        create_room(by=make_guest(), name="Mine", app_id=room.app_id)
    with pytest.raises(InvalidInput):
        create_room(by=organiser, name="Mine", app_id="app_unknown")


@pytest.mark.parametrize("status", ["DRAFT", "COMPLETED", "CANCELLED"])
def test_a_deleted_room_is_gone_but_on_record(organiser, participant, api, status):
    room = room_in(organiser, status)
    add_participant(room, participant)
    since = room.last_seq
    delete_room(room_id=room.pk, by=organiser)
    assert not Room.objects.filter(pk=room.pk).exists()
    assert Room.all_objects.get(pk=room.pk).deleted_at is not None
    assert events_of(room, since) == [("room:deleted", "PUBLIC")]
    for user in (organiser, participant, None):
        assert api(user).get(f"/api/v1/rooms/{room.pk}").status_code == 404
        assert api(user).get("/api/v1/rooms").json()["meta"]["total"] == 0


def test_a_running_room_is_not_deleted(room, organiser, api):
    since = Room.objects.get(pk=room.pk).last_seq
    answer = api(organiser).delete(f"/api/v1/rooms/{room.pk}")
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "CONFLICT")
    assert Room.objects.filter(pk=room.pk).exists()
    assert events_of(room, since) == []


def test_a_deleted_room_keeps_its_wins(room, organiser):
    prize, person = make_prize(room), add_participant(room)
    winner = award_prize(room_id=room.pk, prize_id=prize.pk, participant_id=person.pk, by=organiser)
    update_room(room_id=room.pk, by=organiser, status="COMPLETED")
    delete_room(room_id=room.pk, by=organiser)
    assert Winner.objects.get(pk=winner.pk).participant == person


@override_settings(ROOM_CLOSERS=["tests.rooms.test_lifecycle.remember_closing"])
@pytest.mark.parametrize(("status", "called"), [("DRAFT", True), ("COMPLETED", False)])
def test_deleting_a_draft_ends_what_is_open_in_it(organiser, status, called):
    room = room_in(organiser, status)
    calls.clear()
    delete_room(room_id=room.pk, by=organiser)
    assert calls == ([(room.pk, "DRAFT")] if called else [])


@pytest.mark.parametrize("status", ["COMPLETED", "CANCELLED"])
def test_nobody_joins_a_closed_room(organiser, stranger, status):
    room = room_in(organiser, status)
    with pytest.raises(DomainError) as refusal:
        join_room(room_id=room.pk, by=stranger)
    assert (refusal.value.code, refusal.value.status) == ("ROOM_CLOSED", 409)
    assert not Participant.all_objects.filter(user=stranger).exists()
