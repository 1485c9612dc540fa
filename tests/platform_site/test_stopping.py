"""SIGTERM: what is being answered is answered, what is new is refused, live connections are told, the process goes."""

import json
import signal
import time
from collections import Counter
from collections.abc import Callable, Container, Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection, HTTPException
from pathlib import Path

import pytest
import requests
from django.core.management import call_command
from django.db import transaction

from prizes.models import Winner
from rooms.models import Room
from tests.factories import add_participant, make_prize
from tests.live import DAPHNE, GRANIAN, RUNSERVER, UVICORN, Live, Server, apart, token_of

SERVERS = {"daphne": DAPHNE, "runserver": RUNSERVER, "uvicorn": UVICORN, "granian": GRANIAN}
AT_ONCE, PIECES = 40, 25


@pytest.fixture(params=SERVERS)
def server(request, transactional_db) -> Iterator[Server]:
    with Server(SERVERS[request.param]) as server:
        yield server


@contextmanager
def held(room: Room) -> Iterator[None]:
    """Nobody else changes the room (on SQLite, anything) until the end of the block."""
    with transaction.atomic():
        Room.objects.select_for_update().get(pk=room.pk)
        yield


def read_connections(port: int, clients: Container[int] | None = None) -> int:
    """How many open connections to `port` (from the ports `clients`) have nothing left that the server has not read."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    ours = [row for row in rows if row[1].endswith(f":{port:04X}") and row[3] == "01"]
    if clients is not None:
        ours = [row for row in ours if int(row[2].rpartition(":")[2], 16) in clients]
    return sum(row[4].endswith(":00000000") for row in ours)


def until(true: Callable[[], bool]) -> None:
    """Waits for something that comes soon, to a bound."""
    for _ in range(3000):
        if true():
            return
        time.sleep(0.01)
    pytest.fail("It did not come.")


def ask_for_award(server: Server, room: Room, prize: str, participant: str, token: str) -> HTTPConnection:
    """Sends the request; the answer is not there yet."""
    sending = HTTPConnection("127.0.0.1", server.port, timeout=90)
    sending.request(
        "POST",
        f"/api/v1/rooms/{room.pk}/winners",
        json.dumps({"prizeId": prize, "participantId": participant}),
        {"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
    )
    return sending


def answer_of(sent: HTTPConnection) -> tuple[int, str]:
    """The status, and the id of the winner or the code of the error; 0 where the connection was cut."""
    with closing(sent):
        try:
            answer = sent.getresponse()
            body = json.loads(answer.read())
        except (ConnectionError, HTTPException):
            return 0, ""
        return answer.status, body["data"]["id"] if answer.status == 201 else body["error"]["code"]


def test_awards_in_flight_are_answered_and_the_process_goes(server, room, organiser):
    prize = make_prize(room, quantity=PIECES)
    people = [add_participant(room).pk for _ in range(AT_ONCE)]
    token = token_of(organiser)
    assert requests.get(f"{server.url}/health/ready", timeout=60).status_code == 200
    with held(room):
        sent = [ask_for_award(server, room, prize.pk, person, token) for person in people]
        until(lambda: read_connections(server.port) >= AT_ONCE)
        server.process.send_signal(signal.SIGTERM)
    answers = [answer_of(each) for each in sent]
    status = server.ended()
    assert status in (0, -signal.SIGTERM), f"{status}\n{server.output()}"

    statuses = Counter(status for status, _ in answers)
    won = {told for status, told in answers if status == 201}
    assert set(Winner.objects.values_list("pk", flat=True)) == won, "an award that was committed was answered"
    assert won, "nothing was in flight"
    assert set(statuses) <= {201, 409, 503, 0}, answers
    assert {told for status, told in answers if status == 503} <= {"SERVICE_UNAVAILABLE"}
    call_command("audit_fund")


@pytest.fixture(params=["daphne", "uvicorn"])
def asgi(request, transactional_db) -> Iterator[Server]:
    with Server(SERVERS[request.param], DRAIN_SECONDS="4") as server:
        yield server


def refused(url: str) -> bool:
    return requests.get(url, timeout=60).status_code == 503


async def test_new_requests_are_refused_and_live_clients_told_to_come_again(asgi, room, organiser):
    token = await apart(token_of, organiser)
    prize = await apart(make_prize, room)
    person = await apart(add_participant, room)

    def stop_meanwhile() -> list[requests.Response]:
        with held(room):
            sent = ask_for_award(asgi, room, prize.pk, person.pk, token)
            until(lambda: read_connections(asgi.port, {sent.sock.getsockname()[1]}) == 1)
            asgi.process.send_signal(signal.SIGTERM)
            until(lambda: refused(f"{asgi.url}/health/live"))
            late = [requests.get(asgi.url + path, timeout=60) for path in ("/api/v1/rooms", "/")]
        assert answer_of(sent)[0] == 201
        return late

    async with Live(asgi.live_url, token) as live:
        await live.subscribe(room.pk)
        poll = apart(requests.get, f"{asgi.url}/socket.io/?EIO=4&transport=polling", timeout=60)
        assert (await poll).status_code == 200
        api, page = await apart(stop_meanwhile)
        assert await live.closed() == 1012
    assert api.status_code == page.status_code == 503
    assert api.json()["error"]["code"] == "SERVICE_UNAVAILABLE"
    assert api.headers["Retry-After"] == page.headers["Retry-After"] == "2"
    assert '<meta http-equiv="refresh" content="2">' in page.text
    assert await apart(asgi.ended) in (0, -signal.SIGTERM)


def test_a_request_that_never_ends_does_not_keep_the_process(asgi, room, organiser):
    prize, person, token = make_prize(room), add_participant(room), token_of(organiser)
    with held(room):
        sent = ask_for_award(asgi, room, prize.pk, person.pk, token)
        until(lambda: read_connections(asgi.port) >= 1)
        assert asgi.terminate() is not None
    assert answer_of(sent)[0] != 201
    assert not Winner.objects.exists()
