"""The dashboard's screens of rooms, people and the log: who sees what, and what they do through the actions."""

import json

import pytest
from django.apps import apps
from django.contrib.admin import site
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from unfold.enums import ActionVariant

from accounts.actions import open_dashboard
from rooms.admin import RoomAdmin
from rooms.enums import ParticipantRole, RoomStatus
from rooms.models import Participant, Room, RoomEvent
from rooms.screen_keys import live_key
from tests.factories import add_participant, make_app, make_prize, make_room, make_user

LISTS = ("rooms_room", "rooms_participant", "rooms_roomevent")
QUIZ = {
    "type": "object",
    "properties": {
        "questions": {
            "type": "array",
            "title": "Questions",
            "x-visibility": "organizer",
            "items": {
                "type": "object",
                "required": ["id", "text", "correctIndex"],
                "properties": {
                    "id": {"type": "string", "x-visibility": "organizer"},
                    "text": {"type": "string", "title": "Question", "x-visibility": "organizer"},
                    "correctIndex": {"type": "integer", "title": "Right option", "x-visibility": "private"},
                },
            },
        },
        "quizStatus": {"x-dropped": True},
    },
}


@pytest.fixture
def staff(organiser, moderator, stranger):
    """All of them may enter the dashboard; the stranger organises a room of their own."""
    make_room(stranger, name="Elsewhere")
    for user in (organiser, moderator, stranger):
        open_dashboard(user=user)


def page(room, action="change"):
    return reverse(f"admin:rooms_room_{action}", args=(room.pk,))


def form_of(room, **changes):
    data = {
        "name": room.name,
        "description": room.description,
        "is_public": "on" if room.is_public else "",
        "entry_policy": room.entry_policy,
        "time_zone": room.time_zone,
        "reveal_seconds": room.reveal_seconds,
        "app_settings": json.dumps(room.app_settings),
    }
    return data | changes


NEW = {"name": "Gala", "entry_policy": "GUESTS", "time_zone": "Europe/Berlin", "reveal_seconds": "5"}


def press(client, room, button):
    return client.post(reverse(f"admin:rooms_room_{button}", args=(room.pk,)), {"_form_submitted": "True"})


def types(room):
    return list(RoomEvent.objects.filter(room=room).order_by("seq").values_list("type", flat=True))


# --- Who gets in ---------------------------------------------------------------------------------------------------


def test_anonymous_is_sent_to_sign_in(room, dashboard):
    for address in (reverse("admin:index"), page(room), *(reverse(f"admin:{name}_changelist") for name in LISTS)):
        answer = dashboard().get(address)
        assert answer.status_code == 302
        assert answer["Location"].startswith(reverse("admin:login"))


def test_participant_is_no_staff_and_stays_outside(room, participant, dashboard):
    answer = dashboard(participant).get(page(room))
    assert answer.status_code == 302
    assert answer["Location"].startswith(reverse("admin:login"))


def test_sign_in_by_email(organiser, staff, dashboard, settings):
    client = dashboard()
    form = client.get(reverse("admin:login"))
    assert "E-mail" in form.content.decode()
    data = {"username": organiser.email.upper(), "password": "correct horse battery staple", "next": "/admin/"}
    assert client.post(reverse("admin:login"), data)["Location"] == "/admin/"
    assert client.get(reverse("admin:index")).status_code == 200


@pytest.mark.parametrize("name", LISTS)
def test_lists_hold_only_rooms_that_one_runs(name, room, organiser, moderator, stranger, admin, staff, dashboard):
    address = reverse(f"admin:{name}_changelist")
    for user, sees_room, sees_elsewhere in (
        (organiser, True, False),
        (moderator, True, False),
        (stranger, False, True),
        (admin, True, True),
    ):
        text = dashboard(user).get(address).content.decode()
        assert (room.name in text) == sees_room
        assert ("Elsewhere" in text) == sees_elsewhere


