"""What live connections are told of a draw."""

import pytest

from prizes.actions import cancel_draw, commit_draw, run_draw
from rooms.live.log import rows_after
from tests.factories import add_participant, make_prize

pytestmark = pytest.mark.django_db


def test_a_frame_tells_the_draws_own_number_beside_that_of_the_event(room, organiser):
    """`seq` of a frame numbers the room's log: without a name of its own the draw's number would be lost."""
    add_participant(room)
    prize = make_prize(room, quantity=3)
    for number in (1, 2):
        draw = commit_draw(room_id=room.pk, by=organiser, prizes=[(prize.pk, 1)])
        assert draw.seq == number
        if number == 1:
            run_draw(room_id=room.pk, draw_id=draw.pk, by=organiser)
        else:
            cancel_draw(room_id=room.pk, draw_id=draw.pk, by=organiser)
    frames = [row.frame(room.pk, public_only=True) for row in rows_after(room.pk, 0) if row.type.startswith("draw:")]
    told = [(each.event.removeprefix("draw:"), each.data["drawSeq"]) for each in frames]
    assert told == [("committed", 1), ("running", 1), ("completed", 1), ("committed", 2), ("cancelled", 2)]
    assert len({each.data["seq"] for each in frames}) == 5
