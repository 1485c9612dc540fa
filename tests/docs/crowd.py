"""A filled PostgreSQL to ask for plans: 10,000 rooms, 100,000 people in them, and the rest in proportion."""

import time
from datetime import timedelta
from typing import Any

from django.db import connection, models, transaction
from django.utils import timezone

from accounts.models import Session, TokenBlacklist, User
from apps_registry.models import ManifestVersion
from prizes.enums import DrawStatus
from prizes.models import Draw, DrawPrize, Prize, Winner
from rooms.models import Invitation, Participant, Room, RoomEvent
from tests.factories import make_app, make_user

ROOMS, PEOPLE, USERS, CREATORS = 10_000, 100_000, 20_000, 2_000
# The first room is a hall of 10,008 people; the others have an organizer and eight more.
HALL = PEOPLE - ROOMS - 8 * (ROOMS - 1)
AGO = "now() - interval '1 minute' *"


def pick(prefix: str, number: str) -> str:
    """SQL for the id of row `number` (SQL)."""
    return f"'{prefix}' || lpad(({number})::text, {25 - len(prefix)}, '0')"


def insert(template: models.Model, source: str, **columns: str) -> None:
    """Writes a row for each row of `source` (SQL): `columns` are SQL, every other column is the template's."""
    table, fields = template._meta.db_table, template._meta.concrete_fields
    chosen = ", ".join(columns.pop(field.attname, f't."{field.column}"') for field in fields)
    assert not columns, f"{table} has no {set(columns)}"
    names = ", ".join(f'"{field.column}"' for field in fields)
    with connection.cursor() as cursor:
        # No parameters: the SQL has its own per cent signs.
        cursor.execute(
            f"INSERT INTO {table} ({names}) SELECT {chosen} FROM {table} t, {source} WHERE t.id = '{template.pk}'", None
        )


def fill() -> dict[str, Any]:
    """Fills the database; returns the names that the queries of docs/indexes.md use."""
    with transaction.atomic():
        fill_accounts()
        fill_apps()
        fill_rooms()
        fill_people()
        fill_log()
        fill_fund()
    settle()
    return {
        "user": User.objects.get(email="user2500@example.com"),
        "organizer": User.objects.get(email="user7@example.com"),
        "session": Session.objects.earliest("id"),
        "hall": Room.objects.get(pk="room" + "1".zfill(21)),
        "room": Room.objects.filter(status="ACTIVE").exclude(name="Template").latest("id"),
        "prize": Prize.objects.get(pk="prize" + "11".zfill(20)),
        "winner": Winner.objects.get(pk="hallwin" + "7".zfill(18)),
        "draw": Draw.objects.get(pk="draw" + "7".zfill(21)),
        "now": timezone.now(),
        "timedelta": timedelta,
    }


def settle() -> None:
    """What the server does by and by: statistics, and a note of the pages that index-only scans need not look into."""
    waiting: list[tuple] = []
    for _ in range(50):
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
            cursor.execute(
                "SELECT relname, relpages, relallvisible FROM pg_class"
                " WHERE relname ~ '^(rooms|prizes)_' AND relkind = 'r' AND relallvisible < 0.9 * relpages"
            )
            waiting = cursor.fetchall()
        if not waiting:
            return
        time.sleep(0.1)  # an analysis that the server has begun itself holds this back
    raise AssertionError(f"VACUUM does not come to an end: {waiting}")


