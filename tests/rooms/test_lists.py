"""People of a list: in the room at once, under a placeholder that whoever has the e-mail address takes over."""

import threading
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.actions import open_session
from accounts.actors import PLATFORM
from accounts.cleaning import clean_guests
from accounts.erasure import erase_user
from accounts.models import DELETED_USER_NAME, Session, User
from apps_registry.models import App
from prizes.actions import award_prize, run_draw
from prizes.models import Draw, Winner
from rooms.actions import (
    add_listed_person,
    delete_room,
    join_room,
    leave_room,
    remove_participant,
    take_listed_places,
    update_room,
)
from rooms.cleaning import clean_placeholders
from rooms.models import Invitation, ListedPlace, Participant, Room, RoomEvent
from tests.factories import add_participant, make_draw, make_prize, make_room, make_user
from tests.rooms.test_races import at_once

pytestmark = pytest.mark.django_db
NINA = {"name": "Nina List", "email": "nina@example.com"}


def people(room: Room, *rest: str) -> str:
    return "/".join((f"/api/v1/rooms/{room.pk}/participants", *rest))


def listed(room: Room, by: User, **facts: Any) -> Participant:
    return add_listed_person(room_id=room.pk, by=by, **(NINA | facts))


def nina(**fields: Any) -> User:
    return make_user("Nina Account", **{"email": "nina@example.com", "email_verified": True} | fields)


def refusal_of(answer: Any) -> tuple[int, Any]:
    return answer.status_code, answer.json()["error"]["details"]


# --- One person --------------------------------------------------------------------------------------------------


def test_somebody_on_a_list_is_in_the_room_and_in_its_draws(room, organiser, moderator, api):
    answer = api(moderator).post(people(room), NINA)
    assert answer.status_code == 201
    shown = answer.json()["data"]
    assert (shown["role"], shown["user"]["name"], "nina@example.com" in answer.content.decode()) == (
        "PARTICIPANT", "Nina List", False,
    )  # fmt: skip
    event = RoomEvent.objects.filter(room=room).latest("seq")
    assert (event.type, event.actor) == ("participant:joined", moderator)
    assert event.payload["participant"] == shown | {"metadata": None}
    draw = make_draw(room, make_prize(room))
    assert shown["id"] in Draw.objects.get(pk=draw.pk).entries
    assert shown["id"] in api().get(people(room)).content.decode()


def test_without_an_address_too_and_twice_the_same_name_is_two_people(room, organiser, api):
    for _ in range(2):
        assert api(organiser).post(people(room), {"name": "Ben"}).status_code == 201
    assert Participant.objects.filter(room=room, user__name="Ben").count() == 2
    assert not ListedPlace.objects.exists()


def test_a_placeholder_cannot_sign_in(room, organiser, api):
    place = listed(room, organiser)
    assert (place.user.email, place.user.is_guest, place.user.is_placeholder) == (None, True, True)
    assert not place.user.has_usable_password()
    assert not Session.objects.filter(user=place.user).exists()
    answer = api().post("/api/v1/auth/login", {"email": "nina@example.com", "password": "x"})
    assert answer.status_code == 401


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "A\nB"}, "name"),
        ({"name": "x" * 256}, "name"),
        ({"name": "Nina", "email": "nobody"}, "email"),
        ({"name": "Nina", "userId": "c" + "0" * 24}, "name"),
        ({"name": "Nina", "role": "MODERATOR"}, "role"),
        ({"name": "Nina", "metadata": {"text": "x" * 20_000}}, "metadata"),
    ],
)
def test_a_fault_is_named_and_nobody_is_made(room, organiser, api, body, field):
    answer = api(organiser).post(people(room), body)
    assert (answer.status_code, list(answer.json()["error"]["details"]["fields"])) == (422, [field])
    assert not User.objects.filter(is_placeholder=True).exists()


