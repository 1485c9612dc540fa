"""Masked names: "Anna K." for whoever does not run the room, by every channel; one's own name and the log whole."""

from typing import Any

import pytest

from accounts.models import DELETED_USER_NAME, User
from accounts.names import masked_name
from prizes.actions import award_prize, run_draw
from rooms.actions import check_in, join_room, leave_room, update_room
from rooms.events import push_unlogged
from rooms.masking import masked
from rooms.models import Participant, Room, RoomEvent
from tests.factories import add_participant, make_draw, make_prize, make_room, make_user
from tests.live import Live, Server, apart, token_of

pytestmark = pytest.mark.django_db
ANNA, BEN = "Anna Maria Kowalska", "Ben Okonkwo"
SECRETS = ("Kowalska", "Okonkwo", "Organiser")


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        (ANNA, "Anna K."),
        ("Anna", "Anna"),
        ("  Anna   kowalska ", "Anna K."),
        ("anna.kowalska@example.com", "anna.kowalska"),
        ("Jos\u00e9 e\u0301lan", "Jos\u00e9 E\u0301."),
        ("\u0410\u043d\u043d\u0430 \u041a\u043e\u0432\u0430\u043b\u044c", "\u0410\u043d\u043d\u0430 \u041a."),
        ("Anna (Kowalska)", "Anna K."),
        (DELETED_USER_NAME, DELETED_USER_NAME),
        ("", ""),
    ],
)
def test_a_name_is_masked(name, shown):
    assert masked_name(name) == shown


def test_people_are_masked_wherever_they_stand_and_nothing_else_is():
    told = {
        "prize": {"id": "p", "name": "Grand Prize", "imageUrl": None},
        "winners": [{"participant": {"user": {"id": "a", "name": ANNA, "avatar": None}}}],
        "fulfilledBy": {"id": "b", "name": BEN},
        "round": {"participantId": "x", "participantName": BEN},
        "app": {"id": "q", "appId": "app", "name": "Who Is First"},
        "user": None,
    }
    shown = masked(told, own_id="b")
    assert shown["prize"] == told["prize"]
    assert shown["app"] == told["app"]
    assert shown["winners"][0]["participant"]["user"]["name"] == "Anna K."
    assert shown["fulfilledBy"]["name"] == BEN
    assert shown["round"]["participantName"] == "Ben O."
    assert told["winners"][0]["participant"]["user"]["name"] == ANNA  # type: ignore[index]


@pytest.fixture
def anna() -> User:
    return make_user(ANNA)


@pytest.fixture
def hall(organiser: User, moderator: User, anna: User) -> Room:
    """A room that masks names, with Anna, who has won, and Ben."""
    room = make_room(organiser, mask_names=True)
    add_participant(room, moderator, "MODERATOR")
    place = join_room(room_id=room.pk, by=anna)
    join_room(room_id=room.pk, by=make_user(BEN))
    award_prize(room_id=room.pk, prize_id=make_prize(room, quantity=3).pk, participant_id=place.pk, by=organiser)
    return room


def paths_of(room: Room) -> list[str]:
    place = Participant.objects.get(room=room, user__name=ANNA).pk
    base = f"/api/v1/rooms/{room.pk}"
    return [
        "/api/v1/rooms",
        base,
        f"{base}/participants",
        f"{base}/participants?cursor=",
        f"{base}/participants?fields=user",
        f"{base}/participants/{place}",
        f"{base}/winners",
        f"{base}/events",
        f"{base}/draws",
    ]


def test_no_answer_tells_an_outsider_a_whole_name(hall, stranger, api):
    for path in paths_of(hall):
        for user in (None, stranger):
            answer = api(user).get(path)
            text = answer.content.decode()
            assert answer.status_code == 200
            assert not [secret for secret in SECRETS if secret in text], path
    assert "Anna K." in api().get(f"/api/v1/rooms/{hall.pk}/winners").content.decode()


def test_whoever_runs_the_room_reads_whole_names(hall, organiser, moderator, admin, api):
    for user in (organiser, moderator, admin):
        for path in paths_of(hall)[2:5] + paths_of(hall)[6:8]:
            assert ANNA in api(user).get(path).content.decode(), path


def test_ones_own_name_is_whole_and_others_are_not(hall, anna, api):
    for path in ("participants", "winners", "events"):
        text = api(anna).get(f"/api/v1/rooms/{hall.pk}/{path}").content.decode()
        assert ANNA in text
        assert "Okonkwo" not in text
    assert api(anna).get(f"/api/v1/rooms/{hall.pk}/participants/me").json()["data"]["user"]["name"] == ANNA


