"""What the database holds of rooms, the people in them and the log, whoever writes."""

from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import User
from rooms.enums import ParticipantRole, Visibility
from rooms.models import Invitation, Participant, Room, RoomEvent
from tests.factories import add_participant, make_app, make_room, make_user
from tests.rules import (
    FOREIGN_KEY,
    UNIQUE,
    can_be_added,
    can_become,
    cannot_be_added,
    cannot_be_deleted,
    cannot_become,
    delete_by_sql,
    only_the_orm_deletes,
    refused,
    sql,
)

pytestmark = pytest.mark.django_db
PROTECTED = "protected foreign keys"
LIFE = "a room goes from draft"


@pytest.fixture
def draft(organiser):
    return make_room(organiser, active=False)


def new_room(like: Room, **fields: Any) -> Room:
    values = {"name": "New", "app_id": like.app_id, "created_by_id": like.created_by_id} | fields
    room = Room(app_manifest_version="1.0.0", **values)
    room.manifest_version_id = fields.get("manifest_version_id", f"{room.app_id}@1.0.0")
    return room


def new_participant(room: Room, user: User | None = None, **fields: Any) -> Participant:
    return Participant(**{"room": room, "user": user or make_user(), "joined_at": timezone.now()} | fields)


def new_event(room: Room, seq: int, public_seq: int | None = None, **fields: Any) -> RoomEvent:
    visibility = Visibility.PUBLIC if public_seq else Visibility.ORGANIZER
    values = {"type": "room:updated", "visibility": visibility, "created_at": timezone.now()} | fields
    return RoomEvent(room=room, seq=seq, public_seq=public_seq, **values)


# --- Room --------------------------------------------------------------------------------------------------------


def test_join_code_is_unique(draft):
    cannot_be_added(new_room(draft, join_code=draft.join_code), UNIQUE)
    cannot_become(make_room(make_user()), UNIQUE, join_code=draft.join_code)
    can_be_added(new_room(draft, join_code="ANOTHER2"))


def test_a_deleted_room_keeps_its_join_code(draft):
    Room.objects.filter(pk=draft.pk).soft_delete()
    cannot_be_added(new_room(draft, join_code=draft.join_code), UNIQUE)


def test_a_name_has_1_to_255_characters(draft):
    cannot_become(draft, "room_has_a_name", name="")
    cannot_become(draft, "room_name_length|value too long", name="n" * 256)
    can_become(draft, name="ñ" * 255)


def test_status_and_entry_policy_are_known(draft):
    cannot_become(draft, f"room_status_known|{LIFE}", status="PAUSED")
    cannot_be_added(new_room(draft, status="PAUSED"), "room_status_known|room_closed_at_agrees")
    cannot_become(draft, "room_entry_policy_known", entry_policy="EVERYBODY")
    for policy in ("GUESTS", "REGISTERED", "INVITE_ONLY"):
        can_become(draft, entry_policy=policy)


def test_what_the_hall_needs_is_within_bounds(draft):
    cannot_become(draft, "room_reveal_seconds", reveal_seconds=61)
    cannot_become(draft, "room_max_participants", max_participants=0)
    cannot_become(draft, "room_has_a_time_zone", time_zone="")
    can_become(draft, reveal_seconds=60, max_participants=1)


def test_room_app_and_version_agree(draft):
    other = make_app()
    by = f"room_manifest_version_agrees|{FOREIGN_KEY}"
    cannot_become(draft, by, app_id=other.app_id)
    cannot_become(draft, by, app_manifest_version="2.0.0")
    cannot_become(draft, by, manifest_version_id=f"{other.app_id}@1.0.0")
    cannot_be_added(new_room(draft, manifest_version_id=f"{other.app_id}@1.0.0"), by)
    can_become(draft, app_id=other.app_id, manifest_version_id=f"{other.app_id}@1.0.0")


def test_a_room_needs_a_published_version(draft):
    cannot_become(draft, FOREIGN_KEY, app_manifest_version="7.0.0", manifest_version_id=f"{draft.app_id}@7.0.0")


def test_a_room_lives_once(draft, organiser):
    now = timezone.now()
    cannot_become(draft, LIFE, status="COMPLETED", closed_at=now)
    can_become(draft, status="ACTIVE")
    cannot_become(draft, LIFE, status="DRAFT")
    can_become(draft, status="COMPLETED", closed_at=now)
    for status in ("DRAFT", "ACTIVE"):
        cannot_become(draft, LIFE, status=status, closed_at=None)
    cannot_become(draft, LIFE, status="CANCELLED")
    for active in (True, False):
        room = make_room(organiser, active=active)
        can_become(room, status="CANCELLED", closed_at=now)
        cannot_become(room, LIFE, status="ACTIVE", closed_at=None)