def test_the_same_address_twice_is_the_same_person(room, organiser, api):
    place = listed(room, organiser)
    again = {"name": "Nina L.", "email": " NINA@Example.com "}
    assert refusal_of(api(organiser).post(people(room), again | {"email": "NINA@Example.com"})) == (
        409, {"reason": "already_in"},
    )  # fmt: skip
    Participant.objects.filter(pk=place.pk).soft_delete()
    back = api(organiser).post(people(room), NINA).json()["data"]
    assert back["id"] == place.pk
    remove_participant(room_id=room.pk, participant_id=place.pk, by=organiser)
    assert refusal_of(api(organiser).post(people(room), NINA)) == (409, {"reason": "removed"})
    assert User.objects.filter(is_placeholder=True).count() == 1


# --- The person comes --------------------------------------------------------------------------------------------


def test_whoever_signs_in_with_the_address_takes_the_place_with_what_was_won(private_room, organiser, api):
    place = listed(private_room, organiser, metadata={"table": 3})
    won = award_prize(
        room_id=private_room.pk, prize_id=make_prize(private_room).pk, participant_id=place.pk, by=organiser
    )
    update_room(room_id=private_room.pk, by=organiser, status="COMPLETED")
    user = nina()
    take_listed_places(user=user)
    place = Participant.objects.get(pk=place.pk)
    assert (place.user, place.metadata) == (user, {"table": 3})
    assert Winner.objects.get(pk=won.pk).participant.user == user
    mine = api(user).get(people(private_room, "me")).json()["data"]
    assert mine["user"]["name"] == "Nina Account"
    event = RoomEvent.objects.filter(room=private_room).latest("seq")
    assert (event.type, event.payload["changes"]) == ("participant:updated", {"userId": user.pk})
    before = event.seq
    take_listed_places(user=user)
    assert RoomEvent.objects.filter(room=private_room).latest("seq").seq == before


def test_signing_in_does_it(room, organiser, django_capture_on_commit_callbacks):
    place, user = listed(room, organiser), nina()
    with django_capture_on_commit_callbacks(execute=True):
        open_session(user=user)
    assert Participant.objects.get(pk=place.pk).user == user


def test_lists_of_two_rooms_hold_two_places_of_one_person(room, private_room, organiser):
    places = [listed(each, organiser) for each in (room, private_room)]
    assert places[0].user_id != places[1].user_id
    user = nina()
    take_listed_places(user=user)
    assert {place.pk for place in Participant.objects.filter(user=user)} == {place.pk for place in places}


@pytest.mark.parametrize("door", ["join", "code"])
def test_joining_finds_the_place_of_the_list(private_room, organiser, api, door):
    place, user = listed(private_room, organiser), nina()
    if door == "join":
        answer = api(user).post(people(private_room))
        shown = answer.json()["data"]
    else:
        answer = api(user).post("/api/v1/rooms/join", {"code": private_room.join_code})
        shown = answer.json()["data"]["participant"]
    assert (answer.status_code, shown["id"], shown["userId"]) == (201 if door == "join" else 200, place.pk, user.pk)


@pytest.mark.parametrize("fields", [{"email_verified": False}, {"email": "other@example.com"}])
def test_nobody_else_takes_the_place(room, organiser, fields):
    place, user = listed(room, organiser), nina(**fields)
    take_listed_places(user=user)
    join_room(room_id=room.pk, by=user)
    assert Participant.objects.get(pk=place.pk).user.is_placeholder


def test_nothing_tells_whether_there_is_such_an_account(room, organiser, api):
    nina()
    first = api(organiser).post(people(room), NINA)
    other = api(organiser).post(people(room), {"name": "Nobody", "email": "nobody@example.com"})
    assert (first.status_code, other.status_code) == (201, 201)
    assert first.json()["data"].keys() == other.json()["data"].keys()


def test_who_is_in_already_is_there_once(room, organiser):
    user = nina()
    own, place = join_room(room_id=room.pk, by=user), listed(room, organiser)
    take_listed_places(user=user)
    assert list(Participant.objects.filter(room=room, pk__in=[own.pk, place.pk])) == [own]
    event = RoomEvent.objects.filter(room=room).latest("seq")
    assert (event.type, event.payload["participantId"]) == ("participant:left", place.pk)


