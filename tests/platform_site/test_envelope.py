"""Whatever is sent, the API answers in its envelope, and never with a 500 that the sender caused."""

import contextlib
import http.client
import io
import json
import socket
import subprocess
import sys
import time
from typing import Any

import pytest
from django.core.wsgi import get_wsgi_application
from django.urls import path
from rest_framework.test import APIClient
from rest_framework.views import APIView

from platform_site.urls import urlpatterns as site_urls

JSON = "application/json"
BIG = 2**20 + 1


def error_of(answer, *, status, code):
    assert answer["Content-Type"] == JSON, answer.content[:300]
    body = answer.json()
    assert (answer.status_code, body["error"]["code"]) == (status, code), body
    assert set(body) == {"error"}
    assert set(body["error"]) <= {"code", "message", "details"}
    assert answer["X-Request-ID"]
    return body["error"]


def send(client, body, content_type=JSON, address="/api/v1/auth/login"):
    return client.post(address, body, content_type=content_type)


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"nonsense",
        b"\xff\xfe\xfa",
        '{"email": "a"}'.encode("utf-16"),
        b'{"email": NaN}',
        b'{"email": Infinity}',
        b'{"email": -Infinity}',
        b'{"email": 1e400}',
        b'{"email": ' + b"9" * 400 + b"}",
        b'{"email": ' + b"9" * 10_000 + b"}",
        b'{"email": "\\u0000"}',
        b'{"\\u0000": 1}',
        b'{"email": "\\ud800"}',
        b'{"email": "\x00"}',
        b"[" * 100 + b"]" * 100,
        b"[" * 100_000,
        b'{"a":' * 50 + b"1" + b"}" * 50,
        b" ",
        b'{"email": "a"} trailing',
    ],
)
def test_unreadable_bodies(api, db, body):
    error_of(send(api(), body), status=400, code="BAD_REQUEST")


@pytest.mark.parametrize("body", [b"[]", b"null", b'"text"', b"1", b"true", b"[1, [2]]", b"{}", b'{"email": {"a": 1}}'])
def test_readable_bodies_of_another_shape(api, db, body):
    error = error_of(send(api(), body), status=422, code="VALIDATION_ERROR")
    assert all(isinstance(text, str) for texts in error["details"]["fields"].values() for text in texts)


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "application/xml",
                     "application/json, application/json", "application/json, text/plain", "a" * 1000]
)  # fmt: skip
def test_other_content_types(api, db, content_type):
    error_of(send(api(), b'{"email": "a", "password": "b"}', content_type), status=400, code="BAD_REQUEST")


@pytest.mark.parametrize("content_type", ["application/json; charset=utf-8", "Application/JSON", "application/json;"])
def test_ways_to_write_the_content_type(api, db, content_type):
    error_of(send(api(), b'{"email": "a", "password": "b"}', content_type), status=401, code="INVALID_CREDENTIALS")


def test_a_byte_order_mark_is_no_fault(api, db):
    error_of(send(api(), b'\xef\xbb\xbf{"email": "a", "password": "b"}'), status=401, code="INVALID_CREDENTIALS")


@pytest.mark.parametrize("address", ["/api/v1/auth/login", "/api/v1/rooms", "/api/v1/nowhere", "/api/nowhere"])
def test_bodies_over_one_mebibyte(api, db, address):
    error_of(send(api(), b" " * BIG, address=address), status=413, code="PAYLOAD_TOO_LARGE")
    boasting = api().generic("POST", address, b"{}", content_type=JSON, CONTENT_LENGTH="9" * 40)
    error_of(boasting, status=413, code="PAYLOAD_TOO_LARGE")


def test_a_length_that_is_no_number(api, db):
    answer = api().generic("POST", "/api/v1/rooms", b"{}", content_type=JSON, CONTENT_LENGTH="many")
    error_of(answer, status=400, code="BAD_REQUEST")


def test_a_body_of_just_one_mebibyte_is_read(api, db):
    body = json.dumps({"email": "a", "password": ""})
    error_of(send(api(), body + " " * (2**20 - len(body))), status=422, code="VALIDATION_ERROR")


