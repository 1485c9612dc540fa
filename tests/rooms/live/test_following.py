"""Subscriptions: how they begin, catch up, change with what their viewer may see, and end."""

from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from accounts.actors import PLATFORM
from accounts.models import User
from platform_site.rest.exceptions import NotFound
from rooms.actions import delete_room, leave_room, update_room
from rooms.enums import ParticipantRole, Visibility
from rooms.events import push_unlogged, record, record_many
from rooms.live.connections import MOST_ROOMS
from rooms.live.protocol import obey
from rooms.live.refusals import TooManyMessages
from rooms.models import Participant, Room
from rooms.permissions import lock_room
from tests.factories import add_participant, make_app, make_room
from tests.live import apart
from tests.rooms.live.fakes import done, enter, follow, hub_in_test, quiet, tell, write

pytestmark = pytest.mark.usefixtures("committed_db")


async def test_events_come_in_order_after_the_snapshot(room: Room, organiser: User) -> None:
    async with hub_in_test() as hub:
        boss, passer_by = enter(hub, organiser), enter(hub)
        start = await follow(hub, boss, room)
        await follow(hub, passer_by, room)
        await tell(hub, room)
        await tell(hub, room, "test:secret", Visibility.ORGANIZER)
        await tell(hub, room)
        assert boss.names() == ["room:subscribed", "test:happened", "test:secret", "test:happened"]
        assert boss.numbers() == [start["seq"] + 1, start["seq"] + 2, start["seq"] + 3]
        assert passer_by.names() == ["room:subscribed", "test:happened", "test:happened"]


async def test_what_was_missed_comes_before_what_is_new(room: Room) -> None:
    async with hub_in_test() as hub:
        phone = enter(hub)
        start = (await follow(hub, phone, room))["seq"]
        hub.following.unsubscribe(phone, room.pk)
        await tell(hub, room)
        await tell(hub, room)
        told, catch_up = await hub.following.subscribe(phone, room.pk, since=start, level="public")
        await tell(hub, room)
        assert told["resumed"]
        phone.frames.clear()
        await catch_up()
        assert phone.numbers() == [start + 1, start + 2, start + 3]
        await tell(hub, room)
        assert phone.numbers() == [start + 1, start + 2, start + 3, start + 4]


async def test_subscribing_again_begins_anew_and_nothing_comes_twice(room: Room) -> None:
    async with hub_in_test() as hub:
        phone = enter(hub)
        await follow(hub, phone, room)
        await follow(hub, phone, room)
        phone.frames.clear()
        await tell(hub, room)
        assert phone.names() == ["test:happened"]


async def test_the_last_viewer_takes_the_feed_along(room: Room) -> None:
    async with hub_in_test() as hub:
        one, other = enter(hub), enter(hub)
        await follow(hub, one, room)
        await follow(hub, other, room)
        hub.leave(one)
        assert hub.following.feeds
        hub.leave(other)
        assert not hub.following.feeds
        assert not hub.listener.rooms


async def test_whoever_has_gone_meanwhile_gets_no_subscription(room: Room) -> None:
    async with hub_in_test() as hub:
        phone = enter(hub)
        hub.directory.leave(phone)
        with pytest.raises(NotFound):
            await follow(hub, phone, room)
        assert not phone.subscriptions
        assert not hub.following.feeds


async def test_unknown_and_private_rooms_are_alike_to_strangers(private_room: Room, stranger: User) -> None:
    async with hub_in_test() as hub:
        for room_id in (private_room.pk, "nowhere"):
            with pytest.raises(NotFound):
                await hub.following.subscribe(enter(hub, stranger), room_id, since=None, level=None)
        assert not hub.following.feeds


async def test_whoever_leaves_is_told_and_sees_nothing_more(private_room: Room, participant: User) -> None:
    async with hub_in_test() as hub:
        phone, tablet = enter(hub, participant), enter(hub, participant)
        for each in (phone, tablet):
            await follow(hub, each, private_room)
        await done(hub, leave_room, room_id=private_room.pk, by=participant)
        await tell(hub, private_room)
        for each in (phone, tablet):
            assert each.names() == ["room:subscribed", "room:unsubscribed"]
            assert each.frames[-1][1]["reason"] == "left"