def test_a_place_that_has_won_stays_beside_ones_own(room, organiser):
    user = nina()
    own, place = join_room(room_id=room.pk, by=user), listed(room, organiser)
    award_prize(room_id=room.pk, prize_id=make_prize(room).pk, participant_id=place.pk, by=organiser)
    take_listed_places(user=user)
    assert Participant.objects.filter(pk__in=[own.pk, place.pk]).count() == 2


def test_a_removed_place_stays_removed(room, organiser, api):
    place, user = listed(room, organiser), nina()
    remove_participant(room_id=room.pk, participant_id=place.pk, by=organiser)
    take_listed_places(user=user)
    assert refusal_of(api(user).post(people(room))) == (403, {"reason": "removed"})


def test_a_deleted_room_gives_nobody_a_place(organiser):
    room = make_room(organiser, active=False)
    place, user = listed(room, organiser), nina()
    delete_room(room_id=room.pk, by=organiser)
    take_listed_places(user=user)
    assert Participant.objects.get(pk=place.pk).user.is_placeholder


# --- Forgetting --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("came", [True, False])
def test_erasing_the_person_erases_the_place_of_the_list(room, organiser, came):
    place, user = listed(room, organiser), nina()
    if came:
        take_listed_places(user=user)
    erase_user(user=User.objects.get(pk=user.pk), by=user)
    assert not ListedPlace.objects.exists()
    assert not User.all_objects.filter(name__in=("Nina List", "Nina Account")).exists()
    assert not [event for event in RoomEvent.objects.filter(room=room) if "Nina" in str(event.payload)]
    assert Participant.all_objects.get(pk=place.pk).user.name == DELETED_USER_NAME


def test_an_unverified_account_erases_nobodys_place(room, organiser):
    place, user = listed(room, organiser), nina(email_verified=False)
    erase_user(user=user, by=user)
    assert Participant.objects.get(pk=place.pk).user.name == "Nina List"
    assert ListedPlace.objects.filter(participant=place).exists()


def test_people_of_lists_are_forgotten_after_their_rooms(organiser, settings):
    settings.GUEST_RETENTION = 10
    room, open_room = make_room(organiser), make_room(organiser)
    old, kept = listed(room, organiser), listed(open_room, organiser)
    long_ago = timezone.now() - timedelta(days=11)
    User.objects.filter(is_placeholder=True).update(created_at=long_ago)
    assert clean_guests() == {"guests deleted": 0, "guests erased": 0}
    assert clean_placeholders() == {"people of lists erased": 0}
    for each in (room, open_room):
        update_room(room_id=each.pk, by=organiser, status="COMPLETED")
    Room.objects.filter(pk=room.pk).update(closed_at=long_ago)
    assert clean_placeholders() == {"people of lists erased": 1}
    assert Participant.all_objects.get(pk=old.pk).user.name == DELETED_USER_NAME
    assert Participant.objects.get(pk=kept.pk).user.name == "Nina List"


# --- Many at once ------------------------------------------------------------------------------------------------


def batch(room: Room, client: Any, *items: dict[str, Any], **headers: str) -> Any:
    return client.post(people(room, "batch"), {"items": list(items)}, **headers)


