"""Draws: what a commit fixes, what a run follows from, and what nobody can see or change in between."""

import json
import logging
from contextlib import contextmanager
from datetime import timedelta

import pytest
from cryptography.fernet import Fernet
from django.core import serializers as dumps
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from accounts.actors import PLATFORM
from platform_site.rest.exceptions import Forbidden, InvalidInput, NotFound
from prizes import fair_draw, seeds
from prizes.actions import award_prize, cancel_draw, commit_draw, revoke_winner, run_draw
from prizes.actions.run import claim_draw
from prizes.entries import Eligibility
from prizes.errors import AlreadyReplaced, DrawOver, DrawRunning, EntropyGiven, PrizeExhausted, SeedUnreadable
from prizes.models import Draw, DrawPrize, Prize, Winner
from prizes.records import record_of
from rooms.actions import leave_room, update_room
from rooms.enums import RoomStatus
from rooms.errors import RoomClosed, RoomNotActive
from rooms.models import Participant, RoomEvent
from tests.factories import add_participant, make_draw, make_guest, make_prize, make_room


def stock(prize):
    prize = Prize.objects.get(pk=prize.pk)
    return prize.quantity_remaining, prize.quantity_reserved


def told(room, kind):
    return [event.payload for event in RoomEvent.objects.filter(room=room, type=kind).order_by("seq")]


def ids_in(draw):
    return {line.rpartition(":")[0] for line in Draw.objects.get(pk=draw.pk).entries.splitlines()}


def run(room, draw, **given):
    return run_draw(room_id=room.pk, draw_id=draw.pk, by=PLATFORM, **given)


def record(draw):
    return record_of(Draw.objects.with_lines().get(pk=draw.pk))


