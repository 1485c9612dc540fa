"""Forwarded headers: every server that we recommend believes TRUSTED_PROXIES and nobody else."""

import pytest
import requests

from tests.live import DAPHNE, GRANIAN, UVICORN, Server

SERVERS = {"daphne": DAPHNE, "uvicorn": UVICORN, "granian": GRANIAN}
every_server = pytest.mark.parametrize("kind", SERVERS)


@every_server
@pytest.mark.parametrize("trusted", ["", "127.0.0.1"])
@pytest.mark.django_db(transaction=True)
def test_only_trusted_proxies_are_believed(kind, trusted):
    environment = {"RATE_LIMITS": "on", "RATE_LIMIT_ANONYMOUS_READS": "2", "TRUSTED_PROXIES": trusted}
    with Server(SERVERS[kind], **environment) as server:
        statuses = [
            requests.get(
                f"{server.url}/api/v1/nowhere",
                headers={"X-Forwarded-For": f"198.51.100.{number}", "X-Forwarded-Proto": "https"},
                timeout=30,
            ).status_code
            for number in range(4)
        ]
    assert statuses == ([404] * 4 if trusted else [404, 404, 429, 429])
