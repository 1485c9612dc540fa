"""The native live protocol, spoken by a real client to real server processes."""

import asyncio
import contextlib
import json
import socket
from datetime import timedelta
from functools import partial
from typing import Any, cast

import pytest
import requests
from django.db import transaction
from django.utils import timezone
from rest_framework_simplejwt.tokens import AccessToken
from websockets.exceptions import ConnectionClosed, InvalidStatus

from accounts.actors import PLATFORM
from accounts.models import TokenBlacklist, User
from accounts.page_sessions import SessionStore
from accounts.tokens import claims_of, hashed
from rooms.enums import ParticipantRole, Visibility
from rooms.events import record
from rooms.models import Participant, Room
from rooms.permissions import Need, locked_room
from tests.live import DAPHNE, UVICORN, Live, Server, apart, token_of

pytestmark = pytest.mark.usefixtures("committed_db")


async def tell(
    room: Room, type: str = "test:happened", visibility: Visibility = Visibility.PUBLIC, **payload: object
) -> None:
    def write() -> None:
        with transaction.atomic():
            record(locked_room(room.pk, PLATFORM, Need.READ), type, payload, by=PLATFORM, visibility=visibility)

    await apart(write)


def has(client: Live, count: int) -> bool:
    return len(client.numbers()) == count


async def call(server: Server, method: str, path: str, user: User, **body: object) -> dict:
    return await apart(server.call, method, path, user, **body)


async def test_events_reach_everybody_at_their_level(
    server: Server, room: Room, organiser: User, moderator: User, participant: User
) -> None:
    tokens = [await apart(token_of, user) for user in (organiser, moderator, participant)]
    async with (
        Live(server.live_url, tokens[0]) as boss,
        Live(server.live_url, tokens[1]) as helper,
        Live(server.live_url, tokens[2]) as guest,
        Live(server.live_url) as passer_by,
    ):
        answers = [await client.subscribe(room.pk) for client in (boss, helper, guest, passer_by)]
        assert [answer["level"] for answer in answers] == ["private", "organizer", "public", "public"]
        assert [answer["room"]["joinCode"] for answer in answers] == [room.join_code] * 3 + [None]
        await tell(room, "test:secret", Visibility.ORGANIZER, word="inside")
        await call(server, "POST", f"/rooms/{room.pk}/prizes", organiser, name="Cup")
        for client in (boss, helper, guest, passer_by):
            created = await client.event("prize:created")
            assert created["prize"]["name"] == "Cup"
            assert created["roomId"] == room.pk
        assert boss.names() == helper.names() == ["room:subscribed", "test:secret", "prize:created"]
        assert guest.names() == passer_by.names() == ["room:subscribed", "prize:created"]
        assert boss.numbers() == [answers[0]["seq"] + 1, answers[0]["seq"] + 2]
        assert guest.numbers() == [answers[2]["seq"] + 1]


async def test_who_comes_back_gets_what_was_missed(daphne: Server, room: Room, participant: User) -> None:
    async with Live(daphne.live_url) as client:
        first = await client.subscribe(room.pk)
    for _ in range(3):
        await tell(room)
    await tell(room, visibility=Visibility.ORGANIZER)
    async with Live(daphne.live_url) as client:
        again = await client.subscribe(room.pk, since=first["seq"], level="public")
        assert again["resumed"] is True
        await client.until(lambda: len(client.events) == 4)
        assert client.names() == ["room:subscribed", *["test:happened"] * 3]
        assert client.numbers() == [first["seq"] + 1, first["seq"] + 2, first["seq"] + 3]
        await tell(room)
        await client.until(lambda: len(client.events) == 5)
        assert client.numbers()[-1] == first["seq"] + 4
        fresh = await client.subscribe(room.pk, since=first["seq"] + 1, level="organizer")
        assert (fresh["resumed"], fresh["level"], fresh["seq"]) == (False, "public", first["seq"] + 4)
        ahead = await client.subscribe(room.pk, since=first["seq"] + 100)
        assert ahead["resumed"] is False


async def test_a_pruned_tail_means_a_fresh_snapshot(daphne: Server, room: Room, organiser: User) -> None:
    for _ in range(3):
        await tell(room)
    await call(daphne, "PATCH", f"/rooms/{room.pk}", organiser, status="COMPLETED")
    await apart(room.events.filter(seq__lte=2).delete)
    async with Live(daphne.live_url) as client:
        assert (await client.subscribe(room.pk, since=1))["resumed"] is False
        assert (await client.subscribe(room.pk, since=2))["resumed"] is True


