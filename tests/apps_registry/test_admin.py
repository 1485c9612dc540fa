"""The dashboard's screens of applications, and the form made from an application's schema."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.actions import open_dashboard
from apps_registry.models import App
from apps_registry.settings_form import as_rows, filled_in, form_schema, title_of
from tests.factories import make_app, make_room

LISTS = ("apps_registry_app", "apps_registry_manifestversion")
SCHEMA: dict[str, Any] = {
    "$schema": "http://json-schema.org/draft-07/schema#",
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "size": {"type": "integer", "title": "Size", "description": "How many.", "x-visibility": "public"},
        "secret": {"type": "string", "x-visibility": "private"},
        "old": {"x-dropped": True},
        "rows": {
            "type": "array",
            "title": "Rows",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["id", "text"],
                "properties": {"id": {"type": "string"}, "text": {"type": "string", "title": "Text"}},
            },
        },
    },
}


@pytest.mark.parametrize("name", LISTS)
def test_only_platform_admins_see_applications(name, organiser, admin, dashboard):
    open_dashboard(user=organiser)
    app = make_app()
    row = app if name.endswith("app") else app.versions.get()
    addresses = [reverse(f"admin:{name}_changelist"), reverse(f"admin:{name}_change", args=(row.pk,))]
    for address in addresses:
        assert dashboard().get(address).status_code == 302
        assert dashboard(organiser).get(address).status_code in (302, 403)
        assert app.app_id not in dashboard(organiser).get(address).content.decode()
        answer = dashboard(admin).get(address)
        assert answer.status_code == 200
        assert app.app_id in answer.content.decode()


@pytest.mark.parametrize("name", LISTS)
def test_applications_are_read_only(name, admin, dashboard):
    app = make_app()
    row = app if name.endswith("app") else app.versions.get()
    client = dashboard(admin)
    assert client.get(reverse(f"admin:{name}_add")).status_code == 403
    assert client.post(reverse(f"admin:{name}_change", args=(row.pk,)), {"app_id": "mine"}).status_code == 403
    assert client.post(reverse(f"admin:{name}_delete", args=(row.pk,)), {"post": "yes"}).status_code == 403
    assert App.objects.get(pk=app.pk).app_id == app.app_id


def test_secret_is_shown_by_its_end_only(admin, dashboard):
    app = make_app()
    App.objects.filter(pk=app.pk).update(secret_hash="a" * 64, secret_last4="9xyz")
    text = dashboard(admin).get(reverse("admin:apps_registry_app_change", args=(app.pk,))).content.decode()
    assert "9xyz" in text
    assert "a" * 64 not in text


def test_deleted_application_is_restored_by_an_admin(admin, dashboard):
    app = make_app()
    App.objects.filter(pk=app.pk).soft_delete()
    client = dashboard(admin)
    assert app.app_id not in client.get(reverse("admin:apps_registry_app_changelist")).content.decode()
    client.post(f"/admin/apps_registry/app/{app.pk}/restore/", {"_form_submitted": "True"})
    assert App.objects.filter(pk=app.pk).exists()


def test_rooms_of_an_application_are_counted_without_deleted_ones(admin, organiser, dashboard):
    app = make_app()
    make_room(organiser, app=app)
    gone = make_room(organiser, app=app, active=False)
    type(gone).objects.filter(pk=gone.pk).soft_delete()
    rows = dashboard(admin).get(reverse("admin:apps_registry_app_changelist")).context["cl"].result_list
    assert [row.rooms_running for row in rows if row.pk == app.pk] == [1]


def test_form_schema_leaves_out_what_is_dropped_and_locks_what_is_frozen():
    drawn = form_schema(SCHEMA, frozen={"rows"})
    assert "old" not in drawn["properties"]
    assert drawn["properties"]["size"]["help_text"] == "How many. Everybody in the room can see this."
    assert drawn["properties"]["secret"]["help_text"] == "Only organizers see this."
    assert "readonly" not in drawn["properties"]["size"]
    assert drawn["properties"]["rows"]["readonly"] is True
    assert drawn["properties"]["rows"]["items"]["properties"]["text"]["readonly"] is True
    assert drawn["properties"]["rows"]["items"]["required"] == ["text"]
    assert "old" in SCHEMA["properties"]


def test_what_is_left_empty_is_left_out_and_items_get_ids():
    given = {"size": None, "secret": "", "rows": [{"id": "", "text": "a"}, {"id": "1", "text": ""}]}
    assert filled_in(SCHEMA, given) == {"rows": [{"id": "2", "text": "a"}, {"id": "1"}]}
    assert filled_in(SCHEMA, {"size": 0, "flag": False}) == {"size": 0, "flag": False}


def test_settings_are_called_by_their_titles():
    assert title_of(SCHEMA, ["rows", "0", "text"]) == "Rows › 1 › Text"
    assert title_of(SCHEMA, ["unknown"]) == "unknown"
    assert as_rows(SCHEMA, {"other": True, "size": 3}) == [("Size", "3"), ("other", "Yes")]


@pytest.mark.parametrize("name", LISTS)
def test_lists_take_as_many_queries_for_three_rows_as_for_one(name, admin, dashboard):
    client, address = dashboard(admin), reverse(f"admin:{name}_changelist")

    def queries():
        client.get(address)
        with CaptureQueriesContext(connection) as log:
            assert client.get(address).status_code == 200
        return len(log)

    make_app()
    one = queries()
    make_app()
    make_app()
    assert queries() == one
    assert one <= 7
