"""The evidence pack: everything that an auditor asks of an event, in one file that explains itself."""

import hashlib
import io
import json
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from django.utils import timezone
from django.utils.text import slugify

from platform_site.rest.fields import iso
from prizes import exports, fair_draw
from prizes.enums import WinnerState
from prizes.models import Draw, Winner
from prizes.records import record_json
from prizes.shapes import DrawSerializer
from rooms.models import Participant, Room

README = """\
EVIDENCE OF AN EVENT
====================

Event:     {name}
Room:      {room_id} ({status})
Packed at: {packed_at}

This pack lets anybody check that the draws of this event were fair, without trusting whoever packed it.

What is in it
-------------
README.txt          this page
verify_draw.py      the program that checks a draw: one file, Python 3.6 or later, nothing to install
draws/              one record for each draw, in the order of their numbers, cancelled draws too; rehearsals are
                    numbered by themselves
draws.csv           the list of these draws
room.json           the event, its application and its settings
prizes.csv          the prizes with their stock
winners.csv         every win, with how it came about: DRAW by chance, MANUAL by hand, APP by an app, QUIZ in a quiz
revocations.csv     every win that was taken back, by whom, when and why
participants.csv    everybody who took part, also who left or was removed, by whom and why
events.jsonl        the log of the event, one line for each thing that happened, in order
SHA256SUMS          the check sum of each file

How to check a draw
-------------------
    python3 verify_draw.py draws/001-....json

It says OK or WRONG for each step, and at the end what the record says and nothing proves. If you kept the fingerprint
that the big screen or your phone showed when the draw was announced, give it too; then nobody can have replaced the
record since:

    python3 verify_draw.py draws/001-....json --fingerprint "1234 abcd 5678 ef90 ..."

Give as many digits as you have. Two lists that agree in the first 16 can be made in hours; phones keep all 64.
To find one person's entry, add --entry and the id from participants.csv.

What a record proves, and what it does not
------------------------------------------
When a draw is announced, its secret number (the seed), the list of entries, the time, the prizes with their names, and
whether an application is to choose are sealed in the fingerprint. After that nobody can change the result without
being seen. The record names its strength:

committed           seed, list, rules and procedure were fixed beforehand
committed+entropy   and a public value that nobody could know beforehand went into it, so the organiser could not try
                    out seeds either
delegated           an application chose, as was announced; the record proves what was sealed, not that chance decided

Under the mode delegated-draw the platform draws if the application fails: one of two results is picked, and the
program says so.

Look also at: cancelled draws (numbers have no gaps, so a draw that was thrown away shows), people who were withdrawn
between the announcement and the run (each stands in the record with time, person and reason, and the program shows who
would have won with them), and the number of entries: who registered under several names is beyond any arithmetic.
"""


def evidence_pack(room: Room) -> tuple[str, str, bytes]:
    """Name, content type and content of the pack of a room. Rehearsals are in it, and say so in their names."""
    file = io.BytesIO()
    sums: list[str] = []
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as pack:
        for name, parts in contents(room):
            digest = hashlib.sha256()
            with pack.open(name, "w") as entry:
                for part in parts:
                    data = part if isinstance(part, bytes) else part.encode()
                    digest.update(data)
                    entry.write(data)
            sums.append(f"{digest.hexdigest()}  {name}\n")
        pack.writestr("SHA256SUMS", "".join(sums))
    return f"{slugify(room.name)[:60] or 'room'}-evidence.zip", "application/zip", file.getvalue()


def contents(room: Room) -> Iterator[tuple[str, Iterable[str | bytes]]]:
    facts = {"name": room.name, "room_id": room.pk, "status": room.status, "packed_at": iso(timezone.now())}
    yield "README.txt", [README.format(**facts)]
    yield "verify_draw.py", [Path(fair_draw.__file__).read_bytes()]
    yield "room.json", [json.dumps(room_facts(room), ensure_ascii=False, indent=2)]
    draws = Draw.objects.filter(room=room).with_lines().order_by("rehearsal", "seq")
    yield "draws.csv", csv_parts(draw_rows(room))
    # One at a time: each holds its whole list of entries.
    for draw in draws.iterator(chunk_size=1):
        kind = "rehearsal-" if draw.rehearsal else ""
        yield f"draws/{kind}{draw.seq:03}-{draw.pk}.json", record_json(draw)
    yield "prizes.csv", csv_parts(exports.prizes(room))
    yield "winners.csv", csv_parts(exports.winners(room))
    yield "revocations.csv", csv_parts(revocations(room))
    yield "participants.csv", csv_parts(people(room))
    yield "events.jsonl", events(room)


def room_facts(room: Room) -> dict[str, Any]:
    return {
        "id": room.pk,
        "name": room.name,
        "description": room.description,
        "status": room.status,
        "isPublic": room.is_public,
        "entryPolicy": room.entry_policy,
        "appId": room.app_id,
        "appManifestVersion": room.app_manifest_version,
        "appSettings": room.app_settings,
        "organizer": {"id": room.created_by_id, "name": room.created_by.name},
        "createdAt": iso(room.created_at),
        "closedAt": iso(room.closed_at) if room.closed_at else None,
    }


def draw_rows(room: Room) -> Iterator[dict[str, Any]]:
    draws = Draw.objects.filter(room=room).light().with_lines().order_by("rehearsal", "seq")
    for draw in draws.iterator(chunk_size=100):
        yield dict(DrawSerializer(draw, context={"organizer": True}).data)


def revocations(room: Room) -> Iterator[dict[str, Any]]:
    wins = Winner.all_objects.filter(room=room, state=WinnerState.REVOKED).with_people().select_related("revoked_by")
    for one in wins.order_by("revoked_at", "id").iterator(chunk_size=100):
        yield {
            "winnerId": one.pk,
            "prize": one.prize.name,
            "participantId": one.participant_id,
            "participant": one.participant.user.name,
            "revokedAt": iso(one.revoked_at) if one.revoked_at else None,
            "revokedById": one.revoked_by_id,
            "revokedBy": one.revoked_by.name if one.revoked_by else None,
            "reason": one.revocation_reason,
        }


def people(room: Room) -> Iterator[dict[str, Any]]:
    rows = Participant.all_objects.filter(room=room).select_related("user", "removed_by").order_by("joined_at", "id")
    for one in rows.iterator(chunk_size=1000):
        yield {
            "id": one.pk,
            "userId": one.user_id,
            "name": one.user.name,
            "isGuest": one.user.is_guest,
            "role": one.role,
            "joinedAt": iso(one.joined_at),
            "leftAt": iso(one.deleted_at) if one.deleted_at else None,
            "removedById": one.removed_by_id,
            "removedBy": one.removed_by.name if one.removed_by else None,
            "removalReason": one.removal_reason,
            "metadata": one.metadata,
        }


def events(room: Room) -> Iterator[str]:
    for event in room.events.order_by("seq").iterator(chunk_size=1000):
        line = {
            "seq": event.seq,
            "publicSeq": event.public_seq,
            "type": event.type,
            "visibility": event.visibility,
            "actorId": event.actor_id,
            "createdAt": iso(event.created_at),
            "payload": event.payload,
        }
        yield json.dumps(line, ensure_ascii=False) + "\n"


def csv_parts(rows: Iterator[dict[str, Any]]) -> Iterator[str]:
    """CSV in parts, with what a spreadsheet would run made harmless."""
    yield "\ufeff"
    for line in exports.cells(rows):
        yield exports.csv_line(line)
