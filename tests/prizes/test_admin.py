"""The dashboard's screens of the fund: adding prizes, awarding by hand, and what nobody can touch."""

import json
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.actions import open_dashboard
from accounts.actors import PLATFORM
from prizes.actions import award_prize
from prizes.models import Draw, DrawPrize, Prize, Winner
from rooms.actions import update_room
from rooms.enums import ParticipantRole
from rooms.models import RoomEvent
from tests.factories import add_participant, make_app, make_prize, make_room, make_user

LISTS = ("prizes_prize", "prizes_winner", "prizes_draw")


@pytest.fixture
def staff(organiser, moderator, stranger):
    make_room(stranger, name="Elsewhere")
    for user in (organiser, moderator, stranger):
        open_dashboard(user=user)


def add(name, room):
    return f"{reverse(f'admin:prizes_{name}_add')}?room={room.pk}"


def prize_form(**changes):
    data = {"name": "Cup", "quantity": "2", "description": "", "image_url": "", "position": "0", "metadata": "{}"}
    return data | changes


def make_draw(room, seq=1):
    draw = Draw.objects.create(
        room=room,
        seq=seq,
        commitment="c" * 64,
        sealed_seed="the-sealed-seed",
        entries="a:1\n",
        entry_count=1,
        total_weight=1,
        entries_root="e" * 64,
        committed_at=timezone.now(),
        rules_hash="r" * 64,
        fingerprint="f" * 64,
        strength="full",
        created_by=room.created_by,
        created_at=timezone.now(),
    )
    DrawPrize.objects.create(draw=draw, prize=make_prize(room), position=0, name="Cup at commit", count=1)
    return draw


def award(room, prize=None):
    prize = prize or make_prize(room)
    return award_prize(room_id=room.pk, prize_id=prize.pk, participant_id=add_participant(room).pk, by=PLATFORM)


MAKERS: dict[str, Any] = {"prizes_prize": make_prize, "prizes_winner": award, "prizes_draw": make_draw}


@pytest.mark.parametrize("who", ["organiser", "moderator", "admin"])
def test_prize_added_through_the_action(who, request, room, staff, dashboard):
    user = request.getfixturevalue(who)
    form = prize_form(image_url="https://example.com/cup.png", metadata='{"value": 5}')
    answer = dashboard(user).post(add("prize", room), form)
    prize = Prize.objects.get()
    assert answer["Location"] == f"{reverse('admin:rooms_room_change', args=(room.pk,))}#prizes"
    assert (prize.room, prize.quantity, prize.quantity_remaining, prize.metadata) == (room, 2, 2, {"value": 5})
    event = RoomEvent.objects.get(type="prize:created")
    assert (event.actor, event.payload["prize"]["id"]) == (user, prize.pk)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("quantity", "0"),
        ("quantity", "1000001"),
        ("name", ""),
        ("image_url", "javascript:alert(1)"),
        ("metadata", "[]"),
        ("metadata", "nonsense"),
        ("metadata", json.dumps({"text": "x" * 17_000})),
    ],
)
def test_prize_that_the_api_refuses_is_refused(field, value, room, organiser, staff, dashboard):
    answer = dashboard(organiser).post(add("prize", room), prize_form(**{field: value}))
    assert answer.status_code == 200
    assert field in answer.context["adminform"].form.errors
    assert not Prize.objects.exists()


def test_prize_in_a_closed_room_is_refused_in_words(room, organiser, staff, dashboard):
    update_room(room_id=room.pk, by=organiser, status="COMPLETED")
    answer = dashboard(organiser).post(add("prize", room), prize_form())
    assert answer.status_code == 200
    assert "The event is over" in answer.content.decode()
    assert not Prize.objects.exists()


@pytest.mark.parametrize("name", ["prize", "winner"])
def test_foreign_room_is_no_place_to_add(name, room, stranger, staff, dashboard):
    prize, person = make_prize(room), room.participants.get(role="PARTICIPANT")
    client = dashboard(stranger)
    for answer in (
        client.get(add(name, room)),
        client.post(add(name, room), prize_form(prize=prize.pk, participant=person.pk)),
    ):
        text = answer.content.decode()
        assert answer.status_code == 200
        assert "In which room?" in text
        assert "Elsewhere" in text
        assert room.name not in text
    assert Prize.objects.count() == 1
    assert not Winner.objects.exists()


