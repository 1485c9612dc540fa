from importlib import import_module
from typing import Any

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from platform_site.db.triggers import Rule, add_rules

earlier = import_module("prizes.migrations.0002_rules").Migration

# Beside what 0002 keeps. Not updated_at, nor the texts that erasure may have to rewrite.
ENDED = (
    "created_by_id",
    "ended_by_id",
    "eligibility",
    "sealed_seed",
    "strength",
    "withdrawn_count",
    "winner_count",
    "fallback_reason",
    "created_at",
)


def install_earlier(apps: Any, editor: Any) -> None:
    for operation in earlier.operations:
        if isinstance(operation, migrations.RunPython):
            operation.code(apps, editor)


def remove_earlier(apps: Any, editor: Any) -> None:
    """SQLite rebuilds the table of draws in this migration: it loses that table's triggers, and stumbles over those of
    others that name it. So the rules of 0002 go first and come back at the end."""
    for operation in reversed(earlier.operations):
        if isinstance(operation, migrations.RunPython) and operation.reverse_code:
            operation.reverse_code(apps, editor)


class Migration(migrations.Migration):
    dependencies = [
        ("prizes", "0002_rules"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RunPython(remove_earlier, install_earlier),
        migrations.AddField(
            model_name="draw",
            name="cancellation_reason",
            field=models.TextField(blank=True),
        ),
        migrations.AddField(
            model_name="draw",
            name="ended_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="draw",
            name="fallback_reason",
            field=models.TextField(blank=True, help_text="Why the platform drew though an app should have chosen."),
        ),
        migrations.AddField(
            model_name="draw",
            name="winner_count",
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="draw",
            name="withdrawn_count",
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AlterField(
            model_name="draw",
            name="created_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.RunPython(install_earlier, remove_earlier),
        add_rules(
            Rule(
                name="draw_end_is_final",
                table="prizes_draw",
                on="UPDATE",
                refuse_if="OLD.status IN ('COMPLETED', 'CANCELLED') AND ("
                + " OR ".join(f'OLD."{column}" IS DISTINCT FROM NEW."{column}"' for column in ENDED)
                + ")",
                message="a draw that is over cannot change",
            ),
        ),
    ]
