"""The dashboard's screens of people: for platform admins, and for nobody else."""

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.actions import open_dashboard, open_session
from accounts.models import DELETED_USER_NAME, Session, TokenBlacklist, User
from tests.factories import PASSWORD, make_guest, make_user

LISTS = ("accounts_user", "accounts_session", "accounts_tokenblacklist", "auth_group")


def erase(user):
    User.all_objects.filter(pk=user.pk).update(
        email=None,
        name=DELETED_USER_NAME,
        avatar=None,
        provider_id=None,
        erased_at=timezone.now(),
        deleted_at=timezone.now(),
    )


def change(user):
    return reverse("admin:accounts_user_change", args=(user.pk,))


def restore(client, user):
    return client.post(f"/admin/accounts/user/{user.pk}/restore/", {"_form_submitted": "True"})


@pytest.mark.parametrize("name", LISTS)
def test_only_platform_admins_see_accounts(name, organiser, admin, dashboard):
    open_dashboard(user=organiser)
    address = reverse(f"admin:{name}_changelist")
    assert dashboard().get(address).status_code == 302
    assert dashboard(organiser).get(address).status_code == 403
    assert dashboard(organiser).get(reverse(f"admin:{name}_add")).status_code == 403
    assert dashboard(admin).get(address).status_code == 200


def test_organiser_reaches_no_user_by_any_address(organiser, stranger, dashboard):
    open_dashboard(user=organiser)
    client = dashboard(organiser)
    for page in ("change", "history", "delete"):
        answer = client.get(reverse(f"admin:accounts_user_{page}", args=(stranger.pk,)))
        assert answer.status_code in (302, 403)
        assert stranger.email not in answer.content.decode()
    assert client.post(change(stranger), {"is_superuser": "on"}).status_code in (302, 403)
    password = reverse("admin:auth_user_password_change", args=(stranger.pk,))
    assert client.post(password, {"password1": "x", "password2": "x"}).status_code in (302, 403)
    stranger.refresh_from_db()
    assert not stranger.is_superuser
    assert stranger.check_password(PASSWORD)


def test_permissions_of_a_group_do_not_open_accounts_to_staff(organiser, dashboard):
    open_dashboard(user=organiser)
    group = Group.objects.get(name="Organisers")
    group.permissions.set(group.permissions.model.objects.all())
    for name in (*LISTS, "apps_registry_app"):
        assert dashboard(organiser).get(reverse(f"admin:{name}_changelist")).status_code == 403


def test_admin_adds_a_user_with_an_email(admin, dashboard):
    data = {
        "email": "Nina@Example.com",
        "name": "Nina",
        "usable_password": "true",
        "password1": "a long enough word 7",
        "password2": "a long enough word 7",
    }
    answer = dashboard(admin).post(reverse("admin:accounts_user_add"), data)
    user = User.objects.get(email="nina@example.com")
    assert answer["Location"] == change(user)
    assert user.check_password("a long enough word 7")
    assert not user.is_staff


def test_admin_changes_a_user(admin, stranger, dashboard):
    client = dashboard(admin)
    assert client.get(change(stranger)).status_code == 200
    group = Group.objects.create(name="Helpers")
    data = {"name": "Stella New", "email": stranger.email, "is_active": "on", "email_verified": "on"}
    assert client.post(change(stranger), data | {"groups": [group.pk]}).status_code == 302
    stranger.refresh_from_db()
    assert stranger.groups.get() == group
    assert (stranger.name, stranger.email_verified, stranger.is_guest) == ("Stella New", True, False)


def test_admin_cannot_give_one_email_to_two_people(admin, stranger, organiser, dashboard):
    data = {"name": "Stella", "email": organiser.email.upper(), "is_active": "on"}
    answer = dashboard(admin).post(change(stranger), data)
    assert answer.status_code == 200
    assert "email" in answer.context["adminform"].form.errors


