"""What a participant's page checks by itself: its receipt at the commit and at the result, then the whole record."""

import pytest
from django.test import Client

from accounts.actors import PLATFORM
from prizes.actions import run_draw
from rooms.models import RoomEvent
from tests.browser.test_verify_page import sign_in
from tests.factories import add_participant, make_draw, make_prize

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

CHECK = """([drawId, participantId, more]) => DrawCheck.check({
  drawId, participantId, receiptUrl: `/draws/${drawId}/receipt.json`, ...more,
}).then(({report, ...rest}) => rest)"""
AUDIT = """([drawId, entryCount]) => DrawCheck.audit({
  drawId, entryCount, recordUrl: `/draws/${drawId}/record.json`,
  workerUrl: "/static/js/verify-worker.js", scriptUrl: "/static/js/fair-draw.js",
})"""


@pytest.fixture
def me(room):
    return add_participant(room)


@pytest.fixture
def draw(room, me):
    for _ in range(9):
        add_participant(room)
    return make_draw(room, make_prize(room, quantity=2), entropy_plan="dice")


@pytest.fixture
def phone(page, live_server, me):
    """A page of the signed-in person, with the two scripts that every page of a room would have."""
    sign_in(page, live_server, me.user)
    page.goto(f"{live_server.url}/draws/verify")
    page.add_script_tag(url=f"{live_server.url}/static/js/fair-draw.js")
    return page


def check(phone, draw, me, **more):
    return phone.evaluate(CHECK, [draw.pk, me and me.pk, more])


def test_commit_and_result_are_checked(phone, draw, me):
    first = check(phone, draw, me, fingerprint=draw.fingerprint)
    assert (first["state"], first["status"], first["kept"], first["faults"]) == ("right", "COMMITTED", "same", [])
    assert (first["entry"]["weight"], first["entry"]["totalWeight"]) == (1, draw.total_weight)
    assert first["entryCount"] == draw.entry_count
    run_draw(room_id=draw.room_id, draw_id=draw.pk, by=PLATFORM, entropy="6")
    last = check(phone, draw, me)
    assert (last["state"], last["status"], last["fingerprint"]) == ("right", "COMPLETED", draw.fingerprint)
    told = RoomEvent.objects.get(type="draw:completed").payload["receipt"]
    phone.route("**/receipt.json", lambda route: route.abort())
    at_once = check(phone, draw, me, receipt=told)
    assert (at_once["state"], at_once["kept"]) == ("right", "same")


def test_all_digits_are_kept_across_visits(phone, draw, me):
    assert phone.evaluate("(id) => DrawCheck.kept(id)", draw.pk) is None
    assert check(phone, draw, me)["kept"] == "new"
    phone.reload()
    assert phone.evaluate("(id) => DrawCheck.kept(id)", draw.pk) == draw.fingerprint
    phone.goto(phone.url.replace("/verify", f"/{draw.pk}/verify"))
    phone.wait_for_selector("#steps :text('in 64 digits of 64')")


def test_another_list_shown_later_is_found_out_by_its_last_digit(phone, draw, me):
    last = "0" if draw.fingerprint[-1] != "0" else "1"
    phone.evaluate("([id, other]) => DrawCheck.keep(id, other)", [draw.pk, draw.fingerprint[:-1] + last])
    found = check(phone, draw, me)
    assert (found["state"], found["kept"]) == ("wrong", "other")
    assert [fault["part"] for fault in found["faults"]] == ["phone"]
    assert phone.evaluate("(id) => DrawCheck.kept(id)", draw.pk).endswith(last)  # never written over


def test_somebody_whose_leaf_is_gone_later_is_told(phone, draw, me, room):
    assert check(phone, draw, me)["entry"]["position"] >= 1
    other = next(one for one in room.participants.filter(role="PARTICIPANT") if one.pk != me.pk)
    bare = Client().get(f"/draws/{draw.pk}/receipt.json").content.decode()
    phone.route("**/receipt.json", lambda route: route.fulfill(body=bare, content_type="application/json"))
    found = check(phone, draw, me)
    assert [fault["part"] for fault in found["faults"]] == ["entry"]
    assert other.pk not in bare


def test_whoever_is_not_in_the_draw_gets_no_fault(phone, draw, room):
    late = add_participant(room)
    found = check(phone, draw, late)
    assert (found["state"], found["entry"]) == ("right", None)


def test_without_a_connection_nothing_is_said_of_the_draw(phone, draw, me):
    phone.route("**/receipt.json", lambda route: route.abort())
    found = check(phone, draw, me, fingerprint=draw.fingerprint)
    assert (found["state"], found["fingerprint"]) == ("unread", draw.fingerprint)


def test_the_receipt_of_another_draw_is_refused(phone, draw, me, room):
    other = make_draw(room, make_prize(room))
    body = Client().get(f"/draws/{other.pk}/receipt.json").content.decode()
    phone.route("**/receipt.json", lambda route: route.fulfill(body=body, content_type="application/json"))
    assert check(phone, draw, me)["state"] == "wrong"


def test_the_whole_record_is_checked_in_idle_time_where_it_is_short(phone, draw, me):
    check(phone, draw, me)
    right = phone.evaluate(AUDIT, [draw.pk, draw.entry_count])
    assert right == {"state": "right", "faults": [], "entryCount": draw.entry_count}
    asked = []
    phone.on("request", lambda request: asked.append(request.url))
    assert phone.evaluate(AUDIT, [draw.pk, 5001]) is None
    assert asked == []
    record = Client().get(f"/draws/{draw.pk}/record.json").json()
    record["entries"][0]["weight"] = 2
    phone.route("**/record.json", lambda route: route.fulfill(json=record))
    wrong = phone.evaluate(AUDIT, [draw.pk, draw.entry_count])
    assert (wrong["state"], [fault["part"] for fault in wrong["faults"]]) == ("wrong", ["entries"])


def test_what_is_kept_is_bounded_and_survives_rubbish(phone):
    phone.evaluate("for (let n = 0; n < 60; n++) DrawCheck.keep(`draw${n}`, 'a'.repeat(64))")
    kept = phone.evaluate("Object.keys(JSON.parse(localStorage.getItem('fair-draw')))")
    assert kept == [f"draw{number}" for number in range(10, 60)]
    for rubbish in ("{", "[]", "null", '{"draw1": 5}'):
        phone.evaluate("(text) => localStorage.setItem('fair-draw', text)", rubbish)
        assert phone.evaluate("DrawCheck.kept('draw1')") is None
        assert phone.evaluate("DrawCheck.kept('constructor')") is None
