"""What the database holds of users, sessions and revoked tokens, whoever writes."""

import unicodedata
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import DELETED_USER_NAME, Session, TokenBlacklist, User
from platform_site.db.ids import new_id
from tests.factories import make_guest, make_user
from tests.rules import (
    FOREIGN_KEY,
    UNIQUE,
    can_be_added,
    can_become,
    cannot_be_added,
    cannot_be_deleted,
    cannot_become,
    delete_by_sql,
    only_the_orm_deletes,
    refused,
    update_by_sql,
)

pytestmark = pytest.mark.django_db
PROTECTED = "protected foreign keys"


def new_user(**fields: Any) -> User:
    return User(**{"name": "New", "email": f"{new_id()}@example.com"} | fields)


def new_session(user: User, **fields: Any) -> Session:
    soon = timezone.now() + timedelta(days=1)
    return Session(**{"user": user, "token_hash": new_id(), "expires_at": soon} | fields)


def new_mark(**fields: Any) -> TokenBlacklist:
    return TokenBlacklist(
        **{"token_hash": new_id(), "expires_at": timezone.now(), "revoked_at": timezone.now()} | fields
    )


# --- User --------------------------------------------------------------------------------------------------------


def test_email_is_unique():
    make_user(email="ann@example.com")
    cannot_be_added(new_user(email="ann@example.com"), UNIQUE)
    cannot_become(make_user(), UNIQUE, email="ann@example.com")
    can_be_added(new_user(email="anne@example.com"))


def test_email_stays_unique_when_its_owner_was_deleted():
    make_user(email="ann@example.com", deleted_at=timezone.now())
    cannot_be_added(new_user(email="ann@example.com"), UNIQUE)


def test_email_is_stored_in_lower_case():
    user = make_user(email="Ann@Example.COM")
    assert User.objects.values_list("email", flat=True).get(pk=user.pk) == "ann@example.com"
    assert User.objects.get(email="ANN@example.com") == user
    with refused("user_email_lower_case"), connection.cursor() as cursor:
        cursor.execute("UPDATE accounts_user SET email = 'Ann@example.com' WHERE id = %s", [user.pk])
    with refused("user_email_lower_case"), connection.cursor() as cursor:
        cursor.execute("UPDATE accounts_user SET email = upper(email) WHERE id = %s", [user.pk])


def test_email_is_stored_in_one_spelling():
    composed = "zoë@example.com"
    user = make_user(email=unicodedata.normalize("NFD", composed))
    assert User.objects.values_list("email", flat=True).get(pk=user.pk) == composed
    cannot_be_added(new_user(email=unicodedata.normalize("NFD", composed)), UNIQUE)


def test_provider_and_id_are_unique_together():
    make_user(provider="google", provider_id="g1")
    cannot_be_added(new_user(provider="google", provider_id="g1"), UNIQUE)
    cannot_become(make_user(provider="google", provider_id="g2"), UNIQUE, provider_id="g1")
    can_be_added(new_user(provider="github", provider_id="g1"))
    can_be_added(new_user(provider="google"))
    can_be_added(new_user(provider="google"))


def test_provider_is_never_empty_text():
    user = make_user(provider="google", provider_id="g1")
    cannot_become(user, "user_provider_never_empty", provider="")
    cannot_become(user, "user_provider_never_empty", provider_id="")
    cannot_become(user, "user_provider_never_empty", provider=None)
    can_become(user, provider=None, provider_id=None)


def test_only_guests_and_deleted_users_have_no_email():
    user = make_user()
    cannot_become(user, "user_has_email_or_is_guest", email=None)
    cannot_be_added(new_user(email=None), "user_has_email_or_is_guest")
    can_be_added(new_user(email=None, is_guest=True))
    can_become(user, email=None, deleted_at=timezone.now())