async def test_a_new_role_begins_the_subscription_anew_before_the_event_shows(room: Room, participant: User) -> None:
    def promote() -> None:
        with transaction.atomic():
            locked = lock_room(room.pk, PLATFORM)
            place = Participant.objects.filter(room=room, user=participant)
            place.update(role=ParticipantRole.MODERATOR, role_accepted_at=timezone.now())
            record(locked, "participant:updated", {"participant": {"userId": participant.pk}}, by=PLATFORM)

    async with hub_in_test() as hub:
        phone = enter(hub, participant)
        await follow(hub, phone, room)
        await done(hub, promote)
        assert phone.names() == ["room:subscribed", "room:subscribed"]
        assert phone.frames[-1][1]["level"] == "organizer"
        await tell(hub, room, "test:secret", Visibility.ORGANIZER)
        assert phone.names()[-1] == "test:secret"


async def test_a_room_made_private_lets_go_of_outsiders_before_they_read_of_it(
    room: Room, organiser: User, participant: User
) -> None:
    async with hub_in_test() as hub:
        outsider, member = enter(hub), enter(hub, participant)
        await follow(hub, outsider, room)
        await follow(hub, member, room)
        await done(hub, update_room, room_id=room.pk, by=organiser, is_public=False)
        assert outsider.names() == ["room:subscribed", "room:unsubscribed"]
        assert outsider.frames[-1][1]["reason"] == "access"
        assert member.names() == ["room:subscribed", "room:updated"]


async def test_a_role_changed_behind_the_log_is_found_by_the_clock(private_room: Room, participant: User) -> None:
    async with hub_in_test() as hub:
        phone = enter(hub, participant)
        await follow(hub, phone, private_room)
        await apart(Participant.objects.filter(room=private_room, user=participant).delete)
        await hub.following.tick()
        assert phone.frames[-1][1]["reason"] == "access"


async def test_a_deleted_room_ends_all_subscriptions(room: Room, organiser: User) -> None:
    async with hub_in_test() as hub:
        phone = enter(hub)
        await apart(update_room, room_id=room.pk, by=organiser, status="COMPLETED")
        await follow(hub, phone, room)
        await done(hub, delete_room, room_id=room.pk, by=organiser)
        assert phone.names() == ["room:subscribed", "room:deleted", "room:unsubscribed"]
        assert not hub.following.feeds


async def test_a_lost_bell_costs_a_tick(room: Room) -> None:
    async with hub_in_test() as hub:
        phone = enter(hub)
        await follow(hub, phone, room)
        hub.listener.stop()
        await apart(write, room)
        await quiet(hub)
        assert phone.names() == ["room:subscribed"]
        await hub.following.tick()
        await quiet(hub)
        assert phone.names() == ["room:subscribed", "test:happened"]


async def test_what_is_in_no_log_is_told_once_to_its_level(room: Room, organiser: User) -> None:
    async with hub_in_test() as hub:
        boss, passer_by = enter(hub, organiser), enter(hub)
        for phone in (boss, passer_by):
            await follow(hub, phone, room)
            phone.frames.clear()
        heard: list[dict] = []
        hub.listener.hear = lambda message: (heard.append(message), hub.hear(message))  # type: ignore[func-returns-value,assignment]
        await done(hub, push_unlogged, room.pk, "quiz:answer_count", {"count": 3})
        await done(hub, push_unlogged, room.pk, "quiz:answer_submitted", {"questionId": "q1"}, "organizer")
        for message in heard:  # the channel layer brings them, too
            hub.hear(message)
        await quiet(hub)
        assert boss.names() == ["quiz:answer_count", "quiz:answer_submitted"]
        assert passer_by.names() == ["quiz:answer_count"]
        assert passer_by.frames[0][1].keys() == {"count", "roomId", "timestamp"}


async def test_what_was_pushed_in_a_failed_transaction_is_not_told(room: Room) -> None:
    def fail() -> None:
        with pytest.raises(RuntimeError), transaction.atomic():
            push_unlogged(room.pk, "quiz:answer_count", {"count": 3})
            raise RuntimeError

    async with hub_in_test() as hub:
        phone = enter(hub)
        await follow(hub, phone, room)
        await done(hub, fail)
        assert phone.names() == ["room:subscribed"]


