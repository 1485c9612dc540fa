"""Receipts over HTTP: the asker's own entry and the winners, cheap however long the list is."""

import json
import threading

import pytest

from accounts.actors import PLATFORM
from platform_site.rest.openapi import document
from prizes import fair_draw, receipts
from prizes.actions import cancel_draw, run_draw
from prizes.entries import StoredEntries, text_of_entries
from prizes.models import Draw
from prizes.receipts import Kept, receipt_json
from prizes.records import record_of
from rooms.actions import leave_room
from rooms.models import Participant, RoomEvent
from tests.contract import validator
from tests.factories import add_participant, make_draw, make_prize


@pytest.fixture(autouse=True)
def nothing_kept():
    receipts.TREES.clear()
    receipts.RESULTS.clear()


@pytest.fixture
def people(room, participant):
    return [room.participants.get(user=participant), *(add_participant(room) for _ in range(40))]


@pytest.fixture
def draw(room, people):
    return make_draw(room, make_prize(room, quantity=2), entropy_plan="dice")


def url(draw, rest="receipt"):
    return f"/api/v1/rooms/{draw.room_id}/draws/{draw.pk}/{rest}"


def read(client, draw, query=""):
    answer = client.get(url(draw) + query)
    assert answer.status_code == 200, answer.content
    return answer.json()["data"]


def leaves_of(receipt):
    report = fair_draw.check_record(receipt)
    assert report.faults == []
    return [leaf.participant_id for leaf in report.leaves or ()]


def test_everybody_gets_the_receipt_of_their_own_entry(api, draw, people, participant):
    receipt = read(api(participant), draw)
    assert leaves_of(receipt) == [people[0].pk]
    record = api().get(url(draw, "proof")).json()["data"]
    assert receipt == fair_draw.receipt_of(record, people[0].pk)
    run_draw(room_id=draw.room_id, draw_id=draw.pk, by=PLATFORM, entropy="6 6 6")
    receipt = read(api(participant), draw)
    record = api().get(url(draw, "proof")).json()["data"]
    assert receipt == fair_draw.receipt_of(record, people[0].pk)
    assert people[0].pk in leaves_of(receipt)
    assert {one["participantId"] for one in receipt["winners"]} <= set(leaves_of(receipt))


def test_whoever_is_no_entry_gets_the_winners_alone(api, draw, stranger):
    for client in (api(), api(stranger)):
        assert leaves_of(read(client, draw)) == []
    run_draw(room_id=draw.room_id, draw_id=draw.pk, by=PLATFORM, entropy="6 6 6")
    record = record_of(Draw.objects.with_lines().get(pk=draw.pk))
    for client in (api(), api(stranger)):
        assert read(client, draw) == fair_draw.receipt_of(record)


def test_an_entry_is_asked_for_by_its_id(api, draw, people, room):
    assert leaves_of(read(api(), draw, f"?participantId={people[7].pk}")) == [people[7].pk]
    late = add_participant(room)
    for nobody in (late.pk, "c" + "0" * 24, "x"):
        answer = api().get(f"{url(draw)}?participantId={nobody}")
        assert answer.status_code == 404
        assert answer.json()["error"]["details"] == {"reason": "not_entered"}
    assert leaves_of(read(api(late.user), draw)) == []


def test_whoever_left_keeps_their_receipt(api, draw, people, participant):
    leave_room(room_id=draw.room_id, by=participant)
    run_draw(room_id=draw.room_id, draw_id=draw.pk, by=PLATFORM, entropy="6")
    assert people[0].pk in leaves_of(read(api(participant), draw))


def test_a_cancelled_draw_has_receipts(api, draw, participant, people):
    cancel_draw(room_id=draw.room_id, draw_id=draw.pk, by=PLATFORM)
    receipt = read(api(participant), draw)
    assert leaves_of(receipt) == [people[0].pk]
    assert receipt["seed"] is not None


@pytest.mark.parametrize("winners", [1, 5, 41])
def test_every_receipt_is_that_of_the_whole_record(room, people, winners):
    draw = make_draw(room, make_prize(room, quantity=winners))
    Participant.objects.filter(pk__in=[one.pk for one in people[:6]]).soft_delete()
    run_draw(room_id=room.pk, draw_id=draw.pk, by=PLATFORM)
    record = record_of(Draw.objects.with_lines().get(pk=draw.pk))
    assert fair_draw.verify_record(record) == []
    light = Draw.objects.light().with_lines().get(pk=draw.pk)
    for person in people:
        receipt = json.loads(receipt_json(light, person.pk))
        assert receipt == fair_draw.receipt_of(record, person.pk)
        assert fair_draw.check_record(receipt, entry=person.pk).faults == []
    assert json.loads(receipt_json(light, None)) == fair_draw.receipt_of(record)


