import django.db.models.deletion
from django.db import migrations, models

# Sessions of before belong to nobody that could be listed or signed out: whoever is on a page signs in once more.
DROP = "DROP TABLE IF EXISTS django_session"
CREATE = """
    CREATE TABLE django_session (
        session_key varchar(40) NOT NULL PRIMARY KEY,
        session_data text NOT NULL,
        expire_date timestamp with time zone NOT NULL)
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_rules")]

    operations = [
        migrations.CreateModel(
            name="PageSession",
            fields=[
                (
                    "session_key",
                    models.CharField(max_length=40, primary_key=True, serialize=False, verbose_name="session key"),
                ),
                ("session_data", models.TextField(verbose_name="session data")),
                ("expire_date", models.DateTimeField(db_index=True, verbose_name="expire date")),
                (
                    "device",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="page_sessions",
                        to="accounts.session",
                    ),
                ),
            ],
            options={"verbose_name": "page session", "verbose_name_plural": "page sessions", "abstract": False},
        ),
        migrations.RunSQL(DROP, CREATE),
    ]
