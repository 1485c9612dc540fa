"""What a room can run: applications and every version of their manifests."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Concat

from apps_registry.querysets import AppQuerySet
from platform_site.db.models import AliveManager, Row, SoftDeletedRow


class App(SoftDeletedRow):
    """An application. `manifest` is its newest version's; rooms keep to the version they were made with."""

    app_id = models.CharField(max_length=100, unique=True, help_text="For example app_lottery_v1. Never used again.")
    secret_hash = models.CharField(max_length=64, editable=False, blank=True)
    secret_last4 = models.CharField(max_length=4, editable=False, blank=True)
    manifest = models.JSONField()
    manifest_version = models.CharField(max_length=50)
    is_active = models.BooleanField(default=True)

    objects: ClassVar[Any] = AliveManager.from_queryset(AppQuerySet)()
    all_objects: ClassVar[Any] = models.Manager.from_queryset(AppQuerySet)()

    class Meta(SoftDeletedRow.Meta):
        constraints = [
            models.CheckConstraint(
                condition=Q(app_id__regex=r"^[a-z][a-z0-9_]{2,99}$"), name="app_id_is_a_lower_case_word"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        return self.manifest["meta"]["name"]


class ManifestVersion(Row):
    """One published version of an app's manifest; rooms point here by `key` = app_id@version."""

    # No index of its own: manifest_version_unique begins with it.
    app = models.ForeignKey(App, to_field="app_id", on_delete=models.CASCADE, related_name="versions", db_index=False)
    version = models.CharField(max_length=50)
    key = models.CharField(max_length=151, unique=True, editable=False)
    manifest = models.JSONField()
    published_at = models.DateTimeField()
    deprecated_at = models.DateTimeField(null=True, blank=True)
    deprecation_reason = models.TextField(blank=True)
    deprecation_deadline = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["app", "version"], name="manifest_version_unique"),
            models.CheckConstraint(
                condition=Q(key=Concat(F("app"), Value("@"), F("version"))), name="manifest_version_key_agrees"
            ),
            models.CheckConstraint(
                condition=~Q(deprecated_at=None) | Q(deprecation_reason="", deprecation_deadline=None),
                name="manifest_version_deprecation_whole",
            ),
        ]

    def __str__(self) -> str:
        return self.key