def test_a_batch_takes_all_kinds_in_their_order_and_tells_each(room, organiser, stranger, api):
    gone = add_participant(room)
    leave_room(room_id=room.pk, by=gone.user)
    before = RoomEvent.objects.filter(room=room).count()
    answer = batch(
        room,
        api(organiser),
        NINA | {"metadata": {"tickets": 2}},
        {"email": "guest@example.com"},
        {"userId": stranger.pk, "role": "VIEWER"},
        {"name": "Ben"},
        {"userId": gone.user_id},
        {"email": "helper@example.com", "role": "MODERATOR"},
    )
    assert answer.status_code == 201
    data = answer.json()["data"]
    assert [each.get("user", {}).get("name") for each in data] == [
        "Nina List", None, stranger.name, "Ben", gone.user.name, None,
    ]  # fmt: skip
    assert (data[0]["metadata"], data[2]["role"], data[4]["id"]) == ({"tickets": 2}, "VIEWER", gone.pk)
    events = list(RoomEvent.objects.filter(room=room).order_by("seq"))[before:]
    assert [event.type for event in events] == ["participant:joined"] * 4
    assert [event.payload["participant"]["id"] for event in events] == [data[at]["id"] for at in (0, 2, 3, 4)]
    assert set(Invitation.objects.filter(room=room).values_list("email", "role")) == {
        ("guest@example.com", "PARTICIPANT"),
        ("helper@example.com", "MODERATOR"),
    }


def test_all_faults_of_fields_are_told_at_once_and_nobody_comes_in(room, organiser, moderator, api):
    answer = batch(room, api(organiser), NINA, {"name": ""}, {"role": "VIEWER"}, {"email": "nobody"})
    assert answer.status_code == 422
    assert set(answer.json()["error"]["details"]["fields"]) == {"items.1.name", "items.3.email"}
    answer = batch(room, api(organiser), NINA, {"role": "VIEWER"}, {"name": "Ben", "role": "ORGANIZER"})
    assert set(answer.json()["error"]["details"]["fields"]) == {"items.1.name", "items.2.role"}
    answer = batch(room, api(organiser), NINA, {"userId": "c" + "0" * 24})
    assert set(answer.json()["error"]["details"]["fields"]) == {"items.1.userId"}
    answer = batch(room, api(moderator), NINA | {"metadata": {}})
    assert set(answer.json()["error"]["details"]["fields"]) == {"items.0.metadata"}
    assert not User.objects.filter(is_placeholder=True).exists()


def test_a_refusal_says_whom_it_is_about_and_nobody_comes_in(room, organiser, moderator, participant, api):
    removed = add_participant(room)
    remove_participant(room_id=room.pk, participant_id=removed.pk, by=organiser)
    for user, items, status, reason in (
        (organiser, [NINA, {"userId": participant.pk}], 409, "already_in"),
        (organiser, [NINA, NINA], 409, "already_in"),
        (organiser, [NINA, {"userId": removed.user_id}], 409, "removed"),
        (moderator, [NINA, {"email": "helper@example.com", "role": "MODERATOR"}], 403, "not_allowed"),
    ):
        assert refusal_of(batch(room, api(user), *items)) == (status, {"reason": reason, "index": 1})
    assert not User.objects.filter(is_placeholder=True).exists()


