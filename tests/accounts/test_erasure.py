"""After an erasure nothing in the whole database gives the person away, and what happened is still there."""

import json
import re

import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import connection, transaction
from django.db.utils import IntegrityError
from django.utils import timezone

from accounts.actions import update_profile
from accounts.actors import PLATFORM
from accounts.erasure import erase_user
from accounts.errors import StillOrganises
from accounts.models import DELETED_USER_NAME, TokenBlacklist, User
from accounts.sessions import open_session
from accounts.traces import Traces
from prizes import fair_draw
from prizes.actions import award_prize, run_draw
from prizes.enums import WinnerState
from prizes.models import Draw, Winner
from prizes.records import record_of
from rooms.actions import invite, join_room, leave_room, offer_role, update_room
from rooms.enums import ParticipantRole
from rooms.events import record
from rooms.models import Invitation, Notification, Participant, Room, RoomEvent
from rooms.permissions import Need, locked_room
from tests.factories import add_participant, make_draw, make_prize, make_room, make_user

pytestmark = pytest.mark.django_db

EMAIL, NAME, FORMER = "zoë.quill@example.com", "Zoë Quill", "Zoë Maiden"
AVATAR, FORMER_AVATAR = "https://pictures.example.com/zq-1.png", "https://pictures.example.com/zm-0.png"
PROVIDER_ID = "provider-person-7741"
DEVICE, ADDRESS = "Zoë's own phone", "203.0.113.77"
SECRETS = (EMAIL, NAME, FORMER, AVATAR, FORMER_AVATAR, PROVIDER_ID, DEVICE, ADDRESS, "Zoë", "Quill")


def dump():
    """Every value of every table, as text; JSON escapes undone."""
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            columns = [column[0] for column in cursor.description]
            for row in cursor.fetchall():
                for column, value in zip(columns, row, strict=True):
                    text = str(value)
                    yield (
                        f"{table}.{column}",
                        text + re.sub(r"\\u([0-9a-f]{4})", lambda match: chr(int(match[1], 16)), text),
                    )


def found(*secrets):
    return sorted({(place, secret) for place, text in dump() for secret in secrets if secret.lower() in text.lower()})


@pytest.fixture
def person():
    return make_user(FORMER, email=EMAIL, avatar=FORMER_AVATAR, provider="google", provider_id=PROVIDER_ID)


@pytest.fixture
def lived(person, organiser, moderator, admin):
    """A room that knows the person in every way there is."""
    room = make_room(organiser)
    add_participant(room, moderator, ParticipantRole.MODERATOR)
    join_room(room_id=room.pk, by=person)
    place = Participant.objects.get(user=person)
    prize = make_prize(room, quantity=3)
    award_prize(
        room_id=room.pk, prize_id=prize.pk, participant_id=place.pk, by=organiser, metadata={"note": f"for {FORMER}"}
    )
    person = update_profile(user=person, by=person, name=NAME, avatar=AVATAR)
    with transaction.atomic():
        locked = locked_room(room.pk, PLATFORM, Need.RUN)
        leaderboard = [{"participantId": place.pk, "participantName": FORMER, "score": 3}]
        record(locked, "quiz:finished", {"leaderboard": leaderboard}, by=PLATFORM)
        record(locked, "note:written", {"text": f"I am {NAME}, write to {EMAIL.upper()}"}, by=person)
        record(locked, "note:written", {"participantId": place.pk, "text": f"{NAME} won!"}, by=organiser)
    Participant.all_objects.filter(pk=place.pk).update(metadata={"ticketNumber": 7, "greeting": f"Hello {NAME}"})
    other = add_participant(room)
    Participant.all_objects.filter(pk=other.pk).update(
        deleted_at=timezone.now(), removed_by=moderator, removal_reason=f"quarrelled with {NAME} ({EMAIL})"
    )
    revoked = Winner.objects.create(
        room=room,
        participant=place,
        prize=prize,
        round_key="q1",
        state=WinnerState.REVOKED,
        revoked_at=timezone.now(),
        revoked_by=organiser,
        revocation_reason=f"{NAME} was not there",
    )
    Notification.objects.create(user=person, type="prize:won", title=f"Well done, {NAME}")
    Notification.objects.create(
        user=organiser,
        type="note",
        title=f"{FORMER} won",
        body=f"{NAME} <{EMAIL}>",
        data={"user": {"id": person.pk, "name": FORMER, "avatar": FORMER_AVATAR}},
    )
    invite(room_id=make_room(organiser).pk, by=organiser, email=EMAIL.upper())
    open_session(user=person, device_info=DEVICE, ip_address=ADDRESS)
    LogEntry.objects.create(
        user=admin,
        content_type=ContentType.objects.get_for_model(User),
        object_id=person.pk,
        object_repr=FORMER,
        action_flag=CHANGE,
        change_message=json.dumps([{"changed": {"fields": ["Name"]}}]),
    )
    LogEntry.objects.create(
        user=admin,
        content_type=ContentType.objects.get_for_model(Room),
        object_id=room.pk,
        object_repr=room.name,
        action_flag=CHANGE,
        change_message=json.dumps([{"added": {"name": "participant", "object": f"{NAME} in {room.name}"}}]),
    )
    EmailAddress.objects.create(user=person, email=EMAIL, verified=True, primary=True)
    SocialAccount.objects.create(
        user=person, provider="google", uid=PROVIDER_ID, extra_data={"userinfo": {"email": EMAIL, "name": NAME}}
    )
    return room, place, revoked


