"""Files for organizers: spreadsheets that run nothing, and the evidence pack."""

import csv
import hashlib
import io
import json
import subprocess
import sys
import zipfile

import pytest
from django.core.management import call_command
from openpyxl import load_workbook

from prizes.actions import award_prize, cancel_draw, revoke_winner, run_draw
from prizes.exports import NOT_IN_XML, cell, export_file
from rooms.actions import leave_room
from tests.factories import add_participant, make_draw, make_prize, make_user
from tests.prizes.test_verify_program import other_pythons


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "\n=1", " =1", "＝1", "＋1", "－1", "＠A", "\x01=1", "\uffff @A"],
)
def test_formulas_are_escaped(text):
    assert cell(text) == "'" + text


@pytest.mark.parametrize("value", ["", "Anna", "a=b", "1-2", "mail@example.com", -5, 2.5, 0])
def test_everything_else_stays_as_it_is(value):
    assert cell(value) == value


def test_other_values_become_text():
    assert [cell(value) for value in (None, True, {"a": 1}, [1])] == ["", "true", '{"a": 1}', "[1]"]


@pytest.fixture
def evil(room):
    """A participant whose name a spreadsheet would run, with a character that XML cannot hold."""
    return add_participant(room, make_user("=HYPERLINK(1)\x07", email="evil@example.com"))


@pytest.mark.parametrize("start", ["\x01", "\uffff", "\ufffe \x08"])
def test_xlsx_holds_no_formula_behind_what_xml_cannot_hold(room, start):
    make_prize(room, name=f"{start}=1+1")
    book = load_workbook(io.BytesIO(export_file(room, "xlsx", "prizes")[2]))
    assert [row[1].value for row in book["prizes"].iter_rows(min_row=2)] == [f"'{NOT_IN_XML.sub('', start)}=1+1"]


def get(api, room, user, path):
    answer = api(user).get(f"/api/v1/rooms/{room.pk}/{path}")
    assert answer.status_code == 200
    assert answer["Content-Disposition"].startswith('attachment; filename="winter-party-')
    assert b"@example.com" not in answer.content
    return answer.content


def test_export_csv_of_one_table(api, room, organiser, evil):
    text = get(api, room, organiser, "export.csv?table=participants").decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert {row["role"] for row in rows} == {"ORGANIZER", "MODERATOR", "PARTICIPANT"}
    assert [row["name"] for row in rows if row["id"] == evil.pk] == ["'=HYPERLINK(1)\x07"]


def test_export_csv_of_all_tables(api, room, organiser, evil):
    prize = make_prize(room)
    award_prize(room_id=room.pk, prize_id=prize.pk, participant_id=evil.pk, by=organiser)
    text = get(api, room, organiser, "export.csv").decode("utf-8-sig")
    lines = list(csv.reader(io.StringIO(text)))
    assert [line[0] for line in lines if len(line) == 1] == ["participants", "prizes", "winners"]
    assert any(line[:1] == [prize.pk] for line in lines)


def test_export_xlsx_holds_no_formula(api, room, organiser, evil):
    prize = make_prize(room, quantity=3)
    award_prize(room_id=room.pk, prize_id=prize.pk, participant_id=evil.pk, by=organiser)
    book = load_workbook(io.BytesIO(get(api, room, organiser, "export.xlsx")))
    assert book.sheetnames == ["participants", "prizes", "winners"]
    cells = [one for sheet in book for row in sheet.iter_rows() for one in row]
    assert not [one for one in cells if one.data_type == "f"]
    assert "'=HYPERLINK(1)" in {one.value for one in cells}
    header = [one.value for one in book["prizes"][1]]
    assert book["prizes"][2][header.index("quantityRemaining")].value == 2


def test_export_json_is_raw(api, room, organiser, evil):
    prize = make_prize(room)
    win = award_prize(room_id=room.pk, prize_id=prize.pk, participant_id=evil.pk, by=organiser)
    revoke_winner(room_id=room.pk, winner_id=win.pk, by=organiser, reason="absent")
    whole = json.loads(get(api, room, organiser, "export.json"))["data"]
    assert [one["name"] for one in whole["participants"] if one["id"] == evil.pk] == ["=HYPERLINK(1)\x07"]
    [shown] = whole["winners"]
    assert (shown["state"], shown["revocationReason"], shown["revokedBy"]) == ("REVOKED", "absent", organiser.name)


def test_export_of_an_unknown_table_or_kind(api, room, organiser):
    assert api(organiser).get(f"/api/v1/rooms/{room.pk}/export.csv?table=secrets").status_code == 422
    assert api(organiser).get(f"/api/v1/rooms/{room.pk}/export.exe").status_code == 404


@pytest.fixture
def pack(api, room, organiser, evil, tmp_path):
    """The unpacked evidence of an event with a run, a cancelled and an open draw, and a rehearsal."""
    prize = make_prize(room, quantity=9)
    gone = add_participant(room)
    for _ in range(4):
        add_participant(room)
    run, cancelled, _ = (make_draw(room, prize, 2) for _ in range(3))
    run_draw(room_id=room.pk, draw_id=make_draw(room, prize, 1, rehearsal=True).pk, by=organiser)
    leave_room(room_id=room.pk, by=gone.user)
    winner = run_draw(room_id=room.pk, draw_id=run.pk, by=organiser).winners.get(metadata__rank=1)
    revoke_winner(room_id=room.pk, winner_id=winner.pk, by=organiser, reason="=absent")
    cancel_draw(room_id=room.pk, draw_id=cancelled.pk, by=organiser)
    with zipfile.ZipFile(io.BytesIO(get(api, room, organiser, "evidence.zip"))) as file:
        assert file.testzip() is None
        file.extractall(tmp_path)
    return tmp_path