def fill_accounts() -> None:
    user, soon = (
        make_user("Template", email_verified=True, provider="none", provider_id="none"),
        timezone.now() + timedelta(days=30),
    )
    insert(
        user,
        f"generate_series(1, {USERS}) i",
        id=pick("user", "i"),
        email="'user' || i || '@example.com'",
        name="'Person ' || md5(i::text)",
        provider="'google'",
        provider_id="'google-' || i",
        created_at=f"{AGO} i",
    )
    guest = User.objects.create(name="Guest", is_guest=True)
    insert(guest, "generate_series(1, 5000) i", id=pick("guest", "i"), created_at=f"{AGO} i")
    session = Session.objects.create(user=user, token_hash="first", expires_at=soon)
    insert(
        session,
        "generate_series(1, 20000) i",
        id=pick("sess", "i"),
        user_id=pick("user", f"i % {USERS // 2} + 1"),
        token_hash="md5(i::text)",
        family=pick("family", "i / 2"),
        created_at=f"{AGO} (100000 + i)",
        expires_at="now() - interval '1 day' + interval '1 minute' * i",
    )
    mark = TokenBlacklist.objects.create(token_hash="first", expires_at=soon, user=user)
    insert(
        mark,
        "generate_series(1, 10000) i",
        id=pick("mark", "i"),
        user_id=pick("user", "i"),
        token_hash="md5(i::text)",
        expires_at="now() - interval '1 hour' + interval '1 minute' * i",
    )


def fill_apps() -> None:
    app = make_app()
    many = "generate_series(1, 1000) i"
    insert(app, many, id=pick("app", "i"), app_id="'app_' || i")
    version = ManifestVersion.objects.get(app=app)
    insert(version, many, id=pick("vers", "i"), app_id="'app_' || i", key="'app_' || i || '@1.0.0'")


def fill_rooms() -> None:
    room = Room.objects.create(
        name="Template",
        created_by=User.objects.get(email="user1@example.com"),
        app_id="app_1",
        app_settings={"ticketCount": 100, "drawDate": "2025-12-31T23:00:00Z", "theme": "new-year", "autoDraw": False},
        app_manifest_version="1.0.0",
        manifest_version_id="app_1@1.0.0",
    )
    insert(
        room,
        f"generate_series(1, {ROOMS}) i",
        id=pick("room", "i"),
        name="substr(md5(i::text), 1, 8) || ' Party ' || substr(md5((i / 3)::text), 1, 6)",
        created_by_id=pick("user", f"i % {CREATORS} + 1"),
        # As long as people write them: of narrow rows a count would read the table, and rightly so.
        description="repeat(md5(i::text) || ' ', 12)",
        join_code="upper(substr(md5('code' || i), 1, 12))",
        app_id="'app_' || (i % 50 + 1)",
        manifest_version_id="'app_' || (i % 50 + 1) || '@1.0.0'",
        status="(ARRAY['ACTIVE', 'ACTIVE', 'DRAFT', 'COMPLETED', 'COMPLETED', 'COMPLETED', 'CANCELLED'])[i % 7 + 1]",
        closed_at=f"CASE WHEN i % 7 >= 3 THEN {AGO} (i / 2) END",
        deleted_at="CASE WHEN i % 7 >= 3 AND i % 11 = 0 THEN now() END",
        is_public="i % 5 > 0",
        created_at=f"{AGO} i",
        last_seq="10",
        last_public_seq="8",
    )


def fill_people() -> None:
    template = Room.objects.get(name="Template")
    person = Participant.objects.create(
        room=template,
        user=template.created_by,
        role="ORGANIZER",
        role_accepted_at=timezone.now(),
        joined_at=timezone.now(),
    )
    insert(
        person,
        f"generate_series(1, {ROOMS}) i",
        id=pick("lead", "i"),
        room_id=pick("room", "i"),
        user_id=pick("user", f"i % {CREATORS} + 1"),
        joined_at=f"{AGO} i",
    )
    insert(
        person,
        f"generate_series(2, {ROOMS}) i, generate_series(1, 8) k",
        id=pick("person", "i * 10 + k"),
        room_id=pick("room", "i"),
        user_id=pick("user", f"{CREATORS} + (i * 7 + k * 13) % {USERS - CREATORS} + 1"),
        role="CASE k WHEN 1 THEN 'MODERATOR' WHEN 2 THEN 'VIEWER' ELSE 'PARTICIPANT' END",
        joined_at=f"{AGO} (i - k)",
        deleted_at="CASE WHEN k = 8 AND i % 3 = 0 THEN now() END",
    )
    insert(
        person,
        f"generate_series(1, {HALL}) i",
        id=pick("hall", "i"),
        room_id=pick("room", "1"),
        user_id=pick("user", f"{CREATORS} + i"),
        role="CASE WHEN i % 20 = 0 THEN 'VIEWER' ELSE 'PARTICIPANT' END",
        joined_at=f"{AGO} i",
    )
    invitation = Invitation.objects.create(room=template, email="late@example.com")
    insert(
        invitation,
        f"generate_series(1, {ROOMS}) i, generate_series(1, 2) k",
        id=pick("invite", "i * 10 + k"),
        room_id=pick("room", "i"),
        email="'late' || (i * 2 + k) || '@example.com'",
        redeemed_at="CASE WHEN k = 1 THEN now() END",
    )