def test_award_by_hand_goes_through_the_action(room, moderator, staff, dashboard):
    prize, person = make_prize(room), room.participants.get(role="PARTICIPANT")
    answer = dashboard(moderator).post(add("winner", room), {"prize": prize.pk, "participant": person.pk})
    assert answer["Location"].endswith("#winners")
    winner = Winner.objects.get()
    assert (winner.prize, winner.participant, winner.method) == (prize, person, "MANUAL")
    prize.refresh_from_db()
    assert prize.quantity_remaining == 0
    assert RoomEvent.objects.get(type="winner:selected").actor == moderator


def test_second_award_of_the_last_piece_is_refused(room, organiser, staff, dashboard):
    prize = make_prize(room)
    award(room, prize)
    events = RoomEvent.objects.count()
    answer = dashboard(organiser).post(
        add("winner", room), {"prize": prize.pk, "participant": add_participant(room).pk}
    )
    assert answer.status_code == 200
    assert "prize" in answer.context["adminform"].form.errors
    assert Winner.objects.count() == 1
    assert RoomEvent.objects.count() == events


def test_refused_award_leaves_the_piece_in_stock(room, organiser, staff, dashboard):
    prize, person = make_prize(room, quantity=2), room.participants.get(role="PARTICIPANT")
    client, data = dashboard(organiser), {"prize": prize.pk, "participant": person.pk}
    assert client.post(add("winner", room), data).status_code == 302
    answer = client.post(add("winner", room), data)
    assert "has won this prize already" in answer.content.decode()
    prize.refresh_from_db()
    assert (prize.quantity_remaining, Winner.objects.count()) == (1, 1)


def test_award_only_among_people_and_prizes_of_the_room(room, organiser, stranger, staff, dashboard):
    elsewhere = make_room(stranger)
    prize, person = make_prize(elsewhere), add_participant(elsewhere)
    own_prize, own_person = make_prize(room), room.participants.get(role="PARTICIPANT")
    viewer = add_participant(room, role=ParticipantRole.VIEWER)
    for data in (
        {"prize": prize.pk, "participant": own_person.pk},
        {"prize": own_prize.pk, "participant": person.pk},
        {"prize": own_prize.pk, "participant": viewer.pk},
    ):
        answer = dashboard(organiser).post(add("winner", room), data)
        assert answer.status_code == 200
        assert answer.context["adminform"].form.errors
    assert not Winner.objects.exists()


def test_autocomplete_offers_participants_of_the_room_and_no_emails(
    room, organiser, moderator, participant, stranger, staff, dashboard
):
    add_participant(make_room(stranger), make_user("Foreign Person"))
    own = make_room(organiser, name="Other room of mine")
    add_participant(own, make_user("Somebody Else"))
    data = {"app_label": "prizes", "model_name": "winner", "field_name": "participant", "term": ""}

    def names(user, **more):
        answer = dashboard(user).get(reverse("admin:autocomplete"), data | more)
        assert participant.email not in answer.content.decode()
        return [result["text"] for result in answer.json()["results"]]

    assert names(moderator, room=room.pk) == ["Pat Participant"]
    assert "Foreign Person" not in " ".join(names(organiser))
    assert names(stranger, room=room.pk) == []
    assert names(organiser, term=participant.email, room=room.pk) == []
    assert dashboard().get(reverse("admin:autocomplete"), data).status_code == 302


@pytest.mark.parametrize(
    ("app", "model", "field"),
    [("rooms", "room", "created_by"), ("rooms", "participant", "user"), ("accounts", "session", "user")],
)
def test_autocomplete_over_users_is_for_platform_admins(app, model, field, organiser, admin, staff, dashboard):
    data = {"app_label": app, "model_name": model, "field_name": field, "term": "a"}
    assert dashboard(organiser).get(reverse("admin:autocomplete"), data).status_code == 403
    assert dashboard(admin).get(reverse("admin:autocomplete"), data).status_code == 200