@contextmanager
def without_rules():
    """For a moment, a database that refuses nothing."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; ALTER TABLE prizes_draw DISABLE TRIGGER USER")
            yield
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; ALTER TABLE prizes_draw ENABLE TRIGGER USER")
            return
        cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'prizes_draw'")
        rules = cursor.fetchall()
        for name, _ in rules:
            cursor.execute(f"DROP TRIGGER {name}")
        yield
        for _, sql in rules:
            cursor.execute(sql)


@pytest.fixture
def prize(room):
    return make_prize(room, quantity=3)


@pytest.fixture
def people(room, participant):
    """Six who take part."""
    return [room.participants.get(user=participant), *(add_participant(room) for _ in range(5))]


# --- Commit -----------------------------------------------------------------------------------------------------------


def test_commit_freezes_reserves_and_tells(room, organiser, prize, people):
    draw = commit_draw(
        room_id=room.pk, by=organiser, prizes=[(prize.pk, 2)], entropy_plan=" dice, cafe\u0301 ", distinct=True
    )
    assert ids_in(draw) == {one.pk for one in people}
    assert (draw.seq, draw.status, draw.entry_count, draw.strength) == (1, "COMMITTED", 6, "committed+entropy")
    assert draw.entropy_plan == "dice, café"
    assert stock(prize) == (3, 2)
    [event] = told(room, "draw:committed")
    shown = record(draw)
    assert event == {
        "drawId": draw.pk,
        "drawSeq": 1,
        "seq": 1,
        "rehearsal": False,
        "replaces": None,
        "mode": "draw",
        "commitment": shown["commitment"],
        "fingerprint": shown["fingerprint"],
        "entryCount": 6,
        "totalWeight": 6,
        "entriesRoot": shown["entriesRoot"],
        "rulesHash": shown["rulesHash"],
        "prizes": [{"prizeId": prize.pk, "name": "Cup", "count": 2}],
        "distinct": True,
        "entropyPlan": "dice, café",
        "committedAt": shown["committedAt"],
    }
    assert [shown[name] for name in ("seed", "entropy", "winners", "runAt")] == [None] * 4
    assert fair_draw.verify_record(shown) == []


def test_commit_without_a_count_takes_every_free_piece(room, prize, people):
    make_draw(room, prize, 1)
    draw = make_draw(room, prize)
    assert draw.prizes.get().count == 2
    assert draw.seq == 2


def test_commit_never_promises_more_than_there_is(room, prize, people):
    make_draw(room, prize, 2)
    with pytest.raises(PrizeExhausted) as refusal:
        make_draw(room, prize, 2)
    assert refusal.value.details == {"prizeId": prize.pk, "free": 1}
    assert stock(prize) == (3, 2)
    assert Draw.objects.count() == 1


def test_commit_names_each_prize_once_and_of_this_room(room, stranger, prize, people):
    with pytest.raises(InvalidInput):
        commit_draw(room_id=room.pk, by=PLATFORM, prizes=[(prize.pk, 1), (prize.pk, 1)])
    with pytest.raises(InvalidInput):
        commit_draw(room_id=room.pk, by=PLATFORM, prizes=[])
    with pytest.raises(NotFound):
        make_draw(room, make_prize(make_room(stranger)))


def test_commit_needs_a_running_event_and_somebody_to_win(organiser):
    room = make_room(organiser, active=False)
    prize = make_prize(room)
    with pytest.raises(RoomNotActive):
        make_draw(room, prize)
    update_room(room_id=room.pk, by=organiser, status=RoomStatus.ACTIVE)
    with pytest.raises(InvalidInput):
        make_draw(room, prize)
    update_room(room_id=room.pk, by=organiser, status=RoomStatus.COMPLETED)
    with pytest.raises(RoomClosed):
        make_draw(room, prize)
    assert not Draw.objects.exists()


def test_commit_and_run_are_for_organizers(room, moderator, participant, stranger, prize, people):
    draw = make_draw(room, prize, 1)
    for user in (moderator, participant, stranger):
        with pytest.raises(Forbidden):
            commit_draw(room_id=room.pk, by=user, prizes=[(prize.pk, 1)])
        with pytest.raises(Forbidden):
            run_draw(room_id=room.pk, draw_id=draw.pk, by=user)
        with pytest.raises(Forbidden):
            cancel_draw(room_id=room.pk, draw_id=draw.pk, by=user)
    draw.refresh_from_db()
    assert draw.status == "COMMITTED"


def test_eligibility(room, organiser, prize, people):
    viewer = add_participant(room, role="VIEWER")
    guest = add_participant(room, make_guest())
    winner, excluded, gone = people[0], people[1], people[2]
    award_prize(room_id=room.pk, prize_id=make_prize(room).pk, participant_id=winner.pk, by=organiser)
    leave_room(room_id=room.pk, by=gone.user)
    everybody = {one.pk for one in people} - {gone.pk} | {guest.pk}
    cases = [
        (Eligibility(), everybody - {winner.pk}),
        (Eligibility(exclude_winners=False), everybody),
        (Eligibility(registered_only=True), everybody - {winner.pk, guest.pk}),
        (Eligibility(exclude_participant_ids=(excluded.pk,)), everybody - {winner.pk, excluded.pk}),
        (Eligibility(roles=("VIEWER",)), {viewer.pk}),
        (Eligibility(roles=("PARTICIPANT", "VIEWER")), everybody - {winner.pk} | {viewer.pk}),
    ]
    for rules, expected in cases:
        assert ids_in(make_draw(room, prize, 1, rehearsal=True, eligibility=rules)) == expected, rules


def test_who_holds_a_prize_of_the_draw_is_no_entry(room, organiser, prize, people):
    award_prize(room_id=room.pk, prize_id=prize.pk, participant_id=people[0].pk, by=organiser)
    draw = make_draw(room, prize, 1, eligibility=Eligibility(exclude_winners=False))
    assert people[0].pk not in ids_in(draw)


def test_unknown_excluded_people_are_named(room, prize, people):
    with pytest.raises(InvalidInput) as refusal:
        make_draw(room, prize, eligibility=Eligibility(exclude_participant_ids=(people[0].pk, "nobody")))
    assert "nobody" in str(refusal.value.details)
    assert people[0].pk not in str(refusal.value.details)


def test_weights_come_from_metadata(room, prize, people):
    for weight, one in zip((3, 2.0, 1_000_000), people, strict=False):
        Participant.objects.filter(pk=one.pk).update(metadata={"tickets": weight})
    draw = make_draw(room, prize, eligibility=Eligibility(weight_field="tickets"))
    weights = {entry["participantId"]: entry["weight"] for entry in record(draw)["entries"]}
    assert [weights[one.pk] for one in people] == [3, 2, 1_000_000, 1, 1, 1]


@pytest.mark.parametrize("weight", [0, -1, 1.5, "5", True, None, 1_000_001, [1]])
def test_other_weights_are_refused_by_name(room, prize, people, weight):
    Participant.objects.filter(pk=people[2].pk).update(metadata={"tickets": weight})
    with pytest.raises(InvalidInput) as refusal:
        make_draw(room, prize, eligibility=Eligibility(weight_field="tickets"))
    assert refusal.value.status == 422
    assert refusal.value.details["participantIds"] == [people[2].pk]
    assert stock(prize) == (3, 0)


# --- The secret -------------------------------------------------------------------------------------------------------


def test_the_seed_is_nowhere_before_the_end(room, prize, people, caplog):
    caplog.set_level(logging.DEBUG)
    draw = make_draw(room, prize)
    stored = Draw.objects.get(pk=draw.pk)
    seed = seeds.opened(stored.sealed_seed)
    assert fair_draw.commitment_of(seed) == draw.commitment
    places = [
        json.dumps(record(draw)),
        json.dumps([event.payload for event in RoomEvent.objects.filter(room=room)]),
        dumps.serialize("json", Draw.objects.all()),
        repr(stored) + str(stored) + repr(vars(stored)),
        caplog.text,
    ]
    for text in places:
        assert seed.hex() not in text
        assert repr(seed) not in text


def test_a_rotated_key_still_opens_and_a_lost_one_says_so(room, prize, people, settings):
    draw, other = make_draw(room, prize, 1), make_draw(room, prize, 1)
    old = settings.FIELD_ENCRYPTION_KEYS[0]
    new = Fernet.generate_key().decode()
    settings.FIELD_ENCRYPTION_KEYS = [new, old]
    assert run(room, draw).status == "COMPLETED"
    settings.FIELD_ENCRYPTION_KEYS = [new]
    with pytest.raises(SeedUnreadable):
        run(room, other)
    other.refresh_from_db()
    assert (other.status, other.claimed_until) == ("RUNNING", None)
    settings.FIELD_ENCRYPTION_KEYS = [old]
    assert run(room, other).status == "COMPLETED"


# --- Run --------------------------------------------------------------------------------------------------------------


def test_run_awards_what_follows_and_reveals_the_seed(room, organiser, prize, people):
    draw = make_draw(room, prize, 2)
    done = run_draw(room_id=room.pk, draw_id=draw.pk, by=organiser)
    shown = record(draw)
    assert fair_draw.verify_record(shown) == []
    assert (done.status, shown["status"], shown["strength"]) == ("COMPLETED", "COMPLETED", "committed")
    wins = Winner.objects.filter(draw=draw).order_by("created_at", "id")
    assert [win.participant_id for win in wins] == [one["participantId"] for one in shown["winners"]]
    assert {(win.method, win.state, win.metadata["drawNumber"]) for win in wins} == {("DRAW", "AWARDED", 1)}
    assert stock(prize) == (1, 0)
    [event] = told(room, "draw:completed")
    assert (event["seed"], event["winners"], event["winnerCount"]) == (shown["seed"], shown["winners"], 2)
    selected = told(room, "winner:selected")
    assert [one["winner"]["id"] for one in selected] == [win.pk for win in wins]
    assert selected[0]["winner"]["participant"]["user"]["name"] == wins[0].participant.user.name


def test_the_log_has_no_gap_after_a_draw(room, prize, people):
    run(room, make_draw(room, prize, rehearsal=True))
    run(room, make_draw(room, prize))
    make_prize(room)
    events = list(RoomEvent.objects.filter(room=room).order_by("seq"))
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    public = [event.public_seq for event in events if event.public_seq]
    assert public == list(range(1, len(public) + 1))
    room.refresh_from_db()
    assert (room.last_seq, room.last_public_seq) == (len(events), len(public))


def test_run_again_answers_the_same_and_awards_nothing(room, prize, people):
    draw = make_draw(room, prize, 1, entropy_plan="dice")
    first = run(room, draw, entropy="6 6 6")
    before = RoomEvent.objects.count()
    again = run(room, draw, entropy=" 6 6 6 ")
    assert again.outcome == first.outcome
    assert (Winner.objects.count(), RoomEvent.objects.count()) == (1, before)
    with pytest.raises(DrawOver):
        run(room, draw, entropy="another value")
    with pytest.raises(DrawOver):
        cancel_draw(room_id=room.pk, draw_id=draw.pk, by=PLATFORM)


@pytest.mark.parametrize(("plan", "entropy"), [("", "dice"), ("dice", ""), ("dice", "  ")])
def test_plan_and_public_value_come_together(room, prize, people, plan, entropy):
    draw = make_draw(room, prize, 1, entropy_plan=plan)
    with pytest.raises(InvalidInput) as refusal:
        run(room, draw, entropy=entropy)
    assert "entropy" in refusal.value.details["fields"]
    draw.refresh_from_db()
    assert draw.status == "COMMITTED"


def test_more_pieces_than_people_leaves_the_rest_in_the_fund(room, people):
    prize = make_prize(room, quantity=10)
    done = run(room, make_draw(room, prize))
    assert done.winner_count == 6
    assert stock(prize) == (4, 0)


@pytest.mark.parametrize("distinct", [True, False])
def test_several_prizes(room, people, distinct):
    first, second = make_prize(room, quantity=4), make_prize(room, quantity=4)
    draw = commit_draw(room_id=room.pk, by=PLATFORM, prizes=[(second.pk, 4), (first.pk, 4)], distinct=distinct)
    run(room, draw)
    shown = record(draw)
    assert fair_draw.verify_record(shown) == []
    assert [line["prizeId"] for line in shown["prizes"]] == [second.pk, first.pk]
    assert len(shown["winners"]) == (6 if distinct else 8)
    assert stock(second) == (0, 0)
    assert stock(first) == (2 if distinct else 0, 0)


def test_who_left_was_removed_or_won_meanwhile_is_withdrawn(room, organiser, moderator, people):
    prize, other = make_prize(room, quantity=9), make_prize(room)
    draw = make_draw(room, prize, 6)
    left, removed, won = people[:3]
    leave_room(room_id=room.pk, by=left.user)
    Participant.objects.filter(pk=removed.pk).update(deleted_at=timezone.now(), removed_by=moderator)
    award_prize(room_id=room.pk, prize_id=other.pk, participant_id=won.pk, by=organiser)
    run(room, draw)
    shown = record(draw)
    assert fair_draw.verify_record(shown) == []
    found = {one["participantId"]: (one["by"], one["reason"]) for one in shown["withdrawn"]}
    assert found == {
        left.pk: (left.user_id, "left"),
        removed.pk: (moderator.pk, "removed"),
        won.pk: (organiser.pk, "won"),
    }
    assert {one["participantId"] for one in shown["winners"]} == {one.pk for one in people[3:]}
    assert stock(prize) == (6, 0)


def test_another_prize_withdraws_nobody_where_winners_may_win_again(room, organiser, people):
    prize, other = make_prize(room, quantity=9), make_prize(room)
    draw = make_draw(room, prize, 6, eligibility=Eligibility(exclude_winners=False))
    award_prize(room_id=room.pk, prize_id=other.pk, participant_id=people[0].pk, by=organiser)
    award_prize(room_id=room.pk, prize_id=prize.pk, participant_id=people[1].pk, by=organiser)
    run(room, draw)
    shown = record(draw)
    assert [one["participantId"] for one in shown["withdrawn"]] == [people[1].pk]
    assert len(shown["winners"]) == 5


def test_who_came_later_does_not_enter(room, prize, people):
    draw = make_draw(room, prize)
    late = add_participant(room)
    run(room, draw)
    assert late.pk not in {entry["participantId"] for entry in record(draw)["entries"]}


def test_a_claim_keeps_others_out_until_it_expires(room, prize, people):
    draw = make_draw(room, prize)
    claim_draw(room_id=room.pk, draw_id=draw.pk, by=PLATFORM, entropy="")
    assert record(draw)["status"] == "RUNNING"
    assert fair_draw.verify_record(record(draw)) == []
    with pytest.raises(DrawRunning):
        run(room, draw)
    with pytest.raises(DrawRunning):
        cancel_draw(room_id=room.pk, draw_id=draw.pk, by=PLATFORM)
    Draw.objects.filter(pk=draw.pk).update(claimed_until=timezone.now())
    assert run(room, draw).status == "COMPLETED"


def test_the_public_value_is_told_before_the_seed_is_opened(room, prize, people, settings):
    draw = make_draw(room, prize, 1, entropy_plan="dice")
    settings.FIELD_ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    with pytest.raises(SeedUnreadable):
        run(room, draw, entropy=" 6 6 6\n")
    [event] = told(room, "draw:running")
    assert event == {"drawId": draw.pk, "drawSeq": 1, "seq": 1, "rehearsal": False, "entropy": "6 6 6"}
    shown = record(draw)
    assert (shown["status"], shown["entropy"], shown["seed"]) == ("RUNNING", "6 6 6", None)
    assert fair_draw.verify_record(shown) == []


def test_a_run_that_broke_off_goes_on_with_the_first_public_value(room, prize, people):
    draw = make_draw(room, prize, 1, entropy_plan="dice")
    claim_draw(room_id=room.pk, draw_id=draw.pk, by=PLATFORM, entropy="6 6 6")
    Draw.objects.filter(pk=draw.pk).update(claimed_until=timezone.now())
    with pytest.raises(EntropyGiven) as refusal:
        run(room, draw, entropy="1 1 1")
    assert (refusal.value.status, refusal.value.details) == (409, {"reason": "entropy_given"})
    assert run(room, draw, entropy="6 6 6").entropy == "6 6 6"
    assert len(told(room, "draw:running")) == 1
    assert fair_draw.verify_record(record(draw)) == []


def test_another_public_value_is_refused_while_the_draw_is_run(room, prize, people):
    draw = make_draw(room, prize, 1, entropy_plan="dice")
    claim_draw(room_id=room.pk, draw_id=draw.pk, by=PLATFORM, entropy="6 6 6")
    with pytest.raises(EntropyGiven):
        run(room, draw, entropy="1 1 1")
    with pytest.raises(DrawRunning):
        run(room, draw, entropy="6 6 6")


def test_a_draw_that_broke_off_can_be_cancelled_and_shows_its_public_value(room, prize, people):
    draw = make_draw(room, prize, 1, entropy_plan="dice")
    claim_draw(room_id=room.pk, draw_id=draw.pk, by=PLATFORM, entropy="6 6 6")
    Draw.objects.filter(pk=draw.pk).update(claimed_until=timezone.now())
    cancel_draw(room_id=room.pk, draw_id=draw.pk, by=PLATFORM)
    shown = record(draw)
    assert (shown["status"], shown["entropy"]) == ("CANCELLED", "6 6 6")
    report = fair_draw.check_record(shown)
    assert report.ok
    assert report.winners  # everybody sees who would have won


def test_only_ascii_white_space_is_cut_off(room, prize, people):
    draw = make_draw(room, prize, 1, entropy_plan="\t\u00a0dice\u2003 \r\n")
    assert draw.entropy_plan == "\u00a0dice\u2003"
    run(room, draw, entropy="\x0c\u00a06 ")
    assert record(draw)["entropy"] == "\u00a06"
    assert fair_draw.verify_record(record(draw)) == []


def test_the_time_of_the_commit_is_the_one_that_is_sealed(room, prize, people):
    draw = make_draw(room, prize, 1)
    draw.refresh_from_db()
    assert draw.committed_at.microsecond % 1000 == 0
    assert abs(draw.committed_at - draw.created_at) < timedelta(seconds=60)
    run(room, draw)
    assert fair_draw.verify_record(record(draw)) == []


def test_what_was_changed_in_the_database_is_not_drawn(room, prize, people):
    """The run seals the stored list again: whoever got past the database's own rules is found out."""
    draw = make_draw(room, prize, 1)
    rows = Draw.objects.filter(pk=draw.pk)
    with without_rules(), pytest.raises(RuntimeError, match="not what was committed"):
        rows.update(entries=rows.get().entries.replace(":1\n", ":9\n", 1))
        run(room, draw)
    assert not Winner.objects.exists()