def test_stranger_reaches_nothing_of_a_foreign_room(room, stranger, staff, dashboard):
    client = dashboard(stranger)
    events = types(room)
    person, event = room.participants.first(), room.events.first()
    for address in (
        page(room),
        page(room, "history"),
        page(room, "delete"),
        reverse("admin:rooms_participant_change", args=(person.pk,)),
        reverse("admin:rooms_participant_history", args=(person.pk,)),
        reverse("admin:rooms_roomevent_change", args=(event.pk,)),
    ):
        answer = client.get(address)
        assert answer.status_code in (302, 403), address
        assert room.name not in answer.content.decode()
    assert client.post(page(room), form_of(room, name="Mine now")).status_code in (302, 403)
    for button in ("activate", "complete", "cancel", "award", "add-prize", "changes", "restore", "hide"):
        assert client.post(f"/admin/rooms/room/{room.pk}/{button}/", {"_form_submitted": "True"}).status_code == 403
    room.refresh_from_db()
    assert (room.name, room.status) == ("Winter party", RoomStatus.ACTIVE)
    assert types(room) == events


def test_filter_by_a_foreign_room_finds_nothing_and_offers_it_not(room, stranger, staff, dashboard):
    for name in ("rooms_participant", "rooms_roomevent"):
        answer = dashboard(stranger).get(reverse(f"admin:{name}_changelist"), {"room": room.pk})
        assert room.name not in answer.content.decode()
        assert answer.context["cl"].result_count == 0


@pytest.mark.parametrize(
    "lookup",
    [
        "created_by__email__startswith",
        "app_settings__answer",
        "app_settings__answer__startswith",
        "participants__user__email",
        "join_code__startswith",
    ],
)
def test_rooms_cannot_be_asked_about_hidden_fields(lookup, room, moderator, staff, dashboard):
    answer = dashboard(moderator).get(reverse("admin:rooms_room_changelist"), {lookup: "a"})
    assert answer.status_code == 400


def test_people_cannot_be_found_by_email_but_by_platform_admins(room, participant, organiser, admin, staff, dashboard):
    address = reverse("admin:rooms_participant_changelist")
    assert dashboard(organiser).get(address, {"q": participant.email}).context["cl"].result_count == 0
    assert dashboard(admin).get(address, {"q": participant.email}).context["cl"].result_count == 1
    for lookup in ("user__email", "user__email__startswith", "user__password__startswith"):
        assert dashboard(organiser).get(address, {lookup: "p"}).status_code == 400


def test_no_screen_shows_an_email_to_an_organiser(room, participant, organiser, staff, dashboard):
    client = dashboard(organiser)
    person = room.participants.get(user=participant)
    for address in (
        page(room),
        reverse("admin:rooms_participant_changelist"),
        reverse("admin:rooms_participant_change", args=(person.pk,)),
        reverse("admin:rooms_roomevent_changelist"),
    ):
        text = client.get(address).content.decode()
        assert participant.email not in text
        assert participant.name in text or "roomevent" in address


def test_sidebar_shows_platform_screens_to_platform_admins_only(organiser, admin, staff, dashboard):
    users = reverse("admin:accounts_user_changelist")
    assert users not in dashboard(organiser).get(reverse("admin:index")).content.decode()
    assert users in dashboard(admin).get(reverse("admin:index")).content.decode()


# --- Creating ------------------------------------------------------------------------------------------------------


def test_adding_a_room_asks_for_the_app_first(organiser, staff, dashboard):
    app = make_app()
    answer = dashboard(organiser).get(reverse("admin:rooms_room_add"))
    assert f"?app={app.app_id}" in answer.content.decode()
    assert "adminform" not in answer.context


