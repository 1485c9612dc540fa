"""The big screen plays a draw to its very end, and a round of the quiz; nothing comes to it before its time."""

import re

import pytest
import requests

from apps_registry.builtin.quiz.actions import close_question, show_question, show_solution
from prizes.actions import commit_draw, reveal_draw, run_draw
from prizes.models import Draw, Winner
from rooms.actions import make_screen_key
from tests.browser.test_screen import faults, screen, server, show  # noqa: F401 (fixtures)
from tests.factories import add_participant, bearer, make_draw, make_prize, make_user
from tests.quiz.conftest import give_answer, make_players, make_quiz

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

# Notes each stage of the draw's picture, with what can be read on it and announced at that moment.
WATCH = """() => {
  const root = document.querySelector("[data-mode=DRAW]");
  window.stages = [];
  const note = () => {
    const last = window.stages[window.stages.length - 1];
    const read = [root.querySelector("[data-part=name]"), root.querySelector("[data-part=wall]")]
      .filter((each) => each.checkVisibility()).map((each) => each.innerText).join("");
    const {stage} = root.dataset;
    if (!last || last[0] !== stage || last[1] !== read) window.stages.push([stage, read, document.title]);
  };
  new MutationObserver(note).observe(root, {attributes: true, childList: true, subtree: true, characterData: true});
  note();
}"""


@pytest.fixture
def told():
    """Everything that the screen was given: answers with data, and frames."""
    return []


@pytest.fixture
def open_screen(screen, server, told):  # noqa: F811
    screen.on("response", lambda answer: told.append(answer.text()) if ".json" in answer.url else None)
    screen.on("websocket", lambda socket: socket.on("framereceived", lambda frame: told.append(str(frame))))

    def open_it(room, by):
        _, key = make_screen_key(room_id=room.pk, by=by)
        screen.goto(f"{server.url}/rooms/{room.pk}/screen#key={key}")
        screen.wait_for_selector("#state[data-state=live]")
        return screen

    return open_it


def announced(room, organiser, open_screen, *, count=1, names=40):
    people = [add_participant(room, make_user(f"Person {number} Test")) for number in range(names)]
    draw = make_draw(room, make_prize(room, name="Grand prize", quantity=count), count)
    show(room, organiser, "DRAW", draw_id=draw.pk)
    page = open_screen(room, organiser)
    page.wait_for_selector("[data-mode=DRAW]:has-text('is sealed')")
    page.evaluate(WATCH)
    return page, draw, people


def test_a_draw_is_played_and_the_name_is_nowhere_before_its_moment(room, organiser, open_screen):
    page, draw, _ = announced(room, organiser, open_screen)
    with page.expect_response(lambda answer: answer.url.endswith("/reveal")):
        run_draw(room_id=room.pk, draw_id=draw.pk, by=organiser)
        name = Winner.objects.get().participant.user.name
        page.wait_for_selector(f"[data-part=name]:has-text('{name}')")
    stages = page.evaluate("stages")
    order = [stage for stage, _, _ in stages]
    assert order.index("moving") < order.index("silent") < order.index("name")
    before = stages[: order.index("silent") + 1]
    assert not any(text for _, text, _ in before)
    assert all(name not in title for _, _, title in stages)
    assert stages[-1][1] == name
    # The screen was done before the phones would have told it by themselves.
    draw.refresh_from_db()
    assert draw.revealed_at <= draw.reveal_at


def test_who_runs_the_room_skips_it_and_sees_the_same_picture(room, organiser, open_screen):
    page, draw, _ = announced(room, organiser, open_screen, count=3)
    with page.expect_response(lambda answer: f"draws/{draw.pk}.json" in answer.url):
        run_draw(room_id=room.pk, draw_id=draw.pk, by=organiser)
    reveal_draw(room_id=room.pk, draw_id=draw.pk, by=organiser)
    page.wait_for_selector("[data-mode=DRAW][data-stage=wall]")
    names = list(Winner.objects.order_by("pk").values_list("participant__user__name", flat=True))
    skipped = page.inner_text("[data-part=wall]")
    assert sorted(skipped.split("\n")) == sorted(names)
    page.reload()
    page.wait_for_selector("[data-mode=DRAW][data-stage=wall]")
    assert page.inner_text("[data-part=wall]") == skipped


def test_with_less_motion_there_is_a_plain_reveal(room, organiser, screen, open_screen):  # noqa: F811
    screen.emulate_media(reduced_motion="reduce")
    page, draw, _ = announced(room, organiser, open_screen)
    run_draw(room_id=room.pk, draw_id=draw.pk, by=organiser)
    page.wait_for_selector("[data-mode=DRAW] .nothing:has-text('Drawing…')")
    name = Winner.objects.get().participant.user.name
    page.wait_for_selector(f"[data-part=name]:has-text('{name}')")
    assert page.evaluate("ScreenPage.view.draw.field.frames.count") == 0