def test_draws_and_rehearsals_are_numbered_by_themselves(room, prize, people):
    made = [make_draw(room, prize, 1, rehearsal=rehearsal) for rehearsal in (False, True, True, False)]
    assert [(draw.rehearsal, draw.seq) for draw in made] == [(False, 1), (True, 1), (True, 2), (False, 2)]


def test_only_people_who_were_checked_in_enter_where_it_is_asked(room, prize, people):
    here = people[:2]
    Participant.objects.filter(pk__in=[one.pk for one in here]).update(checked_in_at=timezone.now())
    draw = make_draw(room, prize, eligibility=Eligibility(checked_in_only=True))
    assert ids_in(draw) == {one.pk for one in here}
    assert draw.eligibility["checkedInOnly"] is True


# --- Cancel, rehearse, replace ----------------------------------------------------------------------------------------


def test_cancel_frees_the_pieces_and_reveals_the_seed(room, organiser, prize, people):
    draw = make_draw(room, prize, 2)
    for reason in ("wrong prize", "again"):
        cancel_draw(room_id=room.pk, draw_id=draw.pk, by=organiser, reason=reason)
    shown = record(draw)
    assert fair_draw.verify_record(shown) == []
    assert (shown["status"], shown["winners"], shown["entropy"]) == ("CANCELLED", None, None)
    assert stock(prize) == (3, 0)
    [event] = told(room, "draw:cancelled")
    assert (event["drawId"], event["seed"], event["reason"]) == (draw.pk, shown["seed"], "wrong prize")
    with pytest.raises(DrawOver):
        run(room, draw)
    assert make_draw(room, prize).seq == 2


