"""The start page, for whoever comes by."""

import re

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import Client

from platform_site.views import failure


@pytest.mark.django_db
def test_the_start_page_leads_on(client, participant):
    page = client.get("/").content.decode()
    for address in set(re.findall(r'href="(/(?!static)[^"]*)"', page)):
        assert client.get(address, follow=True).status_code == 200, address
    assert "Sign in" in page
    client.force_login(participant)
    page = client.get("/").content.decode()
    assert participant.name in page
    assert participant.email not in page
    assert client.post("/logout").status_code == 302
    assert "Sign in" in client.get("/").content.decode()


@pytest.mark.django_db
def test_a_page_that_is_not_there_says_so_as_a_page(client):
    answer = client.get("/nowhere")
    assert answer.status_code == 404
    assert "There is nothing here." in answer.content.decode()
    assert "Traceback" not in answer.content.decode()


@pytest.mark.django_db
def test_a_reader_chooses_language_and_theme(client):
    assert "Join an event" in client.get("/").content.decode()
    page = client.get("/", headers={"Accept-Language": "ru"}).content.decode()
    assert "Присоединиться" in page
    assert '<html lang="ru">' in page
    answer = client.post("/preferences", {"language": "ru", "next": "/login"})
    assert (answer.status_code, answer["Location"]) == (302, "/login")
    client.post("/preferences", {"theme": "dark"})
    page = client.get("/").content.decode()
    assert '<html lang="ru" data-theme="dark">' in page
    client.post("/preferences", {"theme": "pink", "language": "xx"})
    assert '<html lang="ru" data-theme="dark">' in client.get("/").content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize("there", ["https://elsewhere.example", "//elsewhere.example", "javascript:alert(1)", "/a\nb"])
def test_preferences_lead_nowhere_else(client, there):
    assert client.post("/preferences", {"theme": "dark", "next": there})["Location"] == "/"


@pytest.mark.django_db
def test_programs_and_the_dashboard_are_spoken_to_in_english(client, admin):
    answer = client.get("/api/v1/users/me", headers={"Accept-Language": "ru"})
    assert answer.json()["error"]["message"].isascii()
    client.force_login(admin)
    assert 'lang="en' in client.get("/admin/", headers={"Accept-Language": "ru"}).content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/", "/login", "/rooms", "/nowhere"])
def test_pages_take_nothing_from_elsewhere_and_run_nothing_inline(client, path):
    answer = client.get(path)
    policy = answer["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "https:" not in policy
    page = answer.content.decode()
    assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*(src=|application/json))|https?://", page)


@pytest.mark.django_db
@pytest.mark.parametrize("debug", [True, False])
def test_a_page_that_refuses_is_ours_in_the_demo_too(client, settings, debug):
    settings.DEBUG = debug
    for path, status in (("/nowhere", 404), ("/rooms/nobody", 404), ("/j/NOCODE99", 404), ("/preferences", 405)):
        answer = client.get(path)
        assert answer.status_code == status
        assert "urlconf" not in answer.content.decode().lower()
    answer = client.get("/nowhere", headers={"Accept-Language": "ru"})
    assert "Здесь ничего нет." in answer.content.decode()


@pytest.mark.django_db
def test_a_form_that_was_open_too_long_says_so(participant):
    client = Client(enforce_csrf_checks=True)
    answer = client.post("/preferences", {"theme": "dark"})
    assert answer.status_code == 403
    assert "open for too long" in answer.content.decode()


@pytest.mark.parametrize("status", [400, 403, 404, 413, 429, 500, 503])
def test_every_failure_has_a_page_that_asks_no_database(rf, status):
    """No database is allowed in this test: a page that tells of its loss must not need it."""
    request = rf.get("/somewhere")
    request.user = AnonymousUser()
    page = failure(request, status).content.decode()
    assert f">{status}<" in page
    assert ('http-equiv="refresh"' in page) == (status == 503)
