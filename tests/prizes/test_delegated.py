"""Draws in rooms whose app has the capability winnerSelection: the app chooses, within what was committed."""

import pytest

from accounts.actors import PLATFORM
from prizes import fair_draw
from prizes.actions import run_draw
from prizes.errors import AppRefused
from prizes.models import Draw, Prize, Winner
from prizes.records import record_of
from rooms.models import RoomEvent
from tests.factories import add_participant, make_app, make_draw, make_prize, make_room
from tests.prizes import selectors


@pytest.fixture
def room(organiser):
    room = make_room(organiser, app=make_app(capabilities=["winnerSelection"]), app_settings={"answer": "42"})
    for _ in range(5):
        add_participant(room)
    return room


@pytest.fixture
def prize(room):
    return make_prize(room, quantity=3)


@pytest.fixture
def chosen_by(settings, room):
    selectors.asked.clear()

    def use(name, key=None):
        settings.WINNER_SELECTORS = {key or room.app_id: f"tests.prizes.selectors.{name}"}

    return use


def record(draw):
    return record_of(Draw.objects.with_lines().get(pk=draw.pk))


def test_the_app_chooses_and_the_record_says_so(room, prize, chosen_by):
    chosen_by("Selector")
    draw = make_draw(room, prize, 2)
    run_draw(room_id=room.pk, draw_id=draw.pk, by=PLATFORM)
    shown = record(draw)
    report = fair_draw.check_record(shown)
    assert report.ok
    assert (shown["strength"], report.winners) == ("delegated", None)
    [request] = selectors.asked
    assert [one["participantId"] for one in shown["winners"]] == [one["id"] for one in request.participants[:-3:-1]]
    assert set(request.participants[0]) == {"id", "userId", "metadata"}
    assert request.prizes == [{"id": prize.pk, "name": "Cup", "quantityRemaining": 2}]
    assert (request.request_id, request.room_id, request.app_settings["answer"]) == (f"draw-{draw.pk}", room.pk, "42")
    assert {(win.method, win.metadata["why"]) for win in Winner.objects.all()} == {("APP", "last")}
    assert Prize.objects.values_list("quantity_remaining", "quantity_reserved").get() == (1, 0)
    assert RoomEvent.objects.get(type="draw:completed").payload["strength"] == "delegated"


def test_fewer_winners_than_pieces_are_the_apps_right(room, prize, chosen_by):
    chosen_by("Modest", key="*")
    run_draw(room_id=room.pk, draw_id=make_draw(room, prize, 2).pk, by=PLATFORM)
    assert Winner.objects.get().method == "APP"
    assert Prize.objects.values_list("quantity_remaining", "quantity_reserved").get() == (2, 0)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("Silent", "it did not answer in time"),
        ("Generous", "it gave away more than this draw has"),
        ("Forgetful", "it named somebody twice"),
        ("Foreign", "it named somebody who is not in this draw"),
        ("ElsewherePrize", "it gave away more than this draw has"),
    ],
)
def test_where_the_app_fails_the_platform_draws_and_says_so(room, prize, chosen_by, name, reason):
    chosen_by(name)
    draw = make_draw(room, prize, 2)
    done = run_draw(room_id=room.pk, draw_id=draw.pk, by=PLATFORM)
    assert done.fallback_reason == f"The app could not choose: {reason}. The platform drew instead."
    assert RoomEvent.objects.get(type="draw:completed").payload["fallbackReason"] == done.fallback_reason
    shown = record(draw)
    assert shown["strength"] == "committed"
    assert fair_draw.verify_record(shown) == []
    assert {win.method for win in Winner.objects.all()} == {"DRAW"}
    assert len(selectors.asked) == 1


