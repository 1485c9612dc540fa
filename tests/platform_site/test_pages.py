"""The start page, for whoever comes by."""

import re

import pytest


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