def test_a_search_finds_nothing_that_is_masked(hall, stranger, organiser, api):
    def found(user: Any, text: str) -> int:
        return len(api(user).get(f"/api/v1/rooms/{hall.pk}/participants", {"search": text}).json()["data"])

    assert [found(stranger, text) for text in ("kowal", "na", "ann", "Anna K", "Anna Zz")] == [0, 0, 1, 1, 1]
    assert [found(organiser, text) for text in ("kowal", "Anna Zz")] == [1, 0]


def test_the_verify_page_masks_names(hall, organiser, anna, dashboard):
    draw = make_draw(hall, hall.prizes.get(), 1)
    leave_room(room_id=hall.pk, by=User.objects.get(name=BEN))
    run_draw(draw_id=draw.pk, by=organiser, room_id=hall.pk)
    page = f"/draws/{draw.pk}/verify"
    assert "Okonkwo" not in dashboard().get(page).content.decode()
    assert "Okonkwo" in dashboard(organiser).get(page).content.decode()


def test_what_is_stored_is_whole_and_unmasking_shows_it(hall, organiser, stranger, api):
    assert RoomEvent.objects.filter(room=hall, payload__participant__user__name=ANNA).exists()
    update_room(room_id=hall.pk, by=organiser, mask_names=False)
    assert ANNA in api(stranger).get(f"/api/v1/rooms/{hall.pk}/events").content.decode()


def test_a_profile_keeps_what_the_room_keeps(hall, anna, organiser, moderator, stranger, admin, api):
    def name_to(viewer: Any) -> str:
        return api(viewer).get(f"/api/v1/users/{anna.pk}").json()["data"]["name"]

    assert [name_to(each) for each in (stranger, organiser, moderator, admin, anna)] == [
        "Anna K.", ANNA, ANNA, ANNA, ANNA,
    ]  # fmt: skip
    other = make_room(organiser, is_public=False)
    add_participant(other, anna)
    assert name_to(stranger) == "Anna K."
    add_participant(other, stranger)
    assert name_to(stranger) == ANNA


def test_the_page_of_the_room_masks_names(hall, anna, organiser, dashboard):
    page = f"/rooms/{hall.pk}"
    assert not [secret for secret in SECRETS if secret in dashboard().get(page).content.decode()]
    assert "Okonkwo" not in dashboard(anna).get(page).content.decode()
    assert ANNA in dashboard(anna).get(page).content.decode()
    assert "Okonkwo" in dashboard(organiser).get(page).content.decode()


# --- Live --------------------------------------------------------------------------------------------------------


def arrive(room: Room, user: User, by: User) -> None:
    check_in(room_id=room.pk, participant_id=Participant.objects.get(room=room, user=user).pk, by=by)


def test_what_is_told_and_not_logged_is_masked_too(hall, organiser, monkeypatch, django_capture_on_commit_callbacks):
    heard: list[dict[str, Any]] = []
    monkeypatch.setattr("rooms.bells.listeners", {heard.append})
    said = {"participantId": "x", "participantName": BEN}
    with django_capture_on_commit_callbacks(execute=True):
        push_unlogged(hall.pk, "test:said", said)
        push_unlogged(hall.pk, "test:count", {"answers": 3})
        update_room(room_id=hall.pk, by=organiser, mask_names=False)
        push_unlogged(hall.pk, "test:said", said)
    first, second, third = (message for message in heard if message["type"] == "room.pushed")
    assert (first["data"]["participantName"], first["masked"]["participantName"]) == (BEN, "Ben O.")
    assert "masked" not in second | third


@pytest.mark.usefixtures("committed_db")
async def test_live_and_replayed_events_are_masked_by_viewer(
    daphne: Server, hall: Room, anna: User, organiser: User
) -> None:
    async with (
        Live(daphne.live_url) as outsider,
        Live(daphne.live_url, await apart(token_of, anna)) as herself,
        Live(daphne.live_url, await apart(token_of, organiser)) as runner,
    ):
        for client in (outsider, herself, runner):
            await client.ask("room:subscribe", roomId=hall.pk)
        await apart(arrive, hall, anna, organiser)
        for client, name in ((outsider, "Anna K."), (herself, ANNA), (runner, ANNA)):
            told = await client.event("participant:updated")
            assert told["participant"]["user"]["name"] == name
        answer = await outsider.ask("presence:get_online", roomId=hall.pk)
        assert {user["name"] for user in answer["data"]["users"]} == {"Anna K.", "Olga O."}
    async with Live(daphne.live_url) as late, Live(daphne.live_url, await apart(token_of, anna)) as back:
        for client, name in ((late, "Anna K."), (back, ANNA)):
            await client.ask("room:subscribe", roomId=hall.pk, since=0, level="public")
            assert (await client.event("participant:updated"))["participant"]["user"]["name"] == name


def test_an_unlogged_frame_has_no_number(room):
    with pytest.raises(ValueError, match="no number"):
        push_unlogged(room.pk, "test:said", {"seq": 1})
