"""The page of indexes: PostgreSQL reads no whole table for any of its queries, and uses the index that it names."""

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
ROW = re.compile(r"^\| (?P<what>[^|]+) \| `(?P<query>[^`]+)` \| (?P<indexes>[^|]+) \|$", re.MULTILINE)
BIG = 1_000  # rows
NAMES = {
    model.__name__: model
    for label in ("accounts", "apps_registry", "rooms", "prizes")
    for model in apps.get_app_config(label).get_models()
}


def rows() -> list[tuple[str, str, set[str]]]:
    return [
        (row["what"], row["query"], set(re.findall(r"`([^`]+)`", row["indexes"])))
        for row in ROW.finditer(PAGE.read_text())
    ]


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for part in plan.get("Plans", []):
        yield from nodes(part)


def plans_of(query: str, names: dict[str, Any]) -> list[dict[str, Any]]:
    """The plans of all statements that evaluating `query` sends."""
    plans = []

    def explain(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        with connection.connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}", params)
            found = cursor.fetchone()[0]
        plans.append((json.loads(found) if isinstance(found, str) else found)[0]["Plan"])
        return execute(sql, params, many, context)

    with connection.execute_wrapper(explain):
        answer = eval(query, NAMES | names)
        if isinstance(answer, QuerySet):
            list(answer)
    return plans


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_every_query_of_the_page_uses_its_index():
    names = fill()
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname FROM pg_class WHERE relkind = 'r' AND reltuples > %s", [BIG])
        big = {table for (table,) in cursor.fetchall()}
    faults = []
    for what, query, expected in rows():
        plans = plans_of(query, names)
        steps = [step for plan in plans for step in nodes(plan)]
        used = {step["Index Name"] for step in steps if "Index Name" in step}
        whole = {step["Relation Name"] for step in steps if step["Node Type"] == "Seq Scan"} & big
        if not plans or whole or not expected <= used:
            faults.append(
                f"{[s.get('Node Type') + ':' + s.get('Relation Name', '') + ':' + s.get('Index Name', '') for s in steps]}\n"
            )
            faults.append(f"{what}: {query}\n  reads all of {whole}, uses {used}, expected {expected}")
    assert not faults, "\n".join(faults)
