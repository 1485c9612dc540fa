"""A lottery that is drawn by itself: everything that is left, once, when its time passes while the event runs."""

from datetime import timedelta
from threading import Barrier

import pytest
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from accounts.actors import PLATFORM
from apps_registry.builtin.lottery import actions
from apps_registry.builtin.lottery.actions import commit_due_draws, draw_lottery, queue_due_draws
from apps_registry.builtin.lottery.models import AutoDraw
from platform_site.rest.exceptions import InvalidInput
from prizes.actions import award_prize, cancel_draw, commit_draw
from prizes.models import Draw, Prize, Winner
from rooms.actions import join_room, update_room
from rooms.models import Notification, Participant, Room
from tests.factories import make_prize, make_user
from tests.lottery.test_tickets import make_lottery
from tests.races import together


def in_hours(hours: float) -> str:
    return (timezone.now() + timedelta(hours=hours)).isoformat()


def pass_time(room: Room) -> None:
    """The time of the draw, as if it had passed while the event ran."""
    Room.objects.filter(pk=room.pk).update(app_settings=room.app_settings | {"drawDate": in_hours(-0.01)})


def draw_due() -> None:
    """What a worker does: queue, then run what is queued."""
    for room_id in queue_due_draws():
        draw_lottery.call(room_id)


@pytest.fixture
def lottery(organiser):
    lottery = make_lottery(organiser, ticketCount=50, autoDraw=True, drawDate=in_hours(1))
    for _ in range(6):
        join_room(room_id=lottery.pk, by=make_user())
    return lottery


@pytest.fixture
def prizes(lottery):
    return [make_prize(lottery, name="Car"), make_prize(lottery, name="Mug", quantity=3)]


def test_all_prizes_are_drawn_once_their_time_has_passed(lottery, prizes):
    draw_due()
    assert not Draw.objects.exists()
    pass_time(lottery)
    draw_due()
    draw_due()
    draw = Draw.objects.get()
    assert (draw.status, draw.created_by, draw.winner_count) == ("COMPLETED", None, 4)
    assert {prize.quantity_remaining for prize in Prize.objects.all()} == {0}
    assert Winner.objects.filter(method="DRAW").count() == 4
    assert AutoDraw.objects.get().draw == draw


def test_what_was_given_before_stays_and_the_rest_is_drawn(lottery, prizes, organiser):
    person = Participant.objects.filter(room=lottery, role="PARTICIPANT").first()
    assert person is not None
    award_prize(room_id=lottery.pk, prize_id=prizes[1].pk, participant_id=person.pk, by=organiser)
    open_draw = commit_draw(room_id=lottery.pk, by=organiser, prizes=[(prizes[0].pk, 1)])
    pass_time(lottery)
    draw_due()
    assert Draw.objects.exclude(pk=open_draw.pk).get().winner_count == 2
    open_draw.refresh_from_db()
    assert open_draw.status == "COMMITTED"


@pytest.mark.parametrize("why", ["off", "draft", "completed"])
def test_nothing_is_drawn_when_it_should_not_be(organiser, why):
    lottery = make_lottery(organiser, active=why != "draft", autoDraw=why != "off", drawDate=in_hours(1))
    join_room(room_id=lottery.pk, by=make_user())
    make_prize(lottery)
    if why == "completed":
        update_room(room_id=lottery.pk, by=organiser, status="COMPLETED")
    pass_time(lottery)
    assert queue_due_draws() == []
    draw_lottery.call(lottery.pk)
    assert not AutoDraw.objects.exists()


def test_more_prizes_than_one_draw_takes(lottery, monkeypatch):
    monkeypatch.setattr(actions, "MOST_PRIZES", 2)
    for number in range(5):
        make_prize(lottery, name=f"Prize {number}")
    pass_time(lottery)
    draw_due()
    assert list(AutoDraw.objects.order_by("part").values_list("part", "draw__winner_count")) == [(1, 2), (2, 2), (3, 1)]
    assert Winner.objects.count() == Winner.objects.values("participant").distinct().count() == 5


@pytest.mark.parametrize("with_prize", [True, False])
def test_the_organizer_hears_that_nothing_was_drawn(organiser, with_prize):
    lottery = make_lottery(organiser, autoDraw=True, drawDate=in_hours(1))
    if with_prize:
        make_prize(lottery)  # nobody is there to win it
    pass_time(lottery)
    draw_due()
    draw_due()
    message = Notification.objects.get(user=organiser)
    assert message.type == "lottery:nothing_drawn"
    assert message.body
    assert not Draw.objects.exists()
    assert not Prize.objects.filter(quantity_reserved__gt=0).exists()