def test_a_rehearsal_says_so_everywhere_and_has_no_public_page(room, organiser, server, open_screen):  # noqa: F811
    """By the API: what stands in no log is told by the process that was asked."""
    address = f"{server.url}/api/v1/rooms/{room.pk}"

    def ask(method, path, **body):
        answer = requests.request(method, f"{address}/{path}", json=body, headers=bearer(organiser), timeout=30)
        assert answer.status_code in {200, 201}, answer.text
        return answer.json()["data"]

    for number in range(5):
        add_participant(room, make_user(f"Person {number}"))
    prize = make_prize(room, name="Grand prize")
    page = open_screen(room, organiser)
    assert page.is_hidden("#rehearsal")
    draw = ask("POST", "draws", prizeId=prize.pk, count=1, rehearsal=True)
    ask("PUT", "screen", mode="DRAW", drawId=draw["id"])
    page.wait_for_selector("#rehearsal:has-text('Rehearsal')")
    page.wait_for_selector("[data-mode=DRAW]:has-text('Grand prize')")
    ask("POST", f"draws/{draw['id']}/run")
    page.keyboard.press("s")
    page.wait_for_selector("[data-mode=DRAW][data-stage=name]")
    assert page.is_visible("#rehearsal")
    assert page.locator("#proof img").count() == 0
    assert not Winner.objects.exists()
    page.reload()
    page.wait_for_selector("[data-mode=DRAW][data-stage=name]")
    assert page.is_visible("#rehearsal")
    ask("POST", "screen/end-rehearsal")
    page.wait_for_selector("[data-mode=LOBBY]:visible")
    assert page.is_hidden("#rehearsal")


def test_a_rehearsal_that_began_or_ended_while_the_line_was_cut_is_not_missed(room, organiser, server, open_screen):  # noqa: F811
    add_participant(room, make_user("Person"))
    page = open_screen(room, organiser)
    draw = commit_draw(room_id=room.pk, by=organiser, prizes=[(make_prize(room).pk, 1)], rehearsal=True)
    for mode, draw_id in (("DRAW", draw.pk), ("PRIZES", None)):
        server.kill()
        page.wait_for_selector("#state:has-text('reconnecting')")
        show(room, organiser, mode, draw_id=draw_id)
        server.start()
        page.wait_for_selector(f"[data-mode={mode}]:visible")
        assert page.is_visible("#rehearsal") == (mode == "DRAW")


def test_a_round_of_the_quiz_and_no_right_answer_before_its_solution(organiser, open_screen, told):
    room = make_quiz(organiser, scoring="points")
    anna, ben, carl = make_players(room, 3)
    show(room, organiser, "QUIZ")
    page = open_screen(room, organiser)
    page.wait_for_selector("[data-mode=QUIZ]:has-text('A quiz of 3 questions')")
    shown = show_question(room_id=room.pk, by=organiser, index=1)
    page.wait_for_selector("[data-mode=QUIZ] h2:has-text('Capital of France?')")
    assert re.sub(r"\s+", " ", page.inner_text("[data-mode=QUIZ] ol")) == "A ▲ Rome B ◆ Bonn C ● Paris"
    assert page.get_attribute("[data-part=bar]", "data-on") == "true"
    for player, option in ((anna, 2), (ben, 0), (carl, 2)):
        give_answer(room, player, shown, option)
    close_question(room_id=room.pk, by=organiser)
    page.wait_for_selector("[data-part=count]:has-text('3 answers')")
    page.wait_for_selector("[data-option=c]:has-text('2')")
    assert page.get_attribute("[data-option=c]", "data-right") is None
    page.reload()
    page.wait_for_selector("[data-mode=QUIZ][data-stage=closed]")
    everything = "".join(told)
    assert "Capital of France?" in everything
    assert not re.search(r'"correctIndex\\*": *\d', everything)
    assert not re.search(r'"(isRight|winnerId)\\*": *("|true)', everything)
    assert "Colour of snow?" not in everything  # the next question
    show_solution(room_id=room.pk, by=organiser)
    page.wait_for_selector("[data-option=c][data-right=true]")
    page.wait_for_selector("[data-part=count]:has-text('2 right answers')")
    assert re.search(r'"correctIndex\\*": *2', "".join(told))
    show(room, organiser, "LEADERBOARD")
    page.wait_for_selector(f"#board li:has-text('{anna.name}')")


def test_a_draw_of_two_prizes_is_one_wall(room, organiser, open_screen):
    page = open_screen(room, organiser)
    for number in range(6):
        add_participant(room, make_user(f"Person {number}"))
    first, second = make_prize(room, name="Cup"), make_prize(room, name="Mug", quantity=2)
    draw: Draw = commit_draw(room_id=room.pk, by=organiser, prizes=[(first.pk, 1), (second.pk, 2)])
    show(room, organiser, "DRAW", draw_id=draw.pk)
    page.wait_for_selector("[data-mode=DRAW] h2:has-text('Cup · Mug × 2')")
    run_draw(room_id=room.pk, draw_id=draw.pk, by=organiser)
    page.keyboard.press("s")
    page.wait_for_selector("[data-mode=DRAW][data-stage=wall]")
    assert page.locator("[data-part=wall] li").count() == 3
    for winner in Winner.objects.select_related("participant__user", "prize"):
        assert page.is_visible(
            f"[data-part=wall] li:has-text('{winner.participant.user.name}'):has-text('{winner.prize.name}')"
        )
    # The wall of one draw, and of one prize.
    show(room, organiser, "WINNERS", prize_id=first.pk)
    page.wait_for_selector("#winners-title:has-text('Cup')")
    assert page.locator("#screen-winners li").count() == 1
    show(room, organiser, "WINNERS", draw_id=draw.pk)
    page.wait_for_selector("#winners-title:has-text('Winners')")
    assert page.locator("#screen-winners li").count() == 3