async def test_what_is_replayed_counts_as_messages(room: Room, settings: Any) -> None:
    def write_many() -> None:
        with transaction.atomic():
            record_many(lock_room(room.pk, PLATFORM), [("test:happened", {})] * 250, by=PLATFORM)

    settings.REALTIME_MESSAGES_PER_MINUTE = 10
    async with hub_in_test() as hub:
        phone = enter(hub)
        start = (await follow(hub, phone, room))["seq"]
        hub.following.unsubscribe(phone, room.pk)
        await done(hub, write_many)
        for _ in range(3):  # three of ten messages each
            phone.frames.clear()
            assert (await follow(hub, phone, room, since=start))["resumed"]
            assert len(phone.numbers()) == 250
        with pytest.raises(TooManyMessages):
            await follow(hub, phone, room, since=start)
        assert room.pk in phone.subscriptions, "it goes on with what it has"
        settings.REALTIME_MESSAGES_PER_MINUTE = 2
        assert not (await follow(hub, enter(hub), room, since=start))["resumed"], "no allowance ever pays for that"


async def test_a_connection_follows_fifty_rooms(organiser: User) -> None:
    def make_rooms() -> list[Room]:
        return [make_room(organiser) for _ in range(MOST_ROOMS + 1)]

    async with hub_in_test() as hub:
        phone = enter(hub)
        rooms = await apart(make_rooms)
        answers = [
            await obey(hub, phone, "room:subscribe", {"roomId": each.pk}, timezone.now()) for each in [*rooms, rooms[0]]
        ]
        assert [answer["success"] for answer in answers] == [True] * MOST_ROOMS + [False, True]


async def test_a_room_in_a_frame_is_the_room_as_its_viewer_may_see_it(
    organiser: User, moderator: User, participant: User
) -> None:
    def make() -> Room:
        levels = {
            name: {"type": "string", "x-visibility": name, "x-mutable": True}
            for name in ("public", "organizer", "private")
        }
        settings = {"public": "a", "organizer": "b", "private": "c"}
        schema = {"type": "object", "properties": levels}
        made = make_room(organiser, app=make_app(schema), app_settings=settings)
        add_participant(made, moderator, ParticipantRole.MODERATOR)
        add_participant(made, participant)
        return made

    async with hub_in_test() as hub:
        room = await apart(make)
        phones = {user: enter(hub, user) for user in (organiser, moderator, participant, None)}
        starts = {user: (await follow(hub, phone, room))["seq"] for user, phone in phones.items()}
        await done(hub, update_room, room_id=room.pk, by=organiser, name="Spring party")
        await done(hub, update_room, room_id=room.pk, by=organiser, app_settings={"private": "d", "public": "e"})
        seen = {
            organiser: {"public": "e", "organizer": "b", "private": "d"},
            moderator: {"public": "e", "organizer": "b"},
            participant: {"public": "e"},
            None: {"public": "e"},
        }
        for replayed in (False, True):
            for user, phone in phones.items():
                if replayed:
                    phone.frames.clear()
                    await follow(hub, phone, room, since=starts[user])
                told = phone.frames[0][1]["room"]
                updates = [data["room"] for name, data in phone.frames if name == "room:updated"]
                assert len(updates) >= 2, user
                for each in updates:
                    assert each.keys() == told.keys()
                    assert (each["joinCode"], each["myRole"]) == (told["joinCode"], told["myRole"])
                assert updates[-1]["appSettings"] == seen[user]
                assert updates[-1]["name"] == "Spring party"
        stored = await apart(lambda: list(room.events.filter(type="room:updated").values_list("payload", flat=True)))
        assert not any("private" in str(payload) for payload in stored)
        assert all(payload["room"]["joinCode"] is None for payload in stored)


async def test_a_room_told_while_somebody_catches_up_is_theirs_too(room: Room, organiser: User) -> None:
    async with hub_in_test() as hub:
        phone = enter(hub, organiser)
        _, catch_up = await hub.following.subscribe(phone, room.pk, since=None, level=None)
        await done(hub, update_room, room_id=room.pk, by=organiser, name="Spring party")
        await catch_up()
        assert phone.names() == ["room:subscribed", "room:updated"]
        shown = phone.frames[-1][1]["room"]
        assert (shown["name"], shown["joinCode"], shown["myRole"]) == ("Spring party", room.join_code, "ORGANIZER")
