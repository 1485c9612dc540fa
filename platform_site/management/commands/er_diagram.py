"""`manage.py er_diagram`: docs/er-diagram.md, the tables and how they hang together, from the models."""

from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.management import BaseCommand, CommandError, CommandParser
from django.db import models

APPS = {
    "accounts": "Who somebody is",
    "apps_registry": "What a room can run",
    "rooms": "The event",
    "prizes": "The fund",
    "lottery": "The game: lottery",
    "quiz": "The game: quiz",
}
HEAD = """\
# Entities and relations

Generated from the models by `uv run manage.py er_diagram`; a test fails when this page is stale. `PK` is the primary
key, `FK` a foreign key, `UK` unique, and `"null"` may be absent. A line ends in `||` where there is exactly one, in
`o|` where there may be one, in `o{` where there may be many. It is solid where the row goes with its parent (CASCADE),
dotted where the parent cannot go (PROTECT) or is forgotten (SET NULL).
"""


class Command(BaseCommand):
    help = "Writes docs/er-diagram.md from the models."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="Write nothing; fail when the page is stale.")

    def handle(self, *args: Any, check: bool, **options: Any) -> None:
        page, text = Path(settings.BASE_DIR) / "docs" / "er-diagram.md", er_diagram()
        if not check:
            page.write_text(text, encoding="utf-8")
        elif not page.exists() or page.read_text(encoding="utf-8") != text:
            raise CommandError("docs/er-diagram.md is stale. Run `uv run manage.py er_diagram`.")


def er_diagram() -> str:
    """The page: one diagram of the relations, then one of the columns for each app."""
    tables = {label: sorted(apps.get_app_config(label).get_models(), key=lambda m: m.__name__) for label in APPS}
    relations = sorted(line for models_ in tables.values() for model in models_ for line in relations_of(model))
    parts = [HEAD, "## Relations\n", diagram(relations)]
    for label, title in APPS.items():
        parts += [f"## {title} (`{label}`)\n", diagram([line for model in tables[label] for line in columns_of(model)])]
    return "\n".join(parts)


def diagram(lines: list[str]) -> str:
    return "\n".join(["```mermaid", "erDiagram", *(f"    {line}" for line in lines), "```", ""])


def relations_of(model: type[models.Model]) -> list[str]:
    lines = []
    for field in model._meta.local_fields:
        if not isinstance(field, models.ForeignKey):
            continue
        one, many = "o|" if field.null else "||", "o|" if field.unique else "o{"
        line = "--" if field.remote_field.on_delete is models.CASCADE else ".."
        lines.append(f"{field.related_model.__name__} {one}{line}{many} {model.__name__} : {field.name}")
    return lines


def columns_of(model: type[models.Model]) -> list[str]:
    lines = [f"{model.__name__} {{"]
    for field in model._meta.local_fields:
        keys = [
            *(["PK"] if field.primary_key else []),
            *(["FK"] if isinstance(field, models.ForeignKey) else []),
            *(["UK"] if field.unique and not field.primary_key else []),
        ]
        # A foreign key is of the kind of what it points to.
        kind = getattr(field, "target_field", field).get_internal_type().removesuffix("Field")
        words = [kind, field.attname, ", ".join(keys), '"null"' if field.null else ""]
        lines.append("    " + " ".join(word for word in words if word))
    return [*lines, "}"]