def test_where_the_app_may_refuse_there_is_no_result_without_it(organiser, settings):
    app = make_app(capabilities=["winnerSelection"], onFailure="refuse")
    room = make_room(organiser, app=app, app_settings={"answer": "42"})
    for _ in range(5):
        add_participant(room)
    settings.WINNER_SELECTORS = {room.app_id: "tests.prizes.selectors.Silent"}
    draw = make_draw(room, make_prize(room, quantity=3), 2)
    assert draw.mode == "delegated-refuse"
    for _ in range(2):
        with pytest.raises(AppRefused, match="did not answer in time"):
            run_draw(room_id=room.pk, draw_id=draw.pk, by=PLATFORM)
    shown = record(draw)
    assert (shown["status"], shown["seed"]) == ("RUNNING", None)
    assert not Winner.objects.exists()
    settings.WINNER_SELECTORS = {room.app_id: "tests.prizes.selectors.Selector"}
    run_draw(room_id=room.pk, draw_id=draw.pk, by=PLATFORM)
    assert record(draw)["strength"] == "delegated"
    assert fair_draw.verify_record(record(draw)) == []


def test_who_picks_is_what_was_announced_at_the_commit(room, prize, chosen_by, settings):
    """An app that is asked only after the commit, or no longer, would let somebody choose between two results."""
    draw = make_draw(room, prize, 1)
    assert draw.mode == "draw"  # nothing spoke for the app yet
    chosen_by("Selector")
    assert run_draw(room_id=room.pk, draw_id=draw.pk, by=PLATFORM).strength == "committed"
    assert selectors.asked == []
    announced = make_draw(room, prize, 1)
    assert announced.mode == "delegated-draw"
    settings.WINNER_SELECTORS = {}
    done = run_draw(room_id=room.pk, draw_id=announced.pk, by=PLATFORM)
    assert "speaks for it any more" in done.fallback_reason
    assert fair_draw.verify_record(record(announced)) == []


def test_a_crash_in_an_app_leaves_the_draw_as_it_was(room, prize, chosen_by):
    chosen_by("Broken")
    draw = make_draw(room, prize, 2)
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            run_draw(room_id=room.pk, draw_id=draw.pk, by=PLATFORM)
    draw.refresh_from_db()
    assert (draw.status, draw.entropy, draw.claimed_until) == ("RUNNING", "", None)
    assert {request.request_id for request in selectors.asked} == {f"draw-{draw.pk}"}
    chosen_by("Selector")
    run_draw(room_id=room.pk, draw_id=draw.pk, by=PLATFORM)
    assert Winner.objects.count() == 2


def test_a_rehearsal_asks_no_app(room, prize, chosen_by):
    chosen_by("Selector")
    draw = make_draw(room, prize, 2, rehearsal=True)
    run_draw(room_id=room.pk, draw_id=draw.pk, by=PLATFORM)
    assert selectors.asked == []
    assert record(draw)["strength"] == "committed"


def test_an_app_without_the_capability_is_not_asked(organiser, settings):
    room = make_room(organiser)
    settings.WINNER_SELECTORS = {"*": "tests.prizes.selectors.Selector"}
    selectors.asked.clear()
    add_participant(room)
    run_draw(room_id=room.pk, draw_id=make_draw(room, make_prize(room)).pk, by=PLATFORM)
    assert selectors.asked == []
    assert Winner.objects.get().method == "DRAW"


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_the_app_is_asked_outside_any_transaction(room, prize, chosen_by):
    chosen_by("InTransaction")
    run_draw(room_id=room.pk, draw_id=make_draw(room, prize, 2).pk, by=PLATFORM)
    assert Winner.objects.get().method == "APP"


def test_a_built_in_game_chooses_in_the_process(organiser, settings):
    settings.BUILTIN_APPS = ["tests.prizes.choosing"]
    selectors.asked.clear()
    room = make_room(organiser, app=make_app(app_id="app_choosing_v1", capabilities=["winnerSelection"]))
    people = [add_participant(room) for _ in range(3)]
    draw = make_draw(room, make_prize(room))
    run_draw(room_id=room.pk, draw_id=draw.pk, by=PLATFORM)
    assert record(draw)["strength"] == "delegated"
    (win,) = Winner.objects.all()
    assert (win.method, win.metadata["why"]) == ("APP", "last")
    assert win.participant in people
    assert len(selectors.asked) == 1
