"""How people come into a room with their browser, and keep their seat."""

import pytest
from django.db import IntegrityError

from accounts.models import Session, User
from prizes.actions import award_prize
from rooms import actions
from rooms.actions import leave_room, remove_participant, update_room
from rooms.models import GuestSeat, Participant
from tests.factories import PASSWORD, make_prize, make_room

pytestmark = pytest.mark.django_db


def guests(room):
    return Participant.objects.filter(room=room, user__is_guest=True)


def test_a_guest_joins_by_code_and_keeps_one_device(client, room):
    assert client.get("/join", {"code": room.join_code.lower()})["Location"] == f"/j/{room.join_code}"
    page = client.get(f"/j/{room.join_code}").content.decode()
    assert room.name in page
    assert room.pk not in page
    answer = client.post(f"/j/{room.join_code}", {"name": " Gina "})
    assert answer["Location"] == f"/rooms/{room.pk}"
    assert "Gina" in client.get(f"/rooms/{room.pk}").content.decode()
    guest = guests(room).get().user
    assert Session.objects.filter(user=guest).count() == 1
    assert client.get(f"/j/{room.join_code}")["Location"] == f"/rooms/{room.pk}"


def test_a_lost_answer_makes_no_second_guest(client, room):
    client.get(f"/j/{room.join_code}")
    key = client.cookies["device"].value
    client.post(f"/j/{room.join_code}", {"name": "Gina"})
    # The answer never came: neither its session nor its redirect.
    del client.cookies["sessionid"]
    assert client.cookies["device"].value == key
    client.post(f"/j/{room.join_code}", {"name": "Gina"})
    assert guests(room).count() == 1
    assert "Gina" in client.get(f"/rooms/{room.pk}").content.decode()


def test_a_phone_that_forgot_its_session_finds_its_seat_by_opening_the_page(client, room):
    client.get(f"/j/{room.join_code}")
    client.post(f"/j/{room.join_code}", {"name": "Gina"})
    del client.cookies["sessionid"]
    assert "You’re in, Gina." in client.get(f"/rooms/{room.pk}").content.decode()


def test_a_guest_of_two_rooms_keeps_both_seats(client, room, organiser):
    other = make_room(organiser, name="Other")
    for each, name in ((room, "Gina"), (other, "Gino")):
        client.get(f"/j/{each.join_code}")
        client.post(f"/j/{each.join_code}", {"name": name})
    del client.cookies["device"]
    assert "You’re in, Gina." in client.get(f"/rooms/{room.pk}").content.decode()
    assert "You’re in, Gino." in client.get(f"/rooms/{other.pk}").content.decode()


def test_a_guest_who_left_comes_back_as_themselves_and_one_who_was_sent_away_does_not(client, room, organiser):
    client.get(f"/j/{room.join_code}")
    client.post(f"/j/{room.join_code}", {"name": "Gina"})
    guest = guests(room).get().user
    leave_room(room_id=room.pk, by=guest)
    client.cookies.pop("sessionid")
    client.post(f"/j/{room.join_code}", {"name": "Somebody else"})
    place = guests(room).get()
    assert place.user == guest
    remove_participant(room_id=room.pk, participant_id=place.pk, by=organiser)
    client.cookies.pop("sessionid")
    answer = client.post(f"/j/{room.join_code}", {"name": "Gina"})
    assert answer.status_code == 403
    assert "You were removed" in answer.content.decode()
    assert not guests(room).exists()


def test_another_device_is_another_guest(client, room):
    for _ in range(2):
        client.cookies.clear()
        client.get(f"/j/{room.join_code}")
        client.post(f"/j/{room.join_code}", {"name": "Gina"})
    assert guests(room).count() == 2


def test_a_device_has_one_seat_a_room_in_the_database(room):
    seat = {"device_hash": "x", "room": room, "user": User.objects.create(name="G", is_guest=True)}
    GuestSeat.objects.create(**seat)
    with pytest.raises(IntegrityError):
        GuestSeat.objects.create(**seat)