@pytest.mark.parametrize(
    ("model", "field"), [("winner", "prize"), ("winner", "room"), ("prize", "room"), ("drawprize", "prize")]
)
def test_autocomplete_offers_no_foreign_row(model, field, room, stranger, staff, dashboard):
    make_prize(room, name="Winter cup")
    data = {"app_label": "prizes", "model_name": model, "field_name": field, "term": "Winter"}
    answer = dashboard(stranger).get(reverse("admin:autocomplete"), data)
    assert answer.status_code == 200
    assert answer.json()["results"] == []


@pytest.mark.parametrize("name", LISTS)
def test_lists_hold_only_rooms_that_one_runs(name, room, organiser, moderator, stranger, admin, staff, dashboard):
    award(room)
    make_draw(room)
    address = reverse(f"admin:{name}_changelist")
    for user, sees in ((organiser, True), (moderator, True), (stranger, False), (admin, True)):
        answer = dashboard(user).get(address, {"room": room.pk} if user is stranger else {})
        assert (answer.context["cl"].result_count > 0) == sees
        assert (room.name in answer.content.decode()) == sees


@pytest.mark.parametrize("name", LISTS)
def test_rows_of_foreign_rooms_do_not_exist(name, room, stranger, staff, dashboard):
    row = MAKERS[name](room)
    for page in ("change", "history", "delete"):
        address = reverse(f"admin:{name}_{page}", args=(row.pk,))
        assert dashboard(stranger).get(address).status_code in (302, 403)
        assert dashboard(stranger).post(address, {"post": "yes"}).status_code in (302, 403)
    assert type(row).objects.filter(pk=row.pk).exists()


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("who", ["organiser", "admin"])
def test_nothing_of_the_fund_is_changed_or_deleted_here(who, name, request, room, staff, dashboard):
    row = MAKERS[name](room)
    client = dashboard(request.getfixturevalue(who))
    before = type(row).objects.filter(pk=row.pk).values().get()
    change = reverse(f"admin:{name}_change", args=(row.pk,))
    assert client.get(change).status_code == 200
    forged = prize_form(quantity_remaining="9", state="FULFILLED", status="COMPLETED", seed="0" * 64)
    assert client.post(change, forged).status_code == 403
    assert client.post(reverse(f"admin:{name}_delete", args=(row.pk,)), {"post": "yes"}).status_code == 403
    data = {"action": "delete_selected", "_selected_action": row.pk, "post": "yes"}
    client.post(reverse(f"admin:{name}_changelist"), data)
    assert type(row).objects.filter(pk=row.pk).values().get() == before


def test_draw_page_keeps_the_seed_secret(room, organiser, admin, staff, dashboard):
    draw = make_draw(room)
    for user in (organiser, admin):
        text = dashboard(user).get(reverse("admin:prizes_draw_change", args=(draw.pk,))).content.decode()
        assert "the-sealed-seed" not in text
        assert draw.commitment in text
        assert "Cup at commit" in text
    answer = dashboard(organiser).get(reverse("admin:prizes_draw_changelist"), {"sealed_seed__startswith": "t"})
    assert answer.status_code == 400


def test_deleted_prizes_are_shown_to_admins_who_ask(room, organiser, admin, staff, dashboard):
    prize = make_prize(room, name="Gone cup")
    Prize.objects.filter(pk=prize.pk).soft_delete()
    address = reverse("admin:prizes_prize_changelist")
    assert "Gone cup" not in dashboard(admin).get(address).content.decode()
    assert "Gone cup" in dashboard(admin).get(address, {"deleted": "all"}).content.decode()
    assert "Gone cup" not in dashboard(organiser).get(address, {"deleted": "all"}, follow=True).content.decode()


@pytest.mark.parametrize("name", LISTS)
def test_lists_take_as_many_queries_for_three_rows_as_for_one(name, organiser, dashboard):
    app = make_app()
    open_dashboard(user=organiser)
    client, address = dashboard(organiser), reverse(f"admin:{name}_changelist")

    def more():
        room = make_room(organiser, app=app)
        award(room)
        make_draw(room)

    def queries():
        client.get(address)
        with CaptureQueriesContext(connection) as log:
            assert client.get(address).status_code == 200
        return len(log)

    more()
    one = queries()
    more()
    more()
    assert queries() == one
    assert one <= 9
