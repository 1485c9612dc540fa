"""Draws under concurrency and sudden death, on PostgreSQL."""

import os
import subprocess
import sys
import threading
from collections import Counter
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from accounts.actors import PLATFORM
from prizes.actions import award_prize, cancel_draw, commit_draw, revoke_winner, run_draw, update_prize
from prizes.models import Draw, Prize, Winner
from rooms.models import RoomEvent
from tests.factories import add_participant, make_draw, make_prize, make_room, make_user
from tests.races import at_once, codes

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def stock(prize):
    return Prize.objects.values_list("quantity", "quantity_remaining", "quantity_reserved").get(pk=prize.pk)


def gap_free(room):
    seqs = list(RoomEvent.objects.filter(room=room).order_by("seq").values_list("seq", flat=True))
    return seqs == list(range(1, len(seqs) + 1))


@pytest.fixture
def room(organiser):
    room = make_room(organiser)
    for _ in range(60):
        add_participant(room)
    return room


def test_revoking_without_the_condition_returns_too_many_pieces(room, organiser):
    """The variant that must fail: read, then write. It shows that the threads of this file do meet."""
    prize = make_prize(room, quantity=20)
    person = room.participants.filter(role="PARTICIPANT").first()
    win = award_prize(room_id=room.pk, prize_id=prize.pk, participant_id=person.pk, by=organiser)
    read = threading.Barrier(16)

    def careless():
        state = Winner.objects.get(pk=win.pk).state
        read.wait(timeout=30)
        if state != "REVOKED":
            with transaction.atomic():
                Winner.objects.filter(pk=win.pk).update(state="REVOKED", revoked_at=timezone.now())
                Prize.objects.filter(pk=prize.pk, quantity_remaining__lt=F("quantity")).update(
                    quantity_remaining=F("quantity_remaining") + 1
                )

    Prize.objects.filter(pk=prize.pk).update(quantity_remaining=0)
    assert codes(at_once(*[careless] * 16)) == {"done": 16}
    assert stock(prize)[1] == 16


def test_sixteen_revocations_return_one_piece(room, organiser):
    prize = make_prize(room, quantity=20)
    person = room.participants.filter(role="PARTICIPANT").first()
    win = award_prize(room_id=room.pk, prize_id=prize.pk, participant_id=person.pk, by=organiser)
    ends = codes(at_once(*[lambda: revoke_winner(room_id=room.pk, winner_id=win.pk, by=organiser)] * 16))
    assert ends == {"done": 16}
    assert stock(prize) == (20, 20, 0)
    assert RoomEvent.objects.filter(room=room, type="winner:removed").count() == 1


def test_fifty_draws_over_ten_pieces_award_ten(room, organiser):
    prize = make_prize(room, quantity=10)

    def draw():
        made = commit_draw(room_id=room.pk, by=organiser, prizes=[(prize.pk, 1)])
        run_draw(room_id=room.pk, draw_id=made.pk, by=organiser)

    assert codes(at_once(*[draw] * 50)) == {"done": 10, "PRIZE_EXHAUSTED": 40}
    assert Winner.objects.live().filter(prize=prize).count() == 10
    assert stock(prize) == (10, 0, 0)
    assert list(Draw.objects.order_by("seq").values_list("seq", flat=True)) == list(range(1, 11))
    assert gap_free(room)


def test_concurrent_runs_award_once(room, organiser):
    prize = make_prize(room, quantity=10)
    draw = make_draw(room, prize, 5)
    ends = codes(at_once(*[lambda: run_draw(room_id=room.pk, draw_id=draw.pk, by=organiser)] * 12))
    assert set(ends) <= {"done", "CONFLICT"}
    assert ends["done"] >= 1
    assert Winner.objects.count() == 5
    assert stock(prize) == (10, 5, 0)
    assert RoomEvent.objects.filter(room=room, type="draw:completed").count() == 1


def test_of_many_public_values_given_at_once_the_first_is_the_only_one(room, organiser):
    for _ in range(3):
        draw = make_draw(room, make_prize(room, quantity=3), entropy_plan="a word")
        words = [f"word {number}" for number in range(8)]
        tasks = [
            lambda word=word, draw=draw: run_draw(room_id=room.pk, draw_id=draw.pk, by=organiser, entropy=word)
            for word in words
        ]
        ends = codes(at_once(*tasks, *tasks))
        assert set(ends) <= {"done", "CONFLICT", "INVALID_TRANSITION"}
        assert ends["done"] >= 1
        draw.refresh_from_db()
        told = RoomEvent.objects.filter(room=room, payload__drawId=draw.pk)
        assert [event.payload["entropy"] for event in told.filter(type="draw:running")] == [draw.entropy]
        assert told.get(type="draw:completed").payload["entropy"] == draw.entropy
        assert draw.entropy in words


def test_run_and_cancel_meet(room, organiser):
    for _ in range(5):
        prize = make_prize(room, quantity=3)
        draw = make_draw(room, prize)
        runs = [lambda draw=draw: run_draw(room_id=room.pk, draw_id=draw.pk, by=organiser)] * 3
        cancels = [lambda draw=draw: cancel_draw(room_id=room.pk, draw_id=draw.pk, by=organiser)] * 3
        at_once(*runs, *cancels)
        draw.refresh_from_db()
        assert draw.status in ("COMPLETED", "CANCELLED")
        assert stock(prize) == ((3, 0, 0) if draw.status == "COMPLETED" else (3, 3, 0))


