"""The procedure of fair-draw-v1 in Python: its vectors, a naive reference, chance, and what it refuses to draw over."""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prizes import fair_draw
from prizes.fair_draw import InvalidInput, Pool, Tree, check_record, seal
from tests.prizes.draw_records import (
    COMMITMENT,
    COMMITTED_AT,
    E1,
    ENTRIES,
    GRAND,
    PRIZES,
    SECOND,
    SEED,
    VECTORS,
    Entries,
    draws,
    entry_lists,
    full_record,
    make_record,
    naive_node,
    naive_order,
    quick,
)


def derive(record: dict[str, Any]) -> dict[str, Any]:
    """Every value of a draw that a vector names, by the functions of the module."""
    entries = [(one["participantId"], one["weight"]) for one in record["entries"]]
    commit = seal(
        room_id=record["roomId"],
        draw_id=record["drawId"],
        seq=record["seq"],
        committed_at=record["committedAt"],
        mode=record["mode"],
        commitment=fair_draw.commitment_of(bytes.fromhex(record["seed"])),
        entries=entries[::-1],
        prizes=[(one["prizeId"], one["count"], one["name"]) for one in record["prizes"]],
        distinct=record["distinct"],
        entropy_plan=record["entropyPlan"],
        rehearsal=record["rehearsal"],
        replaces=record["replaces"],
    )
    root = fair_draw.root_of(seed=SEED, fingerprint=commit.fingerprint, entropy=record["entropy"])
    keys = {prize.prize_id: fair_draw.prize_key(root, prize.prize_id) for prize in commit.prizes}
    withdrawn = [one["participantId"] for one in record["withdrawn"]]
    outcome = fair_draw.draw(commit, seed=SEED, entropy=record["entropy"], withdrawn=withdrawn)
    cut = commit.tree.cut(outcome.came_up)
    return {
        "commitment": commit.commitment,
        "label": commit.label,
        "entriesRoot": commit.entries_root,
        "entryCount": commit.entry_count,
        "totalWeight": commit.total_weight,
        "rulesHash": commit.rules_hash,
        "planHash": fair_draw.text_hash(record["entropyPlan"]),
        "entropyHash": fair_draw.text_hash(record["entropy"]),
        "fingerprint": commit.fingerprint,
        "root": root.hex(),
        "keys": {prize_id: key.hex() for prize_id, key in keys.items()},
        "firstWords": {prize_id: str(next(fair_draw.words_of(key))) for prize_id, key in keys.items()},
        "orders": {prize_id: list(fair_draw.draw_order(key, commit.entries)) for prize_id, key in keys.items()},
        "winners": [f"{win.prize_id} {win.participant_id}" for win in outcome.wins],
        "tree": json.dumps(cut, ensure_ascii=False, separators=(",", ":")),
        "leaves": [leaf.participant_id for leaf in fair_draw.read_tree(cut)[1]],
    }


@pytest.mark.parametrize("name", VECTORS)
def test_vector_of_the_description(name: str) -> None:
    inputs, expected = VECTORS[name]
    derived = derive(make_record(**inputs))
    assert {part: derived[part] for part in expected} == expected
    assert derived["commitment"] == COMMITMENT


@pytest.mark.parametrize("name", VECTORS)
def test_vector_makes_a_record_and_a_receipt_that_are_right(name: str) -> None:
    record = make_record(**VECTORS[name][0])
    for proof in (record, fair_draw.receipt_of(record)):
        assert check_record(proof).faults == []
        assert check_record(proof).fingerprint == VECTORS[name][1]["fingerprint"]


# --- Against a reference that only reads like the description ---------------------------------------------------------


@given(draws())
@quick
def test_draw_agrees_with_the_naive_reference(inputs: dict[str, Any]) -> None:
    record = make_record(**inputs)
    report = check_record(record)
    assert report.faults == []
    assert {step.state for step in report.steps} == {"OK"}
    assert report.as_json()["winners"] == record["winners"]
    if inputs["withdrawn"]:
        without = make_record(**{**inputs, "withdrawn": []})
        assert report.as_json()["withoutWithdrawn"] == without["winners"]
    else:
        assert report.without_withdrawn is None


