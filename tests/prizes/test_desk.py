"""Handing prizes over at the desk: claim codes, once, and taking it back."""

import pytest
from django.test import override_settings

from platform_site.rest.exceptions import Forbidden, InvalidTransition, NotFound
from platform_site.rest.throttling import RateLimited
from prizes.actions import award_prize, claim_of, fulfil_winner, hand_over, revoke_winner, run_draw, unfulfil_winner
from prizes.actions import fund as fund_actions
from prizes.actions import run as run_actions
from prizes.errors import AlreadyHandedOver
from prizes.models import Winner
from rooms.actions import update_room
from rooms.enums import RoomStatus
from rooms.models import Notification, RoomEvent
from tests.factories import add_participant, make_draw, make_prize, make_room

HERE = "203.0.113.7"


@pytest.fixture
def win(room, organiser):
    person = add_participant(room)
    return award_prize(
        room_id=room.pk, prize_id=make_prize(room, quantity=5).pk, participant_id=person.pk, by=organiser
    )


def test_every_win_has_a_code_of_its_own(room, organiser, win):
    prize = make_prize(room, quantity=3)
    for _ in range(3):
        add_participant(room)
    run_draw(room_id=room.pk, draw_id=make_draw(room, prize).pk, by=organiser)
    codes = list(Winner.objects.values_list("claim_code", flat=True))
    assert len(codes) == len(set(codes)) == 4
    assert all(len(code) == 6 and not set(code) & set("01OIL") for code in codes)


def test_a_taken_code_is_given_to_nobody_else(room, organiser, win, monkeypatch):
    """Revoked or not: the next code is tried, and the piece leaves the stock once."""
    revoke_winner(room_id=room.pk, winner_id=win.pk, by=organiser)
    codes = iter([win.claim_code, "BBBBBB"])
    monkeypatch.setattr(fund_actions, "new_claim_code", lambda: next(codes))
    prize = make_prize(room, quantity=2)
    other = award_prize(room_id=room.pk, prize_id=prize.pk, participant_id=win.participant_id, by=organiser)
    assert other.claim_code == "BBBBBB"
    prize.refresh_from_db()
    assert prize.quantity_remaining == 1


def test_a_draw_gives_no_taken_code(room, organiser, win, monkeypatch):
    codes = iter([win.claim_code, "CCCCCC", "CCCCCC", "DDDDDD", "EEEEEE", "FFFFFF"])
    monkeypatch.setattr(run_actions, "new_claim_code", lambda: next(codes))
    prize = make_prize(room, quantity=3)
    for _ in range(3):
        add_participant(room)
    run_draw(room_id=room.pk, draw_id=make_draw(room, prize).pk, by=organiser)
    assert set(Winner.objects.filter(prize=prize).values_list("claim_code", flat=True)) == {
        "DDDDDD",
        "EEEEEE",
        "FFFFFF",
    }


def test_the_code_is_shown_to_the_winner_and_those_who_run_the_room(api, room, organiser, moderator, participant, win):
    url = f"/api/v1/rooms/{room.pk}/winners"
    for user, shown in (
        (organiser, win.claim_code),
        (moderator, win.claim_code),
        (win.participant.user, win.claim_code),
        (participant, None),
        (None, None),
    ):
        assert api(user).get(f"{url}/{win.pk}").json()["data"]["claimCode"] == shown
        assert [one["claimCode"] for one in api(user).get(url).json()["data"]] == [shown]


def test_no_event_holds_a_code_and_the_winner_is_told_theirs(room, organiser, win):
    fulfil_winner(room_id=room.pk, winner_id=win.pk, by=organiser)
    unfulfil_winner(room_id=room.pk, winner_id=win.pk, by=organiser, reason="mistaken")
    events = RoomEvent.objects.filter(room=room, type__startswith="winner:")
    assert len(events) == 4
    assert win.claim_code not in str([event.payload for event in events])
    told = Notification.objects.get(type="winner")
    assert (told.user_id, told.data["claimCode"]) == (win.participant.user_id, win.claim_code)