def test_commits_racing_awards_and_cuts_never_promise_too_much(room, organiser):
    prize = make_prize(room, quantity=20)
    people = list(room.participants.filter(role="PARTICIPANT")[:20])
    awards = [
        lambda one=one: award_prize(room_id=room.pk, prize_id=prize.pk, participant_id=one.pk, by=organiser)
        for one in people
    ]
    commits = [lambda: commit_draw(room_id=room.pk, by=organiser, prizes=[(prize.pk, 2)])] * 15
    cuts = [lambda: update_prize(room_id=room.pk, prize_id=prize.pk, by=organiser, quantity=12)] * 3
    ends = codes(
        at_once(*[task for group in zip(awards[:15], commits, strict=True) for task in group], *awards[15:], *cuts)
    )
    assert set(ends) <= {"done", "PRIZE_EXHAUSTED", "CONFLICT"}
    quantity, remaining, reserved = stock(prize)
    assert quantity == Winner.objects.live().count() + remaining
    assert reserved == 2 * Draw.objects.open().count() <= remaining
    for draw in Draw.objects.open():
        run_draw(room_id=room.pk, draw_id=draw.pk, by=organiser)
    call_command("audit_fund")
    assert gap_free(room)


# --- kill -9 ----------------------------------------------------------------------------------------------------------

# Forks workers that do everything to the fund as fast as they can, and kills each after a random moment.
NURSERY = """
import os, random, signal, sys, time
import django
django.setup()
from django.conf import settings
from django.db import connection
from accounts.actors import PLATFORM
from platform_site.rest.exceptions import DomainError
from prizes.actions import award_prize, cancel_draw, commit_draw, revoke_winner, run_draw, update_prize
from prizes.models import Draw, Winner
from rooms.models import Participant
settings.DRAW_CLAIM_SECONDS = 0.2
room_id, prize_id, rounds = sys.argv[1], sys.argv[2], int(sys.argv[3])


def anything(people):
    kind = random.choice(("award", "draw", "draw", "draw", "rerun", "revoke", "revoke", "revoke", "cancel", "quantity"))
    if kind == "award":
        award_prize(room_id=room_id, prize_id=prize_id, participant_id=random.choice(people), by=PLATFORM)
    elif kind == "draw":
        draw = commit_draw(room_id=room_id, by=PLATFORM, prizes=[(prize_id, random.randint(1, 5))])
        run_draw(room_id=room_id, draw_id=draw.pk, by=PLATFORM)
    elif kind == "rerun":
        for draw in Draw.objects.open()[:1]:
            run_draw(room_id=room_id, draw_id=draw.pk, by=PLATFORM)
    elif kind == "revoke":
        for win in Winner.objects.live().order_by("?")[:3]:
            revoke_winner(room_id=room_id, winner_id=win.pk, by=PLATFORM)
    elif kind == "cancel":
        draw = commit_draw(room_id=room_id, by=PLATFORM, prizes=[(prize_id, 1)])
        cancel_draw(room_id=room_id, draw_id=draw.pk, by=PLATFORM)
    else:
        update_prize(room_id=room_id, prize_id=prize_id, by=PLATFORM, quantity=random.randint(10, 30))


def live(ready):
    people = list(Participant.objects.filter(role="PARTICIPANT").values_list("pk", flat=True))
    os.write(ready, b"!")
    while True:
        try:
            anything(people)
        except DomainError:
            pass


for number in range(rounds):
    read, write = os.pipe()
    child = os.fork()
    if not child:
        random.seed(f"{os.getpid()} {time.time_ns()}")
        live(write)
    os.close(write)
    assert os.read(read, 1), "the worker died on its own"
    time.sleep(random.uniform(0.0, 0.5))
    os.kill(child, signal.SIGKILL)
    ended = os.waitpid(child, 0)[1]
    assert os.WIFSIGNALED(ended), ended
    os.close(read)
print("killed", rounds)
"""


def test_a_worker_killed_at_any_moment_leaves_the_fund_whole(organiser):
    rounds = int(os.environ.get("KILLS", "100"))
    room = make_room(organiser)
    prize = make_prize(room, quantity=20)
    for _ in range(40):
        add_participant(room, make_user())
    server = urlsplit(os.environ["DATABASE_URL"])
    environment = os.environ | {
        "DATABASE_URL": server._replace(path=f"/{connection.settings_dict['NAME']}").geturl(),
        "DJANGO_SETTINGS_MODULE": "platform_site.settings",
        "PYTHONPATH": str(Path(__file__).resolve().parents[2]),
    }
    done = subprocess.run(
        [sys.executable, "-c", NURSERY, room.pk, prize.pk, str(rounds)],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=180,
    )
    assert done.stdout.strip() == f"killed {rounds}", done.stderr[-3000:]
    call_command("audit_fund")
    statuses = Counter(Draw.objects.values_list("status", flat=True))
    assert statuses["COMPLETED"] > rounds / 10, "the workers hardly worked"
    assert gap_free(room)
    # Every draw that a dead worker left behind can still be ended.
    Draw.objects.filter(status="RUNNING").update(claimed_until=timezone.now())
    for draw in Draw.objects.open():
        cancel_draw(room_id=room.pk, draw_id=draw.pk, by=PLATFORM)
    call_command("audit_fund")
    assert Prize.objects.values_list("quantity_reserved", flat=True).get() == 0
    # And the completed ones awarded exactly what they say.
    for draw in Draw.objects.filter(status="COMPLETED"):
        assert draw.winners.count() == draw.winner_count == len(draw.outcome or [])