def test_created_room_is_the_actions_room(organiser, staff, dashboard):
    app = make_app()
    address = reverse("admin:rooms_room_add") + f"?app={app.app_id}"
    assert "data-django-jsonform" in dashboard(organiser).get(address).content.decode()
    data = NEW | {"is_public": "on", "app_settings": '{"tickets": 5, "answer": ""}'}
    answer = dashboard(organiser).post(address, data)
    room = Room.objects.get(name="Gala")
    assert answer["Location"] == page(room)
    assert (room.app, room.status, room.created_by) == (app, RoomStatus.DRAFT, organiser)
    assert room.app_settings == {"title": "Party", "tickets": 5}
    assert room.participants.get().role == ParticipantRole.ORGANIZER
    assert types(room) == ["participant:joined"]


def test_refused_settings_are_shown_and_nothing_is_made(organiser, staff, dashboard):
    rooms = Room.all_objects.count()
    address = reverse("admin:rooms_room_add") + f"?app={make_app().app_id}"
    data = NEW | {"is_public": "on", "app_settings": '{"tickets": 0}'}
    answer = dashboard(organiser).post(address, data)
    assert answer.status_code == 200
    assert "tickets:" in str(answer.context["adminform"].form.errors["app_settings"])
    assert "Gala" in answer.content.decode()
    assert Room.all_objects.count() == rooms


@pytest.mark.parametrize("settings", ["[]", "nonsense", '"text"'])
def test_settings_that_are_no_object_are_refused(settings, organiser, staff, dashboard):
    address = reverse("admin:rooms_room_add") + f"?app={make_app().app_id}"
    data = NEW | {"is_public": "on", "app_settings": settings}
    answer = dashboard(organiser).post(address, data)
    assert "app_settings" in answer.context["adminform"].form.errors
    assert not Room.all_objects.filter(name="Gala").exists()


def test_the_apis_limits_hold_in_the_form(organiser, staff, dashboard):
    address = reverse("admin:rooms_room_add") + f"?app={make_app().app_id}"
    data = NEW | {"description": "x" * 10_001, "app_settings": "{}"}
    answer = dashboard(organiser).post(address, data)
    assert "description" in answer.context["adminform"].form.errors
    assert not Room.all_objects.filter(name="Gala").exists()


def test_items_of_a_list_get_ids(organiser, staff, dashboard):
    address = reverse("admin:rooms_room_add") + f"?app={make_app(QUIZ).app_id}"
    questions = [{"id": "", "text": "One?", "correctIndex": 0}, {"id": "1", "text": "Two?", "correctIndex": 1}]
    data = NEW | {"name": "Quiz", "entry_policy": "REGISTERED", "app_settings": json.dumps({"questions": questions})}
    assert dashboard(organiser).post(address, data).status_code == 302
    room = Room.objects.get(name="Quiz")
    assert [question["id"] for question in room.app_settings["questions"]] == ["2", "1"]
    assert not room.is_public


# --- Changing ------------------------------------------------------------------------------------------------------


def test_changing_a_draft_goes_through_the_action(organiser, staff, dashboard):
    room = make_room(organiser, active=False, app_settings={"tickets": 5, "budget": 10})
    data = form_of(room, name="Summer party", app_settings='{"title": "Party", "tickets": 7}')
    assert dashboard(organiser).post(page(room), data).status_code == 302
    room.refresh_from_db()
    assert (room.name, room.app_settings) == ("Summer party", {"title": "Party", "tickets": 7})
    event = room.events.get(type="room:updated", visibility="PUBLIC")
    assert event.payload["changes"].keys() == {"name", "appSettings"}
    assert event.actor == organiser


def test_unchanged_form_tells_nobody(room, organiser, staff, dashboard):
    before = types(room)
    assert dashboard(organiser).post(page(room), form_of(room)).status_code == 302
    assert types(room) == before