@given(st.binary(min_size=32, max_size=32), entry_lists)
@quick
def test_order_agrees_with_the_naive_reference(key: bytes, entries: Entries) -> None:
    assert list(fair_draw.draw_order(key, fair_draw.sort_entries(entries))) == naive_order(key, entries)


@pytest.mark.parametrize("size", [*range(1, 70), 127, 128, 129, 300])
def test_tree_agrees_with_the_naive_reference(size: int) -> None:
    entries = [(f"{number:04}", 1 + number * 37 % 1000) for number in range(size)]
    tree = Tree(entries)
    assert tuple(tree.node(0, size)) == naive_node(entries)
    assert (tree.count, tree.weight) == naive_node(entries)[:2]
    for start, stop in branches(size):
        assert tuple(tree.node(start, stop)) == naive_node(entries[start:stop])


def branches(size: int) -> Iterator[tuple[int, int]]:
    waiting = [(0, size)]
    while waiting:
        start, stop = waiting.pop()
        yield start, stop
        if stop - start > 1:
            middle = start + fair_draw.left_count(stop - start)
            waiting += [(start, middle), (middle, stop)]


def test_entries_are_sorted_by_utf8_bytes() -> None:
    """U+FFFD comes before U+1F3B2 in UTF-8 and after it in UTF-16, which is what browsers sort by."""
    tricky = ["\U0001f3b2", "\ufffd", "é", "z", "Z", "zz", "\ue000", "\ud7ff"]
    assert [one for one, _ in fair_draw.sort_entries([(one, 1) for one in tricky])] == sorted(
        tricky, key=lambda text: text.encode()
    )


def test_below_throws_away_the_incomplete_run() -> None:
    size = 3 * 2**62  # 2^64 mod size is 2^62: words from 3·2^62 on would make the small numbers likelier
    assert fair_draw.below(size, iter([2**64 - 1, size, size - 1])) == size - 1
    assert fair_draw.below(2**32, iter([2**64 - 1])) == 2**32 - 1


# --- Chance -----------------------------------------------------------------------------------------------------------


def keys(count: int) -> Iterator[bytes]:
    """Fixed keys, so that a test of chance gives the same answer every day."""
    for number in range(count):
        yield hashlib.sha256(b"chance %d" % number).digest()


def chi_square(observed: dict[Any, int], expected: dict[Any, float]) -> float:
    assert set(observed) <= set(expected)
    total = sum(observed.values())
    return sum((observed.get(one, 0) - total * share) ** 2 / (total * share) for one, share in expected.items())


# The bounds are exceeded by one fair procedure in a million.
def test_uniform_list_is_drawn_uniformly() -> None:
    pool = Pool(fair_draw.sort_entries(E1))
    for place in (0, 9):
        counts: dict[str, int] = {}
        for key in keys(4000):
            one = E1[list(pool.order(key))[place]][0]
            counts[one] = counts.get(one, 0) + 1
        assert chi_square(counts, {one: 0.1 for one, _ in E1}) < 45.1  # 9 degrees of freedom


def test_every_order_is_as_likely() -> None:
    counts: dict[tuple[str, ...], int] = {}
    pool = Pool([("a", 7), ("b", 7), ("c", 7), ("d", 7)])
    for key in keys(6000):
        order = tuple("abcd"[at] for at in pool.order(key))
        counts[order] = counts.get(order, 0) + 1
    assert chi_square(counts, dict.fromkeys(itertools.permutations("abcd"), 1 / 24)) < 71.0  # 23


