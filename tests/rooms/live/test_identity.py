"""What a live connection can be ended by."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import TokenBlacklist
from accounts.tokens import hashed
from rooms.live.identity import MOST_ASKED, ended_marks


@pytest.mark.django_db
def test_only_the_marks_of_connections_are_looked_up(django_assert_num_queries):
    then = timezone.now() + timedelta(hours=1)
    revoked = [hashed(f"jti:{number}") for number in range(20)]
    TokenBlacklist.objects.bulk_create(TokenBlacklist(token_hash=mark, expires_at=then) for mark in revoked)
    here = {hashed(f"sid:{number}") for number in range(2 * MOST_ASKED)} | {revoked[3]}
    with django_assert_num_queries(3) as asked:
        assert ended_marks(here) == {revoked[3]}
    assert all(" IN (" in query["sql"] for query in asked.captured_queries)
    with django_assert_num_queries(0):
        assert ended_marks(set()) == set()