def test_active_room_keeps_its_frozen_settings(organiser, staff, dashboard):
    room = make_room(organiser, app_settings={"tickets": 5})
    before = types(room)
    shown = dashboard(organiser).get(page(room)).content.decode()
    assert "tickets" in shown
    assert "readonly" in shown
    answer = dashboard(organiser).post(page(room), form_of(room, app_settings='{"title": "Party", "tickets": 9}'))
    assert answer.status_code == 200
    assert "frozen" in str(answer.context["adminform"].form.errors["app_settings"])
    room.refresh_from_db()
    assert room.app_settings["tickets"] == 5
    assert types(room) == before


def test_active_room_changes_its_mutable_settings(organiser, staff, dashboard):
    room = make_room(organiser, app_settings={"tickets": 5})
    data = form_of(room, app_settings='{"title": "Ball", "tickets": 5}')
    assert dashboard(organiser).post(page(room), data).status_code == 302
    room.refresh_from_db()
    assert room.app_settings == {"title": "Ball", "tickets": 5}


def test_status_cannot_be_posted(organiser, staff, dashboard):
    room = make_room(organiser, active=False)
    dashboard(organiser).post(page(room), form_of(room, status="COMPLETED", join_code="AAAA2222", last_seq="9"))
    room.refresh_from_db()
    assert room.status == RoomStatus.DRAFT
    assert room.join_code != "AAAA2222"


def test_moderator_reads_the_room_but_nothing_private(organiser, moderator, staff, dashboard):
    room = make_room(organiser, app_settings={"budget": 4711, "answer": "secret-answer"})
    add_participant(room, moderator, ParticipantRole.MODERATOR)
    text = dashboard(moderator).get(page(room)).content.decode()
    assert "4711" in text
    assert "secret-answer" not in text
    assert "secret-answer" in dashboard(organiser).get(page(room)).content.decode()
    assert dashboard(moderator).post(page(room), form_of(room, name="Mine now")).status_code == 403
    room.refresh_from_db()
    assert room.name == "Winter party"


def test_moderator_who_was_an_organiser_before_in_one_process_gets_their_own_level(
    organiser, moderator, staff, dashboard
):
    room = make_room(organiser, app_settings={"answer": "secret-answer"})
    add_participant(room, moderator, ParticipantRole.MODERATOR)
    dashboard(organiser).get(page(room))
    assert "secret-answer" not in dashboard(moderator).get(page(room)).content.decode()


# --- The buttons ---------------------------------------------------------------------------------------------------


def test_buttons_move_the_room_along_its_life(organiser, staff, dashboard):
    room, client = make_room(organiser, active=False), dashboard(organiser)
    for button, status in (("activate", RoomStatus.ACTIVE), ("complete", RoomStatus.COMPLETED)):
        asked = client.get(reverse(f"admin:rooms_room_{button}", args=(room.pk,)))
        room.refresh_from_db()
        assert room.status != status, "asking alone changes nothing"
        assert "dialog" in asked.content.decode()
        answer = press(client, room, button)
        assert answer["HX-Redirect"] == page(room)
        room.refresh_from_db()
        assert room.status == status
    assert types(room).count("room:status_changed") == 2


def test_cancel_button(organiser, staff, dashboard):
    room = make_room(organiser)
    press(dashboard(organiser), room, "cancel")
    room.refresh_from_db()
    assert room.status == RoomStatus.CANCELLED


def test_refused_button_says_why(organiser, staff, dashboard):
    room, client = make_room(organiser), dashboard(organiser)
    press(client, room, "complete")
    before = types(room)
    press(client, room, "activate")
    assert "cannot become ACTIVE" in client.get(page(room)).content.decode()
    room.refresh_from_db()
    assert room.status == RoomStatus.COMPLETED
    assert types(room) == before


def test_moderator_has_no_status_buttons(room, moderator, staff, dashboard):
    client = dashboard(moderator)
    text = client.get(page(room)).content.decode()
    assert page(room, "award") in text
    assert page(room, "complete") not in text
    for button in ("complete", "cancel", "activate"):
        assert press(client, room, button).status_code == 403
    room.refresh_from_db()
    assert room.status == RoomStatus.ACTIVE


