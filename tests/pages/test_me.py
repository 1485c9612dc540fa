"""The pages about oneself."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.actors import PLATFORM
from accounts.models import Session, User
from prizes.actions import award_prize
from prizes.models import Winner
from tests.factories import PASSWORD, make_prize

pytestmark = pytest.mark.django_db
PATHS = ("/me", "/me/prizes", "/me/devices", "/me/data", "/me/data.json")


@pytest.mark.parametrize("path", PATHS)
def test_strangers_sign_in_first(client, path):
    assert client.get(path)["Location"] == f"/login?next={path}"


def test_a_name_is_changed(client, participant):
    client.force_login(participant)
    assert client.post("/me", {"name": " "}).status_code == 422
    assert client.post("/me", {"name": "Patricia"}).status_code == 302
    participant.refresh_from_db()
    assert participant.name == "Patricia"


def test_ones_own_prizes_and_nobody_elses(client, room, organiser, participant, stranger):
    mine, other = make_prize(room, name="My cup"), make_prize(room, name="Their cup")
    places = {each.user_id: each for each in room.participants.all()}
    award_prize(room_id=room.pk, by=organiser, prize_id=mine.pk, participant_id=places[participant.pk].pk)
    client.force_login(participant)
    page = client.get("/me/prizes").content.decode()
    assert "My cup" in page
    assert other.name not in page
    client.force_login(stranger)
    assert "My cup" not in client.get("/me/prizes").content.decode()


def test_devices_are_ended_one_by_one_and_all_others(client, participant):
    others = [type(client)() for _ in range(3)]
    for each in (client, *others):
        each.post("/login", {"email": participant.email, "password": PASSWORD})
    assert client.get("/me/devices").content.decode().count('name="family"') == 3
    family = others[0].session["_device"]
    client.post("/me/devices/end", {"family": family})
    assert others[0].get("/me").status_code == 302
    assert others[1].get("/me").status_code == 200
    client.post("/me/devices/end")
    assert [each.get("/me").status_code for each in (*others, client)] == [302, 302, 302, 200]


def test_nobody_ends_the_device_of_somebody_else(client, participant, stranger):
    other = type(client)()
    other.post("/login", {"email": stranger.email, "password": PASSWORD})
    client.force_login(participant)
    client.post("/me/devices/end", {"family": other.session["_device"]})
    assert other.get("/me").status_code == 200


def test_ones_data_is_downloaded(client, participant, room):
    client.force_login(participant)
    answer = client.get("/me/data.json")
    assert "attachment" in answer["Content-Disposition"]
    assert json.loads(answer.content)["account"]["email"] == participant.email


def test_erasing_asks_twice_and_is_for_good(client, participant, room):
    client.force_login(participant)
    assert client.post("/me/data").status_code == 409
    participant.refresh_from_db()
    assert participant.erased_at is None
    assert "was erased" in client.post("/me/data", {"sure": "yes"}).content.decode()
    assert User.all_objects.get(pk=participant.pk).email is None
    assert not Session.objects.filter(user=participant.pk).exists()
    assert client.get("/me").status_code == 302


def test_who_runs_an_event_is_told_why_they_cannot_be_erased_yet(client, organiser, room):
    client.force_login(organiser)
    answer = client.post("/me/data", {"sure": "yes"})
    assert answer.status_code == 409
    assert "Hand over or end the rooms" in answer.content.decode()


def test_my_prizes_wait_for_the_big_screen(client, room, participant):
    place = room.participants.get(user=participant)
    win = award_prize(room_id=room.pk, prize_id=make_prize(room, name="Held").pk, participant_id=place.pk, by=PLATFORM)
    client.force_login(participant)
    for minutes, is_shown in ((5, False), (-5, True)):
        Winner.objects.filter(pk=win.pk).update(reveal_at=timezone.now() + timedelta(minutes=minutes))
        assert ("Held" in client.get("/me/prizes").content.decode()) is is_shown