@pytest.mark.parametrize("page", ["add", "change"])
def test_registered_people_need_an_email(page, admin, stranger, dashboard):
    address = change(stranger) if page == "change" else reverse("admin:accounts_user_add")
    passwords = {"usable_password": "true", "password1": "a long enough word 7", "password2": "a long enough word 7"}
    answer = dashboard(admin).post(address, {"email": " ", "name": "Nobody", "is_active": "on"} | passwords)
    assert "email" in answer.context["adminform"].form.errors
    assert not User.objects.filter(name="Nobody").exists()


def test_guest_page_opens_and_no_guest_becomes_staff(admin, dashboard):
    guest = make_guest("Gus")
    client = dashboard(admin)
    assert client.get(change(guest)).status_code == 200
    answer = client.post(change(guest), {"name": "Gus", "email": "", "is_active": "on", "is_staff": "on"})
    assert answer.status_code == 200
    guest.refresh_from_db()
    assert not guest.is_staff


def test_no_page_shows_a_hash(admin, stranger, dashboard):
    tokens = open_session(user=stranger, device_info="Firefox")
    session = Session.objects.get(user=stranger)
    blocked = TokenBlacklist.objects.create(token_hash="b" * 64, expires_at=timezone.now(), user=stranger)
    client = dashboard(admin)
    for address in (
        reverse("admin:accounts_session_changelist"),
        reverse("admin:accounts_session_change", args=(session.pk,)),
        reverse("admin:accounts_tokenblacklist_change", args=(blocked.pk,)),
    ):
        text = client.get(address).content.decode()
        assert session.token_hash not in text
        assert tokens.refresh not in text
        assert "b" * 64 not in text
    assert "Firefox" in client.get(reverse("admin:accounts_session_changelist")).content.decode()


def test_nobody_is_deleted_here(admin, stranger, dashboard):
    client = dashboard(admin)
    address = reverse("admin:accounts_user_delete", args=(stranger.pk,))
    assert client.post(address, {"post": "yes"}).status_code == 403
    data = {"action": "delete_selected", "_selected_action": stranger.pk, "post": "yes"}
    client.post(reverse("admin:accounts_user_changelist"), data)
    assert User.objects.filter(pk=stranger.pk).exists()


def test_deleted_user_is_hidden_shown_and_restored(admin, stranger, dashboard):
    User.objects.filter(pk=stranger.pk).soft_delete()
    client, address = dashboard(admin), reverse("admin:accounts_user_changelist")
    assert stranger.email not in client.get(address).content.decode()
    assert stranger.email in client.get(address, {"deleted": "yes"}).content.decode()
    assert f"/{stranger.pk}/restore/" in client.get(change(stranger)).content.decode()
    assert restore(client, stranger)["HX-Redirect"] == change(stranger)
    assert User.objects.filter(pk=stranger.pk).exists()


def test_erased_user_is_never_restored(admin, stranger, dashboard):
    erase(stranger)
    client = dashboard(admin)
    assert f"/{stranger.pk}/restore/" not in client.get(change(stranger)).content.decode()
    restore(client, stranger)
    assert client.post(change(stranger), {"name": "Back", "email": "back@example.com"}).status_code == 403
    stranger = User.all_objects.get(pk=stranger.pk)
    assert stranger.deleted_at is not None
    assert stranger.name == DELETED_USER_NAME


def test_organiser_restores_nobody(organiser, stranger, dashboard):
    open_dashboard(user=organiser)
    User.objects.filter(pk=stranger.pk).soft_delete()
    assert restore(dashboard(organiser), stranger).status_code == 403
    assert not User.objects.filter(pk=stranger.pk).exists()


@pytest.mark.parametrize("name", LISTS)
def test_lists_take_as_many_queries_for_three_rows_as_for_one(name, admin, dashboard):
    client, address = dashboard(admin), reverse(f"admin:{name}_changelist")

    def more(number):
        user = make_user()
        open_session(user=user)
        TokenBlacklist.objects.create(token_hash=str(number) * 64, expires_at=timezone.now(), user=user)
        Group.objects.create(name=f"Group {number}")

    def queries():
        client.get(address)
        with CaptureQueriesContext(connection) as log:
            assert client.get(address).status_code == 200
        return len(log)

    more(1)
    one = queries()
    more(2)
    more(3)
    assert queries() == one
    assert one <= 8
