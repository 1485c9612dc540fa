"""A real OpenID Connect server on loopback."""

import os
import socket
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import requests

from tests.servers import Leash


@dataclass
class Provider:
    url: str

    def knows(self, sub: str, **claims: Any) -> str:
        """Makes `sub` somebody about whom the server tells these claims."""
        requests.put(f"{self.url}/users/{quote(sub)}", json=claims, timeout=10).raise_for_status()
        return sub

    def answer(self, address: str, sub: str = "", action: str = "") -> str:
        """What a person does at the provider; where it sends the browser then."""
        response = requests.post(address, data={"sub": sub, "action": action}, timeout=10, allow_redirects=False)
        assert response.status_code == 302, response.text
        return response.headers["Location"]


@pytest.fixture(scope="session")
def running_provider() -> Iterator[Provider]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-W", "ignore", "-m", "oidc_provider_mock", "--port", str(port), "--require-nonce"]
    provider = Provider(f"http://127.0.0.1:{port}")
    leash = Leash(Path(tempfile.mkdtemp(prefix="openid-")), command, env=os.environ | {"NO_COLOR": "1"})

    def is_up() -> bool:
        try:
            return requests.get(f"{provider.url}/.well-known/openid-configuration", timeout=5).ok
        except requests.ConnectionError:
            return False

    leash.wait_until(is_up)
    yield provider
    leash.stop()


@pytest.fixture
def provider(running_provider: Provider, settings) -> Provider:
    """The server, and this site set up to sign in through it."""
    settings.OIDC_SERVER_URL = running_provider.url
    settings.GOOGLE_CLIENT_ID, settings.GOOGLE_CLIENT_SECRET = "client", "secret"
    settings.OAUTH_REDIRECTS = ["https://app.example.org"]
    return running_provider
