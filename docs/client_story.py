"""A client app's whole story in one file, written from /api/docs/ alone. Python's standard library is all it needs.

    python docs/client_story.py http://127.0.0.1:8000
    python docs/client_story.py http://127.0.0.1:8000 --organizer alice@example.com --player bob@example.com

An organizer sets up an event; a guest comes by its code and a player by its link; prizes are won, by hand and by a
draw; everybody signs out. It ends with an error at the first answer that is not as the API describes it.
"""

import argparse
import json
import uuid
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen


class Refused(Exception):
    """An answer with an `error`. Programs look at `code`; `message` is for people."""

    def __init__(self, status: int, error: dict[str, Any]) -> None:
        super().__init__(f"{status} {error['code']}: {error['message']}")
        self.status, self.code, self.details = status, error["code"], error.get("details", {})


class Client:
    """One signed-in device, or nobody yet."""

    def __init__(self, site: str, tokens: dict[str, Any] | None = None) -> None:
        self.api = site.rstrip("/") + "/api/v1"
        self.tokens = tokens or {}
        self.headers: dict[str, str] = {}  # of the last answer

    def send(self, method: str, path: str, body: Any = None, key: str = "", **query: Any) -> Any:
        """The whole body of the answer: {"data", "meta"?}. Raises Refused."""
        headers = {"Content-Type": "application/json"}
        if self.tokens:
            headers["Authorization"] = f"Bearer {self.tokens['accessToken']}"
        if key:
            headers["Idempotency-Key"] = key
        address = f"{self.api}{path}?{urlencode(query)}" if query else self.api + path
        data = None if body is None else json.dumps(body).encode()
        request = Request(address, data, headers, method=method)  # noqa: S310  the address is the caller's own
        try:
            with urlopen(request, timeout=30) as answer:  # noqa: S310
                self.headers = dict(answer.headers)
                content = answer.read()
        except HTTPError as refusal:
            with refusal:
                raise Refused(refusal.code, json.load(refusal)["error"]) from None
        return json.loads(content) if "json" in self.headers["Content-Type"] else content.decode("utf-8-sig")

    def call(self, method: str, path: str, body: Any = None, key: str = "", **query: Any) -> Any:
        """`data` of the answer."""
        return self.send(method, path, body, key, **query)["data"]

    def everything(self, path: str, **query: Any) -> list[Any]:
        """A long list to its end, by cursor."""
        rows, cursor = [], ""
        while cursor is not None:
            page = self.send("GET", path, cursor=cursor, **query)
            rows += page["data"]
            cursor = page["meta"]["nextCursor"]
        return rows

    def refused(self, code: str, method: str, path: str, body: Any = None) -> Refused:
        """What is refused with `code`, as it must be here."""
        try:
            self.send(method, path, body)
        except Refused as refusal:
            check(refusal.code == code, f"{method} {path} is refused with {code}, not {refusal}")
            return refusal
        raise SystemExit(f"{method} {path} should be refused with {code}")


def check(holds: bool, what: str) -> None:
    if not holds:
        raise SystemExit(f"Not as described: {what}")


def tell(step: str) -> None:
    print(f"- {step}", flush=True)


def sign_in(site: str, email: str, password: str) -> Client:
    nobody = Client(site)
    client = Client(site, nobody.call("POST", "/auth/login", {"email": email, "password": password}))
    me = client.call("GET", "/auth/me")
    check(me["email"] == email, "one's own profile tells the e-mail")
    tell(f"{me['name']} signs in")
    return client


def refresh(client: Client) -> None:
    """Before the access token ends after `expiresIn` seconds. Each refresh token works once: keep the new one."""
    old = client.tokens
    client.tokens = Client(client.api.removesuffix("/api/v1")).call(
        "POST", "/auth/refresh", {"refreshToken": old["refreshToken"]}
    )
    check(client.tokens["refreshToken"] != old["refreshToken"], "a refresh token is replaced")
    tell("takes a new pair of tokens")


def settings_for(schema: dict[str, Any]) -> dict[str, Any]:
    """The least that an app's manifest asks of a room: what is required and has no default."""
    samples: dict[str, Any] = {"string": "text", "boolean": True, "array": [], "object": {}}
    found = {}
    for name in schema.get("required", []):
        part = schema["properties"][name]
        if "default" not in part:
            number = max(part.get("minimum", 1), 1)
            moment = "2030-12-31T20:00:00Z" if part.get("format") == "date-time" else None
            found[name] = moment or part.get("enum", [samples.get(part.get("type"), number)])[0]
    return found