async def test_ways_to_say_who_you_are(server: Server, room: Room, participant: User) -> None:
    token = await apart(token_of, participant)
    async with Live(server.live_url) as client:
        answer = await client.ask("auth", token=token)
        assert answer["data"]["userId"] == participant.pk
        assert (await client.subscribe(room.pk))["room"]["joinCode"] == room.join_code
        refused = await client.ask("auth", token="a.b.c")
        assert refused["error"]["code"] == "INVALID_TOKEN"
    async with Live(server.live_url, "not.a.token") as client:
        assert await client.closed() == 4401


async def test_the_session_cookie_counts_only_on_this_site(server: Server, room: Room, participant: User) -> None:
    def sign_in() -> str:
        session = SessionStore()
        session["_auth_user_id"] = participant.pk
        session["_auth_user_backend"] = "django.contrib.auth.backends.ModelBackend"
        session["_auth_user_hash"] = participant.get_session_auth_hash()
        session.save()
        assert session.session_key
        return session.session_key

    cookie = {"Cookie": f"sessionid={await apart(sign_in)}"}
    async with Live(server.live_url, additional_headers=cookie, origin=server.url) as client:
        assert (await client.subscribe(room.pk))["room"]["joinCode"] == room.join_code
    with pytest.raises(InvalidStatus) as refused:
        async with Live(server.live_url, additional_headers=cookie, origin="https://evil.example"):
            pass
    assert refused.value.response.status_code == 403


async def test_an_allowed_foreign_origin_does_not_lend_the_cookie(room: Room, participant: User) -> None:
    with Server(DAPHNE, CORS_ORIGINS="https://app.example.org") as server:
        async with Live(
            server.live_url, origin="https://app.example.org", additional_headers={"Cookie": "sessionid=x"}
        ) as client:
            assert (await client.subscribe(room.pk))["room"]["joinCode"] is None


async def test_a_private_room_is_not_there_for_strangers(daphne: Server, private_room: Room, stranger: User) -> None:
    token = await apart(token_of, stranger)
    for credentials in (None, token):
        async with Live(daphne.live_url, credentials) as client:
            answer = await client.ask("room:subscribe", roomId=private_room.pk)
            assert answer["error"]["code"] == "NOT_FOUND"
            unknown = await client.ask("room:subscribe", roomId="c" + "0" * 24)
            assert unknown["error"] == answer["error"]


async def test_whoever_leaves_loses_the_subscription(
    daphne: Server, private_room: Room, participant: User, organiser: User
) -> None:
    token = await apart(token_of, participant)
    async with Live(daphne.live_url, token) as phone, Live(daphne.live_url, token) as tablet:
        await phone.subscribe(private_room.pk)
        await tablet.subscribe(private_room.pk)
        await call(daphne, "DELETE", f"/rooms/{private_room.pk}/participants/me", participant)
        assert (await phone.event("room:unsubscribed"))["reason"] == "left"
        assert (await tablet.event("room:unsubscribed"))["reason"] == "left"
        async with Live(daphne.live_url, await apart(token_of, organiser)) as boss:
            await boss.subscribe(private_room.pk)
            await tell(private_room)
            await boss.event("test:happened")
        for client in (phone, tablet):
            await client.ask("ping")  # what was sent before is here
            assert "test:happened" not in client.names()


async def test_a_new_role_changes_the_level_at_once(daphne: Server, room: Room, participant: User) -> None:
    def set_role(role: ParticipantRole) -> None:
        with transaction.atomic():
            locked = locked_room(room.pk, PLATFORM, Need.READ)
            row = Participant.objects.get(room=room, user=participant)
            row.role, row.role_accepted_at = role, timezone.now()
            row.save()
            record(locked, "participant:updated", {"participant": {"userId": participant.pk}}, by=PLATFORM)

    async with Live(daphne.live_url, await apart(token_of, participant)) as client:
        await client.subscribe(room.pk)
        await apart(set_role, ParticipantRole.MODERATOR)
        await client.until(lambda: client.names().count("room:subscribed") == 2)
        assert client.events[-1]["data"]["level"] == "organizer"
        await tell(room, "test:secret", Visibility.ORGANIZER)
        await client.event("test:secret")
        await apart(set_role, ParticipantRole.PARTICIPANT)
        await client.until(lambda: client.names().count("room:subscribed") == 3)
        await tell(room, "test:secret", Visibility.ORGANIZER)
        await tell(room, "test:open")
        await client.event("test:open")
        assert client.names().count("test:secret") == 1


