"""Who may do what to prizes, winners and draws over HTTP, and in which shape the answers come."""

import json

import pytest

from prizes import fair_draw
from prizes.actions import award_prize, revoke_winner, run_draw
from prizes.models import Draw, Prize, Winner
from rooms.models import RoomEvent
from tests.factories import add_participant, make_draw, make_prize, make_room

PRIZE = {
    *("id", "roomId", "name", "description", "imageUrl", "quantity", "quantityRemaining", "winnerCount", "metadata"),
    *("position", "createdAt", "updatedAt", "deletedAt"),
}
DRAW = {
    *("id", "drawId", "roomId", "seq", "status", "mode", "rehearsal", "replaces", "prizes", "distinct", "eligibility"),
    *("entryCount", "totalWeight", "entriesRoot", "rulesHash", "commitment", "fingerprint", "shortFingerprint"),
    *("entropyPlan", "entropy", "seed", "strength", "withdrawnCount", "winnerCount", "fallbackReason"),
    *("cancellationReason", "committedAt", "runAt", "revealAt", "revealedAt", "cancelledAt"),
}
RECORD = [
    *("version", "roomId", "drawId", "seq", "status", "mode", "rehearsal", "replaces", "committedAt", "commitment"),
    *("entropyPlan", "prizes", "distinct", "entriesRoot", "entryCount", "totalWeight", "withdrawn", "withdrawnCount"),
    *("rulesHash", "fingerprint", "entropy", "seed", "runAt", "winners", "strength", "fallbackReason", "entries"),
]
ROLES = ("anonymous", "stranger", "viewer", "participant", "moderator", "organiser", "admin")
READ = (200,) * 7
# A stranger may know of a public room: 403. Of a private one they do not: 404, see below.
RUN = (401, 403, 403, 403, 200, 200, 200)
ORGANIZE = (401, 403, 403, 403, 403, 200, 200)
#: method, path, body, status for each of ROLES; 201 where something is made
TABLE = [
    ("get", "/prizes/{prize}", None, READ),
    ("patch", "/prizes/{prize}", {"name": "New"}, RUN),
    ("delete", "/prizes/{spare}", None, RUN),
    ("get", "/winners/{win}", None, READ),
    ("post", "/winners/{win}/fulfil", None, RUN),
    ("post", "/winners/{win}/unfulfil", {"reason": "mistaken"}, ORGANIZE),
    ("delete", "/winners/{win}", {"reason": "absent"}, ORGANIZE),
    ("get", "/draws", None, READ),
    ("get", "/draws/{draw}", None, READ),
    ("get", "/draws/{draw}/proof", None, READ),
    ("get", "/draws/{rehearsal}", None, (404, 404, 404, 404, 200, 200, 200)),
    ("get", "/draws/{rehearsal}/proof", None, (404, 404, 404, 404, 200, 200, 200)),
    ("post", "/draws", {"prizeId": "{spare}"}, (401, 403, 403, 403, 403, 201, 201)),
    ("post", "/draws/{draw}/run", {}, ORGANIZE),
    ("post", "/draws/{draw}/cancel", {}, ORGANIZE),
    ("get", "/export.csv", None, ORGANIZE),
    ("get", "/export.xlsx", None, ORGANIZE),
    ("get", "/export.json", None, ORGANIZE),
    ("get", "/evidence.zip", None, ORGANIZE),
]


@pytest.fixture
def people(room, private_room, organiser, moderator, participant, stranger, admin):
    viewer = add_participant(room, role="VIEWER").user
    add_participant(private_room, viewer, "VIEWER")
    return dict(zip(ROLES, (None, stranger, viewer, participant, moderator, organiser, admin), strict=True))


def scene(room, organiser):
    """Something of everything: {name: id}."""
    prize, spare = make_prize(room, quantity=5), make_prize(room)
    person, _ = add_participant(room), add_participant(room)
    win = award_prize(room_id=room.pk, prize_id=prize.pk, participant_id=person.pk, by=organiser)
    return {
        "prize": prize.pk,
        "spare": spare.pk,
        "win": win.pk,
        "draw": make_draw(room, prize, 1).pk,
        "rehearsal": make_draw(room, prize, 1, rehearsal=True).pk,
    }


def call(client, room, ids, method, path, body):
    if body:
        body = {key: value.format(**ids) if isinstance(value, str) else value for key, value in body.items()}
    return getattr(client, method)(f"/api/v1/rooms/{room.pk}{path.format(**ids)}", body)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize(("method", "path", "body", "statuses"), TABLE, ids=lambda value: str(value)[:30])
