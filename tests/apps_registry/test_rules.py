"""What the database holds of apps and the versions of their manifests, whoever writes."""

from typing import Any

import pytest
from django.utils import timezone

from apps_registry.models import App, ManifestVersion
from tests.factories import make_app, make_room
from tests.rules import (
    FOREIGN_KEY,
    UNIQUE,
    can_be_added,
    can_become,
    cannot_be_added,
    cannot_be_deleted,
    cannot_become,
    only_the_orm_deletes,
)

pytestmark = pytest.mark.django_db
PROTECTED = "protected foreign keys"


def new_app(app_id: str) -> App:
    return App(app_id=app_id, manifest={"meta": {"name": "New"}}, manifest_version="1.0.0")


def new_version(app: App, version: str = "2.0.0", **fields: Any) -> ManifestVersion:
    key = f"{app.app_id}@{version}"
    return ManifestVersion(
        **{"app": app, "version": version, "key": key, "manifest": {}, "published_at": timezone.now()} | fields
    )


def test_app_id_is_unique():
    app = make_app()
    cannot_be_added(new_app(app.app_id), UNIQUE)
    can_be_added(new_app(f"{app.app_id}_b"))


def test_app_id_is_never_used_again():
    app = make_app()
    App.objects.filter(pk=app.pk).soft_delete()
    assert not App.objects.filter(app_id=app.app_id).exists()
    cannot_be_added(new_app(app.app_id), UNIQUE)


def test_app_id_is_final():
    app = make_app()
    cannot_become(app, "an app_id is never given to another app", app_id="app_other")
    can_become(app, is_active=False, secret_last4="abcd")


@pytest.mark.parametrize("app_id", ["", "ab", "App_one", "1app", "app-one", "app one", "äpp_one", "a" * 101])
def test_app_id_is_a_lower_case_word(app_id):
    cannot_be_added(new_app(app_id), "app_id_is_a_lower_case_word|value too long")
    can_be_added(new_app("app_one_2"))


def test_app_and_version_are_unique_together():
    app, other = make_app(), make_app()
    cannot_be_added(new_version(app, "1.0.0"), UNIQUE)
    can_be_added(new_version(app, "1.0.1"))
    can_be_added(new_version(other, "1.0.1"))


def test_key_agrees_with_app_and_version():
    app = make_app()
    cannot_be_added(new_version(app, key="app_other@2.0.0"), "manifest_version_key_agrees")
    cannot_be_added(new_version(app, key=f"{app.app_id}@1.0.0"), f"manifest_version_key_agrees|{UNIQUE}")
    cannot_be_added(new_version(app, key=f"{app.app_id}2.0.0"), "manifest_version_key_agrees")
    can_be_added(new_version(app))


def test_a_published_version_never_changes():
    version = make_app().versions.get()
    for name, value in {"manifest": {}, "version": "9.9.9", "key": "a@b", "published_at": timezone.now()}.items():
        cannot_become(version, "a published version never changes", **{name: value})
    can_become(version, deprecated_at=timezone.now(), deprecation_reason="There is a better one.")


def test_a_deprecation_is_whole():
    version = make_app().versions.get()
    cannot_become(version, "manifest_version_deprecation_whole", deprecation_reason="Old")
    cannot_become(version, "manifest_version_deprecation_whole", deprecation_deadline=timezone.now())
    can_become(version, deprecated_at=timezone.now(), deprecation_deadline=timezone.now())


def test_an_app_that_a_room_uses_cannot_be_deleted(organiser):
    app, unused = make_app(), make_app()
    make_room(organiser, app=app)
    cannot_be_deleted(app, PROTECTED, by_sql=FOREIGN_KEY)
    only_the_orm_deletes(unused)
    assert not ManifestVersion.objects.filter(app=unused.app_id).exists()


def test_an_app_of_a_deleted_room_cannot_be_deleted(organiser):
    app = make_app()
    room = make_room(organiser, app=app, active=False)
    type(room).objects.filter(pk=room.pk).soft_delete()
    cannot_be_deleted(app, PROTECTED, by_sql=FOREIGN_KEY)


def test_a_version_that_a_room_uses_cannot_be_deleted(organiser):
    app = make_app()
    newer = new_version(app)
    newer.save()
    room = make_room(organiser, app=app)
    cannot_be_deleted(room.manifest_version, PROTECTED, by_sql=FOREIGN_KEY)
    assert newer.delete()[0] == 1
