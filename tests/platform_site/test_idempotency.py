"""Idempotency-Key: the same request twice does its work once."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.response import Response
from rest_framework.test import APIClient, APIRequestFactory, force_authenticate

from accounts.actions import open_session
from accounts.models import User
from platform_site.rest.idempotency import clean_idempotency_keys, erase_person, idempotent
from platform_site.rest.models import IdempotencyKey, RateCount
from platform_site.rest.viewsets import APIViewSet
from prizes.models import Prize, Winner
from rooms.enums import ParticipantRole
from rooms.models import Room, RoomEvent
from tests.factories import add_participant, make_app, make_prize, make_user
from tests.races import together


@pytest.fixture
def add(api, room, organiser):
    """Adds a prize with a key."""

    def post(key, body=None, by=organiser, **headers):
        return api(by).post(
            f"/api/v1/rooms/{room.pk}/prizes",
            body or {"name": "Cup", "quantity": 2},
            HTTP_IDEMPOTENCY_KEY=key,
            **headers,
        )

    return post


def test_the_same_key_and_body_bring_the_first_answer(add, room):
    first = add("one")
    events = RoomEvent.objects.filter(room=room).count()
    again = add("one", {"quantity": 2, "name": "Cup"})  # in another order
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert again["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first
    assert room.prizes.count() == 1
    assert RoomEvent.objects.filter(room=room).count() == events


def test_another_key_or_none_does_it_again(add, api, room, organiser):
    add("one")
    add("two")
    api(organiser).post(f"/api/v1/rooms/{room.pk}/prizes", {"name": "Cup", "quantity": 2})
    assert room.prizes.count() == 3


def test_the_same_key_with_another_body_is_refused(add, room):
    add("one")
    answer = add("one", {"name": "Plate"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "CONFLICT")
    assert [prize.name for prize in room.prizes.all()] == ["Cup"]


def test_keys_belong_to_their_caller_and_path(add, api, room, organiser, moderator):
    add("one")
    assert add("one", by=moderator).status_code == 201
    assert room.prizes.count() == 2
    body = {"name": "Cup", "quantity": 2, "appId": make_app().app_id}
    made = api(organiser).post("/api/v1/rooms", body, HTTP_IDEMPOTENCY_KEY="one")
    assert (made.status_code, made.get("Idempotent-Replayed", "")) == (201, "")


def test_every_creation_honours_keys(api, room, organiser):
    prize, person = make_prize(room), add_participant(room)
    creations = {
        "/api/v1/rooms": ({"name": "Party", "appId": room.app_id}, Room),
        f"/api/v1/rooms/{room.pk}/winners": ({"prizeId": prize.pk, "participantId": person.pk}, Winner),
    }
    for address, (body, model) in creations.items():
        before = model.objects.count()
        answers = [api(organiser).post(address, body, HTTP_IDEMPOTENCY_KEY="k") for _ in range(2)]
        assert [answer.status_code for answer in answers] == [201, 201]
        assert answers[0].json() == answers[1].json()
        assert model.objects.count() == before + 1


def test_refusals_are_kept(add, room):
    assert add("one", {"name": ""}).status_code == 422
    again = add("one", {"name": ""})
    assert (again.status_code, again["Idempotent-Replayed"]) == (422, "true")
    assert not room.prizes.exists()


def test_not_signed_in_is_forgotten(add, room, api):
    assert api().post(f"/api/v1/rooms/{room.pk}/prizes", {"name": "Cup"}, HTTP_IDEMPOTENCY_KEY="k").status_code == 401
    assert not IdempotencyKey.objects.exists()


class Probe(APIViewSet):
    """Writes one row, then does what its test wants."""

    throttle_classes = ()
    then: Any = None

    @idempotent
    def create(self, request):
        RateCount.objects.create(key="work", count=1, reset_at=0)
        self.then()
        return Response({"done": True}, status=201)


def probe(then):
    request = APIRequestFactory().post("/probe", {}, HTTP_IDEMPOTENCY_KEY="one")
    force_authenticate(request, user=User.objects.first() or make_user())
    return Probe.as_view({"post": "create"}, then=then)(request)


def test_a_crash_is_forgotten_and_leaves_nothing(db):
    assert probe(lambda: 1 / 0).status_code == 500
    assert not RateCount.objects.exists()
    assert not IdempotencyKey.objects.exists()
    assert probe(lambda: None).status_code == 201
    assert RateCount.objects.exists()


def test_a_request_that_lost_its_lease_undoes_its_work(db):
    assert probe(lambda: IdempotencyKey.objects.update(run="somebody else")).status_code == 409
    assert not RateCount.objects.exists()


def test_a_lease_frees_the_key_of_a_dead_request(add, room):
    add("one")
    leased = timezone.now() + timedelta(seconds=30)
    IdempotencyKey.objects.update(status=None, answer="", leased_until=leased)
    assert add("one").status_code == 409
    assert room.prizes.count() == 1
    IdempotencyKey.objects.update(leased_until=timezone.now())
    assert add("one").status_code == 201
    assert room.prizes.count() == 2


def test_after_a_day_a_key_is_new(add, room):
    add("one")
    IdempotencyKey.objects.update(created_at=timezone.now() - timedelta(hours=24))
    assert add("one", {"name": "Plate"}).status_code == 201
    assert room.prizes.count() == 2


def test_cleaning_forgets_what_is_older_than_a_day(add):
    add("one")
    add("two")
    IdempotencyKey.objects.filter(pk__in=IdempotencyKey.objects.values("pk")[:1]).update(
        created_at=timezone.now() - timedelta(hours=25)
    )
    assert clean_idempotency_keys() == {"idempotency keys": 1}
    assert IdempotencyKey.objects.count() == 1


@pytest.mark.parametrize("key", ["", "a" * 256, "é", "a\tb"])
def test_a_key_that_is_none_is_refused(add, room, key):
    assert add(key).status_code == 422
    assert not room.prizes.exists()


def test_an_erased_person_is_in_no_kept_answer(api, room, organiser, stranger):
    prize, person = make_prize(room), add_participant(room, stranger)
    body = {"prizeId": prize.pk, "participantId": person.pk}
    api(organiser).post(f"/api/v1/rooms/{room.pk}/winners", body, HTTP_IDEMPOTENCY_KEY="win")
    api(organiser).post(f"/api/v1/rooms/{room.pk}/prizes", {"name": "Cup"}, HTTP_IDEMPOTENCY_KEY="prize")
    erase_person(stranger)
    assert IdempotencyKey.objects.count() == 1
    assert stranger.pk not in IdempotencyKey.objects.get().answer
    erase_person(organiser)
    assert not IdempotencyKey.objects.exists()


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_concurrent_duplicates_create_one(room, organiser):
    token = open_session(user=organiser).access

    def post(key):
        headers = {"Authorization": f"Bearer {token}"} | ({"Idempotency-Key": key} if key else {})
        answer = APIClient(headers=headers).post(f"/api/v1/rooms/{room.pk}/prizes", {"name": "Cup"})
        return answer.status_code, answer.json().get("data", {}).get("id")

    assert len({identifier for _, identifier in together(4, lambda _: post(""))}) == 4
    Prize.objects.all().delete()

    answers = together(12, lambda _: post("race"))
    assert Prize.objects.count() == 1
    assert {status for status, _ in answers} <= {201, 409}
    assert {identifier for status, identifier in answers if status == 201} == {Prize.objects.get().pk}
    assert RoomEvent.objects.filter(room=room, type="prize:created").count() == 5


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_concurrent_requests_take_a_dead_requests_key_over_once(room, organiser):
    token = open_session(user=organiser).access

    def post(_):
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": "dead"}
        return APIClient(headers=headers).post(f"/api/v1/rooms/{room.pk}/prizes", {"name": "Cup"}).status_code

    post(0)
    Prize.objects.all().delete()
    IdempotencyKey.objects.update(status=None, answer="", leased_until=timezone.now())
    assert set(together(8, post)) <= {201, 409}
    assert Prize.objects.count() == 1


def test_moderators_and_strangers_keys_reveal_nothing(add, room, stranger, moderator):
    add("one", by=moderator)
    answer = add("one", by=stranger)
    assert answer.status_code == 403
    assert room.participants.filter(role=ParticipantRole.MODERATOR, user=moderator).exists()