def test_evidence_is_whole(pack, room):
    sums = dict(reversed(line.split("  ")) for line in (pack / "SHA256SUMS").read_text().splitlines())
    files = {str(path.relative_to(pack)) for path in pack.rglob("*") if path.is_file()} - {"SHA256SUMS"}
    assert set(sums) == files
    for name, digest in sums.items():
        assert hashlib.sha256((pack / name).read_bytes()).hexdigest() == digest
    assert {name for name in files if "/" not in name} == {
        *("README.txt", "verify_draw.py", "room.json", "draws.csv", "prizes.csv", "winners.csv", "revocations.csv"),
        *("participants.csv", "events.jsonl"),
    }
    records = [json.loads(path.read_text()) for path in sorted((pack / "draws").iterdir())]
    assert [(one["seq"], one["status"], one["rehearsal"]) for one in records] == [
        (1, "COMPLETED", False),
        (2, "CANCELLED", False),
        (3, "COMMITTED", False),
        (1, "COMPLETED", True),
    ]
    assert max((pack / "draws").iterdir()).name.startswith("rehearsal-001-")
    events = [json.loads(line) for line in (pack / "events.jsonl").read_text().splitlines()]
    room.refresh_from_db()
    assert [event["seq"] for event in events] == list(range(1, room.last_seq + 1))
    [revoked] = csv.DictReader(io.StringIO((pack / "revocations.csv").read_text("utf-8-sig")))
    assert revoked["reason"] == "'=absent"
    people = list(csv.DictReader(io.StringIO((pack / "participants.csv").read_text("utf-8-sig"))))
    assert len([one for one in people if one["leftAt"]]) == 1


def stand_alone(pack, path, *arguments, python=sys.executable):
    # -I: nothing of this project can be imported.
    command = [python, "-I", str(pack / "verify_draw.py"), str(path), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd="/")
    return done.returncode, done.stdout


def by_command(path, capsys, *arguments):
    with pytest.raises(SystemExit) as end:
        call_command("verify_draw", str(path), *arguments)
    return end.value.code, capsys.readouterr().out


def test_every_record_of_the_pack_is_right(pack, capsys):
    for path in sorted((pack / "draws").iterdir()):
        record = json.loads(path.read_text())
        shown = ("--fingerprint", record["fingerprint"][:16], "--entry", record["entries"][0]["participantId"])
        alone = stand_alone(pack, path, *shown)
        assert alone[0] == 0, alone[1]
        assert alone == by_command(path, capsys, *shown)


@pytest.mark.parametrize("python", other_pythons())
def test_every_record_of_the_pack_is_right_on_every_python_of_this_machine(pack, python):
    for path in (pack / "draws").iterdir():
        record = json.loads(path.read_text())
        code, out = stand_alone(pack, path, "--fingerprint", record["fingerprint"], python=python)
        assert code == 0, out


def swap_winner(record):
    winners = {one["participantId"] for one in record["winners"]} | {
        one["participantId"] for one in record["withdrawn"]
    }
    record["winners"][0]["participantId"] = next(
        one["participantId"] for one in record["entries"] if one["participantId"] not in winners
    )


ALTERED = {
    "an entry removed": (lambda record: record["entries"].pop(), "entries"),
    "a weight changed": (lambda record: record["entries"][0].update(weight=2), "entries"),
    "the seed swapped": (lambda record: record.update(seed="0" * 64), "seed"),
    "a winner replaced": (swap_winner, "winners"),
    "a public value slipped in": (lambda record: record.update(entropy="7"), "entropy"),
    "a count changed": (lambda record: record["prizes"][0].update(count=3), "rules"),
}


@pytest.mark.parametrize("alteration", ALTERED)
def test_an_altered_record_is_refused_with_the_part_that_is_wrong(pack, capsys, alteration):
    alter, part = ALTERED[alteration]
    path = next(path for path in (pack / "draws").iterdir() if path.name.startswith("001-"))
    record = json.loads(path.read_text())
    alter(record)
    path.write_text(json.dumps(record))
    for code, out in (stand_alone(pack, path), by_command(path, capsys)):
        assert code == 1
        assert f"This record is WRONG: {part}." in out


def test_a_file_that_is_no_record(pack, capsys, tmp_path):
    (tmp_path / "x.json").write_text("{")
    assert stand_alone(pack, tmp_path / "x.json")[0] == 2
    assert by_command(tmp_path / "x.json", capsys)[0] == 2


@pytest.mark.parametrize("separator", [";", "\t", "|"])
@pytest.mark.parametrize("formula", ["=HYPERLINK(1)", " +1", "-1", "@SUM(1)", "＝1"])
def test_no_separator_of_another_locale_brings_a_formula_to_the_start_of_a_cell(
    api, organiser, room, separator, formula
):
    make_prize(room, name=f"Cup{separator}{formula}")
    with zipfile.ZipFile(io.BytesIO(get(api, room, organiser, "evidence.zip"))) as file:
        evidence = next(file.read(name) for name in file.namelist() if name.endswith("prizes.csv"))
    for content in (get(api, room, organiser, "export.csv?table=prizes"), evidence):
        table = content.decode("utf-8-sig")
        cut = [part.strip(' "') for line in table.splitlines() for part in line.split(separator)]
        assert not [part for part in cut if part[:1] in "=+-@＝" and part]
        assert f'"Cup{separator}' in table
