from django.db import migrations

from platform_site.db.indexes import trigram_index
from platform_site.db.triggers import Trigger, add_rules


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]

    operations = [
        add_rules(
            Trigger(
                name="user_erased_for_good",
                table="accounts_user",
                on="UPDATE",
                refuse_if="OLD.erased_at IS NOT NULL AND NEW.erased_at IS NULL",
                message="an erased user cannot be restored",
            ),
        ),
        trigram_index("user_name_search", table="accounts_user", column="name"),
    ]
