import django.db.models.deletion
import django.db.models.functions.text
import django.db.models.lookups
import django.db.models.manager
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import accounts.models
import platform_site.db.ids
import rooms.models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("apps_registry", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Room",
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
                ("app_manifest_version", models.CharField(editable=False, max_length=50)),
                ("app_settings", models.JSONField(blank=True, default=dict)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("DRAFT", "Draft"),
                            ("ACTIVE", "Active"),
                            ("COMPLETED", "Completed"),
                            ("CANCELLED", "Cancelled"),
                        ],
                        default="DRAFT",
                        editable=False,
                        max_length=10,
                    ),
                ),
                ("closed_at", models.DateTimeField(blank=True, editable=False, null=True)),
                ("is_public", models.BooleanField(default=True)),
                (
                    "entry_policy",
                    models.CharField(
                        choices=[
                            ("GUESTS", "Anyone with the code"),
                            ("REGISTERED", "Signed-in people with the code"),
                            ("INVITE_ONLY", "Invited people only"),
                        ],
                        default="GUESTS",
                        max_length=12,
                    ),
                ),
                (
                    "join_code",
                    models.CharField(default=rooms.models.new_join_code, editable=False, max_length=16, unique=True),
                ),
                ("last_seq", models.PositiveBigIntegerField(default=0, editable=False)),
                ("last_public_seq", models.PositiveBigIntegerField(default=0, editable=False)),
                (
                    "app",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="rooms",
                        to="apps_registry.app",
                        to_field="app_id",
                    ),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="created_rooms",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "manifest_version",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="rooms",
                        to="apps_registry.manifestversion",
                        to_field="key",
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
            name="Participant",
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
                ("metadata", models.JSONField(blank=True, default=dict)),
                ("joined_at", models.DateTimeField()),
                ("removal_reason", models.TextField(blank=True, editable=False)),
                (
                    "removed_by",
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
                    "user",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="participations",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "room",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="participants", to="rooms.room"
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
            name="Notification",
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
                ("type", models.CharField(max_length=100)),
                ("title", models.CharField(max_length=255)),
                ("body", models.TextField(blank=True)),
                ("data", models.JSONField(blank=True, default=dict)),
                ("read_at", models.DateTimeField(blank=True, null=True)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="notifications",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "room",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="rooms.room",
                    ),
                ),
            ],
        ),
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
        ),
        migrations.CreateModel(
            name="RoomEvent",
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
                ("seq", models.PositiveBigIntegerField()),
                ("public_seq", models.PositiveBigIntegerField(null=True)),
                ("type", models.CharField(max_length=100)),
                ("payload", models.JSONField(default=dict)),
                (
                    "visibility",
                    models.CharField(
                        choices=[("PUBLIC", "Public"), ("ORGANIZER", "Organizer")], default="PUBLIC", max_length=9
                    ),
                ),
                ("created_at", models.DateTimeField()),
                (
                    "actor",
                    models.ForeignKey(
                        blank=True,
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
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="events",
                        to="rooms.room",
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="room",
            index=models.Index(
                condition=models.Q(("deleted_at", None)),
                fields=["status", "is_public", "app", "-created_at"],
                name="room_status_public_app",
            ),
        ),
        migrations.AddIndex(
            model_name="room",
            index=models.Index(
                condition=models.Q(("deleted_at", None)),
                fields=["-created_at", "id", "is_public", "status"],
                name="room_newest",
            ),
        ),
        migrations.AddIndex(
            model_name="room",
            index=models.Index(condition=models.Q(("deleted_at", None)), fields=["name", "id"], name="room_by_name"),
        ),
        migrations.AddIndex(
            model_name="room",
            index=models.Index(
                condition=models.Q(("closed_at__isnull", False)), fields=["closed_at"], name="room_closed"
            ),
        ),
        migrations.AddConstraint(
            model_name="room",
            constraint=models.CheckConstraint(condition=models.Q(("name", ""), _negated=True), name="room_has_a_name"),
        ),
        migrations.AddConstraint(
            model_name="room",
            constraint=models.CheckConstraint(
                condition=django.db.models.lookups.LessThanOrEqual(django.db.models.functions.text.Length("name"), 255),
                name="room_name_length",
            ),
        ),
        migrations.AddConstraint(
            model_name="room",
            constraint=models.CheckConstraint(
                condition=models.Q(("status__in", ["DRAFT", "ACTIVE", "COMPLETED", "CANCELLED"])),
                name="room_status_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="room",
            constraint=models.CheckConstraint(
                condition=models.Q(("entry_policy__in", ["GUESTS", "REGISTERED", "INVITE_ONLY"])),
                name="room_entry_policy_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="room",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "manifest_version",
                        django.db.models.functions.text.Concat("app", models.Value("@"), "app_manifest_version"),
                    )
                ),
                name="room_manifest_version_agrees",
            ),
        ),
        migrations.AddConstraint(
            model_name="room",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("deleted_at", None), models.Q(("status", "ACTIVE"), _negated=True), _connector="OR"
                ),
                name="room_active_not_deleted",
            ),
        ),
        migrations.AddConstraint(
            model_name="room",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("closed_at", None), ("status__in", ("DRAFT", "ACTIVE"))),
                    models.Q(
                        models.Q(("status__in", ("DRAFT", "ACTIVE")), _negated=True), ("closed_at__isnull", False)
                    ),
                    _connector="OR",
                ),
                name="room_closed_at_agrees",
            ),
        ),
        migrations.AddIndex(
            model_name="participant",
            index=models.Index(
                condition=models.Q(("deleted_at", None)),
                fields=["room", "role", "joined_at", "id"],
                name="participant_room_role",
            ),
        ),
        migrations.AddIndex(
            model_name="participant",
            index=models.Index(
                condition=models.Q(("deleted_at", None)),
                fields=["room", "joined_at", "id"],
                name="participant_in_order",
            ),
        ),
        migrations.AddConstraint(
            model_name="participant",
            constraint=models.UniqueConstraint(fields=("user", "room"), name="participant_unique"),
        ),
        migrations.AddConstraint(
            model_name="participant",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("role__in", ["ADMIN", "ORGANIZER", "MODERATOR", "PARTICIPANT", "VIEWER"]),
                    models.Q(("role", "ADMIN"), _negated=True),
                ),
                name="participant_role_of_a_room",
            ),
        ),
        migrations.AddConstraint(
            model_name="participant",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("deleted_at__isnull", False),
                    models.Q(("removal_reason", ""), ("removed_by", None)),
                    _connector="OR",
                ),
                name="participant_removal_means_gone",
            ),
        ),
        migrations.AddIndex(
            model_name="notification",
            index=models.Index(fields=["user", "-created_at", "-id"], name="notification_newest"),
        ),
        migrations.AddIndex(
            model_name="notification",
            index=models.Index(
                condition=models.Q(("read_at", None)), fields=["user", "created_at"], name="notification_unread"
            ),
        ),
        migrations.AddIndex(
            model_name="invitation",
            index=models.Index(condition=models.Q(("redeemed_at", None)), fields=["email"], name="invitation_open"),
        ),
        migrations.AddConstraint(
            model_name="invitation",
            constraint=models.UniqueConstraint(fields=("room", "email"), name="invitation_unique"),
        ),
        migrations.AddConstraint(
            model_name="invitation",
            constraint=models.CheckConstraint(
                condition=models.Q(("email", django.db.models.functions.text.Lower("email"))),
                name="invitation_email_lower_case",
            ),
        ),
        migrations.AddConstraint(
            model_name="invitation",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("role__in", ["ADMIN", "ORGANIZER", "MODERATOR", "PARTICIPANT", "VIEWER"]),
                    models.Q(("role", "ADMIN"), _negated=True),
                ),
                name="invitation_role_of_a_room",
            ),
        ),
        migrations.AddConstraint(
            model_name="roomevent",
            constraint=models.UniqueConstraint(fields=("room", "seq"), name="room_event_seq_unique"),
        ),
        migrations.AddConstraint(
            model_name="roomevent",
            constraint=models.UniqueConstraint(fields=("room", "public_seq"), name="room_event_public_seq_unique"),
        ),
        migrations.AddConstraint(
            model_name="roomevent",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("public_seq__gte", 1), ("public_seq__isnull", False), ("visibility", "PUBLIC")),
                    models.Q(("public_seq", None), ("visibility", "ORGANIZER")),
                    _connector="OR",
                ),
                name="room_event_numbered_by_visibility",
            ),
        ),
        migrations.AddConstraint(
            model_name="roomevent",
            constraint=models.CheckConstraint(condition=models.Q(("seq__gte", 1)), name="room_event_seq_from_one"),
        ),
        migrations.AddConstraint(
            model_name="roomevent",
            constraint=models.CheckConstraint(
                condition=models.Q(("type", ""), _negated=True), name="room_event_has_a_type"
            ),
        ),
    ]