def look_around(client: Client) -> None:
    """Lists: filters, sort, fields, pages and cursors."""
    page = client.send("GET", "/rooms", status="active", sort="-createdAt", fields="id,name,status", limit=2)
    check(all(set(room) == {"id", "name", "status"} for room in page["data"]), "`fields` keeps these and no others")
    check(all(room["status"] == "ACTIVE" for room in page["data"]), "`status` filters, in any case of letters")
    check(page["meta"]["page"] == 1 and page["meta"]["limit"] == 2, "`meta` tells the page")
    rooms = client.everything("/rooms", limit=2, status="ACTIVE")
    check(len({room["id"] for room in rooms}) == page["meta"]["total"], "a walk by cursor finds each room once")
    wrong = client.refused("VALIDATION_ERROR", "GET", "/rooms?status=NONSENSE")
    check("status" in wrong.details["fields"], "`details.fields` names what is wrong")
    tell(f"finds {len(rooms)} running events")


def set_up(organizer: Client, app_id: str) -> dict[str, Any]:
    """A room, created once however often the request is sent, then started."""
    app = organizer.call("GET", f"/apps/{app_id}" if app_id else f"/apps/{organizer.call('GET', '/apps')[0]['appId']}")
    body = {"name": "Story night", "appId": app["appId"], "appSettings": settings_for(app["manifest"]["settings"])}
    key = str(uuid.uuid4())
    room = organizer.call("POST", "/rooms", body, key)
    again = organizer.call("POST", "/rooms", body, key)
    check(again["id"] == room["id"], "the same Idempotency-Key creates nothing twice")
    check(organizer.headers.get("Idempotent-Replayed") == "true", "a repeated answer says so")
    check((room["status"], room["_count"]["participants"]) == ("DRAFT", 1), "a room begins as a DRAFT, with its maker")
    room = organizer.call("PATCH", f"/rooms/{room['id']}", {"status": "ACTIVE"})
    tell(f"creates and starts “{room['name']}”, which runs {app['name']}")
    return room


def come_in(site: str, organizer: Client, player: Client, room: dict[str, Any]) -> tuple[Client, str, str]:
    """By code as a guest, by link as somebody with an account. Returns the guest and both participant ids."""
    entry = Client(site).call("POST", "/rooms/join", {"code": room["joinCode"].lower(), "name": "Gus"})
    guest = Client(site, entry["tokens"])
    check(entry["participant"]["role"] == "PARTICIPANT", "who comes by a code takes part")
    check(guest.call("GET", f"/rooms/{room['id']}")["name"] == room["name"], "a guest's token reads their room")
    place = player.call("POST", f"/rooms/{room['id']}/participants")
    player.refused("CONFLICT", "POST", f"/rooms/{room['id']}/participants")
    people = f"/rooms/{room['id']}/participants"
    invitation = organizer.call("POST", people, {"email": "somebody@example.com", "role": "VIEWER"})
    check(invitation["role"] == "VIEWER", "an invitation keeps a place for an e-mail address")
    numbered = organizer.call("PATCH", f"{people}/{place['id']}", {"metadata": {"ticket": 7}})
    check(numbered["metadata"] == {"ticket": 7}, "organizers number tickets")
    here = organizer.call("GET", people, role="PARTICIPANT", sort="joinedAt")
    check([person["id"] for person in here] == [entry["participant"]["id"], place["id"]], "people are listed in order")
    check("email" not in json.dumps(here), "nobody's e-mail is told")
    tell("a guest comes in by the code, a player by the link")
    return guest, entry["participant"]["id"], place["id"]


def award(organizer: Client, guest: Client, room: dict[str, Any], winner: str, other: str) -> None:
    """By hand: a piece of a prize to a person."""
    prizes, winners = f"/rooms/{room['id']}/prizes", f"/rooms/{room['id']}/winners"
    prize = organizer.call("POST", prizes, {"name": "Mug", "quantity": 1}, str(uuid.uuid4()))
    guest.refused("FORBIDDEN", "POST", prizes, {"name": "Mine"})
    win = organizer.call("POST", winners, {"prizeId": prize["id"], "participantId": winner}, str(uuid.uuid4()))
    check((win["state"], win["method"]) == ("AWARDED", "MANUAL"), "a prize is awarded by hand")
    organizer.refused("PRIZE_EXHAUSTED", "POST", winners, {"prizeId": prize["id"], "participantId": other})
    check(guest.call("GET", f"{prizes}/{prize['id']}")["quantityRemaining"] == 0, "everybody sees what is left")
    organizer.call("DELETE", f"{winners}/{win['id']}", {"reason": "Not in the hall."})
    check(guest.call("GET", f"{prizes}/{prize['id']}")["quantityRemaining"] == 1, "a revoked piece is back")
    check(guest.call("GET", winners) == [], "revoked wins are listed by filter only")
    check(len(guest.call("GET", winners, state="REVOKED")) == 1, "the record keeps them")
    win = organizer.call("POST", winners, {"prizeId": prize["id"], "participantId": other}, str(uuid.uuid4()))
    check(organizer.call("POST", f"{winners}/{win['id']}/fulfil")["state"] == "FULFILLED", "a prize is handed over")
    tell("a mug is won, given back, won again and handed over")


