"""Whom a request comes from."""

from ipaddress import ip_network

import pytest
from django.test import RequestFactory

from platform_site.rest.addresses import address_block, client_address


def address(peer, forwarded=None):
    extra = {} if forwarded is None else {"HTTP_X_FORWARDED_FOR": forwarded}
    return client_address(RequestFactory().get("/", REMOTE_ADDR=peer, **extra))


@pytest.mark.parametrize(
    ("peer", "forwarded", "expected"),
    [
        ("10.0.0.1", None, "10.0.0.1"),
        ("203.0.113.9", "198.51.100.7", "203.0.113.9"),  # no proxy of ours: its header is an invention
        ("10.0.0.1", "198.51.100.7", "198.51.100.7"),
        ("10.0.0.1", "1.1.1.1, 198.51.100.7", "198.51.100.7"),  # what the client made up stands left
        ("10.0.0.1", "198.51.100.7, 10.0.0.2", "198.51.100.7"),  # two proxies of ours
        ("10.0.0.1", "198.51.100.7:4711", "198.51.100.7"),
        ("10.0.0.1", "[2001:db8::7]:4711", "2001:db8::7"),
        ("10.0.0.1", '"[2001:db8::7]"', "2001:db8::7"),
        ("10.0.0.1", "2001:db8::7", "2001:db8::7"),
        ("10.0.0.1", "::ffff:198.51.100.7", "198.51.100.7"),
        ("::ffff:10.0.0.1", "198.51.100.7", "198.51.100.7"),
        ("10.0.0.1", "junk", "10.0.0.1"),
        ("10.0.0.1", "198.51.100.7, unknown, 10.0.0.2", "10.0.0.2"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"),
        ("", "198.51.100.7", "198.51.100.7"),  # a proxy on a Unix socket
        ("", "", ""),
    ],
)
def test_forwarded_headers_count_behind_trusted_proxies(settings, peer, forwarded, expected):
    settings.TRUSTED_PROXIES = [ip_network("10.0.0.0/8")]
    assert address(peer, forwarded) == expected


def test_forwarded_headers_count_for_nothing_without_trusted_proxies(settings):
    settings.TRUSTED_PROXIES = []
    assert address("10.0.0.1", "198.51.100.7") == "10.0.0.1"
    assert address("", "198.51.100.7") == ""


def test_neighbours_in_one_ipv6_network_are_one_block():
    assert address_block("2001:db8::7") == address_block("2001:db8::8") != address_block("2001:db8:0:1::7")
    assert address_block("198.51.100.7") == "198.51.100.7"
    assert address_block("") == ""
