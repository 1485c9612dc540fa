import django.db.models.deletion
import django.db.models.functions.text
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import accounts.models
import platform_site.db.ids


class Migration(migrations.Migration):
    dependencies = [
        ("rooms", "0003_notification"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Invitation",
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
                (
                    "role",
                    models.CharField(
                        choices=[
                            ("ADMIN", "Admin"),
                            ("ORGANIZER", "Organizer"),
                            ("MODERATOR", "Moderator"),
                            ("PARTICIPANT", "Participant"),
                            ("VIEWER", "Viewer"),
                        ],
                        default="PARTICIPANT",
                        max_length=11,
                    ),
                ),
                ("redeemed_at", models.DateTimeField(blank=True, editable=False, null=True)),
                (
                    "invited_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "room",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="invitations", to="rooms.room"
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(condition=models.Q(("redeemed_at", None)), fields=["email"], name="invitation_open")
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("room", "email"), name="invitation_unique"),
                    models.CheckConstraint(
                        condition=models.Q(("email", django.db.models.functions.text.Lower("email"))),
                        name="invitation_email_lower_case",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("role__in", ["ADMIN", "ORGANIZER", "MODERATOR", "PARTICIPANT", "VIEWER"]),
                            models.Q(("role", "ADMIN"), _negated=True),
                        ),
                        name="invitation_role_of_a_room",
                    ),
                ],
            },
        ),
    ]
