"""Puts the built-in apps into the catalogue after each `migrate`: a new installation can run an event at once."""

import logging
from typing import Any

from django.apps import apps as installed
from django.db import transaction
from django.utils import timezone

from apps_registry.registry import builtin_manifests

logger = logging.getLogger(__name__)


def register_builtin_apps(using: str, apps: Any = installed, **kwargs: Any) -> None:
    """Adds what is missing: an app, or the version of its manifest that this release brings. Changes nothing else: an
    app that an admin switched off or deleted stays so, and rooms stay with the version that they were created with."""
    try:
        app_model = apps.get_model("apps_registry.App")
        version_model = apps.get_model("apps_registry.ManifestVersion")
    except LookupError:  # migrated back to before these tables
        return
    for app_id, manifest in builtin_manifests().items():
        with transaction.atomic(using=using):
            register(app_model._base_manager.using(using), version_model._base_manager.using(using), app_id, manifest)


def register(known_apps: Any, versions: Any, app_id: str, manifest: dict[str, Any]) -> None:
    version = manifest["meta"]["version"]
    app, _ = known_apps.get_or_create(app_id=app_id, defaults={"manifest": manifest, "manifest_version": version})
    published, created = versions.get_or_create(
        app_id=app_id,
        version=version,
        defaults={"key": f"{app_id}@{version}", "manifest": manifest, "published_at": timezone.now()},
    )
    if not created and published.manifest != manifest:
        # Rooms rely on what was published. Whoever changes manifest.json has to raise its version.
        logger.warning("%s: this release changes the manifest but not its version; the published one stays.", app_id)
    elif parts_of(app.manifest_version) < parts_of(version):
        app.manifest, app.manifest_version = manifest, version
        app.save(update_fields=["manifest", "manifest_version", "updated_at"])


def parts_of(version: str) -> tuple[int, ...]:
    """A semantic version (major.minor.patch) as numbers, which compare as numbers do."""
    return tuple(int(part) for part in version.partition("-")[0].partition("+")[0].split("."))
