"""The query cookbook: every example is run, and what it claims at its end is so."""

import ast
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts.actions import open_session
from prizes.actions import award_prize
from rooms.enums import ParticipantRole
from tests.factories import add_participant, make_app, make_guest, make_prize, make_room, make_user

PAGE = (Path(settings.BASE_DIR) / "docs" / "query-cookbook.md").read_text(encoding="utf-8")
EXAMPLE = re.compile(r"^### ([^\n]+)\n\n```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
EXAMPLES = dict(EXAMPLE.findall(PAGE))
SHOWN = re.compile(r"  # → (.+)$")


@pytest.fixture
def names(db: None) -> dict[str, Any]:
    """What the head of the page promises."""
    alice, bob, carol, dora, mo = (
        make_user(name, email=f"{name.lower()}@example.com") for name in ("Alice", "Bob", "Carol", "Dora", "Mo")
    )
    app = make_app()
    lottery = make_room(alice, app=app, name="Winter lottery")
    add_participant(lottery, mo, ParticipantRole.MODERATOR)
    for number, user in ((42, bob), (13, carol)):
        person = add_participant(lottery, user)
        person.metadata = {"ticketNumber": number}
        person.save()
    office = make_room(carol, app=app, name="Office party", active=False, is_public=False)
    cup, pen = make_prize(lottery, name="Cup"), make_prize(lottery, name="Pen", quantity=10)
    bobs = lottery.participants.get(user=bob)
    win = award_prize(room_id=lottery.pk, prize_id=pen.pk, participant_id=bobs.pk, by=alice)
    open_session(user=alice, device_info="Firefox on Linux")
    for row in (lottery, pen):
        row.refresh_from_db()
    models = {
        m.__name__: m
        for label in ("accounts", "apps_registry", "rooms", "prizes")
        for m in apps.get_app_config(label).get_models()
    }
    people = {
        "alice": alice,
        "bob": bob,
        "carol": carol,
        "dora": dora,
        "mo": mo,
        "guest": make_guest(),
        "admin": make_user("Admin", is_staff=True, is_superuser=True),
    }
    things = {"lottery": lottery, "office": office, "cup": cup, "pen": pen, "bobs_pen": win}
    return models | people | things | {"timezone": timezone, "timedelta": timedelta, "transaction": transaction}


def run(example: str, names: dict[str, Any]) -> None:
    """Runs an example, and checks the value that its last line shows. One that claims nothing fails."""
    *before, last = ast.parse(example).body
    exec(compile(ast.Module(before, []), "example", "exec"), names)
    if isinstance(last, ast.Assert):
        exec(compile(ast.Module([last], []), "example", "exec"), names)
        return
    shown = SHOWN.search(example.rstrip("\n"))
    assert isinstance(last, ast.Expr), "An example ends with an assertion or with a value."
    assert shown, "An example ends with an assertion or with the value that its last line shows."
    assert repr(eval(compile(ast.Expression(last.value), "example", "eval"), names)) == shown[1]


@pytest.mark.parametrize("heading", EXAMPLES)
def test_example(heading, names):
    run(EXAMPLES[heading], names)


def test_every_block_of_the_page_is_an_example():
    assert len(EXAMPLES) == PAGE.count("```python") == PAGE.count("\n### ") >= 50


@pytest.mark.parametrize("rotten", ["1 + 1  # → 3", "assert 1 == 2", "1 + 1", "x = 1", "for n in []:\n    assert n"])
def test_an_example_that_is_wrong_or_claims_nothing_is_found(rotten):
    with pytest.raises(AssertionError):
        run(rotten, {})
