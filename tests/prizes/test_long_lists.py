"""People, prizes and wins of a room as long lists: the same answers as one by one, up to 1,000 a page."""

import base64

import pytest
from django.utils import timezone

from accounts.actors import PLATFORM
from prizes.actions import award_prize, fulfil_winner, revoke_winner
from prizes.models import Prize, Winner
from rooms.actions import check_in
from rooms.models import Participant
from tests.factories import add_participant, make_prize, make_user


@pytest.fixture
def full(room, organiser):
    """A room in which each kind of row is there with and without what may be absent."""
    people = [add_participant(room, make_user(f"Person {n}", avatar="/a.webp" if n else None)) for n in range(3)]
    Participant.objects.filter(pk=people[0].pk).update(metadata={"ticketNumber": 7})
    check_in(room_id=room.pk, participant_id=people[1].pk, by=organiser)
    prize = make_prize(room, quantity=9, metadata={"value": 1})
    Prize.objects.filter(pk=make_prize(room, name="Cup").pk).update(description="Of tin", image_url="/pictures/x")
    wins = [award_prize(room_id=room.pk, prize_id=prize.pk, participant_id=one.pk, by=PLATFORM) for one in people]
    fulfil_winner(room_id=room.pk, winner_id=wins[0].pk, by=organiser)
    revoke_winner(room_id=room.pk, winner_id=wins[1].pk, by=organiser)
    Participant.objects.filter(pk=people[2].pk).update(deleted_at=timezone.now())
    return room


@pytest.mark.parametrize("caller", ["organiser", "participant", "stranger", None])
@pytest.mark.parametrize("what", ["participants", "prizes", "winners"])
def test_a_row_of_a_list_is_what_the_row_alone_is(api, request, full, caller, what):
    client = api(caller and request.getfixturevalue(caller))
    query = "?state=AWARDED" if what == "winners" else ""
    rows = client.get(f"/api/v1/rooms/{full.pk}/{what}{query}").json()["data"]
    if what == "winners":
        rows += client.get(f"/api/v1/rooms/{full.pk}/winners?state=FULFILLED").json()["data"]
        rows += client.get(f"/api/v1/rooms/{full.pk}/winners?state=REVOKED").json()["data"]
        assert len(rows) == 3
    assert rows
    for row in rows:
        assert row == client.get(f"/api/v1/rooms/{full.pk}/{what}/{row['id']}").json()["data"]


def test_a_winner_shows_the_whole_participant_and_metadata_to_members_only(api, full, participant, stranger):
    person = Winner.objects.filter(room=full).order_by("created_at").first().participant
    path = f"/api/v1/rooms/{full.pk}/winners?participantId={person.pk}"
    for user, metadata in ((participant, {"ticketNumber": 7}), (stranger, None)):
        shown = api(user).get(path).json()["data"][0]["participant"]
        assert (shown["roomId"], shown["metadata"], shown["deletedAt"]) == (full.pk, metadata, None)
        assert {"joinedAt", "updatedAt", "user", "role", "userId", "id", "checkedInAt"} < set(shown)


@pytest.mark.parametrize("what", ["participants", "prizes", "winners"])
def test_a_page_holds_up_to_a_thousand(api, full, organiser, what):
    client = api(organiser)
    assert client.get(f"/api/v1/rooms/{full.pk}/{what}?limit=1000").json()["meta"]["limit"] == 1000
    assert client.get(f"/api/v1/rooms/{full.pk}/{what}?limit=1001").status_code == 422
    assert client.get("/api/v1/rooms?limit=101").status_code == 422


def test_what_is_empty_is_null_and_null_is_taken_back(api, room, organiser):
    client, path = api(organiser), f"/api/v1/rooms/{room.pk}/prizes"
    nothing = {"description": None, "imageUrl": None, "metadata": None}
    made = client.post(path, {"name": "Cup", **nothing}).json()["data"]
    assert (made["description"], made["imageUrl"], made["metadata"]) == (None, None, {})
    filled = client.patch(f"{path}/{made['id']}", {"description": "Of tin", "imageUrl": "https://e.org/x.png"})
    assert filled.json()["data"]["description"] == "Of tin"
    emptied = client.patch(f"{path}/{made['id']}", nothing).json()["data"]
    assert (emptied["description"], emptied["imageUrl"]) == (None, None)
    assert Prize.objects.get(pk=made["id"]).description == ""


def test_a_cursor_says_nothing_of_classes_and_columns(api, full, organiser):
    cursor = api(organiser).get(f"/api/v1/rooms/{full.pk}/participants?limit=1").json()["meta"]["nextCursor"]
    inside = base64.urlsafe_b64decode(cursor.split(":")[0] + "===").decode("utf-8", "replace")
    assert "ViewSet" not in inside
    assert "joined_at" not in inside
