"""The built-in apps: registered by migrate alone, found by their app_id, called where something happens in a room."""

import json
import logging

import jsonschema_rs
import pytest
from django.core.management import call_command

from apps_registry.contract import RoomApp
from apps_registry.models import App, ManifestVersion
from apps_registry.registration import parts_of, register_builtin_apps
from apps_registry.registry import NO_GAME, builtin_apps, builtin_manifests, room_app

APPS = ["app_lottery_v1", "app_quiz_v1"]
LEVELS = {"public", "organizer", "private"}


def test_the_built_in_apps_are_found():
    assert list(builtin_apps()) == APPS
    assert all(isinstance(game, RoomApp) for game in builtin_apps().values())
    assert room_app("app_of_somebody_else") is NO_GAME


@pytest.mark.django_db
def test_migrate_registers_them():
    for app_id, manifest in builtin_manifests().items():
        app = App.objects.get(app_id=app_id)
        assert app.manifest == manifest
        assert app.versions.get().key == f"{app_id}@{manifest['meta']['version']}"


@pytest.mark.django_db(transaction=True)
def test_they_are_registered_again_when_the_database_was_emptied():
    call_command("flush", interactive=False, verbosity=0)
    assert set(App.objects.values_list("app_id", flat=True)) == set(APPS)


@pytest.mark.django_db
def test_registering_twice_changes_nothing():
    before = list(App.objects.values()), list(ManifestVersion.objects.values())
    register_builtin_apps(using="default")
    assert (list(App.objects.values()), list(ManifestVersion.objects.values())) == before


@pytest.mark.django_db
def test_a_new_release_adds_its_version(monkeypatch):
    newer = json.loads(json.dumps(builtin_manifests()["app_quiz_v1"]))
    newer["meta"]["version"] = "1.10.0"
    monkeypatch.setattr("apps_registry.registration.builtin_manifests", lambda: {"app_quiz_v1": newer})
    register_builtin_apps(using="default")
    app = App.objects.get(app_id="app_quiz_v1")
    assert (app.manifest_version, app.manifest) == ("1.10.0", newer)
    assert set(app.versions.values_list("version", flat=True)) == {"1.0.0", "1.10.0"}
    monkeypatch.undo()
    register_builtin_apps(using="default")  # an older release, for a while: the newest version stays
    assert App.objects.get(app_id="app_quiz_v1").manifest_version == "1.10.0"


@pytest.mark.django_db
def test_a_published_version_never_changes(monkeypatch, caplog):
    changed = json.loads(json.dumps(builtin_manifests()["app_quiz_v1"]))
    changed["meta"]["description"] = "Another one."
    monkeypatch.setattr("apps_registry.registration.builtin_manifests", lambda: {"app_quiz_v1": changed})
    with caplog.at_level(logging.WARNING):
        register_builtin_apps(using="default")
    assert "app_quiz_v1" in caplog.text
    assert App.objects.get(app_id="app_quiz_v1").manifest == builtin_manifests()["app_quiz_v1"]


@pytest.mark.django_db
def test_what_an_admin_deleted_or_switched_off_stays_so():
    App.objects.filter(app_id="app_quiz_v1").update(is_active=False)
    App.objects.filter(app_id="app_lottery_v1").soft_delete()
    register_builtin_apps(using="default")
    assert not App.objects.get(app_id="app_quiz_v1").is_active
    assert not App.objects.filter(app_id="app_lottery_v1").exists()


def test_versions_compare_as_numbers():
    assert parts_of("1.9.0") < parts_of("1.10.0") < parts_of("2.0.0-beta")


@pytest.mark.parametrize("app_id", APPS)
def test_manifests_are_whole(app_id):
    manifest = builtin_manifests()[app_id]
    jsonschema_rs.Draft7Validator(manifest["settings"])
    for name, setting in manifest["settings"]["properties"].items():
        assert setting["x-visibility"] in LEVELS, name
        assert setting.get("x-dropped") or setting["title"], name
