"""QR codes of this host's addresses."""

import re
from urllib.parse import quote

import pytest

pytestmark = pytest.mark.django_db


def ask(client, to):
    return client.get(f"/qr.svg?to={quote(to, safe='')}")


def test_a_code_is_an_svg_that_every_theme_shows_alike(client):
    answer = ask(client, "/j/K7M2QXPA")
    assert answer.status_code == 200
    assert answer["Content-Type"] == "image/svg+xml"
    assert b'fill="#fff"' in answer.content
    assert b'stroke="#000"' in answer.content
    assert re.search(rb'viewBox="0 0 (\d+) \1"', answer.content)
    assert "max-age=86400" in answer["Cache-Control"]
    assert ask(client, "/j/K7M2QXPB").content != answer.content


def test_a_code_leads_to_this_host_as_its_reader_reaches_it(client, settings):
    settings.ALLOWED_HOSTS = ["*"]
    here = client.get("/qr.svg?to=/j/A", headers={"Host": "10.0.0.7:8000"})
    assert here.content != client.get("/qr.svg?to=/j/A", headers={"Host": "example.com"}).content


@pytest.mark.parametrize("to", ["", "j/A", "//example.com/", "/\\example.com", "https://example.com/", "/" + "a" * 300])
def test_no_code_leads_anywhere_else(client, to):
    assert ask(client, to).status_code == 400
