"""One room's log in a process: who is given which rows, in which order, and when a reading is due."""

from datetime import UTC, datetime

import pytest

from accounts.models import User
from platform_site.rest.exceptions import NotFound
from rooms.enums import Visibility
from rooms.live.connections import MOST_WAITING, TOO_SLOW, Subscription
from rooms.live.feed import Feed
from rooms.live.frames import Frame
from rooms.live.log import Entry, Row
from rooms.models import Room
from tests.live import apart
from tests.rooms.live.fakes import Phone, hub_in_test, write

pytestmark = pytest.mark.usefixtures("committed_db")


def entry(seq: int, public_seq: int | None = None, type: str = "test:happened", **payload: object) -> Entry:
    return Entry("room", Row(seq, public_seq, type, payload, datetime(2026, 1, 1, tzinfo=UTC), masks=False))


def looking(feed: Feed, level: str = "public", seq: int = 0) -> tuple[Phone, Subscription]:
    phone = Phone()
    subscription = Subscription(phone, feed.room_id, level=level, seq=seq)  # type: ignore[arg-type]
    phone.subscriptions[feed.room_id] = subscription
    feed.joining.add(subscription)
    return phone, subscription


async def test_each_level_gets_its_own_numbers() -> None:
    async with hub_in_test() as hub:
        feed = Feed(hub.worker, "room")
        (outsider, one), (insider, other) = looking(feed), looking(feed, "organizer")
        feed.admit(one)
        feed.admit(other)
        await feed.give([entry(1, 1), entry(2), entry(3, 2)])
        assert (outsider.numbers(), insider.numbers()) == ([1, 2], [1, 2, 3])


async def test_what_happens_while_somebody_catches_up_comes_after_it_and_once() -> None:
    async with hub_in_test() as hub:
        feed = Feed(hub.worker, "room")
        phone, subscription = looking(feed, seq=2)
        await feed.give([entry(2, 2), entry(3, 3)])
        assert phone.frames == []
        assert feed.admit(subscription) is False
        await feed.give([entry(3, 3), entry(4, 4)])
        assert phone.numbers() == [3, 4]


async def test_an_event_about_access_that_came_meanwhile_asks_for_another_look() -> None:
    async with hub_in_test() as hub:
        feed = Feed(hub.worker, "room")
        for payload, asked in (({"userId": "somebody"}, False), ({"userId": ""}, True)):
            _, subscription = looking(feed)
            await feed.give([entry(1, 1, "participant:left", **payload)])
            assert feed.admit(subscription) is asked
        _, subscription = looking(feed)
        await feed.give([entry(1, 1, "room:updated", changes={"isPublic": False})])
        assert feed.admit(subscription) is True


async def test_nothing_is_given_after_the_end() -> None:
    async with hub_in_test() as hub:
        feed = Feed(hub.worker, "room")
        phone, subscription = looking(feed)
        feed.admit(subscription)
        feed.part(subscription)
        assert feed.is_empty
        await feed.give([entry(1, 1)])
        subscription.offer(entry(2, 2))
        assert phone.frames == []


async def test_who_never_catches_up_is_cut_off() -> None:
    async with hub_in_test() as hub:
        feed = Feed(hub.worker, "room")
        phone, _ = looking(feed)
        await feed.give([entry(seq, seq) for seq in range(1, MOST_WAITING + 1)])
        assert phone.code is None
        await feed.give([entry(MOST_WAITING + 1, MOST_WAITING + 1)])
        assert phone.code == TOO_SLOW


async def test_what_has_no_number_reaches_a_level_and_those_above_it() -> None:
    async with hub_in_test() as hub:
        feed = Feed(hub.worker, "room")
        phones = {}
        for level in ("public", "organizer", "private"):
            phones[level], subscription = looking(feed, level)
            feed.admit(subscription)
        for level in phones:
            await feed.push(Frame(f"test:{level}", {}), level)  # type: ignore[arg-type]
        assert phones["public"].names() == ["test:public"]
        assert phones["organizer"].names() == ["test:public", "test:organizer"]
        assert phones["private"].names() == ["test:public", "test:organizer", "test:private"]
        await feed.push(Frame("test:whole", {}), "public", Frame("test:masked", {}))
        assert [phone.names()[-1] for phone in phones.values()] == ["test:masked", "test:whole", "test:whole"]


async def test_a_reading_is_due_once_and_cuts_before_what_changes_access(room: Room) -> None:
    def tell_of_it() -> None:
        write(room)
        write(room, "test:secret", Visibility.ORGANIZER)
        write(room, "participant:left", userId="somebody")
        write(room)

    async with hub_in_test() as hub:
        feed = Feed(hub.worker, room.pk)
        assert feed.rung(1) is False, "it is not open"
        await feed.open()
        start = feed.seq
        await apart(tell_of_it)
        assert feed.rung(start) is False, "there is nothing new"
        assert feed.rung(start + 1) is True
        assert feed.rung(start + 4) is False, "whoever reads now reads that, too"
        batches = [[each.row.seq for each in batch] async for batch in feed.batches()]
        assert batches == [[start + 1, start + 2], [start + 3, start + 4]]
        assert feed.seq == start + 4
        assert feed.rung(None) is True, "somebody may have missed a bell"
        assert [batch async for batch in feed.batches()] == []


async def test_an_unknown_room_has_no_feed() -> None:
    async with hub_in_test() as hub:
        with pytest.raises(NotFound):
            await Feed(hub.worker, "nowhere").open()


async def test_a_view_is_read_once_for_all_who_see_the_same(
    room: Room, organiser: User, participant: User, stranger: User
) -> None:
    async with hub_in_test() as hub:
        feed = Feed(hub.worker, room.pk)
        views = [await feed.view(user) for user in (None, stranger, participant, organiser)]
        assert views[0] is views[1]
        assert [view.level for view in views] == ["public", "public", "public", "private"]
        assert [bool(view.room["joinCode"]) for view in views] == [False, False, True, True]
        await apart(write, room)
        assert await feed.view(None) is not views[0]