def test_closed_at_tells_whether_it_is_over(draft):
    now = timezone.now()
    cannot_become(draft, "room_closed_at_agrees", closed_at=now)
    cannot_become(draft, "room_closed_at_agrees", status="CANCELLED")
    can_become(draft, status="CANCELLED", closed_at=now)


def test_an_active_room_is_not_deleted(room, draft):
    cannot_become(room, "room_active_not_deleted", deleted_at=timezone.now())
    can_become(draft, deleted_at=timezone.now())
    cannot_become(draft, "room_active_not_deleted", status="ACTIVE")


def test_the_creator_of_a_room_is_one_of_its_organizers(room, participant, stranger):
    by = "the creator of a room is one of its organizers"
    cannot_become(room, by, created_by_id=stranger.pk)
    cannot_become(room, by, created_by_id=participant.pk)
    add_participant(room, stranger, ParticipantRole.ORGANIZER)
    can_become(room, created_by_id=stranger.pk)


def test_a_room_is_not_restored_without_its_creator(draft, organiser):
    can_become(draft, deleted_at=timezone.now())
    lead = draft.participants.get(user=organiser)
    can_become(lead, deleted_at=timezone.now())
    cannot_become(draft, "the creator of a room is one of its organizers", deleted_at=None)
    can_become(lead, deleted_at=None)
    can_become(draft, deleted_at=None)


# --- Participant -------------------------------------------------------------------------------------------------


def test_a_user_is_in_a_room_once(room, participant, stranger):
    cannot_be_added(new_participant(room, participant), UNIQUE)
    room.participants.filter(user=participant).soft_delete()
    cannot_be_added(new_participant(room, participant), UNIQUE)
    other = add_participant(room)
    cannot_become(other, UNIQUE, user_id=participant.pk)
    can_be_added(new_participant(room, stranger))
    can_be_added(new_participant(make_room(make_user()), participant))


def test_a_room_hands_out_no_admin_role(room, participant):
    person = room.participants.get(user=participant)
    for role in ("ADMIN", "KING", ""):
        cannot_become(person, "participant_role_of_a_room", role=role)
        cannot_be_added(new_participant(room, role=role), "participant_role_of_a_room")
    for role in ("ORGANIZER", "MODERATOR", "VIEWER", "PARTICIPANT"):
        can_become(person, role=role, role_accepted_at=timezone.now())


def test_nobody_runs_a_room_without_having_accepted(room, participant):
    person = room.participants.get(user=participant)
    for role in ("ORGANIZER", "MODERATOR"):
        cannot_become(person, "participant_runs_by_consent", role=role)
        cannot_be_added(new_participant(room, role=role), "participant_runs_by_consent")


def test_only_a_viewer_is_held_as_one(room, participant):
    person = room.participants.get(user=participant)
    cannot_become(person, "participant_held_is_viewer", is_held_viewer=True)
    can_become(person, role="VIEWER", is_held_viewer=True)
    cannot_become(person, "participant_held_is_viewer", role="PARTICIPANT")


def test_the_creator_stays_organizer(room, organiser, draft):
    by = "the creator of a room stays its organizer"
    lead = room.participants.get(user=organiser)
    cannot_become(lead, by, role="MODERATOR")
    cannot_become(lead, by, deleted_at=timezone.now())
    cannot_be_deleted(lead, by)
    # A room is written before the people in it: its creator cannot enter as anything else.
    empty = new_room(draft)
    empty.save()
    cannot_be_added(new_participant(empty, organiser, role="PARTICIPANT"), by)
    can_be_added(new_participant(empty, organiser, role="ORGANIZER", role_accepted_at=timezone.now()))
    can_become(lead, metadata={"ticketNumber": 1})
    helper = add_participant(room, role=ParticipantRole.ORGANIZER)
    can_become(helper, role="VIEWER")
    assert delete_by_sql(helper) == 1


def test_who_was_removed_is_gone_until_that_is_undone(room, participant, moderator):
    person = room.participants.get(user=participant)
    by = "participant_removal_means_gone"
    cannot_become(person, by, removed_by_id=moderator.pk)
    cannot_become(person, by, removal_reason="Shouting")
    can_become(person, deleted_at=timezone.now(), removed_by_id=moderator.pk, removal_reason="Shouting")
    cannot_become(person, by, deleted_at=None)
    can_become(person, deleted_at=None, removed_by_id=None, removal_reason="")


def test_who_removed_somebody_cannot_be_deleted(room, participant, stranger):
    person = room.participants.get(user=participant)
    can_become(person, deleted_at=timezone.now(), removed_by_id=stranger.pk)
    cannot_be_deleted(stranger, PROTECTED, by_sql=FOREIGN_KEY)


def test_a_participant_stays_with_its_room(room, participant, draft):
    person = room.participants.get(user=participant)
    cannot_become(person, "a participant stays with its room", room_id=draft.pk)
    can_become(person, joined_at=timezone.now())