def test_refusals_are_told_at_the_door(client, room, organiser):
    answer = client.post(f"/j/{room.join_code}", {"name": " "})
    assert (answer.status_code, guests(room).count()) == (422, 0)
    update_room(room_id=room.pk, by=organiser, join_locked=True)
    answer = client.post(f"/j/{room.join_code}", {"name": "Gina"}, headers={"Accept-Language": "ru"})
    assert answer.status_code == 409
    assert "Вход на мероприятие сейчас закрыт." in answer.content.decode()
    update_room(room_id=room.pk, by=organiser, join_locked=False, entry_policy="REGISTERED")
    page = client.get(f"/j/{room.join_code}").content.decode()
    assert 'name="name"' not in page
    update_room(room_id=room.pk, by=organiser, status="COMPLETED")
    assert "The event is over." in client.get(f"/j/{room.join_code}").content.decode()


def test_the_privacy_notice_comes_before_joining(client, room, organiser):
    update_room(room_id=room.pk, by=organiser, privacy_notice="We keep <b>names</b> for a week.")
    page = client.get(f"/j/{room.join_code}").content.decode()
    assert "We keep &lt;b&gt;names&lt;/b&gt; for a week." in page


def test_wrong_codes_are_limited_and_right_ones_are_not(client, room, settings):
    settings.RATE_LIMITS = True
    statuses = [client.get("/j/WRONG234").status_code for _ in range(settings.RATE_LIMIT_WRONG_CODES + 1)]
    assert statuses[-2:] == [404, 429]
    assert client.get(f"/j/{room.join_code}").status_code == 200


def test_a_signed_in_person_joins_by_the_page_and_leaves(client, room, stranger):
    client.force_login(stranger)
    assert client.post(f"/rooms/{room.pk}/join").status_code == 302
    assert Participant.objects.filter(room=room, user=stranger).exists()
    assert client.post(f"/rooms/{room.pk}/leave")["Location"] == "/"
    assert not Participant.objects.filter(room=room, user=stranger).exists()


def test_private_rooms_are_unknown_to_strangers(client, private_room, stranger):
    for _ in range(2):
        for path in ("", "/state.json"):
            assert client.get(f"/rooms/{private_room.pk}{path}").status_code == 404
        assert client.post(f"/rooms/{private_room.pk}/join").status_code in {302, 404}
        client.force_login(stranger)
    assert client.post(f"/rooms/{private_room.pk}/join").status_code == 404
    assert not Participant.objects.filter(room=private_room, user=stranger).exists()


def test_an_erased_guest_leaves_no_seat(client, room):
    client.get(f"/j/{room.join_code}")
    client.post(f"/j/{room.join_code}", {"name": "Gina"})
    client.post("/me/data", {"sure": "yes"})
    assert not GuestSeat.objects.exists()
    assert actions.place_of_device(client.cookies["device"].value, room.pk) is None


def test_a_guest_signs_in_and_keeps_seat_ticket_and_wins(client, room, organiser, stranger):
    client.get(f"/j/{room.join_code}")
    client.post(f"/j/{room.join_code}", {"name": "Gina"})
    place = guests(room).get()
    prize = make_prize(room)
    win = award_prize(room_id=room.pk, by=organiser, prize_id=prize.pk, participant_id=place.pk)
    client.post("/login", {"email": stranger.email, "password": PASSWORD})
    place.refresh_from_db()
    assert place.user == stranger
    assert win.pk in [each.pk for each in stranger.participations.get().wins.all()]
    assert f"You’re in, {stranger.name}." in client.get(f"/rooms/{room.pk}").content.decode()
    assert prize.name in client.get("/me/prizes").content.decode()


def test_a_guest_whose_account_has_a_place_is_told_that_they_stay_two(client, room, participant):
    client.get(f"/j/{room.join_code}")
    client.post(f"/j/{room.join_code}", {"name": "Gina"})
    client.post("/login", {"email": participant.email, "password": PASSWORD})
    assert guests(room).get().user.name == "Gina"
    assert "as the guest Gina stays apart" in client.get("/me").content.decode()


def test_signing_in_takes_no_seat_that_another_person_has_in_this_browser(client, room, stranger):
    client.get(f"/j/{room.join_code}")
    client.post(f"/j/{room.join_code}", {"name": "Gina"})
    del client.cookies["sessionid"]  # somebody else, later, at the same phone
    client.post("/login", {"email": stranger.email, "password": PASSWORD})
    assert guests(room).count() == 1
    assert not Participant.objects.filter(room=room, user=stranger).exists()
