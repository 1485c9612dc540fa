"""The main job, as its users do it: the demo is started, an event is set up in the dashboard, people join, a prize is
won, and whoever watches sees it happen. Over real HTTP and a real WebSocket."""

import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import pytest
import requests
from websockets.sync.client import ClientConnection, connect

ROOT = Path(__file__).resolve().parents[1]
PASSWORD = "password123"
STARTING_TIME = 90.0  # seconds: migrations and fixture included, on a machine with much else to do


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server that `manage.py demo` set up from nothing."""
    folder = tmp_path_factory.mktemp("demo")
    address = f"127.0.0.1:{free_port()}"
    environment = os.environ | {"DEBUG": "on", "DATABASE_URL": f"sqlite:///{folder}/demo.sqlite3"}
    output = folder / "output.txt"
    with output.open("w") as file:
        server = subprocess.Popen(
            [sys.executable, "manage.py", "demo", address], cwd=ROOT, env=environment, stdout=file, stderr=file
        )
    try:
        wait_for(f"http://{address}/health/live", server, output)
        yield address
    finally:
        server.terminate()
        server.wait(timeout=20)


def wait_for(url: str, server: subprocess.Popen[bytes], output: Path) -> None:
    deadline = time.monotonic() + STARTING_TIME
    while time.monotonic() < deadline and server.poll() is None:
        try:
            if requests.get(url, timeout=5).ok:
                return
        except requests.ConnectionError:
            time.sleep(0.2)
    pytest.fail(f"The demo did not start:\n{output.read_text()}")


class Dashboard:
    """Somebody's browser in the organiser dashboard: pages are read, forms are sent as they stand, with changes."""

    def __init__(self, address: str, email: str) -> None:
        self.site = f"http://{address}"
        self.browser = requests.Session()
        self.send("/admin/login/?next=/admin/", username=email, password=PASSWORD)

    def read(self, path: str) -> str:
        answer = self.browser.get(self.site + path, timeout=30)
        assert answer.status_code == 200, (path, answer.status_code)
        return unescape(answer.text)

    def send(self, path: str, **fields: str) -> requests.Response:
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', self.read(path))
        assert token
        form = {"csrfmiddlewaretoken": token[1]} | fields
        answer = self.browser.post(self.site + path, data=form, headers={"Referer": self.site + path}, timeout=30)
        assert answer.status_code == 200, (path, answer.status_code)
        return answer


class Client:
    """A client app that somebody has signed in to."""

    def __init__(self, address: str, email: str) -> None:
        self.api = f"http://{address}/api/v1"
        self.headers: dict[str, str] = {}
        answer = self.call("POST", "/auth/login", 200, email=email, password=PASSWORD)
        self.token = answer["data"]["accessToken"]
        self.headers = {"Authorization": f"Bearer {self.token}"}

    def call(self, method: str, path: str, status: int, **body: Any) -> dict:
        answer = requests.request(method, self.api + path, json=body or None, headers=self.headers, timeout=30)
        assert answer.status_code == status, answer.text
        return answer.json()


def next_event(watcher: ClientConnection) -> dict:
    """The next event of the log; what is not of the log carries no seq."""
    while True:
        frame = json.loads(watcher.recv(timeout=30))
        if "seq" in frame.get("data", {}) and frame.get("event", "") != "room:subscribed":
            return frame


def test_an_event_runs_from_the_dashboard_to_the_last_piece(demo: str) -> None:
    # 1. Alice signs in to the dashboard, sees her lottery and only hers, creates a room with its settings, adds a
    #    prize, and starts it.
    alice = Dashboard(demo, "alice@example.com")
    rooms = alice.read("/admin/rooms/room/")
    assert "New Year Lottery 2025" in rooms
    assert "Christmas Trivia Quiz" not in rooms
    assert "Private Office Lottery" not in rooms
    created = alice.send(
        "/admin/rooms/room/add/?app=app_lottery_v1",
        name="Winter party",
        description="",
        is_public="on",
        entry_policy="GUESTS",
        time_zone="UTC",
        reveal_seconds="8",
        app_settings=json.dumps({"ticketCount": 100, "drawDate": "2030-12-31T20:00:00Z", "theme": "christmas"}),
    )
    found = re.search(r"/admin/rooms/room/(c[0-9a-z]{24})/", created.url)
    assert found, created.url
    room = found[1]
    alice.send(f"/admin/prizes/prize/add/?room={room}", name="Chocolate", quantity="3", metadata="{}", position="0")
    alice.send(f"/admin/rooms/room/{room}/activate/", _form_submitted="True")

    # 2. Bob signs in through the API, lists rooms and joins.
    bob = Client(demo, "bob@example.com")
    listed = {each["id"]: each for each in bob.call("GET", "/rooms", 200)["data"]}
    assert (listed[room]["status"], listed[room]["prizeCount"]) == ("ACTIVE", 1)
    assert listed[room]["appSettings"]["theme"] == "christmas"

    # 3. A WebSocket client sees each step arrive, with its number.
    organiser = Client(demo, "alice@example.com")
    with connect(f"ws://{demo}/ws/", open_timeout=30) as watcher:
        watcher.send(json.dumps({"id": 1, "event": "room:subscribe", "data": {"roomId": room}}))
        answer = json.loads(watcher.recv(timeout=30))
        assert (answer["ack"], answer["success"]) == (1, True)
        seq = answer["data"]["seq"]
        person = bob.call("POST", f"/rooms/{room}/participants", 201)["data"]["id"]
        prize = organiser.call("POST", f"/rooms/{room}/prizes", 201, name="Cup", quantity=2)["data"]["id"]

        # 4. Alice awards a prize: the stock goes down by one, and there is no second win of the last piece.
        path = f"/rooms/{room}/winners"
        won = organiser.call("POST", path, 201, prizeId=prize, participantId=person)["data"]
        events = [next_event(watcher) for _ in range(3)]
    assert [event["event"] for event in events] == ["participant:joined", "prize:created", "winner:selected"]
    assert [event["data"]["seq"] for event in events] == [seq + 1, seq + 2, seq + 3]
    assert events[0]["data"]["participant"]["id"] == person
    assert events[2]["data"]["winner"]["id"] == won["id"]
    stock = {
        each["id"]: each["quantityRemaining"] for each in organiser.call("GET", f"/rooms/{room}/prizes", 200)["data"]
    }
    assert stock[prize] == 1

    charlie = Client(demo, "charlie@example.com")
    other = charlie.call("POST", f"/rooms/{room}/participants", 201)["data"]["id"]
    organiser.call("POST", path, 201, prizeId=prize, participantId=other)
    diana = Client(demo, "diana@example.com")
    third = diana.call("POST", f"/rooms/{room}/participants", 201)["data"]["id"]
    refused = organiser.call("POST", path, 409, prizeId=prize, participantId=third)
    assert refused["error"]["code"] == "PRIZE_EXHAUSTED"
    assert len(organiser.call("GET", path, 200)["data"]) == 2