@pytest.mark.parametrize(
    "quantity", ["3000000000", "3e9", "-1", "0", "1.5", "9" * 300, '"x"', "null", "true", "[]", '"' + "9" * 5000 + '"']
)
def test_numbers_that_no_column_holds(api, room, organiser, quantity):
    body = f'{{"name": "Cup", "quantity": {quantity}}}'
    answer = send(api(organiser), body, address=f"/api/v1/rooms/{room.pk}/prizes")
    error = error_of(answer, status=422, code="VALIDATION_ERROR")
    assert list(error["details"]["fields"]) == ["quantity"]
    assert not room.prizes.exists()


def test_large_metadata(api, room, organiser):
    body = {"name": "Cup", "metadata": {"text": "x" * 16_400}}
    answer = api(organiser).post(f"/api/v1/rooms/{room.pk}/prizes", body)
    assert "metadata" in error_of(answer, status=422, code="VALIDATION_ERROR")["details"]["fields"]


@pytest.mark.parametrize("query", ["search=%00", "%00=1", "search=a%00b", "page=%00", "appId=%00"])
def test_nul_in_the_query(api, db, query):
    error_of(api().get(f"/api/v1/rooms?{query}"), status=400, code="BAD_REQUEST")


@pytest.mark.parametrize(
    "query", ["search=%ff", "search=%ED%A0%80", "search=%", "=", "&&&", "search=" + "a" * 5000, "status=%ff"]
)
def test_odd_queries(api, db, query):
    assert api().get(f"/api/v1/rooms?{query}").status_code in {200, 422}


def test_more_parameters_than_anybody_needs(api, db):
    error_of(api().get("/api/v1/rooms?" + "a=1&" * 2000), status=400, code="BAD_REQUEST")


@pytest.mark.parametrize(
    "address",
    ["/api/v1/nowhere", "/api/", "/api/v2/rooms", "/api/v1/rooms/", "/api/v1/rooms/none", "/api/v1/rooms/c" + "0" * 24,
     "/api/v1/rooms/%ff", "/api/v1/rooms/%00", "/api/v1/%00", "/api/%00", "/api/v1/rooms/..%2f..",
     "/api/v1/rooms/" + "c" * 3000, "/api/v1/rooms/" + "c0" * 12 + "%0A"],
)  # fmt: skip
def test_unknown_addresses(api, db, settings, address):
    for settings.DEBUG in (False, True):
        error_of(api().get(address), status=404, code="NOT_FOUND")
        error_of(
            api().put(address),
            status=405 if "000" in address else 404,
            code="METHOD_NOT_ALLOWED" if "000" in address else "NOT_FOUND",
        )


@pytest.mark.parametrize(
    "header", ["HTTP_AUTHORIZATION", "HTTP_USER_AGENT", "HTTP_IDEMPOTENCY_KEY", "HTTP_X_REQUEST_ID"]
)
def test_nul_in_headers(api, db, header):
    answer = api().post("/api/v1/auth/login", {"email": "a", "password": "b"}, **{header: "a\0b"})
    error_of(answer, status=400, code="BAD_REQUEST")


