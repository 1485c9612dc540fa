import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import accounts.models
from platform_site.db.triggers import rules_kept


def count_as_accepted(apps, editor):
    """Whoever runs a room today, or would if they were let back in, took that role when they came."""
    people = apps.get_model("rooms", "Participant")._base_manager
    people.filter(role__in=["MODERATOR", "ORGANIZER"]).update(role_accepted_at=models.F("joined_at"))


class Migration(migrations.Migration):
    dependencies = [
        ("rooms", "0004_app_runtime"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = rules_kept(
        migrations.RemoveIndex(
            model_name="invitation",
            name="invitation_open",
        ),
        migrations.AddField(
            model_name="invitation",
            name="declined_at",
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name="invitation",
            name="told_at",
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name="invitation",
            name="user",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="invitations",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="participant",
            name="is_held_viewer",
            field=models.BooleanField(default=False, editable=False),
        ),
        migrations.AddField(
            model_name="participant",
            name="role_accepted_at",
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.RunPython(count_as_accepted, migrations.RunPython.noop),
        migrations.AlterField(
            model_name="invitation",
            name="email",
            field=accounts.models.NormalizedEmailField(blank=True, max_length=254, null=True),
        ),
        migrations.AddIndex(
            model_name="invitation",
            index=models.Index(
                condition=models.Q(("declined_at", None), ("redeemed_at", None)),
                fields=["email"],
                name="invitation_open",
            ),
        ),
        migrations.AddConstraint(
            model_name="invitation",
            constraint=models.UniqueConstraint(fields=("room", "user"), name="invitation_user_unique"),
        ),
        migrations.AddConstraint(
            model_name="invitation",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("email", None), ("user__isnull", False)),
                    models.Q(("email__isnull", False), ("user", None)),
                    _connector="OR",
                ),
                name="invitation_to_one",
            ),
        ),
        migrations.AddConstraint(
            model_name="invitation",
            constraint=models.CheckConstraint(
                condition=models.Q(("redeemed_at", None), ("declined_at", None), _connector="OR"),
                name="invitation_answered_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="participant",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("role__in", ["MODERATOR", "ORGANIZER"]), _negated=True),
                    ("role_accepted_at__isnull", False),
                    _connector="OR",
                ),
                name="participant_runs_by_consent",
            ),
        ),
        migrations.AddConstraint(
            model_name="participant",
            constraint=models.CheckConstraint(
                condition=models.Q(("is_held_viewer", False), ("role", "VIEWER"), _connector="OR"),
                name="participant_held_is_viewer",
            ),
        ),
    )