@pytest.mark.parametrize("status", [RoomStatus.COMPLETED, RoomStatus.CANCELLED])
def test_the_end_of_the_event_cancels_open_draws(room, organiser, prize, people, status):
    done, waiting, running = (make_draw(room, prize, 1) for _ in range(3))
    run(room, done)
    claim_draw(room_id=room.pk, draw_id=running.pk, by=PLATFORM, entropy="")
    update_room(room_id=room.pk, by=organiser, status=status)
    assert [record(draw)["status"] for draw in (done, waiting, running)] == ["COMPLETED", "CANCELLED", "CANCELLED"]
    assert all(record(draw)["seed"] for draw in (waiting, running))
    assert stock(prize) == (2, 0)
    kinds = list(RoomEvent.objects.filter(room=room).order_by("seq").values_list("type", flat=True))
    assert sorted(kinds[-3:]) == ["draw:cancelled", "draw:cancelled", "room:status_changed"]


def test_rehearsal_awards_nothing_and_says_so(organiser):
    room = make_room(organiser, active=False)
    prize, people = make_prize(room, quantity=2), [add_participant(room) for _ in range(3)]
    draw = make_draw(room, prize, rehearsal=True)
    assert stock(prize) == (2, 0)
    run(room, draw)
    shown = record(draw)
    assert fair_draw.verify_record(shown) == []
    assert shown["rehearsal"] is True
    assert {one["participantId"] for one in shown["winners"]} <= {one.pk for one in people}
    assert stock(prize) == (2, 0)
    assert not Winner.objects.exists()
    events = RoomEvent.objects.filter(room=room, type__startswith="draw:")
    assert {(event.visibility, event.payload["rehearsal"]) for event in events} == {("ORGANIZER", True)}
    assert not RoomEvent.objects.filter(room=room, type="winner:selected").exists()
    assert fair_draw.label_of(draw.pk, rehearsal=True) != fair_draw.label_of(draw.pk)


