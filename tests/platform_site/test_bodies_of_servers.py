"""What every server that we recommend does alike with bodies that do not end, half requests and lines of the log."""

import contextlib
import json
import re
import socket
from collections.abc import Iterator

import pytest
import requests

from tests.live import DAPHNE, GRANIAN, UVICORN, Server

SERVERS = {"daphne": DAPHNE, "uvicorn": UVICORN, "granian": GRANIAN}
every_server = pytest.mark.parametrize("kind", SERVERS)
ASGI = pytest.mark.parametrize("kind", ["daphne", "uvicorn"])
PRODUCTION = {
    "DEBUG": "off",
    "HTTPS": "off",
    "ALLOWED_HOSTS": "127.0.0.1",
    "SECRET_KEY": "kH3-9sV2nQx8ZpL0wRt6yUe1oBd4cFg7aMj5-Kw2Er8Ty4Ui6Op0",
}


@pytest.fixture(scope="module")
def running() -> Iterator["Started"]:
    """One server of each kind, started when it is first asked for; they need no database that anybody else has."""
    with contextlib.ExitStack() as stack:
        yield Started(stack)


@pytest.fixture
def server(kind, running, db) -> Server:
    return running[kind]


class Started(dict[str, Server]):
    def __init__(self, stack: contextlib.ExitStack) -> None:
        super().__init__()
        self.stack = stack

    def __missing__(self, kind: str) -> Server:
        self[kind] = self.stack.enter_context(Server(SERVERS[kind]))
        return self[kind]


def endless(server: Server, path: str, head: str, mebibytes: int) -> tuple[int, bytes]:
    """The status and body of the answer, and nothing but it, for a body that goes on after it."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as sending:
        sending.sendall(
            f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n{head}\r\n".encode()
        )
        chunk = b" " * 2**20
        if "chunked" in head:
            chunk = b"100000\r\n" + chunk + b"\r\n"
        sending.settimeout(5)
        with contextlib.suppress(OSError):  # refused already, or no longer read
            for _ in range(mebibytes):
                sending.sendall(chunk)
        sending.settimeout(30)
        return answer_on(sending)


def answer_on(sending: socket.socket) -> tuple[int, bytes]:
    """The status and body of one answer; status 0 where the server hung up without one."""
    told = b""
    with contextlib.suppress(ConnectionResetError):
        while piece := sending.recv(65536):
            told += piece
            top, _, body = told.partition(b"\r\n\r\n")
            length = re.search(rb"(?i)content-length: *(\d+)", top)
            if length and len(body) >= int(length[1]):
                break
    top, _, body = told.partition(b"\r\n\r\n")
    return int(top.split()[1]) if top else 0, body


@every_server
@pytest.mark.parametrize("path", ["/api/v1/auth/login", "/login"])
@pytest.mark.parametrize("head", [f"Content-Length: {200 * 2**20}\r\n", "Transfer-Encoding: chunked\r\n"])
def test_a_body_without_end_is_refused_while_it_comes(server, path, head):
    status, body = endless(server, path, head, 50)
    assert status in ((400, 413, 0) if server.command is GRANIAN else (413, 0)), body
    if status == 413 and path.startswith("/api/"):
        assert b"PAYLOAD_TOO_LARGE" in body


@ASGI
def test_what_is_too_much_is_not_read(server):
    """The client cannot even send it: the server stops reading, or hangs up."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=3) as sending:
        sending.sendall(f"POST /login HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {200 * 2**20}\r\n\r\n".encode())
        with pytest.raises(OSError, match=r"timed out|Broken pipe|reset"):
            for _ in range(100):
                sending.sendall(b" " * 2**20)


@every_server
@pytest.mark.parametrize("path", ["/api/v1/auth/login", "/login"])
@pytest.mark.parametrize("body", [b"nonsense", b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nunfinished'])
@pytest.mark.parametrize("kind_of_body", ["multipart/form-data", "multipart/form-data; boundary=x"])
def test_a_broken_form_is_refused_in_words_of_ours(server, path, body, kind_of_body):
    answer = requests.post(server.url + path, body, headers={"Content-Type": kind_of_body}, timeout=30)
    assert 400 <= answer.status_code < 500
    assert answer.headers["X-Request-ID"]
    if path.startswith("/api/"):
        assert answer.json()["error"]["code"] == "BAD_REQUEST"
    else:
        assert "<title>" in answer.text and "Traceback" not in answer.text


@ASGI
@pytest.mark.parametrize(
    "half",
    [
        b"POST /login HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Le",
        b"POST /api/v1/auth/login HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100\r\n\r\n{",
        b"POST /login HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{",
    ],
)
def test_half_a_request_is_not_waited_for(kind, half, db):
    with (
        Server(SERVERS[kind], REQUEST_SECONDS="1") as server,
        socket.create_connection(("127.0.0.1", server.port), timeout=60) as sending,
    ):
        sending.sendall(half)
        while sending.recv(65536):
            pass  # whatever it says, it hangs up


@every_server
@pytest.mark.django_db(transaction=True)
def test_each_request_is_one_line_of_json_without_its_query(kind):
    with Server(SERVERS[kind], **PRODUCTION) as server:
        for path in ("/api/v1/rooms?search=alice@example.com", "/health/live?code=4f9c1b7e", "/api/v1/x?code=4f9c1b7e"):
            requests.get(server.url + path, headers={"X-Request-ID": "from-the-proxy-1"}, timeout=30)
        server.terminate()
        output = server.output()
    assert not re.search("alice|example.com|4f9c1b7e", output)
    # Granian's parent and the interpreter's warnings have a form of their own.
    lines = [json.loads(line) for line in output.splitlines() if line.startswith("{")]
    told = [line["message"] for line in lines if line.get("requestId") == "from-the-proxy-1"]
    assert told == ["GET /api/v1/rooms 200", "GET /health/live 200", "GET /api/v1/x 404"]