def test_who_may(api, room, people, organiser, method, path, body, statuses, role):
    ids = scene(room, organiser)
    answer = call(api(people[role]), room, ids, method, path, body)
    assert answer.status_code == statuses[ROLES.index(role)], answer.content
    assert (answer.status_code < 300) != answer.content.startswith(b'{"error":')


@pytest.mark.parametrize("role", ["anonymous", "stranger"])
@pytest.mark.parametrize(("method", "path", "body", "statuses"), TABLE, ids=lambda value: str(value)[:30])
def test_a_private_room_is_not_known_to_outsiders(
    api, private_room, people, organiser, method, path, body, statuses, role
):
    answer = call(api(people[role]), private_room, scene(private_room, organiser), method, path, body)
    assert answer.status_code == (401 if role == "anonymous" and statuses[0] == 401 else 404)


@pytest.mark.parametrize(
    ("method", "path", "body", "statuses"),
    [line for line in TABLE if "{" in f"{line[1]}{line[2]}"],
    ids=lambda value: str(value)[:30],
)
def test_what_is_of_another_room_is_not_found(api, room, organiser, method, path, body, statuses):
    ids = scene(make_room(organiser), organiser)
    before = (Winner.objects.count(), Draw.objects.count(), Prize.objects.count())
    assert call(api(organiser), room, ids, method, path, body).status_code == 404
    assert (Winner.objects.count(), Draw.objects.count(), Prize.objects.count()) == before


def test_prize_endpoints(api, room, organiser):
    prize = make_prize(room, quantity=2)
    url = f"/api/v1/rooms/{room.pk}/prizes/{prize.pk}"
    answer = api(organiser).patch(url, {"quantity": 4, "imageUrl": "https://example.com/cup.png"})
    assert set(answer.json()["data"]) == PRIZE
    assert answer.json()["data"]["quantityRemaining"] == 4
    assert api().get(url).json()["data"] == answer.json()["data"]
    assert api(organiser).patch(url, {"quantity": 0}).status_code == 422
    assert api(organiser).delete(url).json() == {"data": {"success": True}}
    assert api().get(url).status_code == 404


def test_the_order_of_prizes_is_read_set_and_told(api, room, organiser):
    url = f"/api/v1/rooms/{room.pk}/prizes"
    last = api(organiser).post(url, {"name": "Last", "position": 2}).json()["data"]
    first = api(organiser).post(url, {"name": "First"}).json()["data"]
    assert (last["position"], first["position"]) == (2, 0)
    assert [each["name"] for each in api().get(url).json()["data"]] == ["First", "Last"]
    moved = api(organiser).patch(f"{url}/{first['id']}", {"position": 3}).json()["data"]
    assert [each["name"] for each in api().get(url).json()["data"]] == ["Last", "First"]
    created, *_, updated = RoomEvent.objects.filter(room=room, type__startswith="prize:").order_by("seq")
    assert created.payload["prize"] == last
    assert updated.payload == {"prizeId": first["id"], "changes": {"position": 3}, "prize": moved}
    for wrong in (-1, "first", None):
        assert api(organiser).patch(f"{url}/{first['id']}", {"position": wrong}).status_code == 422


def test_winner_endpoints(api, room, organiser):
    ids = scene(room, organiser)
    url = f"/api/v1/rooms/{room.pk}/winners/{ids['win']}"
    for _ in range(2):
        answer = api(organiser).delete(url, {"reason": "not there"})
        assert (answer.status_code, answer.json()) == (200, {"data": {"success": True}})
    assert api().get(url).json()["data"]["state"] == "REVOKED"
    assert Winner.objects.get(pk=ids["win"]).revocation_reason == "not there"
    refusal = api(organiser).post(f"{url}/fulfil")
    assert (refusal.status_code, refusal.json()["error"]["code"]) == (409, "INVALID_TRANSITION")
    listed = f"/api/v1/rooms/{room.pk}/winners"
    assert api().get(listed).json()["meta"]["total"] == 0
    assert api().get(f"{listed}?state=revoked").json()["meta"]["total"] == 1


def test_fulfil_again_answers_the_same_body(api, room, organiser):
    url = f"/api/v1/rooms/{room.pk}/winners/{scene(room, organiser)['win']}/fulfil"
    first, second = api(organiser).post(url), api(organiser).post(url)
    assert first.json()["data"]["state"] == "FULFILLED"
    assert (first.status_code, first.content) == (second.status_code, second.content)