def test_the_desk_hands_over_once(api, room, organiser, moderator, win):
    shown = f"{win.claim_code[:3].lower()}-{win.claim_code[3:].lower()}"
    seen = api(moderator).get(f"/api/v1/claims/{shown}").json()["data"]
    assert (seen["id"], seen["state"], seen["fulfilledAt"], seen["fulfilledBy"]) == (win.pk, "AWARDED", None, None)
    first = api(moderator).post(f"/api/v1/claims/{shown}")
    assert first.status_code == 200
    assert first.json()["data"]["fulfilledBy"] == {"id": moderator.pk, "name": moderator.name}
    second = api(organiser).post(f"/api/v1/claims/{shown}")
    assert (second.status_code, second.json()["error"]["code"]) == (409, "CONFLICT")
    assert second.json()["error"]["details"] == {
        "reason": "already_handed_over",
        "fulfilledAt": first.json()["data"]["fulfilledAt"],
        "fulfilledBy": {"id": moderator.pk, "name": moderator.name},
    }
    assert api(organiser).get(f"/api/v1/claims/{shown}").json()["data"] == first.json()["data"]
    assert RoomEvent.objects.filter(room=room, type="winner:updated").count() == 1


def test_the_desk_serves_after_the_event_but_no_revoked_win(room, organiser, win):
    update_room(room_id=room.pk, by=organiser, status=RoomStatus.COMPLETED)
    revoke_winner(room_id=room.pk, winner_id=win.pk, by=organiser)
    with pytest.raises(InvalidTransition):
        hand_over(code=win.claim_code, by=organiser, address=HERE)


def test_to_others_there_is_no_code(room, organiser, participant, stranger, win):
    make_room(stranger)
    for user in (participant, stranger, win.participant.user):
        with pytest.raises(NotFound):
            hand_over(code=win.claim_code, by=user, address=HERE)
    with pytest.raises(NotFound):
        claim_of(code=win.claim_code, by=stranger, address=HERE, own=True)
    assert claim_of(code=win.claim_code, by=win.participant.user, address=HERE, own=True) == win
    win.refresh_from_db()
    assert win.state == "AWARDED"


@override_settings(RATE_LIMITS=True, RATE_LIMIT_WRONG_CODES=2)
def test_guessing_is_limited_and_tells_nothing(room, organiser, stranger, win):
    """A code of somebody else's room counts as one that nobody has; the right one is served all the same."""
    for code in (win.claim_code, "ZZZZZZ"):
        with pytest.raises(NotFound):
            claim_of(code=code, by=stranger, address=HERE)
    for code in (win.claim_code, "ZZZZZZ"):
        with pytest.raises(RateLimited):
            claim_of(code=code, by=stranger, address=HERE)
    assert claim_of(code=win.claim_code, by=organiser, address=HERE) == win


def test_an_organizer_takes_a_mistaken_hand_over_back(api, room, organiser, moderator, win):
    fulfil_winner(room_id=room.pk, winner_id=win.pk, by=moderator)
    with pytest.raises(Forbidden):
        unfulfil_winner(room_id=room.pk, winner_id=win.pk, by=moderator, reason="mistaken")
    url = f"/api/v1/rooms/{room.pk}/winners/{win.pk}/unfulfil"
    assert api(organiser).post(url, {"reason": ""}).status_code == 422
    first, second = (api(organiser).post(url, {"reason": "The wrong person"}) for _ in range(2))
    assert (first.status_code, first.json()) == (200, second.json())
    assert (first.json()["data"]["state"], first.json()["data"]["fulfilledAt"]) == ("AWARDED", None)
    told = RoomEvent.objects.get(room=room, type="winner:handover_undone")
    assert told.visibility == "ORGANIZER"
    assert (told.payload["reason"], told.payload["fulfilledBy"]["id"]) == ("The wrong person", moderator.pk)
    assert RoomEvent.objects.filter(room=room, type="winner:updated").count() == 2
    hand_over(code=win.claim_code, by=organiser, address=HERE)


def test_a_revoked_win_was_never_handed_over(room, organiser, win):
    revoke_winner(room_id=room.pk, winner_id=win.pk, by=organiser)
    with pytest.raises(InvalidTransition):
        unfulfil_winner(room_id=room.pk, winner_id=win.pk, by=organiser, reason="mistaken")


def test_handing_over_again_by_the_win_changes_nothing(room, organiser, moderator, win):
    first = fulfil_winner(room_id=room.pk, winner_id=win.pk, by=moderator)
    again = fulfil_winner(room_id=room.pk, winner_id=win.pk, by=organiser)
    assert (again.fulfilled_at, again.fulfilled_by) == (first.fulfilled_at, moderator)
    with pytest.raises(AlreadyHandedOver):
        hand_over(code=win.claim_code, by=organiser, address=HERE)
