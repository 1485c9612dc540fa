"""The page on which anybody checks a draw: in a real browser, from a real server."""

import json
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from playwright.sync_api import expect

from accounts.actors import PLATFORM
from accounts.page_sessions import SessionStore
from prizes import fair_draw
from prizes.actions import cancel_draw, run_draw
from prizes.models import Draw
from prizes.records import record_of
from tests.factories import add_participant, make_draw, make_guest, make_prize
from tests.prizes.draw_records import COMMITMENT, DERIVE_JS, VECTORS, large_record, make_record, proofs

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
    last = "0" if drawn.fingerprint[-1] != "0" else "1"
    for typed, mark, few in (
        (drawn.fingerprint[:16].upper(), "✓", True),
        (drawn.fingerprint, "✓", False),
        (drawn.fingerprint[:-1] + last, "✕", False),
        ("0000 0000 0000 0000", "✕", False),
        ("12", "✕", False),
    ):
        page.evaluate("document.getElementById('phone-answer').textContent = ''")
        page.fill("#phone", typed)
        page.click("#phone-form button")
        page.wait_for_selector(f"#phone-answer:has-text('{mark}')")
        assert ("compare at least 32" in page.inner_text("#phone-answer")) == few


def test_the_code_on_the_big_screen_is_compared(page, live_server, drawn):
    right = drawn.fingerprint
    open_draw(page, live_server, drawn, f"#fingerprint={right}")
    page.wait_for_selector("#phone-answer.OK")
    assert page.input_value("#phone") == right
    page.goto("about:blank")
    open_draw(page, live_server, drawn, f"#fingerprint={right[:-1]}{'0' if right[-1] != '0' else '1'}")
    page.wait_for_selector("#verdict:has-text('This is not the draw of the big screen')")


def test_somebody_finds_their_entry(page, live_server, drawn, room, participant):
    winner = drawn.winners.first().participant
    open_draw(page, live_server, drawn, f"#entry={winner.pk}")
    page.wait_for_selector("#found :text('Won Grand <b>prize</b>, place')")
    page.fill("#entry", "cnobody")
    page.press("#entry", "Enter")
    page.wait_for_selector("#found :text('Not in this draw.')")
    page.fill("#entry", winner.user.name.upper())
    page.press("#entry", "Enter")
    page.wait_for_selector("#found :text('Won Grand <b>prize</b>, place')")
    sign_in(page, live_server, participant)
    page.goto(f"{live_server.url}/draws/{drawn.pk}/verify")
    page.wait_for_selector("#found :text('You are in the sealed list.')")
    page.fill("#entry", "cnobody")
    page.press("#entry", "Enter")
    page.wait_for_selector("#found :text('Not in this draw.')")
    page.fill("#entry", f" {participant.name.lower()} ")
    page.press("#entry", "Enter")
    page.wait_for_selector("#found :text('You are in the sealed list.')")


def test_a_guest_is_found_by_themselves(page, live_server, drawn, room):
    guest = add_participant(room, make_guest("Gil"))
    draw = make_draw(room, make_prize(room))
    sign_in(page, live_server, guest.user)
    open_draw(page, live_server, draw)
    page.wait_for_selector("#found :text('You are in the sealed list.')")


def test_a_receipt_from_a_file(page, live_server, drawn):
    record = record_of(Draw.objects.with_lines().get(pk=drawn.pk))
    receipt = fair_draw.receipt_of(record, record["entries"][0]["participantId"])
    page.goto(f"{live_server.url}/draws/verify")
    load_file(page, receipt)
    assert page.inner_text("#verdict h2") == "The receipt is right"
    assert "whole record alone" in page.inner_text("#cautions")
    assert "Nothing proves: today's names of people; the time of the run" in page.inner_text("#cautions")
    receipt["totalWeight"] += 1
    load_file(page, receipt)
    expect(page.locator("#verdict h2")).to_have_text("This receipt is wrong")