def test_a_batch_is_bounded_and_fits_into_the_room(room, organiser, api):
    assert batch(room, api(organiser)).status_code == 422
    assert batch(room, api(organiser), *[{"name": "Ben"}] * 501).status_code == 422
    update_room(room_id=room.pk, by=organiser, max_participants=3)
    assert refusal_of(batch(room, api(organiser), *[{"name": "Ben"}] * 3))[1]["reason"] == "room_full"
    assert batch(room, api(organiser), *[{"name": "Ben"}] * 2).status_code == 201
    update_room(room_id=room.pk, by=organiser, status="COMPLETED")
    answer = batch(room, api(organiser), {"name": "Ben"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "ROOM_CLOSED")


def test_a_batch_that_is_sent_again_is_done_once(room, organiser, api):
    first, again = (batch(room, api(organiser), NINA, {"name": "Ben"}, HTTP_IDEMPOTENCY_KEY="one") for _ in range(2))
    assert (again.status_code, again.json()) == (201, first.json())
    assert User.objects.filter(is_placeholder=True).count() == 2


def queries(room: Room, client: Any, count: int, start: int) -> int:
    users = [make_user() for _ in range(count)]
    items = [{"name": f"P {n}", "email": f"p{n}@example.com"} for n in range(start, start + count)]
    items += [{"email": f"i{n}@example.com"} for n in range(start, start + count)]
    items += [{"userId": user.pk} for user in users]
    with CaptureQueriesContext(connection) as found:
        assert batch(room, client, *items).status_code == 201
    return len(found)


def test_queries_do_not_grow_with_the_batch(room, organiser, api):
    client = api(organiser)
    few, many = queries(room, client, 1, 0), queries(room, client, 40, 100)
    assert few <= 16
    assert many <= few + 2  # SQLite takes so many values a statement


@pytest.fixture
def lottery(organiser: User) -> Room:
    app = App.objects.get(app_id="app_lottery_v1")
    settings = {"ticketCount": 100, "drawDate": "2030-12-31T20:00:00Z"}
    return make_room(organiser, app=app, app_settings=settings)


def test_a_batch_gives_everybody_a_ticket(lottery, organiser, api):
    client = api(organiser)
    with CaptureQueriesContext(connection) as found:
        data = batch(lottery, client, *[{"name": f"P {n}"} for n in range(30)]).json()["data"]
    assert len(found) <= 20
    assert [each["metadata"] for each in data] == [{"ticketNumber": n, "tickets": 1} for n in range(1, 31)]
    more = batch(
        lottery, client, {"name": "Q", "metadata": {"tickets": 5}}, {"name": "R", "metadata": {"ticketNumber": 31}}
    )
    assert [each["metadata"] for each in more.json()["data"]] == [
        {"ticketNumber": 32, "tickets": 5}, {"ticketNumber": 31, "tickets": 1},
    ]  # fmt: skip
    stored = Participant.objects.filter(room=lottery, user__is_placeholder=True).values_list(
        "metadata__ticketNumber", flat=True
    )
    assert sorted(stored) == list(range(1, 33))
    run_draw(room_id=lottery.pk, draw_id=make_draw(lottery, make_prize(lottery)).pk, by=PLATFORM)


def test_a_fault_of_a_ticket_is_told_at_its_row_and_nobody_comes_in(lottery, organiser, api):
    client = api(organiser)
    batch(lottery, client, *[{"name": f"P {n}"} for n in range(7)])
    for metadata, field in (({"ticketNumber": 7}, "ticketNumber"), ({"tickets": 0}, "tickets")):
        answer = batch(lottery, client, {"name": "Q"}, {"name": "R", "metadata": metadata})
        assert list(answer.json()["error"]["details"]["fields"]) == [f"items.1.metadata.{field}"]
    assert Participant.objects.filter(room=lottery).count() == 8


def test_more_people_than_tickets_come_without_one(lottery, organiser, api):
    update_room(room_id=lottery.pk, by=organiser, name="Big night")
    data = batch(lottery, api(organiser), *[{"name": f"P {n}"} for n in range(103)]).json()["data"]
    assert [each["metadata"].get("ticketNumber") for each in data] == [*range(1, 101), None, None, None]


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_person_comes_by_several_doors_at_once(organiser: User) -> None:
    def take_without_a_lock(meet: threading.Barrier) -> None:
        waiting = ListedPlace.objects.get(taken_at=None)
        meet.wait(10)
        Participant.objects.filter(pk=waiting.participant_id).update(user=user)
        done.append(waiting.pk)

    room, user = make_room(organiser), nina()
    listed(room, organiser)
    done: list[str] = []
    meet = threading.Barrier(2)
    at_once(*[partial(take_without_a_lock, meet)] * 2)
    assert len(done) == 2  # both take it, and both would tell

    for _ in range(3):
        room = make_room(organiser)
        place = listed(room, organiser)
        results = at_once(
            partial(take_listed_places, user=user),
            partial(take_listed_places, user=user),
            partial(join_room, room_id=room.pk, by=user),
            partial(listed, room, organiser),
        )
        assert [type(result).__name__ for result in results if isinstance(result, Exception)][-1:] == ["AlreadyIn"]
        assert list(Participant.objects.filter(room=room, user=user)) == [place]
        assert RoomEvent.objects.filter(room=room, type="participant:updated").count() == 1
        assert User.objects.get(pk=place.user_id).claimed_by == user