def test_buttons_need_the_forms_token(organiser, staff):
    room, client = make_room(organiser, active=False), Client(enforce_csrf_checks=True)
    client.force_login(organiser)
    assert press(client, room, "activate").status_code == 403
    room.refresh_from_db()
    assert room.status == RoomStatus.DRAFT


# --- The page of the event -----------------------------------------------------------------------------------------


def test_room_page_holds_everything_of_the_event(room, organiser, participant, staff, dashboard):
    make_prize(room, name="Silver cup", quantity=3)
    text = dashboard(organiser).get(page(room)).content.decode()
    for part in (room.join_code, "Silver cup", "3 of 3", participant.name, "prize:created", "No draw was made yet."):
        assert part in text
    for name in ("prizes_prize", "rooms_participant", "prizes_winner", "prizes_draw", "rooms_roomevent"):
        address = f"{reverse(f'admin:{name}_changelist')}?room={room.pk}"
        assert address in text or "draw" in name or "winner" in name


def test_tables_of_the_page_are_cut(room, organiser, staff, dashboard):
    for _ in range(30):
        add_participant(room)
    text = dashboard(organiser).get(page(room)).content.decode()
    assert "The newest 25 are shown." in text
    assert "All 33 in a list" in text


def queries(client, address):
    client.get(address)  # warm: content types, compiled schemas
    with CaptureQueriesContext(connection) as log:
        assert client.get(address).status_code == 200
    return len(log)


@pytest.mark.parametrize("name", LISTS)
def test_lists_take_as_many_queries_for_three_rows_as_for_one(name, organiser, dashboard):
    app = make_app()
    make_room(organiser, app=app, active=False)
    open_dashboard(user=organiser)
    client, address = dashboard(organiser), reverse(f"admin:{name}_changelist")
    one = queries(client, address)
    for _ in range(2):
        room = make_room(organiser, app=app, active=False)
        add_participant(room)
    assert queries(client, address) == one
    assert one <= 9


@pytest.mark.parametrize("path", ["admin:index", "room"])
def test_home_and_room_page_take_as_many_queries_for_three_rows_as_for_one(path, organiser, dashboard):
    app = make_app()
    room = make_room(organiser, app=app)
    make_prize(room)
    add_participant(room)
    open_dashboard(user=organiser)
    client = dashboard(organiser)
    address = page(room) if path == "room" else reverse(path)
    one = queries(client, address)
    for _ in range(2):
        make_prize(make_room(organiser, app=app))
        make_prize(room)
        add_participant(room)
    assert queries(client, address) == one


def test_home_without_rooms_shows_the_first_step(dashboard):
    user = make_user("Nora New")
    open_dashboard(user=user)
    answer = dashboard(user).get(reverse("admin:index"))
    assert "Create your first room" in answer.content.decode()
    assert reverse("admin:rooms_room_add") in answer.content.decode()


def test_home_shows_own_rooms_and_figures(room, organiser, staff, dashboard):
    make_prize(room, quantity=7)
    home = dashboard(organiser).get(reverse("admin:index")).context["home"]
    assert [card["room"].pk for card in home["rooms"]] == [room.pk]
    assert {figure["title"]: figure["value"] for figure in home["figures"]} == {
        "Active rooms": 1,
        "People": 3,
        "Prizes left to win": 7,
        "Winners": 0,
    }
    assert home["joins"]["total"] == 3


def test_staff_without_the_group_sees_an_empty_home(dashboard):
    user = make_user(is_staff=True)
    answer = dashboard(user).get(reverse("admin:index"))
    assert answer.status_code == 200
    assert answer.context["home"] is None
    assert dashboard(user).get(reverse("admin:rooms_room_changelist")).status_code == 403


# --- Soft deletion -------------------------------------------------------------------------------------------------


