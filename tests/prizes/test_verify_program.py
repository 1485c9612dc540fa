"""The stand-alone program that auditors run: fair_draw.py by itself, on whatever Python they have."""

from __future__ import annotations

import ast
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from prizes import fair_draw
from tests.prizes.draw_records import VECTORS, full_record, loser_of, make_record
from tests.prizes.test_fair_draw_records import altered


def other_pythons() -> list[str]:
    """One Python of each version from 3.6 on that this machine has."""
    versions = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    places = [Path("/usr/bin"), Path("/usr/local/bin"), *versions.glob("*/bin")]
    found = [
        (int(path.name[8:]), path) for place in places for path in place.glob("python3.*") if path.name[8:].isdigit()
    ]
    return [str(path) for _, path in sorted({minor: path for minor, path in found if minor >= 6}.items())]


def run_program(
    folder: Path, text: str, *options: str, proof: str = "proof.json", python: str = sys.executable
) -> tuple[int, str, str]:
    """Run the one file as an auditor does: copied out of the project, in a Python that sees no other packages."""
    program = shutil.copy(Path(fair_draw.__file__), folder / "verify_draw.py")
    (folder / "proof.json").write_text(text, encoding="utf-8")
    done = subprocess.run(
        [python, "-I", "-S", program, proof, *options], cwd=folder, capture_output=True, check=False, timeout=60
    )
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def test_program_prints_every_step(tmp_path: Path) -> None:
    record = full_record()
    winner = record["winners"][0]["participantId"]
    shown = fair_draw.short_fingerprint(record["fingerprint"])
    code, out, _ = run_program(tmp_path, json.dumps(record), "--fingerprint", shown, "--entry", winner)
    assert code == 0
    assert [line.split()[1].rstrip(":") for line in out.splitlines() if line.startswith("OK ")] == list(fair_draw.STEPS)
    assert "Not proven: today's names of people" in out
    assert "WRONG" not in out
    assert 'because "left"' in out
    assert "Without these withdrawals would have won:" in out
    assert f'"{winner}" is entry number' in out
    assert "\x1b" not in out  # the name of the prize would have moved the cursor up a line


def test_program_says_what_is_wrong(tmp_path: Path) -> None:
    code, out, _ = run_program(tmp_path, json.dumps(altered("weight changed")))
    assert code == 1
    assert "WRONG  entries: The list is not the one that was committed" in out
    assert "This record is WRONG: entries." in out


def test_program_reads_an_answer_of_the_api(tmp_path: Path) -> None:
    assert run_program(tmp_path, json.dumps({"data": full_record()}))[0] == 0


@pytest.mark.parametrize("text", ["", "{", "NaN", '{"a": Infinity}', "[" * 200_000, '{"a": ' + "9" * 10_000 + "}"])
def test_program_refuses_what_is_no_json(tmp_path: Path, text: str) -> None:
    code, out, err = run_program(tmp_path, text)
    assert (code, out) in ((2, ""), (1, out))
    assert "Traceback" not in err


def test_program_without_a_file_exits_with_2(tmp_path: Path) -> None:
    assert run_program(tmp_path, "", proof="missing.json")[0] == 2


def test_program_needs_nothing_but_an_old_python() -> None:
    tree = ast.parse(Path(fair_draw.__file__).read_text(encoding="utf-8"), feature_version=(3, 6))
    modules: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            modules.update(alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            modules.add(str(node.module).split(".")[0])
    assert modules <= set(sys.stdlib_module_names)


def test_program_checks_a_receipt(tmp_path: Path) -> None:
    record = full_record()
    asked = loser_of(record)
    receipt = json.dumps(fair_draw.receipt_of(record, asked))
    code, out, _ = run_program(tmp_path, receipt, "--entry", asked)
    assert code == 0
    assert f'"{asked}" is entry number' in out
    assert run_program(tmp_path, receipt, "--entry", "stranger")[0] == 1


@pytest.mark.parametrize("python", other_pythons())
def test_program_runs_on_every_python_of_this_machine(tmp_path: Path, python: str) -> None:
    for inputs, expected in VECTORS.values():
        record = make_record(**inputs)
        for proof in (record, fair_draw.receipt_of(record)):
            code, out, err = run_program(
                tmp_path, json.dumps(proof), "--fingerprint", expected["fingerprint"], python=python
            )
            assert (code, err) == (0, ""), err
            assert "Everything that was checked is right." in out
    assert run_program(tmp_path, json.dumps(altered("weight changed")), python=python)[0] == 1