def test_replacement_draws_among_those_left(room, organiser, prize, people):
    draw = make_draw(room, prize, 2)
    run(room, draw)
    absent, present = Winner.objects.filter(draw=draw)
    with pytest.raises(InvalidInput):
        commit_draw(room_id=room.pk, by=organiser, replaces=absent.pk)
    revoke_winner(room_id=room.pk, winner_id=absent.pk, by=organiser, reason="absent")
    late = add_participant(room)
    again = commit_draw(room_id=room.pk, by=organiser, replaces=absent.pk)
    assert ids_in(again) == {one.pk for one in people} - {absent.participant_id, present.participant_id}
    assert late.pk not in ids_in(again)
    assert [line.count for line in again.prizes.all()] == [1]
    with pytest.raises(AlreadyReplaced):
        commit_draw(room_id=room.pk, by=organiser, replaces=absent.pk)
    run(room, again)
    shown = record(again)
    assert fair_draw.verify_record(shown) == []
    assert shown["replaces"] == absent.pk
    assert stock(prize) == (1, 0)
    with pytest.raises(AlreadyReplaced):
        commit_draw(room_id=room.pk, by=organiser, replaces=absent.pk)
    # The substitute is absent, too: nobody of the first round is in again.
    substitute = Winner.objects.get(draw=again)
    revoke_winner(room_id=room.pk, winner_id=substitute.pk, by=organiser)
    third = commit_draw(room_id=room.pk, by=organiser, replaces=substitute.pk)
    assert ids_in(third) == ids_in(again) - {substitute.participant_id}


