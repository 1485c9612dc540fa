"""The page on which anybody checks a draw: in a real browser, from a real server."""

import json
import re

import pytest
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY

from accounts.actors import PLATFORM
from accounts.page_sessions import SessionStore
from prizes import fair_draw
from prizes.actions import cancel_draw, run_draw
from prizes.models import Draw
from prizes.records import record_of
from tests.factories import add_participant, make_draw, make_prize
from tests.prizes.draw_records import COMMITMENT, DERIVE_JS, VECTORS, large_record, make_record

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def page(page):
    """Fails the test where the page's own script fails or asks another host."""
    faults = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    page.on("request", lambda request: faults.append(request.url) if "localhost" not in request.url else None)
    yield page
    assert faults == []


def sign_in(page, live_server, user):
    session = SessionStore()
    session[SESSION_KEY] = user.pk
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    page.context.add_cookies(
        [{"name": settings.SESSION_COOKIE_NAME, "value": session.session_key, "url": live_server.url}]
    )


def open_draw(page, live_server, draw, rest=""):
    page.goto(f"{live_server.url}/draws/{draw.pk}/verify{rest}")
    page.wait_for_selector("#steps li")


def load_file(page, record):
    page.set_input_files(
        "#file", {"name": "r.json", "mimeType": "application/json", "buffer": json.dumps(record).encode()}
    )
    page.wait_for_selector("#steps li")
    page.wait_for_selector("#verdict:not(:has-text('Checking'))")


def states(page):
    return {
        item.query_selector("h3").inner_text(): item.get_attribute("class")
        for item in page.query_selector_all("#steps > li")
    }


@pytest.fixture
def drawn(room):
    prize = make_prize(room, name="Grand <b>prize</b>", quantity=2)
    for _ in range(5):
        add_participant(room)
    draw = make_draw(room, prize, entropy_plan="dice")
    return run_draw(room_id=room.pk, draw_id=draw.pk, by=PLATFORM, entropy="3 1 6")


def test_a_right_draw(page, live_server, drawn):
    open_draw(page, live_server, drawn)
    assert page.inner_text("#verdict h2") == "Everything is right"
    assert set(states(page).values()) == {"OK"}
    assert page.inner_text("#fingerprint").split() == fair_draw.short_fingerprint(drawn.fingerprint).split()
    names = [cell.inner_text().split("\n") for cell in page.query_selector_all("#winners td:nth-child(2)")]
    wins = list(drawn.winners.order_by("created_at", "id"))
    assert names == [[win.participant.user.name, win.participant_id] for win in wins]
    assert "Grand <b>prize</b>" in page.inner_text("#winners caption")


def test_the_fingerprint_is_compared(page, live_server, drawn):
    open_draw(page, live_server, drawn)
    for typed, mark in ((drawn.fingerprint[:16].upper(), "✓"), ("0000 0000 0000 0000", "✕"), ("12", "✕")):
        page.fill("#phone", typed)
        page.click("#phone-form button")
        page.wait_for_selector(f"#phone-answer:has-text('{mark}')")


def test_somebody_finds_their_entry(page, live_server, drawn, room, participant):
    winner = drawn.winners.first().participant
    open_draw(page, live_server, drawn, f"#entry={winner.pk}")
    page.wait_for_selector("#found :text('Won Grand <b>prize</b>, place')")
    page.fill("#entry", "cnobody")
    page.press("#entry", "Enter")
    page.wait_for_selector("#found :text('Not in this draw.')")
    sign_in(page, live_server, participant)
    page.reload()
    page.wait_for_selector("#steps li")
    page.click(f"text=This is me: {participant.name}")
    page.wait_for_selector("#found :text('You are in the sealed list.')")


def test_a_draw_that_is_open_or_cancelled(page, live_server, room, participant):
    draw = make_draw(room, make_prize(room))
    open_draw(page, live_server, draw)
    assert page.inner_text("#verdict h2") == "Sealed, and not yet drawn"
    assert not page.is_visible("#winners")
    assert "WRONG" not in states(page).values()
    cancel_draw(room_id=room.pk, draw_id=draw.pk, by=PLATFORM)
    open_draw(page, live_server, draw)
    assert page.inner_text("#verdict h2") == "This draw was cancelled"
    assert page.inner_text("#winners-title") == "Who would have won"


def test_private_draws_and_rehearsals_are_for_their_people(
    page, live_server, room, private_room, participant, moderator
):
    draw = make_draw(private_room, make_prize(private_room))
    rehearsal = make_draw(room, make_prize(room), rehearsal=True)
    for one in (draw, rehearsal):
        for path in ("verify", "record.json"):
            assert page.request.get(f"{live_server.url}/draws/{one.pk}/{path}").status == 404
    sign_in(page, live_server, participant)
    assert page.request.get(f"{live_server.url}/draws/{rehearsal.pk}/record.json").status == 404
    open_draw(page, live_server, draw)
    assert page.inner_text("#verdict h2") == "Sealed, and not yet drawn"
    sign_in(page, live_server, moderator)
    open_draw(page, live_server, rehearsal)
    assert "Rehearsal" in page.inner_text("main")


