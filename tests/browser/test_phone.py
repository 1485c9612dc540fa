"""What happens on a phone in the hall: a draw that it checks by itself, a win, the desk, a quiz."""

import pytest

from accounts.actors import PLATFORM
from apps_registry.builtin.quiz import actions as quiz
from apps_registry.models import App
from prizes.actions import commit_draw, run_draw
from prizes.entries import Eligibility
from prizes.models import Winner
from rooms.actions import make_screen_key
from tests.browser.test_room_page import faults, open_room, page, server, sign_in  # noqa: F401 (fixtures)
from tests.factories import add_participant, make_draw, make_prize, make_room, make_user

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_draw_is_checked_by_the_phone_and_the_winner_is_told_and_gets_the_prize(
    page,  # noqa: F811
    server,  # noqa: F811
    room,
    organiser,
    participant,
):
    page.set_viewport_size({"width": 390, "height": 844})
    prize = make_prize(room, name="Grand prize")
    open_room(page, server, room, participant)
    draw = make_draw(room, prize)
    page.wait_for_selector("#draw:has-text('Draw 1 is sealed.')")
    assert " ".join(draw.fingerprint[at : at + 4] for at in (0, 4, 8, 12)) in page.inner_text("#draw")
    page.wait_for_selector("#draw:has-text('Checked on this phone: right.')")
    run_draw(room_id=room.pk, draw_id=draw.pk, by=organiser)
    page.wait_for_selector("#draw:has-text('Draw 1 is over.')")
    code = Winner.objects.get().claim_code
    page.wait_for_selector(f"#win:has-text('You won: Grand prize!'):has-text('{code}')")
    page.click("#win button")
    page.wait_for_selector("#win", state="hidden")
    page.wait_for_selector("#draw:has-text('Checked on this phone: right.')")
    page.reload()
    page.wait_for_selector("#state[data-state=live]")
    assert page.is_hidden("#win")
    page.goto(f"{server.url}/claim/{code}")
    assert "Show this code at the desk." in page.inner_text("main")
    page.context.clear_cookies()
    assert page.context.request.get(f"{server.url}/claim/{code}").status == 404
    sign_in(page, server, organiser)
    page.goto(f"{server.url}/claim/{code}")
    page.click("button:has-text('Hand over')")
    page.wait_for_selector("main:has-text('Handed over'):has-text('Olga Organiser')")
    assert Winner.objects.get().state == "FULFILLED"


def test_a_win_is_not_told_before_the_screen_shows_it(page, server, room, organiser, participant):  # noqa: F811
    for _ in range(3):
        add_participant(room, make_user("Somebody Else"))
    _, key = make_screen_key(room_id=room.pk, by=organiser)
    screen = page.context.browser.new_page()
    screen.goto(f"{server.url}/rooms/{room.pk}/screen#key={key}")
    screen.wait_for_selector("#state[data-state=live]")
    open_room(page, server, room, participant)
    others = list(room.participants.exclude(user=participant).values_list("pk", flat=True))
    draw = commit_draw(
        room_id=room.pk,
        by=PLATFORM,
        prizes=[(make_prize(room, name="Grand prize").pk, None)],
        eligibility=eligible_without(others),
    )
    run_draw(room_id=room.pk, draw_id=draw.pk, by=organiser)
    page.wait_for_selector("#draw:has-text('look at the big screen')")
    assert page.is_hidden("#win")
    assert "Nobody has won yet." in page.inner_text("#winners-card")
    screen.goto("about:blank")  # it will not say that it is done: the time tells
    page.wait_for_selector("#win:has-text('You won: Grand prize!')")


def eligible_without(participant_ids):
    return Eligibility(exclude_participant_ids=tuple(participant_ids))


QUESTIONS = [
    {"id": "q1", "text": "On top of the tree?", "options": ["Star", "Bell"], "correctIndex": 0},
    {"id": "q2", "text": "How many reindeer?", "options": ["7", "8", "9"], "correctIndex": 2},
]


def test_a_quiz_on_the_phone(page, server, organiser, participant):  # noqa: F811
    app = App.objects.get(app_id="app_quiz_v1")
    settings = {"questions": QUESTIONS, "scoring": "points"}
    room = make_room(organiser, app=app, app_settings=settings)
    add_participant(room, participant)
    page.set_viewport_size({"width": 390, "height": 844})
    open_room(page, server, room, participant)
    page.wait_for_selector("#game:has-text('The quiz begins soon.')")
    quiz.start_quiz(room_id=room.pk, by=organiser)
    quiz.show_question(room_id=room.pk, by=organiser, index=0)
    page.wait_for_selector("#game:has-text('On top of the tree?')")
    page.reload()  # in the middle of a question
    page.click("#game button:has-text('Star')")
    page.wait_for_selector("#game:has-text('Your answer is in.')")
    page.reload()
    page.wait_for_selector("#game:has-text('Your answer is in.')")
    quiz.close_question(room_id=room.pk, by=organiser)
    page.wait_for_selector("#game:has-text('Wait for the solution.')")
    assert "✓" not in page.evaluate("document.querySelector('#game').outerHTML")
    assert "data-right" not in page.inner_html("#game"), "nobody knows yet"
    quiz.show_solution(room_id=room.pk, by=organiser)
    page.wait_for_selector("#game:has-text('Right!')")
    page.wait_for_selector("#game .board:has-text('Pat Participant')")
    quiz.show_question(room_id=room.pk, by=organiser, index=1)
    page.wait_for_selector("#game:has-text('How many reindeer?')")
    page.click("#game button:has-text('7')")
    page.wait_for_selector("#game:has-text('Your answer is in.')")
    quiz.end_quiz(room_id=room.pk, by=organiser)
    page.wait_for_selector("#game:has-text('The quiz is over.')")