def test_a_run_that_broke_off_is_taken_up(lottery, prizes):
    """As after kill -9 between the commit and the run."""
    pass_time(lottery)
    (draw_id,) = commit_due_draws(lottery.pk)
    assert queue_due_draws() == [lottery.pk]
    draw_due()
    assert Draw.objects.get().pk == draw_id
    assert Draw.objects.get().status == "COMPLETED"
    assert queue_due_draws() == []


def test_a_draw_that_an_organizer_cancels_stays_cancelled(lottery, prizes, organiser):
    pass_time(lottery)
    (draw_id,) = commit_due_draws(lottery.pk)
    cancel_draw(room_id=lottery.pk, draw_id=draw_id, by=organiser)
    draw_due()
    assert Draw.objects.get().status == "CANCELLED"
    assert not Winner.objects.exists()


def test_a_later_time_draws_what_came_later(lottery, prizes, organiser):
    pass_time(lottery)
    draw_due()
    make_prize(lottery, name="Bonus")
    lottery.refresh_from_db()
    update_room(room_id=lottery.pk, by=organiser, app_settings={"drawDate": in_hours(2)})
    draw_due()
    assert Draw.objects.count() == 1
    lottery.refresh_from_db()
    pass_time(lottery)
    draw_due()
    assert [draw.winner_count for draw in Draw.objects.order_by("seq")] == [4, 1]


def test_a_time_that_has_passed_starts_nothing(organiser):
    lottery = make_lottery(organiser, active=False, autoDraw=True, drawDate=in_hours(-1))
    with pytest.raises(InvalidInput) as refusal:
        update_room(room_id=lottery.pk, by=organiser, status="ACTIVE")
    assert "appSettings.drawDate" in refusal.value.details["fields"]
    update_room(room_id=lottery.pk, by=organiser, status="ACTIVE", app_settings={"autoDraw": False})
    with pytest.raises(InvalidInput):
        update_room(room_id=lottery.pk, by=organiser, app_settings={"autoDraw": True})
    update_room(room_id=lottery.pk, by=organiser, app_settings={"autoDraw": True, "drawDate": in_hours(1)})


def test_other_settings_change_after_the_draw(lottery, prizes, organiser):
    pass_time(lottery)
    draw_due()
    update_room(room_id=lottery.pk, by=organiser, app_settings={"theme": "christmas"})


@pytest.mark.parametrize("time", ["2030-12-31T23:59:60Z", "2030-12-31", "soon"])
def test_a_time_that_is_none_is_refused(organiser, time):
    with pytest.raises(InvalidInput) as refusal:
        make_lottery(organiser, drawDate=time)
    assert "appSettings.drawDate" in refusal.value.details["fields"]


def test_a_lower_case_time_is_one(organiser):
    lottery = make_lottery(organiser, drawDate="2030-12-31t20:00:00z")
    assert actions.moment_of(lottery.app_settings).year == 2030


def test_what_is_due_is_queued(lottery, prizes):
    pass_time(lottery)
    queue_due_draws()
    queued = DBTaskResult.objects.get()
    assert queued.task_path == "apps_registry.builtin.lottery.actions.draw_lottery"
    assert queued.args_kwargs == {"args": [lottery.pk], "kwargs": {}}


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
class TestTwoWorkers:
    def test_without_the_mark_two_would_draw_twice(self, lottery, organiser):
        """The control: both look, both see nothing drawn, both draw."""
        prize = make_prize(lottery, quantity=4)
        looked = Barrier(2)

        def naive(at: int) -> None:
            drawn = Draw.objects.filter(room=lottery).exists()
            looked.wait(30)
            if not drawn:
                commit_draw(room_id=lottery.pk, by=PLATFORM, prizes=[(prize.pk, 2)])

        together(2, naive)
        assert Draw.objects.count() == 2

    def test_everything_is_drawn_exactly_once(self, lottery, prizes):
        pass_time(lottery)
        together(6, lambda at: draw_due())
        draw_due()  # whoever found the draw being run by another one has left it alone
        draw = Draw.objects.get()
        assert (draw.status, draw.winner_count) == ("COMPLETED", 4)
        assert Winner.objects.count() == 4
        assert {prize.quantity_remaining for prize in Prize.objects.all()} == {0}
        assert {prize.quantity_reserved for prize in Prize.objects.all()} == {0}