def test_nothing_is_deleted_here(room, organiser, admin, staff, dashboard):
    for user in (organiser, admin):
        client = dashboard(user)
        assert client.post(page(room, "delete"), {"post": "yes"}).status_code == 403
        address = reverse("admin:rooms_room_changelist")
        client.post(address, {"action": "delete_selected", "_selected_action": room.pk, "post": "yes"})
    room.refresh_from_db()
    assert room.deleted_at is None


def test_deleted_rooms_are_shown_to_admins_who_ask(organiser, admin, staff, dashboard):
    room = make_room(organiser, active=False, name="Gone")
    Room.objects.filter(pk=room.pk).soft_delete()
    address = reverse("admin:rooms_room_changelist")
    assert "Gone" not in dashboard(admin).get(address).content.decode()
    assert "Gone" in dashboard(admin).get(address, {"deleted": "yes"}).content.decode()
    assert "Gone" not in dashboard(organiser).get(address, {"deleted": "yes"}, follow=True).content.decode()
    assert dashboard(organiser).get(page(room)).status_code == 302
    assert dashboard(admin).get(page(room)).status_code == 200


def test_admin_restores_a_room_and_organisers_do_not(organiser, admin, staff, dashboard):
    room = make_room(organiser, active=False)
    Room.objects.filter(pk=room.pk).soft_delete()
    assert press(dashboard(organiser), room, "restore").status_code == 403
    assert not Room.objects.filter(pk=room.pk).exists()
    assert press(dashboard(admin), room, "restore")["HX-Redirect"] == page(room)
    assert Room.objects.filter(pk=room.pk).exists()


def test_people_and_log_are_read_only(room, organiser, admin, staff, dashboard):
    person, event = room.participants.first(), room.events.first()
    for user in (organiser, admin):
        client = dashboard(user)
        assert client.get(reverse("admin:rooms_participant_add")).status_code == 403
        assert client.get(reverse("admin:rooms_roomevent_add")).status_code == 403
        change = reverse("admin:rooms_participant_change", args=(person.pk,))
        assert client.get(change).status_code == 200
        assert client.post(change, {"role": "ORGANIZER"}).status_code == 403
        change = reverse("admin:rooms_roomevent_change", args=(event.pk,))
        assert client.get(change).status_code == 200
        assert client.post(change, {"payload": "{}"}).status_code == 403
    assert Participant.objects.get(pk=person.pk).role == person.role


def test_every_screen_is_of_our_own_origin(room, admin, dashboard):
    answer = dashboard(admin).get(page(room))
    policy = answer["Content-Security-Policy"]
    assert "script-src 'self' 'unsafe-eval'" in policy
    assert "http:" not in policy
    assert 'src="http' not in answer.content.decode()


# --- Removing people and rooms -------------------------------------------------------------------------------------


def person_page(person, action="change"):
    return f"/admin/rooms/participant/{person.pk}/{action}/"


def test_moderator_removes_and_organiser_lets_back_in(room, organiser, moderator, participant, staff, dashboard):
    person = room.participants.get(user=participant)
    data = {"_form_submitted": "True", "reason": "Shouting"}
    answer = dashboard(moderator).post(person_page(person, "remove"), data)
    assert answer["HX-Redirect"].endswith("#people")
    person = Participant.all_objects.get(pk=person.pk)
    assert (person.removed_by, person.removal_reason) == (moderator, "Shouting")
    assert types(room)[-1] == "participant:left"
    listed = reverse("admin:rooms_participant_changelist")
    assert participant.name not in dashboard(organiser).get(listed).content.decode()
    assert participant.name in dashboard(organiser).get(listed, {"deleted": "yes"}).content.decode()
    back = person_page(person, "let-back-in")
    assert back in dashboard(organiser).get(person_page(person)).content.decode()
    dashboard(moderator).post(back, {"_form_submitted": "True"})
    assert Participant.all_objects.get(pk=person.pk).deleted_at is not None, "that is the organizer's to do"
    dashboard(organiser).post(back, {"_form_submitted": "True"})
    assert Participant.objects.filter(pk=person.pk).exists()
    assert types(room)[-1] == "participant:joined"


