"""Fixtures of the tests of rooms."""

from collections.abc import Iterator

import pytest
from django.core.cache import cache


@pytest.fixture(autouse=True)
def no_hits() -> Iterator[None]:
    """No test counts against the limits of the one before it."""
    cache.clear()
    yield
    cache.clear()
