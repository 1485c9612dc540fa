"""/apps: the catalogue."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps_registry.models import App
from tests.factories import make_app, make_guest

APPS = "/api/v1/apps"
FIELDS = {
    "id", "appId", "name", "description", "version", "baseUrl", "manifestVersion", "capabilities", "permissions",
    "isActive", "createdAt", "updatedAt",
}  # fmt: skip


@pytest.fixture(autouse=True)
def _empty_catalogue(db):
    """Without the built-in apps, so that a test knows every row."""
    App.all_objects.all().delete()


def test_apps_are_shown_without_secrets(stranger, api):
    app = make_app(capabilities=["prizeFund"], permissions=["rooms:read"])
    App.objects.filter(pk=app.pk).update(secret_hash="f" * 64, secret_last4="wxyz")
    listed = api(stranger).get(APPS)
    (row,) = listed.json()["data"]
    assert set(row) == FIELDS
    assert (row["appId"], row["name"], row["version"]) == (app.app_id, app.name, "1.0.0")
    assert (row["capabilities"], row["permissions"], row["isActive"]) == (["prizeFund"], ["rooms:read"], True)
    one = api(stranger).get(f"{APPS}/{app.app_id}")
    assert set(one.json()["data"]) == FIELDS | {"manifest"}
    assert one.json()["data"]["manifest"] == app.manifest
    for answer in (listed, one):
        assert "ffffffff" not in answer.content.decode()
        assert "wxyz" not in answer.content.decode()


def test_deleted_and_unknown_apps_are_not_found(stranger, api):
    app = make_app()
    App.objects.filter(pk=app.pk).soft_delete()
    assert api(stranger).get(APPS).json()["data"] == []
    for app_id in (app.app_id, "app_unknown", "No-App", "x" * 200):
        answer = api(stranger).get(f"{APPS}/{app_id}")
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "NOT_FOUND")


def test_apps_are_filtered(stranger, api):
    asleep, awake = make_app(), make_app()
    App.objects.filter(pk=asleep.pk).update(is_active=False)
    for query, found in (
        ({"isActive": "true"}, {awake.app_id}),
        ({"isActive": "false"}, {asleep.app_id}),
        ({"search": asleep.app_id.upper()}, {asleep.app_id}),
        ({}, {asleep.app_id, awake.app_id}),
    ):
        assert {row["appId"] for row in api(stranger).get(APPS, query).json()["data"]} == found
    assert api(stranger).get(APPS, {"isActive": "perhaps"}).status_code == 422


def test_apps_are_for_people_with_an_account(db, api):
    app = make_app()
    for path in (APPS, f"{APPS}/{app.app_id}"):
        assert api().get(path).status_code == 401
        assert api(make_guest()).get(path).status_code == 403


@pytest.mark.parametrize("number", [1, 3])
def test_the_list_costs_the_same_whatever_the_number_of_rows(stranger, api, number):
    for _ in range(number):
        make_app()
    client = api(stranger)
    with CaptureQueriesContext(connection) as queries:
        assert len(client.get(APPS).json()["data"]) == number
    made = [query["sql"] for query in queries if not query["sql"].startswith('SELECT "accounts_user"')]
    assert len(made) == 2  # count, rows
