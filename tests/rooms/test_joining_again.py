"""A joining that is sent again: an answer that got lost, a changed network, a hall with one address."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import Session, User
from accounts.tokens import claims_of, user_of
from platform_site.rest.models import IdempotencyKey
from platform_site.rest.throttling import RateLimited
from rooms.actions import count_join, join_by_code, leave_room, remove_participant
from rooms.models import Participant, Room
from tests.factories import make_guest

JOIN = "/api/v1/rooms/join"
PHONE, TABLET = "q83vEjRWeJCrze8SNFZ4kA", "0123456789abcdef0123456789abcdef"


@pytest.fixture
def join(api, room):
    def post(key="one", device=PHONE, by=None, name="Gus", code="", **extra) -> Any:
        headers = {"HTTP_IDEMPOTENCY_KEY": key, "HTTP_X_DEVICE_KEY": device}
        sent = {name: value for name, value in headers.items() if value is not None}
        client: APIClient = api(by)
        return client.post(JOIN, {"code": code or room.join_code, "name": name}, **sent, **extra)

    return post


def guests() -> int:
    return User.objects.filter(is_guest=True).count()


def test_a_lost_answer_and_another_network_make_no_second_guest(join, room):
    first = join(REMOTE_ADDR="192.0.2.1")
    again = join(REMOTE_ADDR="198.51.100.7")
    assert (first.status_code, again.status_code, guests()) == (201, 201, 1)
    one, two = first.json()["data"], again.json()["data"]
    assert again["Idempotent-Replayed"] == "true"
    assert two | {"tokens": None} == one | {"tokens": None}
    assert two["tokens"]["accessToken"] != one["tokens"]["accessToken"]
    assert claims_of(two["tokens"]["accessToken"])["room"] == room.pk
    seated = user_of(two["tokens"]["accessToken"])
    assert seated is not None
    assert seated.pk == one["participant"]["userId"]
    assert Session.objects.filter(user=seated).count() == 2


def test_no_token_is_kept(join):
    tokens = join().json()["data"]["tokens"]
    kept = IdempotencyKey.objects.get()
    assert tokens["accessToken"] not in kept.answer
    assert tokens["refreshToken"] not in kept.answer
    assert PHONE not in kept.pk + kept.answer


def test_two_devices_of_one_address_are_two_guests(join):
    assert {join(device=PHONE).status_code, join(device=TABLET).status_code} == {201}
    assert guests() == 2
    assert join(device=PHONE, name="Gloria").json()["error"]["details"] == {"reason": "key_reused"}


@pytest.mark.parametrize("device", [None, "", "short", "x" * 65, "äöüäöüäöüäöüäöüäöüäöüäöü", "a b c d e f g h i j k l"])
def test_a_key_of_a_stranger_needs_a_device(join, device):
    answer = join(device=device)
    assert answer.status_code == 422
    assert list(answer.json()["error"]["details"]["fields"]) == ["X-Device-Key"]
    assert guests() == 0


def test_without_a_key_no_device_is_asked_for(join):
    assert join(key=None, device=None).status_code == 201
    assert join(key=None, device=PHONE).status_code == 201
    assert guests() == 2


def test_a_signed_in_person_needs_no_device_and_gets_no_tokens(join, stranger):
    first, again = join(by=stranger, device=None), join(by=stranger, device=None)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert again.json()["data"]["tokens"] is None


def test_who_left_or_was_removed_gets_no_tokens_by_an_old_key(join, room, organiser):
    place = Participant.objects.get(pk=join().json()["data"]["participant"]["id"])
    leave_room(room_id=room.pk, by=place.user)
    assert join().status_code == 404
    place = Participant.objects.get(pk=join(device=TABLET).json()["data"]["participant"]["id"])
    remove_participant(room_id=room.pk, participant_id=place.pk, by=organiser)
    answer = join(device=TABLET)
    assert (answer.status_code, "tokens" in answer.content.decode()) == (404, False)


def test_a_refusal_is_kept_and_a_guest_of_another_room_is_a_caller(join, room):
    elsewhere = make_guest()
    assert join(by=elsewhere, device=None).status_code == 201
    assert join(code="NOWHERE2").status_code == 404
    assert join(code="NOWHERE2")["Idempotent-Replayed"] == "true"


# --- Limits ------------------------------------------------------------------------------------------------------


def test_wrong_codes_are_counted_whatever_key_comes_with_them(join, limits):
    limits.RATE_LIMIT_WRONG_CODES = 3
    statuses = [join(key=f"key {number}", code="NOWHERE2").status_code for number in range(5)]
    assert statuses == [404, 404, 404, 429, 429]
    assert join(key="right").status_code == 201


def test_joining_is_limited_by_address(join, limits):
    limits.RATE_LIMIT_JOIN = 3
    answers = [join(key=f"key {number}") for number in range(4)]
    assert [answer.status_code for answer in answers] == [201, 201, 201, 429]
    assert [answer["X-RateLimit-Remaining"] for answer in answers] == ["2", "1", "0", "0"]
    assert join(key="key 0").status_code == 429  # tokens are given out as joinings are
    assert join(key="key 9", REMOTE_ADDR="192.0.2.9").status_code == 201


def test_the_action_counts_for_every_door(room: Room, limits: Any) -> None:
    limits.RATE_LIMIT_JOIN = 2
    for _ in range(2):
        join_by_code(code=room.join_code, by=None, name="Gus", ip_address="192.0.2.1")
    with pytest.raises(RateLimited):
        join_by_code(code=room.join_code, by=None, name="Gus", ip_address="192.0.2.1")
    with pytest.raises(RateLimited):
        count_join("192.0.2.1")
    assert guests() == 2