def test_a_whole_draw(api, room, organiser, participant):
    prizes = [make_prize(room, name=name, quantity=2) for name in ("Grand", "Second")]
    for _ in range(4):
        add_participant(room)
    url = f"/api/v1/rooms/{room.pk}/draws"
    body = {"prizes": [{"prizeId": prizes[0].pk, "count": 1}, {"prizeId": prizes[1].pk}], "entropyPlan": "ten dice"}
    committed = api(organiser).post(url, body)
    assert committed.status_code == 201
    draw = committed.json()["data"]
    assert set(draw) == DRAW | {"winners"}
    assert [line["count"] for line in draw["prizes"]] == [1, 2]
    assert (draw["seed"], draw["winners"], draw["status"]) == (None, None, "COMMITTED")
    assert draw["shortFingerprint"].replace(" ", "") == draw["fingerprint"][:16]
    early = api().get(f"{url}/{draw['id']}/proof").json()["data"]
    assert list(early) == RECORD
    assert fair_draw.verify_record(early) == []
    assert api(organiser).post(f"{url}/{draw['id']}/run", {}).status_code == 422
    done = api(organiser).post(f"{url}/{draw['id']}/run", {"entropy": "1 2 3"}).json()["data"]
    assert (done["status"], done["strength"], done["winnerCount"]) == ("COMPLETED", "committed+entropy", 3)
    record = api().get(f"{url}/{draw['id']}/proof").json()["data"]
    assert fair_draw.check_record(record, shown=draw["shortFingerprint"]).ok
    assert record["winners"] == done["winners"]
    changed = {name for name in early if record[name] != early[name]}
    assert changed == {"status", "entropy", "seed", "runAt", "winners"}
    assert api().get(f"{url}/{draw['id']}").json()["data"]["winners"] == done["winners"]
    assert Winner.objects.filter(draw=draw["id"]).count() == 3
    [listed] = api().get(url).json()["data"]
    assert set(listed) == DRAW
    refusal = api(organiser).post(f"{url}/{draw['id']}/cancel")
    assert (refusal.status_code, refusal.json()["error"]["code"]) == (409, "INVALID_TRANSITION")


def test_cancel_again_answers_the_same_body(api, room, organiser):
    url = f"/api/v1/rooms/{room.pk}/draws/{scene(room, organiser)['draw']}/cancel"
    first = api(organiser).post(url, {"reason": "wrong list"})
    assert first.json()["data"]["cancellationReason"] == "wrong list"
    assert len(first.json()["data"]["seed"]) == 64
    assert api(organiser).post(url, {"reason": "other"}).content == first.content


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "prizes"),
        ({"prizeId": "{prize}", "prizeIds": ["{prize}"]}, "prizeIds"),
        ({"prizeIds": []}, "prizeIds"),
        ({"prizes": [{"prizeId": "{prize}", "count": 0}]}, "prizes.0.count"),
        ({"prizeId": "{prize}", "eligibility": {"roles": ["ADMIN"]}}, "eligibility.roles.0"),
        ({"prizeId": "{prize}", "eligibility": {"weightField": "x" * 101}}, "eligibility.weightField"),
        ({"prizeId": "{prize}", "entropyPlan": "x" * 1001}, "entropyPlan"),
        ({"replaces": "{win}"}, "replaces"),
        ({"prizeId": "{prize}", "replaces": "{win}", "rehearsal": True}, "rehearsal"),
    ],
)
def test_what_a_draw_cannot_be(api, room, organiser, body, field):
    ids = scene(room, organiser)
    for name, value in ids.items():
        body = json.loads(json.dumps(body).replace(f"{{{name}}}", value))
    before = Draw.objects.count()
    answer = api(organiser).post(f"/api/v1/rooms/{room.pk}/draws", body)
    assert answer.status_code == 422, answer.json()
    assert field in answer.json()["error"]["details"]["fields"]
    assert Draw.objects.count() == before


def test_roles_are_taken_in_any_case(api, room, organiser):
    prize = make_prize(room)
    add_participant(room, role="VIEWER")
    body = {"prizeId": prize.pk, "eligibility": {"roles": ["viewer"], "excludeWinners": False}}
    draw = api(organiser).post(f"/api/v1/rooms/{room.pk}/draws", body).json()["data"]
    assert (draw["entryCount"], draw["eligibility"]["roles"]) == (1, ["VIEWER"])


