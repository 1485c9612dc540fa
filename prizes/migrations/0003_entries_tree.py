from django.db import migrations, models
from django.db.models import F, Q

from platform_site.db.triggers import Trigger, add_rules, remove_rules, rules_kept

COMMITTED_BEFORE = (
    *("room_id", "seq", "rehearsal", "replaces_id", "distinct", "entropy_plan", "commitment", "entries"),
    *("entry_count", "entries_hash", "rules_hash", "fingerprint"),
)
COMMITTED = (
    *("room_id", "seq", "rehearsal", "replaces_id", "mode", "distinct", "entropy_plan", "commitment", "committed_at"),
    *("entries", "entry_count", "total_weight", "entries_root", "rules_hash", "fingerprint"),
)
# Not updated_at, nor the texts that erasure may have to rewrite.
RESULT_BEFORE = (
    *("status", "seed", "sealed_seed", "entropy", "eligibility", "outcome", "strength", "withdrawn_count"),
    *("winner_count", "fallback_reason", "created_by_id", "created_at", "run_at", "cancelled_at", "ended_by_id"),
)
RESULT = (*RESULT_BEFORE, "withdrawn", "came_up")


def changed(*columns: str) -> str:
    return " OR ".join(f'OLD."{column}" IS DISTINCT FROM NEW."{column}"' for column in columns)


def rules(committed: tuple[str, ...], result: tuple[str, ...]) -> tuple[Trigger, ...]:
    return (
        Trigger(
            name="draw_commit_is_final",
            table="prizes_draw",
            on="UPDATE",
            refuse_if=changed(*committed),
            message="what a draw committed to cannot change",
        ),
        Trigger(
            name="draw_result_is_final",
            table="prizes_draw",
            on="UPDATE",
            refuse_if=f"OLD.status IN ('COMPLETED', 'CANCELLED') AND ({changed(*result)})",
            message="a draw that is over cannot change",
        ),
    )


FIRST_VALUE_COUNTS = Trigger(
    name="draw_entropy_is_final",
    table="prizes_draw",
    on="UPDATE",
    refuse_if="OLD.entropy IS NOT NULL AND NEW.entropy IS DISTINCT FROM OLD.entropy",
    message="the first public value of a draw counts",
)


def refuse_draws(apps, editor):
    if apps.get_model("prizes", "Draw").objects.exists():
        raise RuntimeError(
            "This database holds draws of the procedure before the entries tree. Their fingerprints cannot be carried "
            "over: begin with an empty database."
        )


class Migration(migrations.Migration):
    """Draws over a tree of entries. It refuses, and changes nothing, where a draw exists: the fingerprint of a draw
    that was committed before binds other fields, and nobody could check it any more. No release made such draws."""

    dependencies = [("prizes", "0002_rules"), ("rooms", "0003_hall")]

    operations = [
        migrations.RunPython(refuse_draws, refuse_draws),
        remove_rules(*rules(COMMITTED_BEFORE, RESULT_BEFORE)),
        *rules_kept(
            migrations.RemoveConstraint("draw", "draw_seq_unique"),
            migrations.RemoveConstraint("draw", "draw_result_only_when_completed"),
            migrations.RemoveField("draw", "entries_hash"),
            migrations.AlterField(
                "draw",
                "seq",
                models.PositiveIntegerField(
                    help_text="Draws and rehearsals of a room are each numbered 1, 2, 3 … by themselves."
                ),
            ),
            migrations.AddField(
                "draw",
                "mode",
                models.CharField(
                    max_length=16,
                    default="draw",
                    choices=[
                        ("draw", "The platform draws"),
                        ("delegated-refuse", "The app chooses, or there is no result"),
                        ("delegated-draw", "The app chooses; if it cannot, the platform draws"),
                    ],
                ),
            ),
            migrations.AddField(
                "draw", "total_weight", models.PositiveBigIntegerField(default=1), preserve_default=False
            ),
            migrations.AddField(
                "draw", "entries_root", models.CharField(max_length=64, default=""), preserve_default=False
            ),
            migrations.AddField(
                "draw",
                "committed_at",
                models.DateTimeField(null=True, help_text="In whole milliseconds, as the fingerprint has it."),
            ),
            migrations.AlterField(
                "draw",
                "committed_at",
                models.DateTimeField(help_text="In whole milliseconds, as the fingerprint has it."),
            ),
            migrations.AddField("draw", "came_up", models.JSONField(default=list)),
            migrations.AddConstraint(
                "draw", models.UniqueConstraint(fields=["room", "rehearsal", "seq"], name="draw_seq_unique")
            ),
            migrations.AddConstraint(
                "draw",
                models.CheckConstraint(
                    condition=Q(status="COMPLETED", run_at__isnull=False, outcome__isnull=False)
                    | ~Q(status="COMPLETED") & Q(run_at=None, outcome=None),
                    name="draw_result_only_when_completed",
                ),
            ),
            migrations.AddConstraint(
                "draw",
                models.CheckConstraint(
                    condition=Q(status="COMMITTED", entropy=None)
                    | Q(status__in=("RUNNING", "COMPLETED"), entropy__isnull=False)
                    | Q(status="CANCELLED"),
                    name="draw_entropy_from_the_claim_on",
                ),
            ),
            migrations.AddConstraint(
                "draw",
                models.CheckConstraint(
                    condition=Q(mode__in=["draw", "delegated-refuse", "delegated-draw"]), name="draw_mode_known"
                ),
            ),
            migrations.AddConstraint(
                "draw",
                models.CheckConstraint(
                    condition=Q(entry_count__gte=1, total_weight__gte=F("entry_count")), name="draw_has_entries"
                ),
            ),
        ),
        add_rules(*rules(COMMITTED, RESULT), FIRST_VALUE_COUNTS),
    ]
