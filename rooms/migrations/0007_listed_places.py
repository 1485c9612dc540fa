import django.db.models.deletion
import django.db.models.functions.text
import django.utils.timezone
from django.db import migrations, models

import accounts.models
import platform_site.db.ids


class Migration(migrations.Migration):
    dependencies = [
        ("rooms", "0006_guest_seats"),
    ]

    operations = [
        migrations.CreateModel(
            name="ListedPlace",
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
                ("email", accounts.models.NormalizedEmailField(max_length=254)),
                ("taken_at", models.DateTimeField(blank=True, editable=False, null=True)),
                (
                    "participant",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="listed", to="rooms.participant"
                    ),
                ),
                (
                    "room",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="rooms.room"
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(condition=models.Q(("taken_at", None)), fields=["email"], name="listed_place_waiting")
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("room", "email"), name="listed_place_unique"),
                    models.CheckConstraint(
                        condition=models.Q(("email", django.db.models.functions.text.Lower("email"))),
                        name="listed_place_email_lower_case",
                    ),
                ],
            },
        ),
    ]
