"""The page of indexes: PostgreSQL reads no whole table for any of its queries, and uses the indexes that it names."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.db import connection
from django.db.models import QuerySet

from tests.docs.crowd import fill

PAGE = Path(settings.BASE_DIR) / "docs" / "indexes.md"
QUERY = re.compile(r"^\| (?P<what>[^|]+) \| `(?P<query>[^`]+)` \| (?P<indexes>`[^|]+) \|$", re.MULTILINE)
REFERENCE = re.compile(r"^\| (\d+) \| [^|]+ \| ([^|]+) \|$", re.MULTILINE)
BIG = 1_000  # rows
MODELS = {
    model.__name__: model
    for label in ("accounts", "apps_registry", "rooms", "prizes", "lottery", "quiz")
    for model in apps.get_app_config(label).get_models()
}


def queries() -> list[tuple[str, str, list[set[str]]]]:
    """(what for, the query, its indexes: a set of which one is used, for each) of the page's tables."""
    return [
        (row["what"], row["query"], [named(part) for part in row["indexes"].split(", ")])
        for row in QUERY.finditer(PAGE.read_text())
    ]


def named(text: str) -> set[str]:
    return set(re.findall(r"`([^`]+)`", text))


def steps_of(query: str, names: dict[str, Any]) -> list[dict[str, Any]]:
    """All steps of the plans of the statements that evaluating `query` sends."""
    steps: list[dict[str, Any]] = []

    def explain(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        with connection.connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}", params)
            plan = cursor.fetchone()[0]
        steps.extend(walked((json.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"]))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(explain):
        answer = eval(query, MODELS | names)
        if isinstance(answer, QuerySet):
            list(answer)
    return steps


def walked(step: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield step
    for part in step.get("Plans", []):
        yield from walked(part)


def asked(sql: str) -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return {value for (value,) in cursor.fetchall()}


def test_the_page_lists_the_reference_and_the_queries():
    assert [int(number) for number, _ in REFERENCE.findall(PAGE.read_text())] == list(range(1, 34))
    assert len(queries()) == PAGE.read_text().count("objects.") > 60


@pytest.mark.postgres
@pytest.mark.django_db
def test_every_index_of_the_page_exists():
    there = asked("SELECT indexname FROM pg_indexes")
    for _, text in REFERENCE.findall(PAGE.read_text()):
        assert named(text) <= there
    for _, _, indexes in queries():
        assert set().union(*indexes) <= there
    assert not {
        name for name in there if name.endswith("_like") and name.startswith(("rooms_", "prizes_", "accounts_"))
    }


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_every_query_of_the_page_uses_its_index():
    names = fill()
    tables = asked(f"SELECT relname FROM pg_class WHERE relkind = 'r' AND reltuples > {BIG}")
    assert {"rooms_room", "rooms_participant", "prizes_winner", "rooms_roomevent", "accounts_user"} <= tables
    faults = []
    for what, query, indexes in queries():
        steps = steps_of(query, names)
        used = {step["Index Name"] for step in steps if "Index Name" in step}
        whole = {step["Relation Name"] for step in steps if step["Node Type"] == "Seq Scan"} & tables
        if not steps or whole or not all(used & choice for choice in indexes):
            faults.append(f"{what}: {query}\n  reads all of {whole or 'nothing'}, uses {used}, not {indexes}")
    assert not faults, "\n".join(faults)


@pytest.mark.postgres
@pytest.mark.django_db
def test_a_query_without_an_index_would_be_found():
    """The test above can fail: this one reads the table, and is seen to."""
    steps = steps_of("RoomEvent.objects.filter(type='nothing')", {})
    assert "Seq Scan" in {step["Node Type"] for step in steps}
