"""The diagram is that of the models."""

import pytest
from django.core.management import CommandError, call_command

from platform_site.management.commands import er_diagram


def test_the_page_is_not_stale():
    call_command("er_diagram", check=True)


def test_a_stale_page_is_found(settings, tmp_path):
    settings.BASE_DIR = tmp_path
    (tmp_path / "docs").mkdir()
    with pytest.raises(CommandError, match="stale"):
        call_command("er_diagram", check=True)
    call_command("er_diagram")
    call_command("er_diagram", check=True)
    page = tmp_path / "docs" / "er-diagram.md"
    page.write_text(page.read_text().replace("quantity_remaining", "left"))
    with pytest.raises(CommandError, match="stale"):
        call_command("er_diagram", check=True)


def test_relations_say_how_many_and_what_goes_along():
    text = er_diagram.er_diagram()
    assert "    User ||--o{ Session : user\n" in text
    assert "    Prize ||..o{ Winner : prize\n" in text
    assert "    Draw o|..o{ Winner : draw\n" in text
    assert '        Char email UK "null"\n' in text
