"""Lists: pages, cursors, sort, fields."""

import pytest

from rooms.models import Room
from tests.factories import make_prize, make_room


@pytest.fixture
def rooms(organiser):
    return [make_room(organiser, name=name) for name in ("Beta", "Alpha", "Delta", "Gamma", "Alpha")]


def names(answer):
    assert answer.status_code == 200, answer.json()
    return [room["name"] for room in answer.json()["data"]]


def walk(client, query):
    """All pages by cursor."""
    found: list[str] = []
    cursor: str | None = ""
    pages = 0
    while cursor is not None:
        answer = client.get(f"/api/v1/rooms?{query}&cursor={cursor}")
        found += [room["id"] for room in answer.json()["data"]]
        cursor = answer.json()["meta"]["nextCursor"]
        pages += 1
        assert pages < 20
    return found, pages


@pytest.mark.parametrize("sort", ["", "sort=name", "sort=-name,createdAt", "sort=-createdAt"])
def test_cursors_walk_every_row_once_in_the_order_of_the_list(api, rooms, sort):
    whole = [room["id"] for room in api().get(f"/api/v1/rooms?{sort}").json()["data"]]
    found, pages = walk(api(), f"limit=2&{sort}")
    assert found == whole
    assert pages == 3


def test_a_numbered_page_tells_the_cursor_of_the_next(api, rooms):
    first = api().get("/api/v1/rooms?limit=2").json()
    assert first["meta"] | {"nextCursor": ""} == {
        "page": 1, "limit": 2, "total": 5, "totalPages": 3, "pages": 3, "nextCursor": "",
    }  # fmt: skip
    by_cursor = api().get(f"/api/v1/rooms?limit=2&cursor={first['meta']['nextCursor']}").json()
    by_page = api().get("/api/v1/rooms?limit=2&page=2").json()
    assert by_cursor["data"] == by_page["data"]
    assert set(by_cursor["meta"]) == {"limit", "nextCursor"}
    assert api().get("/api/v1/rooms?limit=2&page=3").json()["meta"]["nextCursor"] is None


def test_rows_that_come_while_walking_shift_nothing(api, rooms, organiser):
    first = api().get("/api/v1/rooms?limit=2&sort=-createdAt&cursor=").json()
    make_room(organiser, name="New")
    second = api().get(f"/api/v1/rooms?limit=10&sort=-createdAt&cursor={first['meta']['nextCursor']}").json()
    assert not {room["id"] for room in first["data"]} & {room["id"] for room in second["data"]}
    assert len(first["data"]) + len(second["data"]) == 5


def test_a_page_by_cursor_asks_for_no_count(api, rooms, django_assert_num_queries):
    cursor = api().get("/api/v1/rooms?limit=2").json()["meta"]["nextCursor"]
    with django_assert_num_queries(1):
        api().get(f"/api/v1/rooms?limit=2&cursor={cursor}")


@pytest.mark.parametrize("cursor", ["x", "a:b", "%00", "eyJ9:AAAA", "é", "a" * 5000])
def test_a_broken_cursor_is_refused(api, rooms, cursor):
    answer = api().get(f"/api/v1/rooms?cursor={cursor}")
    assert answer.status_code == (400 if cursor == "%00" else 422)


def test_a_cursor_fits_its_own_list_and_sort_only(api, rooms):
    for number in range(3):
        make_prize(rooms[0], name=f"Cup {number}")
    cursor = api().get("/api/v1/rooms?limit=2&sort=name").json()["meta"]["nextCursor"]
    for address in ("/api/v1/rooms?sort=-name&", "/api/v1/rooms?", f"/api/v1/rooms/{rooms[0].pk}/prizes?"):
        answer = api().get(f"{address}cursor={cursor}")
        assert (answer.status_code, list(answer.json()["error"]["details"]["fields"])) == (422, ["cursor"])
    changed = cursor[:-1] + ("A" if cursor[-1] != "A" else "B")
    assert api().get(f"/api/v1/rooms?sort=name&cursor={changed}").status_code == 422
    assert api().get(f"/api/v1/rooms?sort=name&page=1&cursor={cursor}").status_code == 422


def test_sort_by_several_fields(api, rooms):
    assert names(api().get("/api/v1/rooms?sort=name,-createdAt")) == ["Alpha", "Alpha", "Beta", "Delta", "Gamma"]
    ids = [room["id"] for room in api().get("/api/v1/rooms?sort=name,-createdAt").json()["data"]]
    assert ids[:2] == [rooms[4].pk, rooms[1].pk]
    assert names(api().get("/api/v1/rooms?sort=-name"))[0] == "Gamma"


@pytest.mark.parametrize(
    "sort", ["", "unknown", "name,unknown", "--name", "created_at", "name,name", "app__secret_hash"]
)
def test_an_unknown_sort_is_refused(api, rooms, sort):
    answer = api().get(f"/api/v1/rooms?sort={sort}")
    assert (answer.status_code, list(answer.json()["error"]["details"]["fields"])) == (422, ["sort"])


def test_fields_leave_out_everything_else(api, rooms):
    listed = api().get("/api/v1/rooms?fields=name,id,_count").json()
    assert all(set(room) == {"id", "name", "_count"} for room in listed["data"])
    assert listed["meta"]["total"] == 5
    one = api().get(f"/api/v1/rooms/{rooms[0].pk}?fields=id,status").json()
    assert one == {"data": {"id": rooms[0].pk, "status": "ACTIVE"}}


@pytest.mark.parametrize("fields", ["", "id,secret", "app.secret_hash", "created_by", "id,,name"])
def test_unknown_fields_are_refused(api, rooms, fields):
    for address in ("/api/v1/rooms", f"/api/v1/rooms/{rooms[0].pk}"):
        answer = api().get(f"{address}?fields={fields}")
        assert (answer.status_code, list(answer.json()["error"]["details"]["fields"])) == (422, ["fields"])


@pytest.mark.parametrize(
    "query",
    ["limit=abc", "limit=0", "limit=-1", "limit=101", "limit=1000000", "limit=", "limit=1.5", "limit=٣", "page=0",
     "page=-1", "page=abc", f"page={10**30}", "page=", "status=NONE", "isPublic=maybe"],
)  # fmt: skip
def test_values_out_of_range_are_refused(api, rooms, query):
    answer = api().get(f"/api/v1/rooms?{query}")
    assert (answer.status_code, list(answer.json()["error"]["details"]["fields"])) == (422, [query.split("=")[0]])


def test_a_page_past_the_end_is_an_empty_list(api, rooms):
    answer = api().get("/api/v1/rooms?page=2147483648")
    assert names(answer) == []
    assert answer.json()["meta"]["total"] == Room.objects.count()
