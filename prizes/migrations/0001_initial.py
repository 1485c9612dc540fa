import django.core.validators
import django.db.models.deletion
import django.db.models.manager
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import platform_site.db.ids


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("rooms", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Draw",
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
                ("seq", models.PositiveIntegerField()),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("COMMITTED", "Committed"),
                            ("RUNNING", "Running"),
                            ("COMPLETED", "Completed"),
                            ("CANCELLED", "Cancelled"),
                        ],
                        default="COMMITTED",
                        max_length=9,
                    ),
                ),
                ("rehearsal", models.BooleanField(default=False)),
                ("distinct", models.BooleanField(default=True)),
                ("eligibility", models.JSONField(default=dict)),
                ("entropy_plan", models.TextField(blank=True)),
                ("entropy", models.TextField(null=True)),
                ("commitment", models.CharField(max_length=64)),
                ("sealed_seed", models.TextField(editable=False)),
                ("seed", models.CharField(max_length=64, null=True)),
                ("entries", models.TextField()),
                ("entry_count", models.PositiveIntegerField()),
                ("entries_hash", models.CharField(max_length=64)),
                ("rules_hash", models.CharField(max_length=64)),
                ("fingerprint", models.CharField(max_length=64)),
                ("withdrawn", models.JSONField(default=list)),
                ("withdrawn_count", models.PositiveIntegerField(default=0)),
                ("outcome", models.JSONField(null=True)),
                ("winner_count", models.PositiveIntegerField(default=0)),
                (
                    "fallback_reason",
                    models.TextField(blank=True, help_text="Why the platform drew though an app should have chosen."),
                ),
                ("strength", models.CharField(max_length=20)),
                ("claimed_until", models.DateTimeField(null=True)),
                ("run_at", models.DateTimeField(null=True)),
                ("cancelled_at", models.DateTimeField(null=True)),
                ("cancellation_reason", models.TextField(blank=True)),
                (
                    "created_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "ended_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "room",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="draws",
                        to="rooms.room",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Prize",
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
                ("deleted_at", models.DateTimeField(blank=True, editable=False, null=True)),
                ("name", models.CharField(max_length=255)),
                ("description", models.TextField(blank=True)),
                ("image_url", models.TextField(blank=True)),
                (
                    "quantity",
                    models.PositiveIntegerField(default=1, validators=[django.core.validators.MinValueValidator(1)]),
                ),
                ("quantity_remaining", models.PositiveIntegerField(editable=False)),
                ("quantity_reserved", models.PositiveIntegerField(default=0, editable=False)),
                ("metadata", models.JSONField(blank=True, default=dict)),
                ("position", models.PositiveIntegerField(default=0)),
                (
                    "room",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="prizes", to="rooms.room"
                    ),
                ),
            ],
            options={
                "abstract": False,
                "base_manager_name": "all_objects",
            },
            managers=[
                ("objects", django.db.models.manager.Manager()),
                ("all_objects", django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name="DrawPrize",
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
                ("position", models.PositiveIntegerField()),
                ("name", models.CharField(max_length=255)),
                ("count", models.PositiveIntegerField()),
                (
                    "draw",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="prizes",
                        to="prizes.draw",
                    ),
                ),
                (
                    "prize",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="draw_lines", to="prizes.prize"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Winner",
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
                ("deleted_at", models.DateTimeField(blank=True, editable=False, null=True)),
                ("metadata", models.JSONField(blank=True, default=dict)),
                (
                    "state",
                    models.CharField(
                        choices=[("AWARDED", "Awarded"), ("FULFILLED", "Fulfilled"), ("REVOKED", "Revoked")],
                        default="AWARDED",
                        editable=False,
                        max_length=9,
                    ),
                ),
                (
                    "method",
                    models.CharField(
                        choices=[
                            ("MANUAL", "Picked by hand"),
                            ("DRAW", "Drawn by chance"),
                            ("APP", "Chosen by the app"),
                            ("QUIZ", "Won a quiz round"),
                        ],
                        default="MANUAL",
                        editable=False,
                        max_length=6,
                    ),
                ),
                ("round_key", models.CharField(blank=True, editable=False, max_length=100)),
                ("revoked_at", models.DateTimeField(blank=True, editable=False, null=True)),
                ("revocation_reason", models.TextField(blank=True, editable=False)),
                (
                    "draw",
                    models.ForeignKey(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="winners",
                        to="prizes.draw",
                    ),
                ),
                (
                    "participant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="wins", to="rooms.participant"
                    ),
                ),
                (
                    "prize",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="winners", to="prizes.prize"
                    ),
                ),
                (
                    "revoked_by",
                    models.ForeignKey(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "room",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="winners", to="rooms.room"
                    ),
                ),
            ],
            options={
                "abstract": False,
                "base_manager_name": "all_objects",
            },
            managers=[
                ("objects", django.db.models.manager.Manager()),
                ("all_objects", django.db.models.manager.Manager()),
            ],
        ),
        migrations.AddField(
            model_name="draw",
            name="replaces",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="replacements", to="prizes.winner"
            ),
        ),
        migrations.AddIndex(
            model_name="prize",
            index=models.Index(
                condition=models.Q(("deleted_at", None)), fields=["room", "position", "id"], name="prize_in_order"
            ),
        ),
        migrations.AddConstraint(
            model_name="prize",
            constraint=models.CheckConstraint(condition=models.Q(("name", ""), _negated=True), name="prize_has_a_name"),
        ),
        migrations.AddConstraint(
            model_name="prize",
            constraint=models.CheckConstraint(
                condition=models.Q(("quantity__gte", 1), ("quantity__lte", 1000000)), name="prize_quantity_in_range"
            ),
        ),
        migrations.AddConstraint(
            model_name="prize",
            constraint=models.CheckConstraint(
                condition=models.Q(("quantity_remaining__gte", 0), ("quantity_remaining__lte", models.F("quantity"))),
                name="prize_stock_in_range",
            ),
        ),
        migrations.AddConstraint(
            model_name="prize",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("quantity_reserved__gte", 0), ("quantity_reserved__lte", models.F("quantity_remaining"))
                ),
                name="prize_reserved_in_stock",
            ),
        ),
        migrations.AddConstraint(
            model_name="drawprize",
            constraint=models.UniqueConstraint(fields=("draw", "prize"), name="draw_prize_unique"),
        ),
        migrations.AddConstraint(
            model_name="drawprize",
            constraint=models.UniqueConstraint(fields=("draw", "position"), name="draw_prize_position_unique"),
        ),
        migrations.AddConstraint(
            model_name="drawprize",
            constraint=models.CheckConstraint(condition=models.Q(("count__gte", 1)), name="draw_prize_count_from_one"),
        ),
        migrations.AddIndex(
            model_name="winner",
            index=models.Index(
                condition=models.Q(("deleted_at", None)), fields=["room", "prize", "state"], name="winner_room_prize"
            ),
        ),
        migrations.AddIndex(
            model_name="winner",
            index=models.Index(
                condition=models.Q(("deleted_at", None)), fields=["room", "created_at", "id"], name="winner_in_order"
            ),
        ),
        migrations.AddConstraint(
            model_name="winner",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "REVOKED"), _negated=True),
                fields=("prize", "participant", "round_key"),
                name="winner_once_a_prize",
            ),
        ),
        migrations.AddConstraint(
            model_name="winner",
            constraint=models.UniqueConstraint(
                condition=models.Q(
                    models.Q(("state", "REVOKED"), _negated=True), models.Q(("round_key", ""), _negated=True)
                ),
                fields=("prize", "round_key"),
                name="winner_one_a_round",
            ),
        ),
        migrations.AddConstraint(
            model_name="winner",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["AWARDED", "FULFILLED", "REVOKED"])), name="winner_state_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="winner",
            constraint=models.CheckConstraint(
                condition=models.Q(("method__in", ["MANUAL", "DRAW", "APP", "QUIZ"])), name="winner_method_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="winner",
            constraint=models.CheckConstraint(
                condition=models.Q(("deleted_at", None), ("state", "REVOKED"), _connector="OR"),
                name="winner_deleted_only_when_revoked",
            ),
        ),
        migrations.AddConstraint(
            model_name="winner",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("revoked_at__isnull", False), ("state", "REVOKED")),
                    models.Q(
                        models.Q(("state", "REVOKED"), _negated=True),
                        ("revocation_reason", ""),
                        ("revoked_at", None),
                        ("revoked_by", None),
                    ),
                    _connector="OR",
                ),
                name="winner_revocation_agrees",
            ),
        ),
        migrations.AddConstraint(
            model_name="winner",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("method", "DRAW"), _negated=True), ("draw__isnull", False), _connector="OR"
                ),
                name="winner_drawn_has_a_draw",
            ),
        ),
        migrations.AddIndex(
            model_name="draw",
            index=models.Index(
                condition=models.Q(("status__in", ("COMMITTED", "RUNNING"))), fields=["room"], name="draw_open"
            ),
        ),
        migrations.AddConstraint(
            model_name="draw",
            constraint=models.UniqueConstraint(fields=("room", "seq"), name="draw_seq_unique"),
        ),
        migrations.AddConstraint(
            model_name="draw",
            constraint=models.CheckConstraint(condition=models.Q(("seq__gte", 1)), name="draw_seq_from_one"),
        ),
        migrations.AddConstraint(
            model_name="draw",
            constraint=models.CheckConstraint(
                condition=models.Q(("status__in", ["COMMITTED", "RUNNING", "COMPLETED", "CANCELLED"])),
                name="draw_status_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="draw",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("seed", None), ("status__in", ("COMMITTED", "RUNNING"))),
                    models.Q(("seed__isnull", False), ("status__in", ("COMPLETED", "CANCELLED"))),
                    _connector="OR",
                ),
                name="draw_seed_secret_until_the_end",
            ),
        ),
        migrations.AddConstraint(
            model_name="draw",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("entropy__isnull", False),
                        ("outcome__isnull", False),
                        ("run_at__isnull", False),
                        ("status", "COMPLETED"),
                    ),
                    models.Q(
                        models.Q(("status", "COMPLETED"), _negated=True),
                        ("entropy", None),
                        ("outcome", None),
                        ("run_at", None),
                    ),
                    _connector="OR",
                ),
                name="draw_result_only_when_completed",
            ),
        ),
    ]
