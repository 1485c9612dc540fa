from django.conf import settings
from django.db import migrations, models

from platform_site.db.triggers import rules_kept


class Migration(migrations.Migration):
    dependencies = [
        ("apps_registry", "0002_rules"),
        ("rooms", "0002_rules"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = rules_kept(
        migrations.AddField(
            model_name="participant",
            name="checked_in_at",
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name="room",
            name="join_locked",
            field=models.BooleanField(default=False, help_text="Nobody joins by themselves for now."),
        ),
        migrations.AddField(
            model_name="room",
            name="mask_names",
            field=models.BooleanField(default=False, help_text="Names show as “Anna K.” to all but those who run it."),
        ),
        migrations.AddField(
            model_name="room",
            name="max_participants",
            field=models.PositiveIntegerField(
                blank=True, help_text="So many participants and viewers at most; empty for no limit.", null=True
            ),
        ),
        migrations.AddField(
            model_name="room",
            name="privacy_notice",
            field=models.TextField(blank=True, help_text="What people read before they join."),
        ),
        migrations.AddField(
            model_name="room",
            name="reveal_seconds",
            field=models.PositiveSmallIntegerField(
                default=8, help_text="How long a draw's result waits for the big screen, 0 to 60 seconds."
            ),
        ),
        migrations.AddField(
            model_name="room",
            name="time_zone",
            field=models.CharField(default="UTC", help_text="Where it is held, as Europe/Berlin.", max_length=64),
        ),
        migrations.AddConstraint(
            model_name="room",
            constraint=models.CheckConstraint(
                condition=models.Q(("reveal_seconds__lte", 60)), name="room_reveal_seconds"
            ),
        ),
        migrations.AddConstraint(
            model_name="room",
            constraint=models.CheckConstraint(
                condition=models.Q(("max_participants", None), ("max_participants__gte", 1), _connector="OR"),
                name="room_max_participants",
            ),
        ),
        migrations.AddConstraint(
            model_name="room",
            constraint=models.CheckConstraint(
                condition=models.Q(("time_zone", ""), _negated=True), name="room_has_a_time_zone"
            ),
        ),
    )