def test_nothing_is_left_of_a_person(person, lived, stranger):
    assert {secret for _, secret in found(*SECRETS)} == set(SECRETS), "the search finds what is there"
    erase_user(user=person, by=person)
    assert found(*SECRETS) == []


def test_what_happened_stays(person, lived, organiser):
    room, place, revoked = lived
    events = RoomEvent.objects.filter(room=room).count()
    erase_user(user=person, by=person)
    place = Participant.all_objects.get(pk=place.pk)
    assert place.deleted_at is not None
    assert place.metadata == {"ticketNumber": 7, "greeting": f"Hello {DELETED_USER_NAME}"}
    win = Winner.objects.live().get(participant=place)
    assert win.metadata == {"note": f"for {DELETED_USER_NAME}"}
    assert Winner.all_objects.get(pk=revoked.pk).revocation_reason == f"{DELETED_USER_NAME} was not there"
    log = RoomEvent.objects.filter(room=room).order_by("seq")
    assert log.count() == events + 1
    assert [event.seq for event in log] == list(range(1, events + 2))
    last = log.reverse()[0]
    assert (last.type, last.payload) == (
        "participant:left",
        {"participantId": place.pk, "userId": person.pk},
    )
    shown = log.get(type="winner:selected").payload["winner"]["participant"]["user"]
    assert shown == {"id": person.pk, "name": DELETED_USER_NAME, "avatar": None}
    assert log.get(type="quiz:finished").payload == {
        "leaderboard": [{"participantId": place.pk, "participantName": DELETED_USER_NAME, "score": 3}]
    }


def test_a_win_outlives_the_person(api, person, lived):
    room, _, _ = lived
    erase_user(user=person, by=person)
    win = api().get(f"/api/v1/rooms/{room.pk}/winners").json()["data"][0]
    assert win["participant"]["user"] == {"id": person.pk, "name": DELETED_USER_NAME, "avatar": None}
    names = [one["user"]["name"] for one in api().get(f"/api/v1/rooms/{room.pk}/participants").json()["data"]]
    assert DELETED_USER_NAME not in names


def test_the_row_keeps_nothing_and_lets_nobody_in(person):
    person.is_staff = True
    person.save()
    erase_user(user=person, by=person)
    row = User.all_objects.get(pk=person.pk)
    assert (row.name, row.email, row.avatar, row.provider, row.provider_id) == (DELETED_USER_NAME, *(None,) * 4)
    assert not (row.is_active or row.is_staff or row.is_superuser or row.email_verified or row.has_usable_password())
    assert row.deleted_at is not None
    assert row.erased_at is not None
    assert not User.objects.filter(pk=person.pk).exists()


def test_erased_is_for_good_and_erasing_twice_changes_nothing(person):
    erase_user(user=person, by=person)
    before = User.all_objects.values().get(pk=person.pk)
    erase_user(user=person, by=person)
    assert User.all_objects.values().get(pk=person.pk) == before
    with pytest.raises(IntegrityError), transaction.atomic():
        User.all_objects.filter(pk=person.pk).update(erased_at=None)


def test_the_address_is_free_again(person):
    erase_user(user=person, by=person)
    assert User.objects.create(name="Another", email=EMAIL).pk != person.pk


def test_a_record_stays_right_whatever_its_people_were_called(person, organiser):
    room = make_room(organiser)
    join_room(room_id=room.pk, by=person)
    place = Participant.objects.get(user=person)
    add_participant(room)
    draw = make_draw(room, make_prize(room))
    leave_room(room_id=room.pk, by=person)
    run_draw(room_id=room.pk, draw_id=draw.pk, by=organiser)
    person = update_profile(user=person, by=person, name=place.pk)
    erase_user(user=person, by=person)
    record = record_of(Draw.objects.with_lines().get(pk=draw.pk))
    assert [one["participantId"] for one in record["withdrawn"]] == [place.pk]
    assert fair_draw.verify_record(record) == []


def test_others_of_the_same_name_keep_it(person, lived):
    room, _, _ = lived
    namesake = make_user(NAME, email="another@example.com")
    join_room(room_id=room.pk, by=namesake)
    erase_user(user=person, by=person)
    joined = RoomEvent.objects.filter(room=room, type="participant:joined").latest("seq")
    assert joined.payload["participant"]["user"]["name"] == NAME
    namesake.refresh_from_db()
    assert namesake.name == NAME


