"""Who sees what of whom, and who changes it."""

import pytest

from accounts.models import User
from tests.factories import make_guest, make_room, make_user

pytestmark = pytest.mark.django_db
PIXEL = "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"


def path(user):
    return f"/api/v1/users/{user.pk}"


def test_people_see_their_own_e_mail(api, participant):
    data = api(participant).get(path(participant)).json()["data"]
    assert set(data) == {"id", "email", "name", "avatar", "createdAt", "updatedAt"}
    assert data["email"] == participant.email
    assert api(participant).get("/api/v1/auth/me").json()["data"] == data


@pytest.mark.parametrize("viewer", ["stranger", "organiser", "admin", "guest"])
def test_others_see_no_e_mail(api, participant, viewer, request):
    user = make_guest() if viewer == "guest" else request.getfixturevalue(viewer)
    answer = api(user).get(path(participant))
    assert answer.json() == {"data": {"id": participant.pk, "name": participant.name, "avatar": None}}


def test_nobody_anonymous_looks_people_up(api, participant):
    for method in ("get", "patch", "delete"):
        answer = getattr(api(), method)(path(participant))
        assert (answer.status_code, answer.json()["error"]["code"]) == (401, "UNAUTHORIZED")


def test_there_is_no_list_of_people(api, admin):
    assert api(admin).get("/api/v1/users").status_code == 404


@pytest.mark.parametrize("gone", ["deleted", "deactivated", "unknown", "no id"])
def test_who_is_gone_is_not_found(api, stranger, gone):
    user = make_user()
    address = path(user)
    if gone == "deleted":
        User.objects.filter(pk=user.pk).soft_delete()
    if gone == "deactivated":
        User.objects.filter(pk=user.pk).update(is_active=False)
    if gone == "unknown":
        address = f"/api/v1/users/c{'0' * 24}"
    if gone == "no id":
        address = "/api/v1/users/me"
    for method in ("get", "patch", "delete"):
        answer = getattr(api(stranger), method)(address)
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "NOT_FOUND")


@pytest.mark.parametrize("avatar", ["https://pictures.example.com/pat.png", PIXEL, None])
def test_people_change_name_and_avatar(api, participant, avatar):
    answer = api(participant).patch(path(participant), {"name": "  Patricia 🎉 ", "avatar": avatar})
    assert answer.status_code == 200
    assert (answer.json()["data"]["name"], answer.json()["data"]["avatar"]) == ("Patricia 🎉", avatar)
    participant.refresh_from_db()
    assert (participant.name, participant.avatar) == ("Patricia 🎉", avatar)


def test_what_is_not_sent_stays(api, participant):
    assert api(participant).patch(path(participant), {"avatar": PIXEL}).status_code == 200
    assert api(participant).patch(path(participant), {}).json()["data"]["avatar"] == PIXEL


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "   "),
        ("name", None),
        ("name", "x" * 256),
        ("name", "two\nlines"),
        ("name", "right\u202eleft"),
        ("avatar", ""),
        ("avatar", "http://pictures.example.com/pat.png"),
        ("avatar", "javascript:alert(1)"),
        ("avatar", "https:///nowhere"),
        ("avatar", "https://[::1"),
        ("avatar", "https://user:secret@example.com/x"),
        ("avatar", 'https://example.com/"onerror="x'),
        ("avatar", "https://example.com/" + "x" * 2000),
        ("avatar", "data:text/html;base64,PGI+"),
        ("avatar", "data:image/svg+xml;base64,PHN2Zz4="),
        ("avatar", "data:image/png;base64,a"),
        ("avatar", "data:image/png;base64," + "A" * 70_000),
    ],
)
def test_other_names_and_avatars_are_422(api, participant, field, value):
    answer = api(participant).patch(path(participant), {field: value})
    assert answer.status_code == 422
    assert list(answer.json()["error"]["details"]["fields"]) == [field]


def test_nothing_else_can_be_changed(api, participant):
    body = {"email": "new@example.com", "isSuperuser": True, "is_superuser": True, "is_staff": True, "id": "x"}
    assert api(participant).patch(path(participant), body).status_code == 422
    assert api(participant).patch(path(participant), body | {"name": participant.name}).status_code == 200
    before = participant.email
    participant.refresh_from_db()
    assert (participant.email, participant.is_superuser, participant.is_staff) == (before, False, False)


@pytest.mark.parametrize("viewer", ["stranger", "admin"])
def test_nobody_changes_or_deletes_somebody_else(api, participant, viewer, request):
    client = api(request.getfixturevalue(viewer))
    assert client.patch(path(participant), {"name": "Mallory"}).status_code == 403
    assert client.delete(path(participant)).status_code == 403
    participant.refresh_from_db()
    assert (participant.name, participant.deleted_at) == ("Pat Participant", None)


def test_who_organises_a_room_cannot_be_deleted(api, organiser):
    make_room(organiser)
    answer = api(organiser).delete(path(organiser))
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "CONFLICT")
    organiser.refresh_from_db()
    assert organiser.is_active
    assert organiser.sessions.live().exists()


@pytest.mark.django_db(transaction=True)
def test_a_deleted_account_is_out_at_once(api):
    user = make_user()
    one, two = api(user), api(user)
    assert one.delete(path(user)).json() == {"data": {"success": True}}
    for client in (one, two):
        assert client.get("/api/v1/rooms").status_code == 401
    assert not user.sessions.exists()
