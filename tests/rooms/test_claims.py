"""A guest signs in and keeps everything."""

import threading
from functools import partial
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from accounts.actions import open_session
from accounts.actors import PLATFORM
from accounts.cleaning import clean_guests
from accounts.erasure import erase_user
from accounts.models import User
from accounts.sessions import reactivate_user
from accounts.tokens import user_of
from prizes.actions import award_prize, run_draw
from prizes.models import Winner
from prizes.records import record_of
from rooms.actions import (
    claim_places,
    join_by_code,
    join_room,
    leave_room,
    remove_participant,
)
from rooms.errors import AlreadyIn
from rooms.models import Notification, Participant, Room, RoomEvent
from tests.factories import make_draw, make_guest, make_prize, make_room, make_user
from tests.rooms.test_races import at_once, kinds

pytestmark = pytest.mark.django_db
CLAIM = "/api/v1/auth/claim-guest"


def guest_in(room: Room, name: str = "Gus Guest") -> tuple[Participant, str]:
    admission = join_by_code(code=room.join_code, by=None, name=name)
    assert admission.tokens is not None
    return admission.participant, admission.tokens.access


def test_places_wins_draws_and_messages_become_the_accounts(room, organiser, stranger, api):
    place, token = guest_in(room)
    won = award_prize(room_id=room.pk, prize_id=make_prize(room).pk, participant_id=place.pk, by=organiser)
    prize = make_prize(room)
    draw = make_draw(room, prize)
    run_draw(room_id=room.pk, draw_id=draw.pk, by=PLATFORM)
    draw.refresh_from_db()
    proof = record_of(type(draw).objects.with_lines().get(pk=draw.pk))
    told = Notification.objects.filter(user=place.user).count()
    answer = api(stranger).post(CLAIM, {"guestToken": token})
    assert answer.status_code == 200
    (shown,) = answer.json()["data"]
    assert (shown["id"], shown["userId"], shown["user"]["name"]) == (place.pk, stranger.pk, stranger.name)
    assert Winner.objects.get(pk=won.pk).participant.user == stranger
    assert record_of(type(draw).objects.with_lines().get(pk=draw.pk)) == proof
    assert told
    assert Notification.objects.filter(user=stranger).count() == told
    event = RoomEvent.objects.filter(room=room).latest("seq")
    assert (event.type, event.payload["changes"], event.actor) == (
        "participant:updated", {"userId": stranger.pk}, stranger,
    )  # fmt: skip
    assert api(stranger).get(f"/api/v1/rooms/{room.pk}").json()["data"]["myRole"] == "PARTICIPANT"


def test_the_guest_is_gone_at_once(room, stranger, api):
    place, token = guest_in(room)
    refresh = open_session(user=place.user, room_id=room.pk).refresh
    assert api(stranger).post(CLAIM, {"guestToken": token}).status_code == 200
    assert user_of(token) is None
    assert api().post("/api/v1/auth/refresh", {"refreshToken": refresh}).status_code == 401
    again = api(stranger).post(CLAIM, {"guestToken": token})
    assert (again.status_code, list(again.json()["error"]["details"]["fields"])) == (422, ["guestToken"])
    guest = User.objects.get(pk=place.user_id)
    reactivate_user(user=guest, by=PLATFORM)
    assert not User.objects.get(pk=guest.pk).is_active


@pytest.mark.parametrize("how", ["in", "left"])
def test_who_is_in_already_keeps_both_places_apart(room, stranger, api, how):
    place, token = guest_in(room)
    join_room(room_id=room.pk, by=stranger)
    if how == "left":
        leave_room(room_id=room.pk, by=stranger)
    answer = api(stranger).post(CLAIM, {"guestToken": token})
    assert (answer.status_code, answer.json()["error"]["details"]) == (
        409, {"reason": "already_in", "roomId": room.pk},
    )  # fmt: skip
    assert Participant.objects.get(pk=place.pk).user_id == place.user_id
    assert user_of(token) is not None


def test_who_was_removed_does_not_come_back_as_a_guest(room, organiser, stranger, api):
    place, token = guest_in(room)
    own = join_room(room_id=room.pk, by=stranger)
    remove_participant(room_id=room.pk, participant_id=own.pk, by=organiser)
    answer = api(stranger).post(CLAIM, {"guestToken": token})
    assert (answer.status_code, answer.json()["error"]["details"]["reason"]) == (403, "removed")
    assert Participant.objects.get(pk=place.pk).user_id == place.user_id