@pytest.mark.parametrize(
    "value", ["Bearer", "Bearer a b", "Basic YTpi", "Bearer é", "Bearer " + "a" * 9000, "Bearer a.b.c", "eyJ"]
)
def test_tokens_that_are_none(api, db, value):
    client = api()
    client.credentials(HTTP_AUTHORIZATION=value)
    answer = client.get("/api/v1/rooms")
    error_of(answer, status=401, code="INVALID_TOKEN")
    assert answer["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("method", ["PUT", "DELETE", "TRACE", "PROPFIND", "OPTIONS"])
def test_methods_that_are_not_there(api, db, method):
    answer = api().generic(method, "/api/v1/rooms")
    error_of(answer, status=405, code="METHOD_NOT_ALLOWED")
    assert answer["Allow"] == "GET, POST, HEAD"


def test_head_is_get_without_a_body(api, room):
    answer = api().head("/api/v1/rooms")
    assert (answer.status_code, answer.content) == (200, b"")


def test_an_answer_is_never_kept_by_caches(api, room):
    assert api().get("/api/v1/rooms")["Cache-Control"] == "no-store"


# --- Crashes -------------------------------------------------------------------------------------------------------


class Crash(APIView):
    authentication_classes = ()
    schema = None

    def get(self, request):
        raise RuntimeError("SELECT password FROM accounts_user")


def crash(request):
    raise RuntimeError("SELECT password FROM accounts_user")


urlpatterns = [path("api/v1/crash", Crash.as_view()), path("api/v1/crash-outside", crash), *site_urls]
handler500 = "platform_site.views.server_error"


@pytest.mark.urls(__name__)
@pytest.mark.parametrize("address", ["/api/v1/crash", "/api/v1/crash-outside"])
@pytest.mark.parametrize("debug", [False, True])
def test_a_crash_tells_nothing(db, settings, caplog, address, debug):
    settings.DEBUG = debug
    client = APIClient(raise_request_exception=False)
    answer = client.get(address)
    error = error_of(answer, status=500, code="INTERNAL_ERROR")
    assert set(error) == {"code", "message"}
    assert b"SELECT" not in answer.content
    assert "SELECT password" in caplog.text  # but whoever runs the server learns it


def test_a_wrong_host_is_refused_without_a_page(api, db, settings):
    settings.ALLOWED_HOSTS = ["events.example.org"]
    for settings.DEBUG in (False, True):
        error_of(api().get("/api/v1/rooms", HTTP_HOST="evil.example"), status=400, code="BAD_REQUEST")


# --- A real server: bodies in chunks, and more of them than anybody waits for ----------------------------------------


@pytest.fixture(scope="module")
def daphne():
    """The port of a server of its own. It needs no database: what is sent here is refused before."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "daphne", "-b", "127.0.0.1", "-p", str(port), "platform_site.asgi:application"]
    server = subprocess.Popen(command, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 60
        while not answers(port):
            assert server.poll() is None, "daphne ended"
            assert time.monotonic() < deadline, "daphne did not start"
            time.sleep(0.05)
        yield port
    finally:
        server.terminate()
        server.wait(30)


def answers(port):
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def exchange(port, head, chunks):
    """The status and the body that the server answers, even where it stops reading."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.putrequest("POST", "/api/v1/auth/login")
    for name, value in {"Content-Type": JSON, **head}.items():
        connection.putheader(name, value)
    connection.endheaders()
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        for chunk in chunks:
            connection.send(chunk)
    with contextlib.closing(connection), connection.getresponse() as answer:
        body = json.loads(answer.read())
    assert answer.headers["X-Request-ID"]
    assert answer.headers["X-RateLimit-Limit"]
    return answer.status, body["error"]


def chunked(*parts):
    return [b"%x\r\n%s\r\n" % (len(part), part) for part in parts] + [b"0\r\n\r\n"]


def test_a_body_in_chunks_is_read(daphne):
    head = {"Transfer-Encoding": "chunked"}
    status, error = exchange(daphne, head, chunked(b'{"email":', b' "a"}'))
    assert (status, list(error["details"]["fields"])) == (422, ["password"])
    assert exchange(daphne, head, chunked(b"{"))[0] == 400


def test_a_large_body_in_chunks_is_refused(daphne):
    status, error = exchange(daphne, {"Transfer-Encoding": "chunked"}, chunked(*[b" " * 65536] * 40))
    assert (status, error["code"]) == (413, "PAYLOAD_TOO_LARGE")


def test_a_large_body_with_its_length_is_refused(daphne):
    status, error = exchange(daphne, {"Content-Length": str(3 * 2**20)}, [b" " * 2**20] * 3)
    assert (status, error["code"]) == (413, "PAYLOAD_TOO_LARGE")


def wsgi(body, **environ):
    """The answer of the WSGI application to a body without a length."""
    told: list[int] = []
    request = {
        "REQUEST_METHOD": "POST", "PATH_INFO": "/api/v1/auth/login", "SERVER_NAME": "localhost", "SERVER_PORT": "80",
        "HTTP_TRANSFER_ENCODING": "chunked", "CONTENT_TYPE": JSON, "REMOTE_ADDR": "127.0.0.1",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.input": io.BytesIO(body), "wsgi.url_scheme": "http", "wsgi.errors": sys.stderr, **environ,
    }  # fmt: skip
    application: Any = get_wsgi_application()
    parts = application(request, lambda status, headers: told.append(int(status[:3])))
    return told[0], json.loads(b"".join(parts))["error"]


def test_bodies_in_chunks_under_wsgi(db):
    status, error = wsgi(b'{"email": "a"}', **{"wsgi.input_terminated": True})
    assert (status, list(error["details"]["fields"])) == (422, ["password"])
    assert wsgi(b" " * BIG, **{"wsgi.input_terminated": True})[0] == 413
    # A server that does not say where the body ends: reading could wait for ever.
    assert wsgi(b'{"email": "a"}')[0] == 400
