"""What the server renders of a room's page."""

import json
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from prizes.actions import award_prize, run_draw
from rooms.actions import create_room
from rooms.models import Room
from tests.factories import add_participant, make_draw, make_prize, make_room, make_user

pytestmark = pytest.mark.django_db


def snapshot_in(page):
    return json.loads(re.findall(r'<script id="snapshot" type="application/json">(.*?)</script>', page, re.DOTALL)[0])


def fill(room, organiser, count):
    prize = make_prize(room, quantity=count)
    for _ in range(count):
        place = add_participant(room)
        award_prize(room_id=room.pk, by=organiser, prize_id=prize.pk, participant_id=place.pk)
        make_draw(room, make_prize(room))


def test_queries_do_not_grow_with_the_hall(client, organiser, participant):
    counts = []
    for count in (1, 3):
        room = make_room(organiser)
        add_participant(room, participant)
        fill(room, organiser, count)
        client.force_login(participant)
        client.get(f"/rooms/{room.pk}")
        with CaptureQueriesContext(
            connection,
        ) as queries:
            client.get(f"/rooms/{room.pk}/state.json")
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 14


def test_a_page_shows_its_reader_their_ticket_and_others_not(client, room, participant, stranger):
    place = room.participants.get(user=participant)
    place.metadata = {"ticketNumber": 4242}
    place.save()
    client.force_login(participant)
    assert "4242" in client.get(f"/rooms/{room.pk}").content.decode()
    for other in (stranger, None):
        client.logout()
        if other:
            client.force_login(other)
        page = client.get(f"/rooms/{room.pk}").content.decode()
        assert "4242" not in page
        assert room.join_code not in page


def test_no_page_holds_what_is_private(client, room, organiser, participant):
    """E-mails, pictures from elsewhere, seeds of open draws: nothing of it, in text or source."""
    participant.avatar = "https://elsewhere.example/face.png"
    participant.save()
    make_draw(room, make_prize(room, image_url="https://elsewhere.example/cup.png"))
    client.force_login(make_user())
    page = client.get(f"/rooms/{room.pk}").content.decode()
    assert "face.png" not in page
    assert "@" not in page
    assert [draw["seed"] for draw in snapshot_in(page)["draws"]] == [None]


def test_rehearsals_and_their_winners_are_on_no_phone(client, room, organiser, participant):
    draw = make_draw(room, make_prize(room), rehearsal=True)
    run_draw(room_id=room.pk, draw_id=draw.pk, by=organiser)
    client.force_login(participant)
    assert snapshot_in(client.get(f"/rooms/{room.pk}").content.decode())["draws"] == []


def test_text_of_people_stays_text(client, room, organiser):
    Room.objects.filter(pk=room.pk).update(name="<script>alert(1)</script>", description="</script><b>x")
    add_participant(room, make_user("</script><img src=x onerror=alert(1)>"))
    page = client.get(f"/rooms/{room.pk}").content.decode()
    assert "<script>alert" not in page
    assert "<img" not in page
    assert "</script><b>" not in page


def test_the_lottery_dresses_its_page(client, organiser, room):
    page = client.get(f"/rooms/{room.pk}").content.decode()
    assert "data-skin" not in page
    Room.objects.filter(pk=room.pk).update(app_settings={"title": "x", "theme": "christmas"})
    assert "data-skin" not in client.get(f"/rooms/{room.pk}").content.decode(), "not a setting that this app knows"
    settings = {"ticketCount": 9, "drawDate": "2030-12-31T23:00:00Z", "theme": "christmas"}
    lottery = create_room(by=organiser, name="Lottery", app_id="app_lottery_v1", app_settings=settings)
    assert 'data-skin="christmas"' in client.get(f"/rooms/{lottery.pk}").content.decode()


def test_lists_are_paged_and_searched(client, organiser):
    for number in range(21):
        make_room(organiser, name=f"Party {number:02}")
    make_room(organiser, name="Hidden", is_public=False)
    first, second = (client.get(f"/rooms?page={page}").content.decode() for page in (1, 2))
    assert "Party 20" in first
    assert "Party 00" not in first
    assert "Party 00" in second
    assert "Hidden" not in first + second
    found = client.get("/rooms?search=y+07").content.decode()
    assert "Party 07" in found
    assert "Party 08" not in found