def test_participants_go_with_their_user(room, participant):
    only_the_orm_deletes(participant)
    assert not Participant.all_objects.filter(user_id=participant.pk).exists()


def test_participants_and_log_go_with_a_deleted_room(draft):
    add_participant(draft)
    with refused("the creator of a room stays its organizer|this event is kept"):
        Room.all_objects.get(pk=draft.pk).delete()
    can_become(draft, deleted_at=timezone.now())
    only_the_orm_deletes(draft)
    assert not Participant.all_objects.filter(room_id=draft.pk).exists()
    assert not RoomEvent.objects.filter(room_id=draft.pk).exists()


# --- Invitation --------------------------------------------------------------------------------------------------


def test_an_address_is_invited_to_a_room_once(room, draft):
    invitation = Invitation.objects.create(room=room, email="late@example.com")
    cannot_be_added(Invitation(room=room, email="late@example.com"), UNIQUE)
    cannot_become(invitation, "invitation_role_of_a_room", role="ADMIN")
    with refused("invitation_email_lower_case"):
        sql("UPDATE rooms_invitation SET email = 'Late@example.com' WHERE id = %s", invitation.pk)
    can_become(invitation, role="MODERATOR", redeemed_at=timezone.now())
    cannot_become(invitation, "invitation_answered_once", declined_at=timezone.now())
    can_be_added(Invitation(room=draft, email="late@example.com"))


def test_a_user_is_invited_to_a_room_once_and_each_invitation_is_to_one(room, participant, stranger):
    invitation = Invitation.objects.create(room=room, user=stranger)
    cannot_be_added(Invitation(room=room, user=stranger), UNIQUE)
    cannot_be_added(Invitation(room=room), "invitation_to_one")
    cannot_become(invitation, "invitation_to_one", email="late@example.com")
    can_be_added(Invitation(room=room, user=participant))


# --- RoomEvent ---------------------------------------------------------------------------------------------------


def test_seq_is_unique_in_a_room(room, draft):
    last, public = room.last_seq, room.last_public_seq
    cannot_be_added(new_event(room, last), UNIQUE)
    cannot_be_added(new_event(room, last + 1, public), UNIQUE)
    can_be_added(new_event(room, last + 1, public + 1))
    can_be_added(new_event(room, last + 2))
    can_be_added(new_event(room, last + 3))


def test_events_are_numbered_by_their_visibility(room):
    by = "room_event_numbered_by_visibility"
    cannot_be_added(new_event(room, 99, None, visibility="PUBLIC"), by)
    cannot_be_added(new_event(room, 99, 99, visibility="ORGANIZER"), by)
    cannot_be_added(new_event(room, 99, 99, visibility="SECRET"), by)
    cannot_be_added(new_event(room, 0, 99), "room_event_seq_from_one")
    cannot_be_added(new_event(room, 99, 99, type=""), "room_event_has_a_type")
    can_be_added(new_event(room, 99, 99))


def test_of_an_event_only_the_payload_changes(room, draft, stranger):
    event = room.events.latest("seq")
    changes = {
        "room_id": draft.pk,
        "seq": 999,
        "public_seq": 999,
        "type": "room:other",
        "actor_id": stranger.pk,
        "created_at": timezone.now(),
    }
    for name, value in changes.items():
        cannot_become(event, "an event keeps everything but its payload", **{name: value})
    cannot_become(event, "an event keeps everything but its payload", visibility="ORGANIZER", public_seq=None)
    with refused("an event keeps everything but its payload"):
        sql("UPDATE rooms_roomevent SET id = 'other' WHERE id = %s", event.pk)
    can_become(event, payload={"user": {"name": "Deleted user"}})


def test_the_log_of_a_living_room_is_kept(room, draft):
    cannot_be_deleted(room.events.latest("seq"), "this event is kept")
    cannot_be_deleted(draft.events.latest("seq"), "this event is kept")
    can_become(room, status="COMPLETED", closed_at=timezone.now())
    assert delete_by_sql(room.events.latest("seq")) == 1


@pytest.mark.parametrize("type", ["winner:selected", "winner:removed", "draw:committed", "draw:completed"])
def test_the_evidence_is_kept_for_ever(draft, type):
    event = new_event(draft, 99, 99, type=type)
    event.save()
    cannot_be_deleted(event, "this event is kept")
    can_become(draft, status="CANCELLED", closed_at=timezone.now())
    cannot_be_deleted(event, "this event is kept")
    can_become(draft, deleted_at=timezone.now())
    cannot_be_deleted(event, "this event is kept")


def test_an_event_needs_its_room(draft):
    cannot_be_added(new_event(Room(pk="nowhere"), 1, 1), FOREIGN_KEY)
    with refused(FOREIGN_KEY):
        sql("DELETE FROM rooms_room WHERE id = %s", draft.pk)
    connection.check_constraints()