def test_stranger_removes_nobody(room, participant, stranger, staff, dashboard):
    person = room.participants.get(user=participant)
    for action in ("remove", "let-back-in"):
        assert dashboard(stranger).post(person_page(person, action), {"_form_submitted": "True"}).status_code == 403
    assert Participant.objects.filter(pk=person.pk).exists()


def test_refused_removal_says_why(room, organiser, moderator, staff, dashboard):
    creator, client = room.participants.get(user=organiser), dashboard(moderator)
    answer = client.post(person_page(creator, "remove"), {"_form_submitted": "True"})
    assert Participant.objects.filter(pk=creator.pk).exists()
    assert "bg-red" in client.get(answer["HX-Redirect"]).content.decode()


def test_room_is_deleted_softly_by_its_organiser(organiser, moderator, staff, dashboard):
    room = make_room(organiser, active=False)
    add_participant(room, moderator, ParticipantRole.MODERATOR)
    assert press(dashboard(moderator), room, "delete_softly").status_code == 403
    answer = press(dashboard(organiser), room, "delete_softly")
    assert answer["HX-Redirect"] == reverse("admin:rooms_room_changelist")
    assert not Room.objects.filter(pk=room.pk).exists()
    assert types(room)[-1] == "room:deleted"


def test_active_room_is_not_deleted(room, organiser, staff, dashboard):
    client = dashboard(organiser)
    assert press(client, room, "delete_softly")["HX-Redirect"] == page(room)
    assert Room.objects.filter(pk=room.pk).exists()


def test_every_model_has_its_screen(admin, dashboard):
    """The lines of a draw have none, they stand on its page; and page sessions, which are shown as devices: whoever
    reads the key of one is signed in."""
    without = {"DrawPrize", "PageSession"}
    ours = {"accounts", "apps_registry", "rooms", "prizes", "rest"}
    models = {model for model in apps.get_models() if model._meta.app_label in ours and model.__name__ not in without}
    assert models - site._registry.keys() == set()
    client = dashboard(admin)
    for model in models:
        meta = model._meta
        assert client.get(reverse(f"admin:{meta.app_label}_{meta.model_name}_changelist")).status_code == 200, (
            meta.label
        )


def test_invitations_are_for_platform_admins(room, organiser, admin, staff, dashboard):
    address = reverse("admin:rooms_invitation_changelist")
    assert dashboard(organiser).get(address).status_code == 403
    assert dashboard(admin).get(address).status_code == 200


def test_wrong_password_is_refused_and_attempts_are_counted(organiser, staff, dashboard, settings):
    settings.RATE_LIMITS = True
    client, data = dashboard(), {"username": organiser.email, "password": "wrong"}
    texts = [client.post(reverse("admin:login"), data).content.decode() for _ in range(settings.RATE_LIMIT_LOGIN + 1)]
    assert "E-mail or password is wrong" in texts[0]
    assert "E-mail or password is wrong" not in texts[-1]
    assert client.get(reverse("admin:index")).status_code == 302


def test_the_big_screen_is_opened_with_a_key_of_its_own(
    room, organiser, moderator, stranger, participant, staff, dashboard
):
    assert press(dashboard(stranger), room, "open_screen").status_code in (302, 403, 404)
    for person in (organiser, moderator):
        there = press(dashboard(person), room, "open_screen")["HX-Redirect"]
        address, key = there.split("#key=")
        assert address == reverse("screen", args=(room.pk,))
        opened = live_key(key)
        assert opened is not None
        assert opened.room_id == room.pk


def test_completing_is_red(room, organiser, staff, dashboard):
    """What cannot be undone does not look like what is pressed all evening."""
    complete = RoomAdmin.complete
    assert complete.variant == ActionVariant.DANGER
    assert complete.variant == RoomAdmin.cancel.variant
