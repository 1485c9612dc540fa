"""The tables of a room as files for spreadsheets and programs. No e-mail address leaves with them."""

import csv
import io
import json
import re
from collections.abc import Iterator
from typing import Any

from django.utils.text import slugify
from openpyxl import Workbook

from platform_site.rest.fields import iso
from prizes.models import Prize, Winner
from rooms.models import Participant, Room

Row = dict[str, Any]

# What a spreadsheet takes for the start of a formula, also in its full-width form, also behind blanks and behind what
# NOT_IN_XML takes away.
HIDDEN = r"[\s\x00-\x1f\u200b\ufeff\ufffe\uffff\ud800-\udfff]*"
FORMULA = re.compile(rf"^{HIDDEN}[=+\-@＝＋－＠]|^[\t\r\n]")
# A spreadsheet of another locale cuts a line at its own separator, whatever the quotes around the cell say; what stands
# behind it is then the start of a cell.
FORMULA_WITHIN = re.compile(rf"([;|\t\r\n]{HIDDEN})(?=[=+\-@＝＋－＠])")
NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
LONGEST_CELL = 32_767
CHUNK = 1000


def participants(room: Room) -> Iterator[Row]:
    rows = Participant.objects.filter(room=room).select_related("user").order_by("joined_at", "id")
    for one in rows.iterator(chunk_size=CHUNK):
        yield {
            "id": one.pk,
            "userId": one.user_id,
            "name": one.user.name,
            "isGuest": one.user.is_guest,
            "role": one.role,
            "joinedAt": iso(one.joined_at),
            "metadata": one.metadata,
        }


def prizes(room: Room) -> Iterator[Row]:
    for one in Prize.objects.filter(room=room).with_winner_count().order_by("position", "id").iterator(CHUNK):
        yield {
            "id": one.pk,
            "name": one.name,
            "description": one.description,
            "imageUrl": one.image_url,
            "quantity": one.quantity,
            "quantityRemaining": one.quantity_remaining,
            "winnerCount": one.winner_count,
            "metadata": one.metadata,
        }


def winners(room: Room) -> Iterator[Row]:
    """All wins, revoked ones too: `state` tells them apart."""
    rows = Winner.objects.filter(room=room).with_people().select_related("revoked_by").order_by("created_at", "id")
    numbers = dict(room.draws.values_list("pk", "seq"))
    for one in rows.iterator(chunk_size=CHUNK):
        yield {
            "id": one.pk,
            "prizeId": one.prize_id,
            "prize": one.prize.name,
            "participantId": one.participant_id,
            "participant": one.participant.user.name,
            "state": one.state,
            "method": one.method,
            "drawId": one.draw_id,
            "drawNumber": numbers.get(one.draw_id) if one.draw_id else None,
            "roundKey": one.round_key,
            "claimCode": one.claim_code,
            "createdAt": iso(one.created_at),
            "fulfilledAt": iso(one.fulfilled_at) if one.fulfilled_at else None,
            "fulfilledBy": one.fulfilled_by.name if one.fulfilled_by else None,
            "revokedAt": iso(one.revoked_at) if one.revoked_at else None,
            "revokedBy": one.revoked_by.name if one.revoked_by else None,
            "revocationReason": one.revocation_reason,
            "metadata": one.metadata,
        }


TABLES = {"participants": participants, "prizes": prizes, "winners": winners}


def export_file(room: Room, kind: str, table: str = "") -> tuple[str, str, bytes]:
    """Name, content type and content. `table` keeps one of the tables; without it they stand one after the other (csv),
    as sheets (xlsx) or as keys (json)."""
    wanted = {name: rows for name, rows in TABLES.items() if table in ("", name)}
    stem = "-".join(part for part in (slugify(room.name)[:60] or "room", table or "export") if part)
    content_type, write = KINDS[kind]
    return f"{stem}.{kind}", content_type, write(room, wanted)


def as_csv(room: Room, tables: dict[str, Any]) -> bytes:
    """UTF-8 with a byte order mark, which Excel needs to read it as UTF-8."""
    file = io.StringIO(newline="")
    for number, (name, rows) in enumerate(tables.items()):
        if len(tables) > 1:
            file.write(("\r\n" if number else "") + csv_line([name]))
        for line in cells(rows(room)):
            file.write(csv_line(line))
    return file.getvalue().encode("utf-8-sig")


def as_xlsx(room: Room, tables: dict[str, Any]) -> bytes:
    book = Workbook(write_only=True)
    for name, rows in tables.items():
        sheet = book.create_sheet(name)
        sheet.freeze_panes = "A2"
        for line in cells(rows(room)):
            sheet.append([NOT_IN_XML.sub("", one)[:LONGEST_CELL] if isinstance(one, str) else one for one in line])
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def as_json(room: Room, tables: dict[str, Any]) -> bytes:
    whole: dict[str, Any] = {"room": {"id": room.pk, "name": room.name, "status": room.status}}
    whole |= {name: list(rows(room)) for name, rows in tables.items()}
    return json.dumps({"data": whole}, ensure_ascii=False).encode()


KINDS = {
    "csv": ("text/csv; charset=utf-8", as_csv),
    "xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", as_xlsx),
    "json": ("application/json", as_json),
}


def cells(rows: Iterator[Row]) -> Iterator[list[Any]]:
    """The header and the lines; nothing where the table is empty."""
    for number, row in enumerate(rows):
        if not number:
            yield list(row)
        yield [cell(value) for value in row.values()]


def csv_line(line: list[Any]) -> str:
    """A line of CSV, texts in quotes, with an apostrophe before each formula that a separator of another locale would
    bring to the start of a cell."""
    file = io.StringIO(newline="")
    harmless = [FORMULA_WITHIN.sub(r"\1'", one) if isinstance(one, str) else one for one in line]
    csv.writer(file, quoting=csv.QUOTE_NONNUMERIC).writerow(harmless)
    return file.getvalue()


def cell(value: Any) -> Any:
    """A value as a spreadsheet may hold it: numbers stay numbers, what it would run as a formula gets an apostrophe."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return value
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return f"'{text}" if FORMULA.match(text) else text