async def test_a_role_changed_behind_the_log_is_found_by_the_clock(
    daphne: Server, private_room: Room, participant: User
) -> None:
    async with Live(daphne.live_url, await apart(token_of, participant)) as client:
        await client.subscribe(private_room.pk)
        await apart(Participant.objects.filter(room=private_room, user=participant).delete)
        assert (await client.event("room:unsubscribed"))["reason"] == "access"


async def test_a_room_made_private_or_deleted_lets_go_of_outsiders(
    daphne: Server, room: Room, organiser: User, participant: User
) -> None:
    token = await apart(token_of, participant)
    async with Live(daphne.live_url) as outsider, Live(daphne.live_url, token) as member:
        await outsider.subscribe(room.pk)
        await member.subscribe(room.pk)
        await call(daphne, "PATCH", f"/rooms/{room.pk}", organiser, isPublic=False)
        assert (await outsider.event("room:unsubscribed"))["reason"] == "access"
        assert (await member.event("room:updated"))["changes"] == {"isPublic": False}
        assert "room:updated" not in outsider.names()


async def test_a_revoked_token_ends_the_connection(room: Room, participant: User) -> None:
    with Server(DAPHNE) as server:
        token = await apart(token_of, participant)
        async with Live(server.live_url, token) as client:
            await client.subscribe(room.pk)
            mark = hashed(f"sid:{claims_of(token)['sid']}")
            expires = timezone.now() + timedelta(hours=1)
            await apart(TokenBlacklist.objects.create, token_hash=mark, expires_at=expires, user=participant)
            assert "timestamp" in await client.event("token:expired")
            assert await client.closed() == 4401


async def test_a_token_that_runs_out_ends_the_connection(daphne: Server, room: Room, participant: User) -> None:
    def short_token() -> str:
        token: Any = AccessToken(cast("Any", token_of(participant)))
        token.set_exp(lifetime=timedelta(seconds=2))
        return str(token)

    async with Live(daphne.live_url, await apart(short_token)) as client:
        await client.subscribe(room.pk)
        await client.event("token:expired")
        assert await client.closed() == 4401
    async with Live(daphne.live_url, await apart(short_token)) as client:
        assert (await client.ask("auth", token=await apart(token_of, participant)))["success"]
        await asyncio.sleep(2.5)
        assert (await client.ask("ping"))["success"]


async def test_signing_out_and_deactivation_end_connections(
    daphne: Server, room: Room, participant: User, moderator: User
) -> None:
    token = await apart(token_of, moderator)
    async with Live(daphne.live_url, token) as client:
        await client.subscribe(room.pk)
        await apart(User.objects.filter(pk=moderator.pk).update, is_active=False)
        await client.event("token:expired")
        assert await client.closed() == 4401


WRONG = [
    ("", "BAD_REQUEST"),
    ("[]", "BAD_REQUEST"),
    ("nonsense", "BAD_REQUEST"),
    ("[" * 30_000, "BAD_REQUEST"),
    ('{"id": "\\ud800", "event": "ping"}', "BAD_REQUEST"),
    ('{"id": NaN, "event": "ping"}', "BAD_REQUEST"),
    ('{"id": 1e999, "event": "ping"}', "BAD_REQUEST"),
    ('{"id": {"a": 1}, "event": "ping"}', "BAD_REQUEST"),
    (json.dumps({"id": "x" * 10_000, "event": "ping"}), "BAD_REQUEST"),
    (json.dumps({"id": 10**400, "event": "ping"}), "BAD_REQUEST"),
    ('{"event": "ping", "data": {"x": NaN}}', "BAD_REQUEST"),
    ('{"event": 7}', "VALIDATION_ERROR"),
    ('{"event": "no:such"}', "VALIDATION_ERROR"),
    ('{"event": "room:subscribe"}', "VALIDATION_ERROR"),
    ('{"event": "room:subscribe", "data": []}', "VALIDATION_ERROR"),
    ('{"event": "room:subscribe", "data": "x"}', "VALIDATION_ERROR"),
    ('{"event": "room:subscribe", "data": {"roomId": ["x"]}}', "VALIDATION_ERROR"),
    ('{"event": "room:subscribe", "data": {"roomId": "x", "since": -1}}', "VALIDATION_ERROR"),
    ('{"event": "room:subscribe", "data": {"roomId": "x", "since": true}}', "VALIDATION_ERROR"),
    ('{"event": "room:subscribe", "data": {"roomId": "\\u0000"}}', "BAD_REQUEST"),
    ('{"event": "auth", "data": {"token": "\\ud800"}}', "BAD_REQUEST"),
    ('{"event": "ping", "data": ' + '{"a":' * 100 + "1" + "}" * 101, "BAD_REQUEST"),
    (json.dumps({"event": "ping", "data": {"x": "é" * 40_000}}, ensure_ascii=False), "PAYLOAD_TOO_LARGE"),
]