@pytest.mark.parametrize("status", ["DRAFT", "ACTIVE"])
def test_creators_stay_while_their_rooms_are_open(person, status):
    make_room(person, active=status != "DRAFT")
    events = RoomEvent.objects.count()
    with pytest.raises(StillOrganises):
        erase_user(user=person, by=person)
    person.refresh_from_db()
    assert (person.name, person.is_active, person.erased_at) == (FORMER, True, None)
    assert RoomEvent.objects.count() == events
    assert not TokenBlacklist.objects.exists()


@pytest.mark.parametrize("status", ["COMPLETED", "CANCELLED"])
def test_a_room_that_is_over_holds_nobody_and_keeps_a_nameless_organizer(person, organiser, api, status):
    room = make_room(person, name=f"{FORMER}'s party")
    update_room(room_id=room.pk, by=person, status=status)
    erase_user(user=person, by=person)
    assert found(*SECRETS) == []
    shown = api(organiser).get(f"/api/v1/rooms/{room.pk}").json()["data"]
    assert shown["organizer"] == {"id": person.pk, "name": DELETED_USER_NAME, "avatar": None}
    assert Participant.objects.get(room=room, user=person).role == "ORGANIZER"


def test_an_organizer_beside_the_creator_may_go(person, organiser):
    room = make_room(organiser)
    add_participant(room, person, ParticipantRole.ORGANIZER)
    erase_user(user=person, by=person)
    assert not Participant.objects.filter(user=person).exists()
    assert Participant.objects.filter(room=room, user=organiser).exists()


def test_erasing_somebody_ends_what_was_offered_to_them_and_by_them(person, organiser, stranger):
    room = make_room(organiser)
    add_participant(room, person, ParticipantRole.ORGANIZER)
    other = make_room(stranger)
    offer_role(room_id=other.pk, by=stranger, user_id=person.pk, role="MODERATOR")
    offer_role(room_id=room.pk, by=person, user_id=stranger.pk, role="ORGANIZER")
    told = Notification.objects.get(user=stranger)
    assert FORMER in told.body
    erase_user(user=person, by=person)
    assert not Invitation.objects.exists()
    told.refresh_from_db()
    assert DELETED_USER_NAME in told.body
    assert found(*SECRETS) == []


def test_rooms_that_are_deleted_do_not_hold_their_organiser(person):
    room = make_room(person, active=False, name=f"{FORMER}'s party", description=f"Questions to {EMAIL}")
    Room.objects.filter(pk=room.pk).soft_delete()
    erase_user(user=person, by=person)
    assert found(*SECRETS) == []


def test_erasure_leaves_all_rooms(person, organiser):
    rooms = [make_room(organiser) for _ in range(3)]
    for room in rooms:
        join_room(room_id=room.pk, by=person)
    erase_user(user=person, by=person)
    assert not Participant.objects.filter(user=person).exists()
    assert RoomEvent.objects.filter(type="participant:left", room__in=rooms).count() == 3


def test_what_the_first_eraser_refuses_happens_nowhere(person, settings, monkeypatch):
    join_room(room_id=make_room(make_user()).pk, by=person)
    make_room(person)
    with pytest.raises(StillOrganises):
        erase_user(user=person, by=person)
    assert Participant.objects.filter(user=person).count() == 2


@pytest.mark.parametrize(
    ("value", "cleaned"),
    [
        ({"id": "u1", "name": "Al", "avatar": "x"}, {"id": "u1", "name": DELETED_USER_NAME, "avatar": None}),
        ({"id": "u2", "name": "Al", "avatar": "x"}, {"id": "u2", "name": "Al", "avatar": "x"}),
        ({"user": "p1", "text": "Al, Ally and al"}, {"user": "p1", "text": "Deleted user, Ally and Deleted user"}),
        ({"participantId": "p1", "participantName": "Old"}, {"participantId": "p1", "participantName": "Deleted user"}),
        (
            {"participantId": "p1", "prize": {"id": "z", "name": "Al"}},
            {"participantId": "p1", "prize": {"id": "z", "name": "Al"}},
        ),
        ({"participantId": "p1", "more": ["Al"]}, {"participantId": "p1", "more": ["Deleted user"]}),
        ({"text": "Al"}, {"text": "Al"}),
        ({"text": "write to AL@example.com"}, {"text": "write to [deleted]"}),
        ([1, None, True, 2.5], [1, None, True, 2.5]),
    ],
)
def test_a_common_word_is_only_a_name_where_the_text_is_about_the_person(value, cleaned):
    traces = Traces(user_id="u1", ids={"u1", "p1"}, names={"Al"}, secrets={"al@example.com"})
    assert traces.in_json(value) == cleaned