def test_the_draws_of_the_room_are_listed(page, live_server, drawn, room, moderator):
    make_draw(room, make_prize(room, name="Second"))
    make_draw(room, make_prize(room), rehearsal=True)
    open_draw(page, live_server, drawn)
    names = "[aria-labelledby=draws-title] li a"
    assert page.locator(names).all_inner_texts() == ["Draw 1", "Draw 2"]
    page.click(f"{names}:text('Draw 2')")
    page.wait_for_selector("h1:text('Check draw 2')")
    sign_in(page, live_server, moderator)
    page.reload()
    assert page.locator(names).all_inner_texts() == ["Draw 1", "Draw 2", "Rehearsal 1"]


def test_the_program_and_its_description_need_no_account(page, live_server):
    page.goto(f"{live_server.url}/draws/verify")
    with page.expect_download() as download:
        page.click("text=Download verify_draw.py")
    assert download.value.suggested_filename == "verify_draw.py"
    assert download.value.path().read_bytes() == Path(fair_draw.__file__).read_bytes()
    page.click("summary")
    page.click("text=The procedure, byte by byte")
    page.wait_for_selector("h1:text('How a draw works')")
    anchors = page.evaluate(
        "[...document.querySelectorAll('a[href^=\"#\"]')].map(a => document.getElementById(a.hash.slice(1)) !== null)"
    )
    assert len(anchors) >= 3
    assert all(anchors)
    assert page.locator("table").count() >= 4


def test_the_browser_agrees_on_seeded_draws(page, live_server):
    """A sample of the two thousand draws on which node agrees, by the page's own program in a real browser."""
    page.goto(f"{live_server.url}/draws/verify")
    page.add_script_tag(url=f"{live_server.url}/static/js/fair-draw.js")
    given = list(proofs(400))
    answers = page.evaluate(
        "(given) => given.map(([text, entry]) => { const {entries, leaves, rules, ...report} ="
        " FairDraw.checkRecord(FairDraw.readRecord(text), {entry}); return report; })",
        given,
    )
    for (text, entry), report in zip(given, answers, strict=True):
        assert report == fair_draw.check_record(json.loads(text), entry=entry).as_json()


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
    for garbled in (b"{", b"", b"\xff\xfe\x00", b'{"version": "fair-draw-v1"', b"[" * 100_000):
        page.evaluate("document.querySelector('#verdict').replaceChildren()")  # what the file before left
        page.set_input_files("#file", {"name": "x", "mimeType": "text/plain", "buffer": garbled})
        page.wait_for_selector("#verdict :text('This file cannot be read')")
        words = page.inner_text("#verdict p")
        assert words.startswith("This is no record of a draw and no receipt")
        assert not re.search("JSON|token|position|Unexpected", words)
    load_file(page, {"version": "<script>alert(1)</script>"})
    assert page.inner_text("#verdict h2") == "This record is wrong"


def test_a_hundred_thousand_entries_do_not_freeze_the_page(page, live_server):
    """The sums are done in a worker, which gets the text and gives no entry back; rows are added a part at a time."""
    page.goto(f"{live_server.url}/draws/verify")
    page.evaluate(
        "window.parts = []; new MutationObserver((changes) => window.parts.push(changes.reduce((sum, one) => "
        "sum + [...one.addedNodes].filter((node) => node.nodeName === 'TR').length, 0)))"
        ".observe(document.getElementById('winners-lists'), {childList: true, subtree: true})"
    )
    assert page.evaluate("typeof FairDraw") == "undefined"
    load_file(page, large_record())
    assert page.inner_text("#verdict h2") == "Everything is right"
    rows = page.locator("#winners tbody tr")
    assert rows.count() == 50
    page.click("text=Show all 1,000")
    expect(rows).to_have_count(1000)
    parts = [part for part in page.evaluate("window.parts") if part]
    assert len(parts) >= 5
    assert max(parts) <= 200


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
        "[...document.querySelectorAll('input, button, a')].filter(one => !one.hidden && one.type !== 'hidden' &&"
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
