"""Signing in through the provider in a real browser: two origins, a redirect through a third, cookies and all."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from playwright.sync_api import Page, expect

from accounts.models import User
from tests.accounts.conftest import Provider

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


class FrontEnd(BaseHTTPRequestHandler):
    """A client app of another origin: a page that says where it is."""

    def do_GET(self) -> None:
        body = b"<!doctype html><title>Client app</title><h1>Client app</h1>"
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def app(settings) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), FrontEnd)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    settings.OAUTH_REDIRECTS = [f"http://127.0.0.1:{server.server_port}"]
    yield settings.OAUTH_REDIRECTS[0]
    server.shutdown()
    server.server_close()


@pytest.fixture(autouse=True)
def sync_database(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")  # Playwright's loop runs in this thread, and is not ours


def authorize(page: Page, sub: str) -> None:
    page.get_by_placeholder("sub").fill(sub)
    page.get_by_role("button", name="Authorize", exact=True).click()


def test_a_client_app_signs_somebody_in(page: Page, live_server, provider: Provider, app: str) -> None:
    sub = provider.knows("browser-person", email="b@example.com", email_verified=True, name="Bea Browser")
    answer = page.request.get(f"{live_server.url}/api/v1/auth/google/url?redirect_url={quote(app + '/after')}")
    page.goto(answer.json()["data"]["url"])
    authorize(page, sub)
    expect(page.get_by_role("heading", name="Client app")).to_be_visible()
    landed = urlsplit(page.url)
    assert f"{landed.scheme}://{landed.netloc}{landed.path}" == f"{app}/after"
    code = parse_qs(landed.query)["code"][0]
    exchanged = page.request.post(f"{live_server.url}/api/v1/auth/exchange", data={"code": code})
    assert exchanged.status == 200
    data = exchanged.json()["data"]
    assert data["user"]["name"] == "Bea Browser"
    me = page.request.get(
        f"{live_server.url}/api/v1/auth/me", headers={"Authorization": f"Bearer {data['accessToken']}"}
    )
    assert me.json()["data"]["id"] == User.objects.get(provider_id=sub).pk
    assert page.request.post(f"{live_server.url}/api/v1/auth/exchange", data={"code": code}).status == 401


def test_who_declines_is_back_at_the_client_apps_login(page: Page, live_server, provider: Provider, app: str) -> None:
    page.goto(f"{live_server.url}/api/v1/auth/google?redirect_url={quote(app + '/after')}")
    page.get_by_role("button", name="Deny").click()
    expect(page).to_have_url(f"{app}/login?error=oauth_failed")
    assert not User.objects.exists()


def test_our_own_pages_sign_somebody_in(page: Page, live_server, provider: Provider) -> None:
    sub = provider.knows("page-person", email="p@example.com", email_verified=True, name="Paul Page")
    page.goto(f"{live_server.url}/login?next=/login%3Fsigned-in")
    page.get_by_role("link", name="Sign in with Google").click()
    authorize(page, sub)
    expect(page).to_have_url(f"{live_server.url}/login?signed-in")
    cookies = {cookie["name"]: cookie for cookie in page.context.cookies(live_server.url)}
    assert cookies["sessionid"]["httpOnly"]
    assert User.objects.get(provider_id=sub).last_login is not None
