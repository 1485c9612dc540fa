import secrets

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import F, Q
from django.db.models.functions import Length
from django.db.models.lookups import Exact

import prizes.models
from platform_site.db.triggers import Trigger, add_rules, remove_rules, rules_kept

LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"

STATE_BEFORE = Trigger(
    name="winner_state_is_final",
    table="prizes_winner",
    on="UPDATE",
    refuse_if="OLD.state <> 'AWARDED' AND NEW.state <> OLD.state",
    message="a win that was fulfilled or revoked stays so",
)
STATE = Trigger(
    name="winner_state_is_final",
    table="prizes_winner",
    on="UPDATE",
    refuse_if="NEW.state <> OLD.state AND (OLD.state = 'REVOKED' OR OLD.state = 'FULFILLED' AND NEW.state = 'REVOKED')",
    message="a win that was revoked stays so, and one that was handed over is not revoked",
)
CODE = Trigger(
    name="winner_claim_code_is_final",
    table="prizes_winner",
    on="UPDATE",
    refuse_if="OLD.claim_code <> NEW.claim_code",
    message="the claim code of a win cannot change",
)
KEPT = Trigger(
    name="winner_kept",
    table="prizes_winner",
    on="DELETE",
    refuse_if="EXISTS (SELECT 1 FROM rooms_room WHERE id = OLD.room_id)",
    message="a win stays on record",
)


def give_codes(apps, editor):
    """The wins that are there get a code, and the time of their last change as that of their hand-over."""
    Winner = apps.get_model("prizes", "Winner")
    given = set()
    for pk in Winner._base_manager.values_list("pk", flat=True).iterator():
        code = ""
        while not code or code in given:
            code = "".join(secrets.choice(LETTERS) for _ in range(6))
        given.add(code)
        Winner._base_manager.filter(pk=pk).update(claim_code=code)
    Winner._base_manager.filter(state="FULFILLED").update(fulfilled_at=F("updated_at"))


class Migration(migrations.Migration):
    dependencies = [
        ("prizes", "0003_entries_tree"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        remove_rules(STATE_BEFORE),
        *rules_kept(
            migrations.AddField("draw", "reveal_at", models.DateTimeField(null=True)),
            migrations.AddField("draw", "revealed_at", models.DateTimeField(null=True)),
            migrations.AddField("winner", "reveal_at", models.DateTimeField(null=True, blank=True, editable=False)),
            migrations.AddField("winner", "fulfilled_at", models.DateTimeField(null=True, blank=True, editable=False)),
            migrations.AddField(
                "winner",
                "fulfilled_by",
                models.ForeignKey(
                    settings.AUTH_USER_MODEL,
                    on_delete=django.db.models.deletion.PROTECT,
                    null=True,
                    blank=True,
                    related_name="+",
                    editable=False,
                ),
            ),
            migrations.AddField("winner", "claim_code", models.CharField(max_length=6, null=True, editable=False)),
            migrations.RunPython(give_codes, migrations.RunPython.noop),
            migrations.AlterField(
                "winner",
                "claim_code",
                models.CharField(max_length=6, unique=True, default=prizes.models.new_claim_code, editable=False),
            ),
            migrations.AddConstraint(
                "winner",
                models.CheckConstraint(
                    condition=Q(state="FULFILLED", fulfilled_at__isnull=False)
                    | ~Q(state="FULFILLED") & Q(fulfilled_at=None, fulfilled_by=None),
                    name="winner_fulfilment_agrees",
                ),
            ),
            migrations.AddConstraint(
                "winner",
                models.CheckConstraint(condition=Exact(Length("claim_code"), 6), name="winner_claim_code_length"),
            ),
        ),
        add_rules(STATE, CODE, KEPT),
    ]
