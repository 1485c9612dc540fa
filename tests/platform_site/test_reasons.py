"""Every refusal whose code says little has a word that says which one it is."""

from collections.abc import Iterator

import pytest
from django.urls import get_resolver

from platform_site.rest.exceptions import Conflict, DomainError, Forbidden
from platform_site.rest.openapi import document
from platform_site.rest.reasons import REASONS


def refusals(kind: type[DomainError] = DomainError) -> Iterator[type[DomainError]]:
    for found in kind.__subclasses__():
        if not found.__module__.startswith("tests"):
            yield found
            yield from refusals(found)


def test_every_conflict_and_refusal_names_a_listed_reason_and_every_listed_one_is_named() -> None:
    assert get_resolver().url_patterns  # reads every module that the site is made of
    vague = [found for found in refusals() if found.code in ("CONFLICT", "FORBIDDEN") and found is not Conflict]
    assert len(vague) > 15
    assert {found.__name__ for found in vague if not found.reason} == set()
    assert {found.reason for found in refusals() if found.reason} == set(REASONS)


def test_the_list_is_in_the_description_of_the_api() -> None:
    for word, text in REASONS.items():
        assert f"| `{word}` | {text} |" in document()["info"]["description"]


@pytest.mark.django_db
def test_a_refusal_tells_its_reason(room, participant, stranger, api) -> None:
    again = api(participant).post(f"/api/v1/rooms/{room.pk}/participants")
    assert (again.status_code, again.json()["error"]["details"]) == (409, {"reason": "already_in"})
    foreign = api(stranger).patch(f"/api/v1/rooms/{room.pk}", {"name": "Mine"})
    assert (foreign.status_code, foreign.json()["error"]["details"]) == (403, {"reason": "not_allowed"})
    assert Forbidden("No.", reason="guest", hint=1).details == {"reason": "guest", "hint": 1}
