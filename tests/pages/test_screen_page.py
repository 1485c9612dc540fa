"""What the big screen is given over HTTP: who is in the picture of a draw, and what is told without a key."""

import pytest

from accounts.actors import PLATFORM
from platform_site.pages import screen as screen_pages
from prizes.actions import award_prize, commit_draw, run_draw, show_on_screen
from prizes.models import Winner
from rooms.actions import leave_room, make_screen_key
from tests.factories import add_participant, make_draw, make_prize, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def key(room, organiser):
    return make_screen_key(room_id=room.pk, by=organiser)[1]


@pytest.fixture
def people(room):
    """Ten with names of their own, beside the participant of the room."""
    return [add_participant(room, make_user(f"Person {number}")) for number in range(10)]


def picture(client, key, draw):
    answer = client.get(f"/rooms/{draw.room_id}/screen/draws/{draw.pk}.json", headers={"X-Screen-Key": key})
    assert answer.status_code == 200
    return answer.json()


def test_whoever_left_or_won_since_the_commit_is_not_in_the_picture(client, key, room, people):
    prize = make_prize(room, quantity=3)
    draw = make_draw(room, prize, 2)
    assert {"Person 3", "Person 4", "Person 5", "Pat Participant"} <= set(picture(client, key, draw)["pool"])
    leave_room(room_id=room.pk, by=people[3].user)
    award_prize(room_id=room.pk, by=PLATFORM, prize_id=prize.pk, participant_id=people[4].pk)
    shown = picture(client, key, draw)
    assert len(shown["pool"]) == 9
    assert not {"Person 3", "Person 4"} & set(shown["pool"])
    assert shown["winners"] == []
    run_draw(room_id=room.pk, draw_id=draw.pk, by=PLATFORM)
    shown = picture(client, key, draw)
    assert not {"Person 3", "Person 4"} & set(shown["pool"])
    won = Winner.objects.filter(draw=draw).values_list("participant__user__name", flat=True)
    assert {each["name"] for each in shown["winners"]} == set(won)
    assert {each["name"] for each in shown["winners"]} <= set(shown["pool"])


def test_of_very_many_some_are_in_the_picture_and_the_winner_is_named(client, key, room, people, monkeypatch):
    monkeypatch.setattr(screen_pages, "MOST_NAMES", 3)
    draw = make_draw(room, make_prize(room))
    seen = set()
    for _ in range(50):
        pool = picture(client, key, draw)["pool"]
        assert len(pool) == 3
        seen |= set(pool)
    assert len(seen) > 3  # chosen by chance, not the first ones
    run_draw(room_id=room.pk, draw_id=draw.pk, by=PLATFORM)
    shown = picture(client, key, draw)
    assert [each["name"] for each in shown["winners"]] == [Winner.objects.get().participant.user.name]


@pytest.mark.parametrize("path", ["screen.json", "screen/draws/{draw}.json"])
def test_nothing_is_told_without_a_key_of_this_room(client, key, room, private_room, organiser, people, path):
    draw = make_draw(room, make_prize(room))
    address = f"/rooms/{room.pk}/{path.format(draw=draw.pk)}"
    other = make_screen_key(room_id=private_room.pk, by=organiser)[1]
    assert client.get(address, headers={"X-Screen-Key": key}).status_code == 200
    for wrong in ({}, {"X-Screen-Key": "screen_wrong"}, {"X-Screen-Key": other}):
        assert client.get(address, headers=wrong).status_code == 404
    client.force_login(organiser)
    assert client.get(address).status_code == 404


def test_a_draw_of_another_room_is_none(client, private_room, organiser, room, people):
    key = make_screen_key(room_id=private_room.pk, by=organiser)[1]
    draw = make_draw(room, make_prize(room))
    answer = client.get(f"/rooms/{private_room.pk}/screen/draws/{draw.pk}.json", headers={"X-Screen-Key": key})
    assert answer.status_code == 404


def test_a_rehearsal_is_known_to_the_screen_alone_and_only_while_it_is_shown(client, key, room, people, organiser):
    draw = commit_draw(room_id=room.pk, by=organiser, prizes=[(make_prize(room).pk, 1)], rehearsal=True)

    def known():
        whole = client.get(f"/rooms/{room.pk}/screen.json", headers={"X-Screen-Key": key}).json()
        return whole["screen"]["rehearsal"], [(each["id"], each["rehearsal"], each["seed"]) for each in whole["draws"]]

    assert known() == (False, [])
    show_on_screen(room_id=room.pk, by=organiser, mode="DRAW", draw_id=draw.pk)
    assert known() == (True, [(draw.pk, True, None)])
    assert client.get(f"/rooms/{room.pk}/state.json").json()["draws"] == []
    show_on_screen(room_id=room.pk, by=organiser, mode="PRIZES")
    assert known() == (False, [])
