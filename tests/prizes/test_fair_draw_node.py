"""The browser's JavaScript in node: the same values, faults and words as the Python."""

from __future__ import annotations

import hashlib
import hmac
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from prizes import fair_draw
from prizes.fair_draw import check_record, find_entry
from tests.prizes.draw_records import (
    DERIVE_JS,
    VECTORS,
    committed_record,
    draws,
    full_record,
    large_record,
    loser_of,
    make_record,
    proofs,
    seeded_records,
)
from tests.prizes.test_fair_draw import derive
from tests.prizes.test_fair_draw_receipts import ALTERED_RECEIPTS, altered_nodes, altered_receipt, cut_leaf
from tests.prizes.test_fair_draw_records import ALTERED, NASTY, altered, nasty_records, other_states

pytestmark = pytest.mark.node


def ask_node(calls: list[list[Any]]) -> Any:
    harness = Path(__file__).with_name("fair_draw_node.js")
    done = subprocess.run(
        ["node", str(harness)], input=json.dumps(calls).encode(), capture_output=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stderr.decode()
    return json.loads(done.stdout)


def agree(proofs: list[tuple[str, str | None]], shown: str | None = None) -> None:
    """Both verifiers give the same report of each proof: steps, states, faults, words, winners."""
    answers = ask_node([["check", text, shown, entry] for text, entry in proofs])
    for (text, entry), report in zip(proofs, answers, strict=True):
        assert report == check_record(fair_draw.read_record(text), shown=shown, entry=entry).as_json(), text


def agree_in_node(records: list[Any], shown: str | None = None) -> None:
    agree([(json.dumps(record), None) for record in records], shown)


def test_node_hashes_as_python_does() -> None:
    lengths = [0, 1, 31, 32, 55, 56, 57, 63, 64, 65, 119, 120, 127, 128, 129, 1000]
    texts = [bytes(number % 251 for number in range(length)) for length in lengths]
    calls = [["sha256", text.hex()] for text in texts] + [["hmac", text.hex(), texts[5].hex()] for text in texts]
    expected = [hashlib.sha256(text).hexdigest() for text in texts]
    expected += [hmac.new(text, texts[5], hashlib.sha256).hexdigest() for text in texts]
    assert ask_node(calls) == expected
    words = [str(2**64 - 1), str(2**64 - 2**64 % 100_000_000_007), "200000000020"]
    assert ask_node([["below", 100_000_000_007, words]]) == [200000000020 % 100_000_000_007]


def test_node_gives_the_vectors_of_the_description() -> None:
    records = [make_record(**inputs) for inputs, _ in VECTORS.values()]
    calls = [["derive", DERIVE_JS, json.dumps(record)] for record in records]
    for (_, expected), record, derived in zip(VECTORS.values(), records, ask_node(calls), strict=True):
        assert {part: derived[part] for part in expected} == expected
        assert derived == derive(record)


def test_node_agrees_on_two_thousand_draws() -> None:
    """Each draw as a record or as the receipt of one of its people, by turns."""
    agree(list(proofs(2000)))


def test_node_makes_the_same_receipts() -> None:
    records = list(seeded_records(100))
    asked = [record["entries"][len(record["entries"]) // 2]["participantId"] for record in records]
    calls = [["receipt", json.dumps(record), one] for record, one in zip(records, asked, strict=True)]
    for record, one, receipt in zip(records, asked, ask_node(calls), strict=True):
        assert receipt == fair_draw.receipt_of(record, one)


def test_node_names_the_same_faults_of_altered_records() -> None:
    agree_in_node([altered(name) for name in ALTERED])
    agree_in_node([record for record, _ in other_states().values()])


def test_node_names_the_same_faults_of_altered_receipts() -> None:
    agree_in_node([altered_receipt(name) for name in ALTERED_RECEIPTS])
    receipt = fair_draw.receipt_of(full_record(), loser_of(full_record()))
    agree_in_node([changed for _, changed in altered_nodes(receipt)])
    cut_leaf(receipt, receipt["winners"][0]["participantId"])
    agree_in_node([receipt])


def test_node_compares_the_shown_fingerprint_and_demands_the_entry() -> None:
    record = full_record()
    for shown in (fair_draw.short_fingerprint(record["fingerprint"]), record["fingerprint"], "0" * 16, "no digits"):
        agree_in_node([record, committed_record()], shown)
    for proof in (record, fair_draw.receipt_of(record, loser_of(record))):
        agree([(json.dumps(proof), loser_of(record)), (json.dumps(proof), "stranger")])


def test_node_gives_the_same_faults_of_malformed_records() -> None:
    values = [value for value in NASTY if not isinstance(value, int) or abs(value) < 10**4000]
    agree_in_node([record for _, _, record in nasty_records(values)] + values)


def test_node_agrees_on_random_records() -> None:
    records: list[Any] = []

    @given(draws())
    @settings(max_examples=150, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck))
    def collect(inputs: dict[str, Any]) -> None:
        records.append(make_record(**inputs))

    collect()
    agree_in_node(records)
    agree_in_node([fair_draw.receipt_of(record) for record in records])


def test_script_of_a_page_gives_one_global() -> None:
    assert ask_node([["browser"]]) == [["FairDraw"]]


def test_node_finds_the_same_entry() -> None:
    record = full_record()
    receipt = fair_draw.receipt_of(record, loser_of(record))
    people = [record["winners"][0]["participantId"], record["withdrawn"][0]["participantId"], loser_of(record)]
    for proof in (record, receipt):
        report = check_record(proof)
        asked = [*people, "stranger"]
        for one, found in zip(asked, ask_node([["find", json.dumps(proof), one] for one in asked]), strict=True):
            entry = find_entry(report, one)
            if entry is None:
                assert found is None
                continue
            places = found["places"] and {place["prizeId"]: place["place"] for place in found["places"]}
            assert places == entry.places
            assert (found["weight"], found["totalWeight"], found["position"], found["withdrawn"]) == (
                *(entry.weight, entry.total_weight, entry.position, entry.withdrawn),
            )
            assert len(found["wins"]) == len(entry.wins or ())


def test_node_checks_a_hundred_thousand_entries() -> None:
    agree_in_node([large_record()])
