"""Every page for people, looked at by axe, by keyboard alone, and at its widths."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.utils.module_loading import import_string

from prizes.actions import award_prize, run_draw
from rooms.actions import join_room
from tests.factories import PASSWORD, add_participant, make_draw, make_guest, make_prize, make_room, make_user

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
LONG = "Ненормально длинноеимябезпробеловкотороеникогданекончаетсяиидётдальше " * 2


@pytest.fixture
def evening(room, organiser, participant):
    """A room in which everything is there: a ticket, prizes, winners, a draw, long names."""
    member = room.participants.get(user=participant)
    member.metadata = {"ticketNumber": 42}
    member.save()
    prize = make_prize(room, name="Grand prize", quantity=3)
    make_prize(room, name=LONG)
    for name in ("Anna", LONG):
        add_participant(room, make_user(name, email=None, is_guest=True))
    award_prize(room_id=room.pk, by=organiser, prize_id=prize.pk, participant_id=member.pk)
    draw = make_draw(room, make_prize(room, name="Second prize"))
    return run_draw(room_id=room.pk, draw_id=draw.pk, by=organiser)


def pages_of(draw, guest_room):
    """{path: who opens it}."""
    room = draw.room_id
    return {
        "/": None,
        "/rooms": None,
        "/rooms?search=nothing": None,
        "/login": None,
        "/nowhere": None,
        "/j/NOCODE99": None,
        f"/j/{guest_room.join_code}": None,
        f"/rooms/{room}": None,
        f"/rooms/{room}?": "participant",
        "/me": "participant",
        "/me/prizes": "participant",
        "/me/devices": "participant",
        "/me/data": "participant",
        f"/draws/{draw.pk}/verify": None,
        "/draws/verify": None,
    }


def sign_in(page, live_server, user):
    page.context.clear_cookies()
    if user is None:
        return
    session = import_string(f"{settings.SESSION_ENGINE}.SessionStore")()
    session[SESSION_KEY] = user.pk
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    cookie = {"name": settings.SESSION_COOKIE_NAME, "value": session.session_key, "url": live_server.url}
    page.context.add_cookies([cookie])


# The page that checks a draw fills itself.
CHECKED = """() => {
  const verdict = document.querySelector("#verdict");
  return !verdict || verdict.hidden || verdict.querySelector(".mark").textContent !== "…";
}"""


@pytest.mark.parametrize(
    ("width", "language", "scheme"),
    [(390, "ru", "dark"), (390, "en", "light"), (320, "ru", "light"), (1280, "en", "dark")],
)
def test_no_page_has_a_fault(page, live_server, evening, organiser, participant, scheme, width, language):
    """axe knows no violation, nothing is wider than the screen, and every target is large enough for a thumb."""
    page.set_viewport_size({"width": width, "height": 844})
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    page.context.set_extra_http_headers({"Accept-Language": language})
    guests = make_room(organiser, name="A room with a notice", privacy_notice="We keep names for a week.")
    faults = []
    for path, who in pages_of(evening, guests).items():
        sign_in(page, live_server, participant if who else None)
        page.goto(f"{live_server.url}{path}")
        page.wait_for_function(CHECKED)
        page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
        for found in Axe().run(page).response["violations"]:
            faults += [f"{path} {found['id']}: {node['html'][:120]}" for node in found["nodes"]]
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            faults.append(f"{path} is wider than {width}")
        faults += [f"{path} small: {each}" for each in page.evaluate(SMALL)]
    assert faults == []


def test_the_checks_find_faults(page, live_server, db):
    page.goto(live_server.url)
    page.evaluate("""() => {
      document.querySelector("main").insertAdjacentHTML("beforeend", '<button>Press</button><img src="/x">');
      document.querySelector("main > button").style.cssText = "min-height: 20px; color: #fff; background: #eee";
    }""")
    assert {"image-alt", "color-contrast"} <= {found["id"] for found in Axe().run(page).response["violations"]}
    assert len(page.evaluate(SMALL)) == 1


# Buttons and fields, and links that stand alone; links within a sentence may be as high as its line.
SMALL = """() => [...document.querySelectorAll("button, input:not([type=hidden]), summary, a")]
  .filter((each) => each.checkVisibility() && !each.matches(".skip"))
  .filter((each) => !each.matches("a") || each.matches(".button, .brand, nav a"))
  .filter((each) => (each.closest(".check, .file") || each).getBoundingClientRect().height < 44)
  .map((each) => each.outerHTML.slice(0, 100))"""


def test_the_evening_by_keyboard_alone(page, live_server, room, participant):
    """From the start page to the seat, to one's own pages and out again, without a pointer."""
    page.goto(live_server.url)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.type(room.join_code)
    page.keyboard.press("Enter")
    page.wait_for_url("**/j/*")
    focus(page, "#name")
    page.keyboard.type("Gina")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/rooms/[^?]*$"))
    assert page.is_visible("text=You’re in, Gina.")
    focus(page, "summary:has-text('My seat')")
    page.keyboard.press("Enter")
    focus(page, "a:has-text('Sign in and keep everything')")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/login"))
    focus(page, "#email")
    page.keyboard.type(participant.email)
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_selector("text=You’re in, Pat Participant.")
    page.goto(f"{live_server.url}/me")
    focus(page, "button:has-text('Sign out')")
    page.keyboard.press("Enter")
    page.wait_for_selector("a:has-text('Sign in')")


def focus(page, selector):
    """Presses Tab until the element has the focus, and sees that the focus shows."""
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("(selector) => document.activeElement.matches(selector)", selector.split(":has-text")[0]) and (
            page.locator(selector).evaluate("(element) => element === document.activeElement")
        ):
            outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
            assert outline != "none", f"{selector} does not show its focus"
            return
    raise AssertionError(f"{selector} cannot be reached with Tab")


def test_one_press_is_one_request(page, live_server, room):
    page.goto(f"{live_server.url}/j/{room.join_code}")
    page.fill("#name", "Gina")
    sent = []
    page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    page.evaluate("() => { const b = document.querySelector('main form button'); b.click(); b.click(); b.click(); }")
    page.wait_for_url(re.compile("/rooms/[^?]*$"))
    assert len(sent) == 1
    assert room.participants.filter(user__name="Gina").count() == 1


def test_times_are_the_readers_own(browser, live_server, room, organiser, participant):
    prize = make_prize(room)
    win = award_prize(
        room_id=room.pk, by=organiser, prize_id=prize.pk, participant_id=room.participants.get(user=participant).pk
    )
    context = browser.new_context(timezone_id="Asia/Tokyo")
    page = context.new_page()
    sign_in(page, live_server, participant)
    page.goto(f"{live_server.url}/me/prizes")
    told = page.inner_text("time")
    there = win.created_at.strftime("%H:%M")
    assert there in told
    assert "UTC" in told
    assert told.count(":") == 2  # the reader's own time, and the room's in brackets
    context.close()


def test_a_guest_who_comes_back_to_the_door_is_in(page, live_server, room, organiser):
    join_room(room_id=room.pk, by=make_user())
    guest = make_guest("Gina")
    add_participant(room, guest)
    sign_in(page, live_server, guest)
    page.goto(f"{live_server.url}/j/{room.join_code}")
    page.wait_for_url(re.compile("/rooms/[^?]*$"))