def test_the_list_is_read_once(api, draw, people, django_assert_num_queries):
    run_draw(room_id=draw.room_id, draw_id=draw.pk, by=PLATFORM, entropy="6")
    client = api()
    read(client, draw)
    with django_assert_num_queries(3) as asked:  # the room, the draw, its prizes
        read(client, draw, f"?participantId={people[3].pk}")
    assert not any('"entries"' in query["sql"] for query in asked.captured_queries)


def test_the_result_is_told_with_its_receipt(draw, room):
    run_draw(room_id=room.pk, draw_id=draw.pk, by=PLATFORM, entropy="6")
    told = RoomEvent.objects.get(type="draw:completed").payload
    record = record_of(Draw.objects.with_lines().get(pk=draw.pk))
    assert told["receipt"] == fair_draw.receipt_of(record)
    assert fair_draw.check_record(told["receipt"], shown=draw.fingerprint).ok


def test_a_receipt_too_long_for_an_event_is_left_out(room, people, monkeypatch):
    monkeypatch.setattr(receipts, "LONGEST_IN_EVENT", 500)
    draw = make_draw(room, make_prize(room, quantity=2))
    run_draw(room_id=room.pk, draw_id=draw.pk, by=PLATFORM)
    assert RoomEvent.objects.get(type="draw:completed").payload["receipt"] is None


def test_proof_and_receipt_are_as_described(api, draw, people, participant):
    for _ in range(2):
        for part in ("proof", "receipt"):
            path = "#/paths/~1api~1v1~1rooms~1%7BroomId%7D~1draws~1%7Bid%7D~1" + part
            check = validator(f"{path}/get/responses/200/content/application~1json/schema", partial=False)
            answer = api(participant).get(url(draw, part)).json()
            assert [fault.message for fault in check.iter_errors(answer)] == []
            assert list(check.iter_errors({"data": answer["data"] | {"seed": 5}}))
        run_draw(room_id=draw.room_id, draw_id=draw.pk, by=PLATFORM, entropy="6")


def test_the_examples_of_a_draw_are_accepted_as_they_stand(api, room, organiser, people):
    prize = make_prize(room)
    paths = document()["paths"]

    def body(path):
        content = paths[f"/api/v1/rooms/{{roomId}}/draws{path}"]["post"]["requestBody"]["content"]
        return content["application/json"]["examples"]["example"]["value"]

    commit = body("")
    commit["prizes"][0]["prizeId"] = prize.pk
    draws = f"/api/v1/rooms/{room.pk}/draws"
    first = api(organiser).post(draws, commit)
    assert first.status_code == 201, first.content
    run = api(organiser).post(f"{draws}/{first.json()['data']['id']}/run", body("/{id}/run"))
    assert run.status_code == 200, run.content
    commit["prizes"][0]["prizeId"] = make_prize(room).pk
    second = api(organiser).post(draws, commit).json()["data"]["id"]
    assert api(organiser).post(f"{draws}/{second}/cancel", body("/{id}/cancel")).status_code == 200


# --- What a process keeps ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [1, 7, 8, 9, 64, 100])
def test_stored_entries_read_like_the_list(count):
    entries = [(f"p{number:03}é", number + 1) for number in range(count)]
    stored = StoredEntries(text_of_entries(entries))
    assert (len(stored), list(stored)) == (count, entries)
    for start in range(count + 1):
        for stop in range(start, count + 2):
            assert stored[start:stop] == entries[start:stop]
    assert fair_draw.Tree(stored).root == fair_draw.Tree(entries).root


def test_what_is_kept_is_bounded_and_the_oldest_go_first():
    kept = Kept(most=10)
    made = []

    def get(key, size):
        def make():
            made.append(key)
            return key, size

        return kept.get(key, make)

    for key in "abc":
        get(key, 4)  # with c, a has to go
    get("b", 4)
    assert made == ["a", "b", "c"]
    get("d", 4)  # c was not asked for since
    assert (get("b", 4), kept.size) == ("b", 8)
    get("c", 4)
    assert made == ["a", "b", "c", "d", "c"]
    get("huge", 1000)
    assert (get("huge", 1000), made.count("huge")) == ("huge", 1)


def test_what_many_ask_for_at_once_is_made_once():
    kept, made, gate = Kept(most=10), [], threading.Barrier(8)

    def make():
        made.append(1)
        return "tree", 1

    def ask():
        gate.wait(timeout=30)
        assert kept.get("draw", make) == "tree"

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert made == [1]


def test_a_failure_is_not_kept():
    kept = Kept(most=10)
    with pytest.raises(ZeroDivisionError):
        kept.get("draw", lambda: (1 // 0, 1))
    assert kept.get("draw", lambda: ("tree", 1)) == "tree"