def test_replacement_has_its_own_rules(room, organiser, prize, people):
    run(room, make_draw(room, prize, 1))
    win = Winner.objects.get()
    revoke_winner(room_id=room.pk, winner_id=win.pk, by=organiser)
    other = make_prize(room)
    for wrong in ({"rehearsal": True}, {"prizes": [(other.pk, 1)]}, {"prizes": [(prize.pk, 2)]}):
        with pytest.raises(InvalidInput):
            commit_draw(room_id=room.pk, by=organiser, replaces=win.pk, **wrong)
    by_hand = award_prize(room_id=room.pk, prize_id=other.pk, participant_id=people[0].pk, by=organiser)
    revoke_winner(room_id=room.pk, winner_id=by_hand.pk, by=organiser)
    with pytest.raises(InvalidInput):
        commit_draw(room_id=room.pk, by=organiser, replaces=by_hand.pk)
    with pytest.raises(NotFound):
        commit_draw(room_id=room.pk, by=organiser, replaces="nothing")
    assert commit_draw(room_id=room.pk, by=organiser, replaces=win.pk, prizes=[(prize.pk, 1)]).replaces_id == win.pk


# --- What the database refuses ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [{"outcome": []}, {"seed": "0" * 64}, {"strength": "delegated"}, {"status": "CANCELLED"}, {"winner_count": 9}],
)
def test_a_draw_that_is_over_cannot_change(room, prize, people, change):
    draw = run(room, make_draw(room, prize))
    with pytest.raises(DatabaseError), transaction.atomic():
        Draw.objects.filter(pk=draw.pk).update(**change)


def test_a_commit_cannot_change(room, prize, people):
    draw = make_draw(room, prize)
    for rows, change in (
        (Draw.objects.filter(pk=draw.pk), {"entries": "x:1\n"}),
        (Draw.objects.filter(pk=draw.pk), {"commitment": "0" * 64}),
        (DrawPrize.objects.filter(draw=draw), {"count": 1}),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            rows.update(**change)
    for rows in (Draw.objects.filter(pk=draw.pk), DrawPrize.objects.filter(draw=draw)):
        with pytest.raises(DatabaseError), transaction.atomic():
            rows._raw_delete(rows.db)
    assert DrawPrize.objects.filter(draw=draw).count() == 1