def test_a_removed_guest_stays_removed(room, organiser, stranger, api):
    place, token = guest_in(room)
    remove_participant(room_id=room.pk, participant_id=place.pk, by=organiser)
    before = RoomEvent.objects.filter(room=room).count()
    assert api(stranger).post(CLAIM, {"guestToken": token}).status_code == 200
    assert RoomEvent.objects.filter(room=room).count() == before
    answer = api(stranger).post(f"/api/v1/rooms/{room.pk}/participants")
    assert (answer.status_code, answer.json()["error"]["details"]["reason"]) == (403, "removed")


@pytest.mark.parametrize("token", ["", "nonsense", "registered", None])
def test_only_a_guests_token_counts(room, participant, stranger, api, token):
    given = open_session(user=participant).access if token == "registered" else token
    answer = api(stranger).post(CLAIM, {"guestToken": given})
    assert (answer.status_code, list(answer.json()["error"]["details"]["fields"])) == (422, ["guestToken"])


def test_a_guest_claims_nobody(room, api):
    _, token = guest_in(room)
    other, _ = guest_in(room, "Gloria")
    answer = api(other.user).post(CLAIM, {"guestToken": token})
    assert (answer.status_code, answer.json()["error"]["details"]["reason"]) == (403, "guest")


def test_erasing_the_account_erases_the_guest_it_was(room, stranger, api):
    place, token = guest_in(room, "Quentin Quillfeather")
    api(stranger).post(CLAIM, {"guestToken": token})
    erase_user(user=User.objects.get(pk=stranger.pk), by=stranger)
    assert User.all_objects.get(pk=place.user_id).name == "Deleted user"
    texts = [str(event.payload) for event in RoomEvent.objects.filter(room=room)]
    assert not [text for text in texts if "Quillfeather" in text or stranger.name in text]


def test_the_clean_up_forgets_old_claimed_guests(room, stranger, settings):
    place, _ = guest_in(room)
    claim_places(guest=place.user, by=stranger)
    assert clean_guests() == {"guests deleted": 0, "guests erased": 0}
    settings.GUEST_RETENTION = 0
    assert clean_guests() == {"guests deleted": 0, "guests erased": 1}
    assert Participant.objects.get(pk=place.pk).user == stranger


def test_only_guests_are_claimed_and_they_are_inactive(stranger):
    guest, other = make_guest(), make_user()
    for user, fields in ((other, {"claimed_by": stranger, "is_active": False}), (guest, {"claimed_by": stranger})):
        told = "user_placeholder_is_guest|user_claimed_is_inactive"
        with pytest.raises(IntegrityError, match=told), transaction.atomic():
            User.objects.filter(pk=user.pk).update(**fields)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_accounts_claim_one_guest_at_once(organiser: User) -> None:
    def claim_without_a_lock(meet: Any, user: User) -> None:
        row = Participant.objects.get(pk=place.pk)
        meet.wait(10)
        Participant.objects.filter(pk=row.pk).update(user=user)
        done.append(user.pk)

    room = make_room(organiser)
    place, _ = guest_in(room)
    done: list[str] = []
    meet, naive = threading.Barrier(2), [make_user(), make_user()]
    at_once(*[lambda user=user: claim_without_a_lock(meet, user) for user in naive])
    assert len(done) == 2  # both believe that it is theirs

    for _ in range(3):
        place, _ = guest_in(room)
        users = [make_user(), make_user()]
        results = at_once(*[partial(claim_places, guest=place.user, by=user) for user in users])
        assert kinds(results) == ["InvalidInput", "list"]
        assert Participant.objects.get(pk=place.pk).user in users
    account = make_user()
    place, _ = guest_in(room)
    joined, claimed = at_once(
        lambda: join_room(room_id=room.pk, by=account), lambda: claim_places(guest=place.user, by=account)
    )
    assert isinstance(joined, AlreadyIn) is not isinstance(claimed, AlreadyIn)
    assert Participant.objects.filter(room=room, user=account).count() == 1