def test_weighted_list_is_drawn_by_weight() -> None:
    weights = {"a": 1, "b": 2, "c": 3, "d": 4, "e": 90}
    total = sum(weights.values())
    pool = Pool(list(weights.items()))
    counts: dict[tuple[str, ...], int] = {}
    for key in keys(10000):
        pair = tuple("abcde"[at] for at in itertools.islice(pool.order(key), 2))
        counts[pair] = counts.get(pair, 0) + 1
    first = {one: sum(count for pair, count in counts.items() if pair[0] == one) for one in weights}
    second = {one: sum(count for pair, count in counts.items() if pair[1] == one) for one in weights}
    shares = {one: weight / total for one, weight in weights.items()}
    after = {
        one: sum(shares[before] * weights[one] / (total - weights[before]) for before in weights if before != one)
        for one in weights
    }
    assert chi_square(first, shares) < 33.4  # 4 degrees of freedom
    assert chi_square(second, after) < 33.4


# --- What it refuses --------------------------------------------------------------------------------------------------


def sealed(**changes: Any) -> fair_draw.Commit:
    inputs: dict[str, Any] = {
        "room_id": "room1",
        "draw_id": "draw1",
        "seq": 4,
        "committed_at": COMMITTED_AT,
        "commitment": COMMITMENT,
        "entries": E1,
        "prizes": [GRAND, SECOND],
    }
    return seal(**{**inputs, **changes})


@pytest.mark.parametrize(
    ("part", "changes"),
    [
        ("entries", {"entries": []}),
        ("entries", {"entries": [("a:b", 1)]}),
        ("entries", {"entries": [("a", 0)]}),
        ("entries", {"entries": [("a", True)]}),
        ("entries", {"entries": [("a", 1_000_001)]}),
        ("entries", {"entries": [("a", 1), ("a", 2)]}),
        ("rules", {"prizes": []}),
        ("rules", {"prizes": [("x", 1, ""), ("x", 1, "")]}),
        ("rules", {"prizes": [("x\n", 1, "")]}),
        ("rules", {"prizes": [("x", 1, "\ud800")]}),
        ("label", {"seq": 0}),
        ("label", {"room_id": "a:b"}),
        ("label", {"draw_id": "rehearsal-draw1"}),
        ("label", {"rehearsal": True, "replaces": "winner1"}),
        ("committedAt", {"committed_at": "2026-12-31T20:00:00Z"}),
        ("mode", {"mode": "delegated"}),
        ("entropyPlan", {"entropy_plan": "\ud800"}),
        ("commitment", {"commitment": "ABC"}),
    ],
)
def test_seal_refuses_what_cannot_be_drawn_over(part: str, changes: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput) as refused:
        sealed(**changes)
    assert refused.value.part == part


def test_draw_gives_the_winners_of_the_record() -> None:
    record = full_record()
    commit = sealed(entries=ENTRIES, prizes=PRIZES, entropy_plan="ten dice")
    assert commit.fingerprint == record["fingerprint"]
    assert commit.short_fingerprint.replace(" ", "") == record["fingerprint"][:16]
    withdrawn = [one["participantId"] for one in record["withdrawn"]]
    outcome = fair_draw.draw(commit, seed=SEED, entropy=record["entropy"], withdrawn=withdrawn)
    assert [(win.prize_id, win.participant_id, win.rank) for win in outcome.wins] == [
        (win["prizeId"], win["participantId"], win["rank"]) for win in record["winners"]
    ]
    with pytest.raises(InvalidInput) as refused:
        fair_draw.draw(commit, seed=bytes(32), entropy="x")
    assert refused.value.part == "seed"


@pytest.mark.parametrize(("plan", "entropy"), [("", "6 6 6"), ("dice", ""), ("dice", " \t\n\r\x0b\x0c")])
def test_plan_and_public_value_come_together(plan: str, entropy: str) -> None:
    """Whoever knows the seed could try values until the result suits; only a plan made at the commit prevents it."""
    with pytest.raises(InvalidInput) as refused:
        fair_draw.draw(sealed(entropy_plan=plan), seed=SEED, entropy=entropy)
    assert refused.value.part == "entropy"


def test_only_ascii_white_space_is_blank() -> None:
    commit = sealed(entropy_plan="\u00a0")
    assert fair_draw.draw(commit, seed=SEED, entropy="\u2003").wins
