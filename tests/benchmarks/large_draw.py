"""How long a draw of 1,000 winners among 100,000 entries takes, how much memory, and what a receipt costs: run by hand,
never as a test.

    uv run python -m tests.benchmarks.large_draw [--entries N] [--winners N] [--weighted] [--postgres]

on a database of its own (a file of SQLite, or the embedded PostgreSQL).
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import tests.environment  # noqa: F401 (the environment that the settings are read from)
from tests.servers import start_postgres


def peak() -> float:
    """The most memory that this program ever had, in MiB (Linux; getrusage would count the parent's, too)."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    return int(found[1]) / 1024 if found else 0.0


def timed(name: str, do: Callable[[], Any]) -> Any:
    before, start, cpu = peak(), time.perf_counter(), time.process_time()
    result = do()
    seconds, worked = time.perf_counter() - start, time.process_time() - cpu
    print(
        f"{name:<16} {seconds:6.2f} s, {worked:6.2f} s of it own CPU; peak {peak():4.0f} MiB (+{peak() - before:.0f})"
    )
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, default=100_000)
    parser.add_argument("--winners", type=int, default=1000)
    parser.add_argument("--weighted", action="store_true")
    parser.add_argument("--postgres", action="store_true")
    parser.add_argument("--over", nargs=3, metavar=("ROOM", "PRIZE", "OTHER"), help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.over:
        measure(chosen)
        return
    server = None
    with tempfile.TemporaryDirectory() as folder:
        if chosen.postgres:
            os.environ["DATABASE_URL"], server = start_postgres()
        else:
            os.environ["DATABASE_URL"] = f"sqlite:///{folder}/draw.sqlite3"
        os.environ["DJANGO_SETTINGS_MODULE"] = "platform_site.settings"
        os.environ["DEBUG"] = "off"  # DEBUG keeps every query in memory
        os.environ["HTTPS"] = "off"
        try:
            over = fill(chosen)
            # A process of its own, so that the memory is the draw's and not that of making the people.
            subprocess.run([sys.executable, "-m", __spec__.name, *sys.argv[1:], "--over", *over], check=True)
        finally:
            if server is not None:
                server.stop()


def fill(chosen: argparse.Namespace) -> tuple[str, str, str]:
    """An event with so many people, a prize for the winners and one for one: the ids of room and prizes."""
    # Django is ready only now: which database it has was not known before.
    import django  # noqa: PLC0415

    django.setup()
    from django.core.management import call_command  # noqa: PLC0415
    from django.utils import timezone  # noqa: PLC0415

    from accounts.models import User  # noqa: PLC0415
    from rooms.models import Participant  # noqa: PLC0415
    from tests.factories import make_prize, make_room, make_user  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    room = make_room(make_user("Organiser"))
    users = [User(name=f"Person {number}", is_guest=True) for number in range(chosen.entries)]
    User.objects.bulk_create(users, batch_size=5000)
    now = timezone.now()
    Participant.objects.bulk_create(
        (
            Participant(room=room, user=user, joined_at=now, metadata={"tickets": 1 + number % 9})
            for number, user in enumerate(users)
        ),
        batch_size=5000,
    )
    return room.pk, make_prize(room, quantity=chosen.winners).pk, make_prize(room).pk


def measure(chosen: argparse.Namespace) -> None:
    import django  # noqa: PLC0415

    django.setup()
    from django.db import connection  # noqa: PLC0415

    from accounts.actors import PLATFORM  # noqa: PLC0415
    from prizes import fair_draw  # noqa: PLC0415
    from prizes.actions import commit_draw, run_draw  # noqa: PLC0415
    from prizes.entries import Eligibility  # noqa: PLC0415
    from prizes.models import Draw, Winner  # noqa: PLC0415
    from prizes.records import record_json, record_of  # noqa: PLC0415

    room_id, prize_id, other_id = chosen.over
    connection.ensure_connection()
    print(f"{connection.vendor}: {chosen.winners:,} winners among {chosen.entries:,} entries; {peak():.0f} MiB before")
    rules = Eligibility(weight_field="tickets") if chosen.weighted else Eligibility()
    draw = timed(
        "commit", lambda: commit_draw(room_id=room_id, by=PLATFORM, prizes=[(prize_id, None)], eligibility=rules)
    )
    timed("run", lambda: run_draw(room_id=room_id, draw_id=draw.pk, by=PLATFORM))
    assert Winner.objects.count() == min(chosen.winners, chosen.entries)
    receipts(draw.pk, f"receipts, {chosen.winners} won")
    both = Eligibility(weight_field=rules.weight_field, exclude_winners=False)
    one = commit_draw(room_id=room_id, by=PLATFORM, prizes=[(other_id, None)], eligibility=both)
    receipts(one.pk, "receipts, commit")
    run_draw(room_id=room_id, draw_id=one.pk, by=PLATFORM)
    receipts(one.pk, "receipts, 1 won")
    stored = Draw.objects.with_lines().get(seq=1)
    size = timed("record as JSON", lambda: sum(len(part) for part in record_json(stored)))
    print(f"the record has {size / 2**20:.1f} MiB")
    assert timed("check in Python", lambda: fair_draw.verify_record(record_of(stored))) == []


def receipts(draw_id: str, name: str) -> None:
    """The first receipt of a process, which reads the list, and the mean of a thousand of different people."""
    from prizes.models import Draw  # noqa: PLC0415
    from prizes.receipts import receipt_json, tree_of  # noqa: PLC0415

    def ask(participant_id: str) -> int:
        draw = Draw.objects.light().with_lines().get(pk=draw_id)
        return len(receipt_json(draw, participant_id))

    timed(f"{name}: first", lambda: ask(tree_of(Draw.objects.light().get(pk=draw_id)).entries[0][0]))
    tree = tree_of(Draw.objects.light().get(pk=draw_id))
    people = [tree.entries[at * tree.count // 1000][0] for at in range(1000)]
    start = time.perf_counter()
    sizes = [ask(one) for one in people]
    spent = time.perf_counter() - start
    print(
        f"{name}: {1000 * spent / len(people):.2f} ms each, {sum(sizes) / len(sizes):.0f} bytes; peak {peak():.0f} MiB"
    )


if __name__ == "__main__":
    main()