@pytest.mark.parametrize("name", sorted(VECTORS))
def test_the_vectors_of_the_procedure(page, live_server, name):
    """Every value that a vector names, computed by the page's own program in the browser."""
    inputs, expected = VECTORS[name]
    page.goto(f"{live_server.url}/draws/verify")
    page.add_script_tag(url=f"{live_server.url}/static/js/fair-draw.js")
    found = page.evaluate(DERIVE_JS, {"record": make_record(**inputs)})
    assert {part: found[part] for part in expected} == expected
    assert found["commitment"] == COMMITMENT


@pytest.mark.parametrize("name", ["A", "C"])
def test_a_record_of_a_vector_from_a_file(page, live_server, name):
    """Vectors whose plan and public value belong together are whole records."""
    inputs, expected = VECTORS[name]
    record = make_record(**inputs)
    page.goto(f"{live_server.url}/draws/verify")
    load_file(page, record)
    assert page.inner_text("#verdict h2") == "Everything is right"
    assert page.inner_text("#fingerprint").split() == re.findall("....", expected["fingerprint"][:16])
    shown = [cell.inner_text() for cell in page.query_selector_all("#winners td:nth-child(2)")]
    assert shown == [line.split()[1] for line in expected["winners"]]


def test_a_record_from_disk_that_was_altered(page, live_server, drawn):
    page.goto(f"{live_server.url}/draws/verify")
    right = record_of(Draw.objects.with_lines().get(pk=drawn.pk))
    loser = {one["participantId"] for one in right["entries"]} - {one["participantId"] for one in right["winners"]}
    alterations = {
        "The list of people is the one that was sealed": [
            lambda record: record["entries"].pop(),
            lambda record: record["entries"][0].update(weight=7),
        ],
        "The secret number is the one that was sealed": [lambda record: record.update(seed="0" * 64)],
        "The winners are the ones that follow": [lambda record: record["winners"][0].update(participantId=min(loser))],
        "The public value": [lambda record: record.update(entropy="")],
        "The prizes and rules are the ones that were sealed": [lambda record: record["prizes"][0].update(count=1)],
    }
    for title, alters in alterations.items():
        for alter in alters:
            record = json.loads(json.dumps(right))
            alter(record)
            load_file(page, record)
            assert page.inner_text("#verdict h2") == "This record is wrong"
            assert [name for name, state in states(page).items() if state == "WRONG"] == [title]
    load_file(page, right)
    assert page.inner_text("#verdict h2") == "Everything is right"


def test_a_file_that_is_no_record(page, live_server):
    page.goto(f"{live_server.url}/draws/verify")
    page.set_input_files("#file", {"name": "x", "mimeType": "text/plain", "buffer": b"{"})
    page.wait_for_selector("#verdict :text('This file cannot be read')")
    load_file(page, {"version": "<script>alert(1)</script>"})
    assert page.inner_text("#verdict h2") == "This record is wrong"


def test_a_hundred_thousand_entries_do_not_freeze_the_page(page, live_server):
    record = large_record()
    page.goto(f"{live_server.url}/draws/verify")
    page.evaluate(
        "window.longest = 0; let last = performance.now(); setInterval(() => {"
        "const now = performance.now(); window.longest = Math.max(window.longest, now - last); last = now }, 20)"
    )
    load_file(page, record)
    assert page.inner_text("#verdict h2") == "Everything is right"
    assert page.evaluate("window.longest") < 1500
    assert page.locator("#winners tbody tr").count() == 50
    page.click("text=Show all 1,000")
    assert page.locator("#winners tbody tr").count() == 1000


@pytest.mark.parametrize("width", [320, 390, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_sticks_out_and_everything_can_be_read(page, live_server, drawn, width, scheme):
    page.set_viewport_size({"width": width, "height": 800})
    page.emulate_media(color_scheme=scheme)
    open_draw(page, live_server, drawn)
    assert page.evaluate("document.documentElement.scrollWidth") == width
    poor = page.evaluate(CONTRAST)
    assert poor == []
    unnamed = page.evaluate(
        "[...document.querySelectorAll('input, button, a')].filter(one => !one.hidden &&"
        " !(one.labels && one.labels.length) && !one.textContent.trim()).map(one => one.outerHTML)"
    )
    assert unnamed == []


# Every visible text against the ground behind it: WCAG AA asks 4.5, or 3 for large text.
CONTRAST = """() => {
  const light = ([r, g, b]) => [r, g, b].map((v) => v / 255)
    .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const parts = (color) => color.match(/[\\d.]+/g).map(Number);
  const ground = (one) => {
    for (; one; one = one.parentElement) {
      const color = parts(getComputedStyle(one).backgroundColor);
      if (color.length < 4 || color[3] > 0) return color;
    }
    return [255, 255, 255];
  };
  const poor = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const one = walker.currentNode.parentElement;
    if (!walker.currentNode.textContent.trim() || !one.checkVisibility() || one.closest("script, noscript")) continue;
    const style = getComputedStyle(one);
    const [a, b] = [light(parts(style.color)), light(ground(one))].sort((x, y) => y - x);
    const size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    if ((a + 0.05) / (b + 0.05) < (large ? 3 : 4.5)) poor.push(one.textContent.trim().slice(0, 40));
  }
  return poor;
}"""
