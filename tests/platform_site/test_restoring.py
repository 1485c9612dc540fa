"""What a platform admin brings back, an action brings back."""

from typing import Any

import pytest
from django.utils import timezone

from accounts.actions import restore_user
from accounts.models import User
from apps_registry.actions import restore_app
from apps_registry.models import App
from platform_site.rest.exceptions import NotFound
from rooms.actions import restore_room
from rooms.models import Room
from tests.factories import make_app, make_room, make_user

RESTORING: dict[type[Any], Any] = {Room: restore_room, User: restore_user, App: restore_app}


def deleted_row(model: type[Any]) -> Any:
    rows: dict[Any, Any] = {Room: lambda: make_room(make_user(), active=False), User: make_user, App: make_app}
    row = rows[model]()
    model.all_objects.filter(pk=row.pk).soft_delete()
    return row


@pytest.mark.parametrize("model", RESTORING)
def test_a_platform_admin_brings_a_deleted_row_back_once(model: type[Any], admin: User) -> None:
    row = deleted_row(model)
    assert RESTORING[model](row.pk, by=admin).deleted_at is None
    assert model.objects.get(pk=row.pk).updated_at > row.updated_at
    with pytest.raises(NotFound):
        RESTORING[model](row.pk, by=admin)


@pytest.mark.parametrize("model", RESTORING)
def test_nobody_else_does(model: type[Any], organiser: User) -> None:
    row = deleted_row(model)
    with pytest.raises(NotFound):
        RESTORING[model](row.pk, by=organiser)
    assert not model.objects.filter(pk=row.pk).exists()


@pytest.mark.parametrize("model", RESTORING)
def test_the_dashboard_restores_through_the_action(model: type[Any], admin: User, dashboard: Any) -> None:
    row = deleted_row(model)
    browser = dashboard(admin)
    path = f"/admin/{model._meta.app_label}/{model._meta.model_name}/{row.pk}/restore/"
    assert browser.post(path, {"_form_submitted": "True"}).status_code == 200
    assert model.objects.filter(pk=row.pk).exists()


def test_an_erased_person_is_not_restored(admin: User) -> None:
    person = make_user()
    now = timezone.now()
    kept = {"name": "Deleted user", "email": None, "avatar": None, "deleted_at": now, "erased_at": now}
    User.all_objects.filter(pk=person.pk).update(**kept)
    with pytest.raises(NotFound):
        restore_user(person.pk, by=admin)
