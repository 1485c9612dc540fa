import django.db.models.deletion
import django.db.models.functions.text
import django.db.models.manager
import django.utils.timezone
from django.db import migrations, models

import platform_site.db.ids


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="App",
            fields=[
                (
                    "id",
                    models.CharField(
                        default=platform_site.db.ids.new_id,
                        editable=False,
                        max_length=25,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("deleted_at", models.DateTimeField(blank=True, editable=False, null=True)),
                (
                    "app_id",
                    models.CharField(
                        help_text="For example app_lottery_v1. Never used again.", max_length=100, unique=True
                    ),
                ),
                ("secret_hash", models.CharField(blank=True, editable=False, max_length=64)),
                ("secret_last4", models.CharField(blank=True, editable=False, max_length=4)),
                ("manifest", models.JSONField()),
                ("manifest_version", models.CharField(max_length=50)),
                ("is_active", models.BooleanField(default=True)),
            ],
            options={
                "abstract": False,
                "base_manager_name": "all_objects",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("app_id__regex", "^[a-z][a-z0-9_]{2,99}$")),
                        name="app_id_is_a_lower_case_word",
                    )
                ],
            },
            managers=[
                ("objects", django.db.models.manager.Manager()),
                ("all_objects", django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name="ManifestVersion",
            fields=[
                (
                    "id",
                    models.CharField(
                        default=platform_site.db.ids.new_id,
                        editable=False,
                        max_length=25,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("version", models.CharField(max_length=50)),
                ("key", models.CharField(editable=False, max_length=151, unique=True)),
                ("manifest", models.JSONField()),
                ("published_at", models.DateTimeField()),
                ("deprecated_at", models.DateTimeField(blank=True, null=True)),
                ("deprecation_reason", models.TextField(blank=True)),
                ("deprecation_deadline", models.DateTimeField(blank=True, null=True)),
                (
                    "app",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="versions",
                        to="apps_registry.app",
                        to_field="app_id",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("app", "version"), name="manifest_version_unique"),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "key",
                                django.db.models.functions.text.Concat(
                                    models.F("app"), models.Value("@"), models.F("version")
                                ),
                            )
                        ),
                        name="manifest_version_key_agrees",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("deprecated_at", None), _negated=True),
                            models.Q(("deprecation_deadline", None), ("deprecation_reason", "")),
                            _connector="OR",
                        ),
                        name="manifest_version_deprecation_whole",
                    ),
                ],
            },
        ),
    ]
