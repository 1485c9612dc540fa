import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from platform_site.db.triggers import rules_kept


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_page_sessions"),
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = rules_kept(
        migrations.AddField(
            model_name="user",
            name="claimed_by",
            field=models.ForeignKey(
                blank=True,
                editable=False,
                help_text="The account that took over this guest's places.",
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="former_guests",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="user",
            name="is_placeholder",
            field=models.BooleanField(
                default=False, editable=False, help_text="Stands for somebody on a list, who has not signed in."
            ),
        ),
        migrations.AddConstraint(
            model_name="user",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("is_guest", True), models.Q(("claimed_by", None), ("is_placeholder", False)), _connector="OR"
                ),
                name="user_placeholder_is_guest",
            ),
        ),
        migrations.AddConstraint(
            model_name="user",
            constraint=models.CheckConstraint(
                condition=models.Q(("claimed_by", None), ("is_active", False), _connector="OR"),
                name="user_claimed_is_inactive",
            ),
        ),
    )
