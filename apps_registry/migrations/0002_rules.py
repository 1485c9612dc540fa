from django.db import migrations

from platform_site.db.triggers import Trigger, add_rules

PUBLISHED = ("app_id", "version", "key", "manifest", "published_at")


class Migration(migrations.Migration):
    dependencies = [("apps_registry", "0001_initial")]

    operations = [
        add_rules(
            Trigger(
                name="app_id_is_final",
                table="apps_registry_app",
                on="UPDATE",
                refuse_if="NEW.app_id <> OLD.app_id",
                message="an app_id is never given to another app",
            ),
            Trigger(
                name="manifest_version_is_final",
                table="apps_registry_manifestversion",
                on="UPDATE",
                refuse_if=" OR ".join(f"OLD.{column} IS DISTINCT FROM NEW.{column}" for column in PUBLISHED),
                message="a published version never changes",
            ),
        ),
    ]