def draw(organizer: Client, guest: Client, room: dict[str, Any]) -> None:
    """Committed first, so that nobody can choose the outcome; then run; then everybody can recompute it."""
    prizes = f"/rooms/{room['id']}/prizes"
    prize = organizer.call("POST", prizes, {"name": "Voucher", "quantity": 2}, str(uuid.uuid4()))
    draws = f"/rooms/{room['id']}/draws"
    rules = {"prizeId": prize["id"], "eligibility": {"excludeWinners": False}}
    committed = organizer.call("POST", draws, rules, str(uuid.uuid4()))
    check(committed["seed"] is None and bool(committed["commitment"]), "the seed is secret, its hash is not")
    done = organizer.call("POST", f"{draws}/{committed['id']}/run")
    check(done["commitment"] == committed["commitment"] and done["winnerCount"] == 2, "both vouchers are drawn")
    proof = guest.call("GET", f"{draws}/{committed['id']}/proof")
    check(proof["seed"] == done["seed"] and len(proof["winners"]) == 2, "the record reveals the seed")
    drawn = guest.call("GET", f"/rooms/{room['id']}/winners", prizeId=prize["id"])
    check({win["drawId"] for win in drawn} == {committed["id"]}, "drawn wins name their draw")
    tell("two vouchers are drawn, and anybody can check how")


def read_the_log(guest: Client, room: dict[str, Any]) -> None:
    """What a client that was away has missed: everything after the last number that it knows."""
    events = guest.send("GET", f"/rooms/{room['id']}/events", since=0)
    numbers = [event["data"]["seq"] for event in events["data"]]
    check(numbers == list(range(1, len(numbers) + 1)), "the log has no gaps")
    later = guest.call("GET", f"/rooms/{room['id']}/events", since=numbers[-2])
    check(len(later) == 1, "`since` begins behind the number")
    tell(f"the guest catches up on {len(numbers)} events")


def wind_up(organizer: Client, player: Client, guest: Client, room: dict[str, Any]) -> None:
    table = organizer.send("GET", f"/rooms/{room['id']}/export.csv", table="winners")
    check("Voucher" in table, "organizers take the tables home")
    organizer.call("PATCH", f"/rooms/{room['id']}", {"status": "COMPLETED"})
    organizer.refused("ROOM_CLOSED", "POST", f"/rooms/{room['id']}/prizes", {"name": "Too late"})
    player.call("DELETE", f"/rooms/{room['id']}/participants/me")
    devices = organizer.call("GET", "/auth/sessions")
    check([device["current"] for device in devices].count(True) == 1, "one of the devices is this one")
    for client in (organizer, player, guest):
        client.call("POST", "/auth/logout")
        client.refused("INVALID_TOKEN", "GET", "/auth/me")
    tell("the event is over, and everybody signs out")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("site", help="for example http://127.0.0.1:8000")
    parser.add_argument("--organizer", default="alice@example.com", help="e-mail of who sets up the event")
    parser.add_argument("--player", default="bob@example.com", help="e-mail of somebody else")
    parser.add_argument("--password", default="password123", help="of both; the default is that of the demo accounts")
    parser.add_argument("--app", default="", help="what the room runs, for example app_lottery_v1")
    given = parser.parse_args()
    organizer = sign_in(given.site, given.organizer, given.password)
    refresh(organizer)
    look_around(organizer)
    room = set_up(organizer, given.app)
    player = sign_in(given.site, given.player, given.password)
    guest, guest_place, player_place = come_in(given.site, organizer, player, room)
    award(organizer, guest, room, guest_place, player_place)
    draw(organizer, guest, room)
    read_the_log(guest, room)
    wind_up(organizer, player, guest, room)
    print("All as described.")


if __name__ == "__main__":
    main()