async def test_wrong_messages_are_told_and_change_nothing(server: Server, room: Room) -> None:
    async with Live(server.live_url) as client:
        for text, code in WRONG:
            client.events.clear()
            await client.socket.send(text)
            assert (await client.event("error"))["code"] == code, text[:100]
            assert (await client.ask("ping"))["success"]
        await client.subscribe(room.pk)


POLLING = "EIO=4&transport=polling"


@pytest.mark.parametrize("command", [DAPHNE, UVICORN])
async def test_only_the_names_of_this_server_are_answered(room: Room, command: tuple[str, ...]) -> None:
    with Server(command, ALLOWED_HOSTS="events.example.org,127.0.0.1") as server:
        for host, allowed in (("events.example.org", True), ("evil.example.org", False)):
            headers = {"Host": host}
            polling = await apart(requests.get, f"{server.url}/socket.io/?{POLLING}", headers=headers, timeout=20)
            assert polling.status_code == (200 if allowed else 400)
            for path in ("ws/", "socket.io/?EIO=4&transport=websocket"):
                with socket.create_connection(("127.0.0.1", server.port)) as plain:
                    plain.sendall(handshake(path, host))
                    assert plain.recv(100).startswith(b"HTTP/1.1 101" if allowed else b"HTTP/1.1 403"), (path, host)


def handshake(path: str, host: str) -> bytes:
    upgrade = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13"
    return f"GET /{path} HTTP/1.1\r\nHost: {host}\r\n{upgrade}\r\nSec-WebSocket-Key: {'A' * 22}==\r\n\r\n".encode()


async def test_connections_of_one_address_are_bounded(room: Room) -> None:
    with Server(UVICORN, REALTIME_CONNECTIONS_PER_ADDRESS="2", TRUSTED_PROXIES="127.0.0.1") as server:
        here, there = {"X-Forwarded-For": "192.0.2.1"}, {"X-Forwarded-For": "192.0.2.2"}
        async with Live(server.live_url, additional_headers=here) as one:
            await one.subscribe(room.pk)
            async with Live(server.live_url, additional_headers=here) as two:
                await two.subscribe(room.pk)
                async with Live(server.live_url, additional_headers=here) as three:
                    assert await three.closed() == 1013
                async with Live(server.live_url, additional_headers=there) as neighbour:
                    await neighbour.subscribe(room.pk)
            for _ in range(50):  # the server may not have noticed yet that one has left
                async with Live(server.live_url, additional_headers=here) as again:
                    with contextlib.suppress(ConnectionClosed, asyncio.CancelledError):
                        await again.subscribe(room.pk)
                        break
            else:
                pytest.fail("no place became free")


async def test_too_many_messages_are_refused(room: Room) -> None:
    with Server(DAPHNE, REALTIME_MESSAGES_PER_MINUTE="20") as server:
        async with Live(server.live_url) as client:
            answers = [await client.ask("ping") for _ in range(25)]
            assert all(answer["success"] for answer in answers[:20])
            assert answers[-1]["error"]["code"] == "RATE_LIMIT_EXCEEDED"


async def test_a_slow_reader_is_cut_off_and_misses_nothing(room: Room) -> None:
    with Server(UVICORN, REALTIME_QUEUE="60") as server, socket.socket() as small:
        small.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        small.connect(("127.0.0.1", server.port))
        async with Live(server.live_url, sock=small) as client, Live(server.live_url) as quick:
            start = (await client.subscribe(room.pk))["seq"]
            await quick.subscribe(room.pk)
            client.socket.transport.pause_reading()
            for wave in range(1, 10):  # no client can take all of it at once
                for _ in range(20):
                    await tell(room, text="x" * 100_000)
                await quick.until(partial(has, quick, wave * 20), 60)
            client.socket.transport.resume_reading()
            assert await client.closed(60) in {4408, 1006}
            seen = client.numbers()
            assert seen == list(range(start + 1, start + 1 + len(seen)))
            assert len(seen) < 180
        async with Live(server.live_url) as client:
            last = seen[-1] if seen else start
            await client.subscribe(room.pk, since=last)
            await client.until(lambda: len(client.numbers()) == 180 - len(seen), 60)
            assert client.numbers() == list(range(last + 1, start + 181))