def test_a_guest_has_no_email_and_no_rights():
    guest = make_guest()
    cannot_become(guest, "user_guest_has_no_email", email="guest@example.com")
    cannot_become(guest, "user_guest_has_no_email", is_staff=True)
    cannot_become(guest, "user_guest_has_no_email", is_superuser=True)
    can_become(guest, email="guest@example.com", is_guest=False)


def erased(**fields: Any) -> User:
    now = timezone.now()
    kept = {"name": DELETED_USER_NAME, "email": None, "avatar": None, "deleted_at": now, "erased_at": now}
    return User.all_objects.create(**kept | fields)


def test_an_erased_user_cannot_be_restored():
    user = erased()
    cannot_become(user, "user_erased_keeps_nothing|user_has_email_or_is_guest", deleted_at=None)
    cannot_become(user, "user_erased_keeps_nothing", deleted_at=None, is_guest=True)
    cannot_become(user, "an erased user cannot be restored", erased_at=None)
    cannot_become(user, "an erased user cannot be restored", erased_at=None, deleted_at=None, is_guest=True)
    deleted = make_user(deleted_at=timezone.now())
    can_become(deleted, deleted_at=None)


@pytest.mark.parametrize(
    "kept", [{"name": "Ann"}, {"email": "ann@example.com"}, {"avatar": "data:,"}, {"provider": "x", "provider_id": "1"}]
)
def test_an_erased_user_keeps_nothing(kept):
    cannot_become(erased(), "user_erased_keeps_nothing", **kept)
    can_become(erased(), updated_at=timezone.now())


# --- Session -----------------------------------------------------------------------------------------------------


def test_token_hash_is_unique():
    user = make_user()
    first, second = new_session(user, token_hash="one"), new_session(user, token_hash="two")
    can_be_added(first)
    can_be_added(second)
    cannot_be_added(new_session(make_user(), token_hash="one"), UNIQUE)
    cannot_become(second, UNIQUE, token_hash="one")


def test_a_session_expires_after_its_creation():
    session = new_session(make_user())
    session.save()
    cannot_become(session, "session_expires_after_creation", expires_at=session.created_at)
    can_become(session, expires_at=session.created_at + timedelta(seconds=1))


def test_sessions_go_with_their_user():
    user = make_user()
    session = new_session(user)
    session.save()
    only_the_orm_deletes(user)
    assert not Session.objects.filter(pk=session.pk).exists()


def test_a_session_needs_a_user():
    session = new_session(make_user())
    session.user_id = "nobody"
    cannot_be_added(session, FOREIGN_KEY)


# --- TokenBlacklist ----------------------------------------------------------------------------------------------


def test_a_mark_is_unique():
    mark, other = new_mark(token_hash="one"), new_mark(token_hash="two")
    can_be_added(mark)
    can_be_added(other)
    cannot_be_added(new_mark(token_hash="one"), UNIQUE)
    cannot_become(other, UNIQUE, token_hash="one")


def test_marks_go_with_their_user_and_outlive_who_set_them():
    user, by = make_user(), make_user()
    mark = new_mark(user=user, revoked_by=by)
    mark.save()
    only_the_orm_deletes(by)
    mark.refresh_from_db()
    assert mark.revoked_by_id is None
    only_the_orm_deletes(user)
    assert not TokenBlacklist.objects.exists()


# --- PROTECT -----------------------------------------------------------------------------------------------------


def test_who_created_a_room_cannot_be_deleted(room, organiser, stranger):
    cannot_be_deleted(organiser, PROTECTED, by_sql=FOREIGN_KEY)
    assert delete_by_sql(stranger) == 1
    connection.check_constraints()


def test_who_did_something_in_a_room_cannot_be_deleted(room, moderator):
    """Cleanup and erasure scrub people instead: the log keeps its actors."""
    room.events.create(seq=999, public_seq=999, type="room:updated", actor=moderator, created_at=timezone.now())
    cannot_be_deleted(moderator, PROTECTED, by_sql=FOREIGN_KEY)
    assert update_by_sql(moderator, is_active=False) == 1