def fill_log() -> None:
    template = Room.objects.get(name="Template")
    event = RoomEvent.objects.create(room=template, seq=1, public_seq=1, type="a:b", created_at=timezone.now())
    numbering = {
        "seq": "s",
        "public_seq": "CASE WHEN s % 5 > 0 THEN s - s / 5 END",
        "visibility": "CASE WHEN s % 5 > 0 THEN 'PUBLIC' ELSE 'ORGANIZER' END",
        "actor_id": pick("user", f"(i * 11 + s * 7) % {USERS} + 1"),
        "id": pick("event", "i * 100000 + s"),
        "room_id": pick("room", "i"),
    }
    insert(event, f"generate_series(2, {ROOMS}) i, generate_series(1, 10) s", **numbering)
    insert(event, "generate_series(1, 1) i, generate_series(1, 20000) s", **numbering)


def fill_fund() -> None:
    template = Room.objects.get(name="Template")
    prize = Prize.objects.create(room=template, name="Cup", quantity=1, quantity_remaining=1)
    insert(
        prize,
        f"generate_series(1, {ROOMS}) i, generate_series(1, 3) k",
        id=pick("prize", "i * 10 + k"),
        room_id=pick("room", "i"),
        position="k",
        quantity="10",
        quantity_remaining="9",
    )
    draw = Draw.objects.create(
        room=template,
        seq=1,
        entry_count=1,
        total_weight=1,
        committed_at=template.created_at,
        created_by=template.created_by,
        status=DrawStatus.CANCELLED,
        seed="0",
    )
    line = DrawPrize.objects.create(draw=draw, prize=prize, position=1, name="Cup", count=1)
    insert(
        draw,
        f"generate_series(1, {ROOMS}) i",
        id=pick("draw", "i"),
        room_id=pick("room", "i"),
        status="CASE WHEN i % 7 < 2 THEN 'COMMITTED' ELSE 'CANCELLED' END",
        seed="CASE WHEN i % 7 < 2 THEN NULL ELSE '0' END",
    )
    insert(
        line,
        f"generate_series(1, {ROOMS}) i",
        id=pick("line", "i"),
        draw_id=pick("draw", "i"),
        prize_id=pick("prize", "i * 10 + 1"),
    )
    person = Participant.objects.get(room=template)
    win = Winner.objects.create(room=template, participant=person, prize=prize)
    columns = {
        "room_id": pick("room", "i"),
        "state": "CASE WHEN k = 1 THEN 'FULFILLED' ELSE 'AWARDED' END",
        "fulfilled_at": "CASE WHEN k = 1 THEN now() END",
    }
    insert(
        win,
        f"generate_series(2, {ROOMS}) i, generate_series(1, 2) k",
        id=pick("win", "i * 10 + k"),
        claim_code="lpad((i * 10 + k)::text, 6, 'W')",
        participant_id=pick("person", "i * 10 + k + 2"),
        prize_id=pick("prize", "i * 10 + k"),
        draw_id=f"CASE WHEN k = 1 THEN {pick('draw', 'i')} END",
        **columns,
    )
    insert(
        win,
        "generate_series(1, 1) i, generate_series(1, 1000) k",
        id=pick("hallwin", "k"),
        claim_code="lpad(k::text, 6, 'H')",
        participant_id=pick("hall", "k"),
        prize_id=pick("prize", "k % 3 + 11"),
        **columns,
    )