def test_whom_the_organizer_left_out_is_named_to_those_who_run_the_event(api, room, organiser, moderator):
    prize, left_out = make_prize(room), add_participant(room)
    body = {"prizeId": prize.pk, "eligibility": {"excludeParticipantIds": [left_out.pk]}}
    url = f"/api/v1/rooms/{room.pk}/draws"
    draw = api(organiser).post(url, body).json()["data"]
    assert draw["eligibility"]["excludeParticipantIds"] == [left_out.pk]
    for client, named in ((api(), False), (api(left_out.user), False), (api(moderator), True)):
        shown = client.get(f"{url}/{draw['id']}").json()["data"]["eligibility"]
        assert (shown["excludedCount"], "excludeParticipantIds" in shown) == (1, named)


def test_weights_that_are_wrong_are_named(api, room, organiser):
    person = add_participant(room)
    person.metadata = {"tickets": "many"}
    person.save()
    body = {"prizeId": make_prize(room).pk, "eligibility": {"weightField": "tickets"}}
    answer = api(organiser).post(f"/api/v1/rooms/{room.pk}/draws", body)
    assert answer.status_code == 422
    assert answer.json()["error"]["details"]["participantIds"] == [person.pk]


def test_rehearsals_are_in_nobodys_list_but_those_of_who_run_the_event(api, room, organiser, moderator, participant):
    scene(room, organiser)
    url = f"/api/v1/rooms/{room.pk}/draws"
    seen = {user and user.name: api(user).get(url).json()["meta"]["total"] for user in (None, participant, moderator)}
    assert list(seen.values()) == [1, 1, 2]
    assert api(moderator).get(f"{url}?rehearsal=true").json()["meta"]["total"] == 1
    public = RoomEvent.objects.filter(room=room, public_seq__isnull=False)
    assert not any("rehearsal" in json.dumps(event.payload) and event.payload["rehearsal"] for event in public)


def test_draw_filters(api, room, organiser):
    ids = scene(room, organiser)
    url = f"/api/v1/rooms/{room.pk}/draws"
    assert api().get(f"{url}?status=committed&prizeId={ids['prize']}").json()["meta"]["total"] == 1
    assert api().get(f"{url}?status=completed").json()["meta"]["total"] == 0
    assert api().get(f"{url}?prizeId={ids['spare']}").json()["meta"]["total"] == 0
    assert api().get(f"{url}?status=lost").status_code == 422


@pytest.mark.parametrize("number", [1, 3])
def test_lists_ask_the_database_the_same_however_long(api, room, organiser, django_assert_num_queries, number):
    prize = make_prize(room, quantity=9)
    for _ in range(number):
        add_participant(room)
    for _ in range(number):
        run_draw(room_id=room.pk, draw_id=make_draw(room, prize, 1).pk, by=organiser)
    client = api()
    # the room, the count, the rows; draws also read their prizes
    for path, queries in (("prizes", 3), ("winners", 3), ("draws", 4)):
        with django_assert_num_queries(queries):
            answer = client.get(f"/api/v1/rooms/{room.pk}/{path}")
        assert answer.json()["meta"]["total"] == (1 if path == "prizes" else number)


@pytest.mark.parametrize("number", [1, 3])
def test_a_run_asks_the_database_the_same_however_many_win(room, organiser, django_assert_num_queries, number):
    prize = make_prize(room, quantity=number)
    for _ in range(number):
        add_participant(room)
    draw = make_draw(room, prize)
    with django_assert_num_queries(29):
        run_draw(room_id=room.pk, draw_id=draw.pk, by=organiser)
    assert Winner.objects.count() == number


def test_revoked_and_replaced_over_http(api, room, organiser):
    prize = make_prize(room)
    for _ in range(3):
        add_participant(room)
    draw = run_draw(room_id=room.pk, draw_id=make_draw(room, prize).pk, by=organiser)
    win = Winner.objects.get(draw=draw)
    revoke_winner(room_id=room.pk, winner_id=win.pk, by=organiser)
    answer = api(organiser).post(f"/api/v1/rooms/{room.pk}/draws", {"replaces": win.pk, "entropyPlan": "a word"})
    assert answer.status_code == 201
    data = answer.json()["data"]
    assert (data["replaces"], data["prizes"][0]["count"]) == (win.pk, 1)
    assert data["entryCount"] == draw.entry_count - 1
