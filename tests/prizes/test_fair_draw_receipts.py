"""Receipts: what a few kilobytes prove of a draw, and which dishonest lists only the whole record shows."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from prizes import fair_draw
from prizes.fair_draw import InvalidInput, check_record, find_entry, receipt_of, verify_record
from tests.prizes.draw_records import (
    ENTRIES,
    GRAND,
    SEED,
    committed_record,
    draws,
    full_record,
    large_record,
    loser_of,
    make_record,
    quick,
    seeded_records,
)
from tests.prizes.test_fair_draw_records import get, other, other_hash, paths, put

Path = tuple[int, ...]


def parts_of(proof: Any, **given: Any) -> list[str]:
    return [fault.part for fault in check_record(proof, **given).faults]


# --- Against the whole record -----------------------------------------------------------------------------------------


def agrees(record: dict[str, Any], asked: str) -> None:
    """A receipt says what the record says, of its person and of the winners."""
    whole, receipt = check_record(record), receipt_of(record, asked)
    report = check_record(receipt, entry=asked)
    assert report.faults == []
    assert (report.kind, report.winners, report.root) == ("receipt", whole.winners, whole.root)
    assert (report.entry_count, report.total_weight) == (whole.entry_count, whole.total_weight)
    assert report.without_withdrawn in (None, whole.without_withdrawn)
    own, found = find_entry(whole, asked), find_entry(report, asked)
    assert own is not None and found is not None
    assert (found.weight, found.position, found.wins) == (own.weight, own.position, own.wins)
    assert receipt == json.loads(json.dumps(receipt))


@given(draws(), st.data())
@quick
def test_receipt_agrees_with_the_record(inputs: dict[str, Any], data: st.DataObject) -> None:
    agrees(make_record(**inputs), data.draw(st.sampled_from([one for one, _ in inputs["entries"]])))


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.integers(1, 300), st.integers(1, 5), st.booleans(), st.randoms(use_true_random=False))
def test_receipt_of_longer_lists_agrees_with_the_record(size: int, prizes: int, distinct: bool, chance: Any) -> None:
    entries = [(f"p{number:03}", chance.randint(1, 1_000_000)) for number in range(size)]
    withdrawn = [one for one, _ in chance.sample(entries, chance.randint(0, size))]
    lines = [(f"prize{number}", chance.randint(1, 30), "Cup") for number in range(prizes)]
    record = make_record(entries=entries, prizes=lines, distinct=distinct, withdrawn=withdrawn, naive=False)
    agrees(record, chance.choice(entries)[0])


def test_seeded_draws_agree() -> None:
    for record in seeded_records(200):
        agrees(record, record["entries"][-1]["participantId"])


def test_receipt_before_the_run_shows_the_asker_alone() -> None:
    record = committed_record()
    receipt = receipt_of(record, ENTRIES[7][0])
    leaves = check_record(receipt, entry=ENTRIES[7][0]).leaves
    assert leaves == [fair_draw.Leaf(*ENTRIES[7], 7, sum(weight for _, weight in ENTRIES[:7]))]
    nobody = receipt_of(record)
    assert nobody["tree"] == [40, record["totalWeight"], record["entriesRoot"]]
    assert verify_record(nobody) == []


def test_receipt_of_a_cancelled_draw_shows_the_seed_and_no_result() -> None:
    cancelled = {**make_record(), "status": "CANCELLED", "winners": None, "runAt": None, "entropy": None}
    report = check_record(receipt_of(cancelled, "p03"))
    assert (report.faults, report.winners) == ([], None)


def test_receipt_of_a_draw_that_an_app_chose_shows_its_winners() -> None:
    record = full_record(mode="delegated-refuse")
    chosen = [{"prizeId": "grand", "participantId": loser_of(record), "rank": 1}]
    record |= {"strength": "delegated", "winners": chosen}
    receipt = receipt_of(record)
    assert [leaf.participant_id for leaf in check_record(receipt).leaves or ()] == [chosen[0]["participantId"]]
    receipt["winners"] = [chosen[0] | {"participantId": "friend"}]
    assert parts_of(receipt) == ["winners"]


def test_more_leaves_than_needed_are_no_fault() -> None:
    record = full_record()
    receipt = receipt_of(record)
    receipt["tree"] = fair_draw.Tree(ENTRIES).cut(range(40))
    assert verify_record(receipt) == []


def test_nobody_gets_a_receipt_who_is_no_entry() -> None:
    with pytest.raises(InvalidInput) as refused:
        receipt_of(full_record(), "stranger")
    assert refused.value.part == "entry"


def test_receipt_among_a_hundred_thousand_is_three_kilobytes() -> None:
    record = large_record()
    entries = [(one["participantId"], one["weight"]) for one in record["entries"]]
    one_winner = make_record(entries=entries, prizes=[GRAND], naive=False)
    receipt = receipt_of(one_winner, entries[50_000][0])
    assert verify_record(receipt) == []
    assert len(json.dumps(receipt["tree"], separators=(",", ":"))) < 6_000  # two leaves with ids of 36 characters
    assert len(json.dumps(receipt_of(one_winner)["tree"], separators=(",", ":"))) < 3_000
    many = receipt_of(record)
    assert verify_record(many) == []


# --- Altered receipts -------------------------------------------------------------------------------------------------


def node_paths(tree: Any, where: Path = ()) -> Iterator[Path]:
    yield where
    if len(tree) == 2 and isinstance(tree[0], list):
        for side in (0, 1):
            yield from node_paths(tree[side], (*where, side))


def altered_nodes(receipt: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every node of the tree changed in every way that keeps its form, and in some that do not."""
    for where in node_paths(receipt["tree"]):
        node = get(receipt, ("tree", *where)) if where else receipt["tree"]
        changes: list[Any] = [None, [], [node], {"0": node}, "x", [node, node], [[node, node], node]]
        if len(node) == 3:
            changes += [[node[0] + 1, *node[1:]], [node[0], node[1] + 1, node[2]], [*node[:2], other_hash(node[2])]]
            changes += [[0, 0, node[2]], [node[0], node[0] * 1_000_001, node[2]], [*node[:2], node[2].upper()]]
            changes += [[True, *node[1:]], [node[0] + 0.5, *node[1:]], [str(node[0]), *node[1:]], node[:2]]
        elif isinstance(node[0], str):
            changes += [[f"{node[0]}x", node[1]], [node[0], node[1] + 1], [node[0], 0], [node[0], 1_000_001]]
            changes += [[node[0], True], ["a:b", node[1]], node[::-1], [*node, "x"]]
        else:
            changes += [node[::-1], node[0], node[1], [node[1], node[1]]]
        for change in changes:
            yield f"{where}: {change!r:.80}", put(receipt, ("tree", *where), change)


def test_every_single_node_is_proven() -> None:
    receipt = receipt_of(full_record(), loser_of(full_record()))
    assert verify_record(receipt) == []
    number = 0
    for name, changed in altered_nodes(receipt):
        number += 1
        assert verify_record(changed), name
        assert "tree" in parts_of(changed), name
    assert number > 300


def test_every_single_field_of_a_receipt_is_proven_or_named() -> None:
    receipt = receipt_of(full_record(), loser_of(full_record()))
    free = set()
    for where in paths(receipt):
        value = get(receipt, where)
        if where[0] == "tree" or isinstance(value, dict):
            continue
        changes = [other(value)]
        for change in changes:
            if not verify_record(put(receipt, where, change)):
                free.add(".".join(str(name) for name in where if isinstance(name, str)))
    # withdrawnCount may be larger: others were withdrawn who did not come up
    assert free == {"runAt", "withdrawn.at", "withdrawn.by", "withdrawn.reason", "withdrawnCount"}
    words = "; ".join(check_record(receipt).not_proven)
    assert "the time of the run" in words
    assert "who of those that never came up" in words


def cut_leaf(receipt: dict[str, Any], participant_id: str) -> None:
    """A receipt from which a leaf was cut off, with its true sums."""
    for where in node_paths(receipt["tree"]):
        node = get(receipt, ("tree", *where))
        if node[0] == participant_id:
            leaf = fair_draw.leaf_of((node[0], node[1]))
            get(receipt, ("tree", *where[:-1]))[where[-1]] = [1, leaf.weight, leaf.hash.hex()]


@pytest.mark.parametrize("winner", range(12))
def test_missing_pick_is_named(winner: int) -> None:
    receipt = receipt_of(full_record())
    cut_leaf(receipt, receipt["winners"][winner]["participantId"])
    assert parts_of(receipt) == ["tree"]
    assert "incomplete" in verify_record(receipt)[0].message


def test_withdrawn_people_who_came_up_are_needed_too() -> None:
    receipt = receipt_of(full_record())
    assert len(receipt["withdrawn"]) == 2
    gone = receipt["withdrawn"].pop()["participantId"]
    assert "winners" in parts_of(receipt)
    receipt = receipt_of(full_record())
    cut_leaf(receipt, gone)
    assert parts_of(receipt) == ["withdrawn"]


def test_withdrawn_lists_nobody_who_did_not_come_up() -> None:
    record = full_record()
    asked = loser_of(record)
    receipt = receipt_of(record, asked)
    receipt["withdrawn"].append({**receipt["withdrawn"][0], "participantId": asked})
    receipt["withdrawnCount"] += 1
    report = check_record(receipt)
    came_up = {(report.leaves or [])[at].participant_id for at in report.came_up}
    assert asked not in came_up
    assert parts_of(receipt) == ["withdrawn"]


Alteration = Callable[[dict[str, Any]], Any]
ALTERED_RECEIPTS: dict[str, tuple[Alteration, list[str]]] = {
    "name of a prize": (lambda r: r["prizes"][0].update(name="Car"), ["rules"]),
    "time": (lambda r: r.update(committedAt="2026-12-31T20:00:00.001Z"), ["fingerprint"]),
    "room": (lambda r: r.update(roomId="room2"), ["fingerprint"]),
    "entryCount": (lambda r: r.update(entryCount=41), ["entryCount"]),
    "totalWeight": (lambda r: r.update(totalWeight=41), ["totalWeight"]),
    "entriesRoot": (lambda r: r.update(entriesRoot=other_hash("x")), ["entriesRoot"]),
    "mode": (lambda r: r.update(mode="delegated-refuse"), ["mode"]),
    "an app chose": (lambda r: r.update(strength="delegated"), ["strength"]),
    "no entropy": (lambda r: r.update(entropy=""), ["entropy"]),
    "winners in another order": (lambda r: r["winners"].reverse(), ["winners"]),
    "winner replaced": (lambda r: r["winners"][3].update(participantId=ENTRIES[0][0]), ["winners"]),
    "seed": (lambda r: r.update(seed="11" * 32), ["seed"]),
    "no tree": (lambda r: r.pop("tree"), ["shape"]),
    "tree of another draw": (lambda r: r.update(tree=fair_draw.Tree(ENTRIES[:-1]).cut(range(39))), ["tree"]),
}


def altered_receipt(name: str) -> dict[str, Any]:
    receipt = copy.deepcopy(receipt_of(full_record()))
    ALTERED_RECEIPTS[name][0](receipt)
    return receipt


@pytest.mark.parametrize("name", ALTERED_RECEIPTS)
def test_altered_receipt_is_refused_by_the_part_that_is_wrong(name: str) -> None:
    assert parts_of(altered_receipt(name)) == ALTERED_RECEIPTS[name][1]


def test_entropy_without_a_plan_is_refused() -> None:
    receipt = receipt_of(make_record())
    receipt["entropy"] = "6 6 6"
    assert parts_of(receipt) == ["entropy"]


def nested(depth: int) -> Any:
    tree: Any = ["a", 1]
    for _ in range(depth):
        tree = [tree, ["b", 1]]
    return tree


def test_depth_is_bounded() -> None:
    receipt = receipt_of(full_record())
    for depth in (65, 500):
        receipt["tree"] = nested(depth)
        assert parts_of(receipt) == ["tree"]
    assert "deeper" in check_record(receipt).faults[0].message


# --- Dishonest lists --------------------------------------------------------------------------------------------------


class Lie:
    """A sealed list that is not what it should be: nodes are made by hand, and the fingerprint is that of their root.
    `receipt(branch)` shows the branch to the left and the one to the right opened as far as given."""

    def __init__(self, left: fair_draw.Node, right: fair_draw.Node) -> None:
        root = fair_draw.join(left, right)
        record = make_record(entries=[(f"p{number}", 1) for number in range(4)], prizes=[GRAND])
        record |= {"entriesRoot": root.hash.hex(), "entryCount": root.count, "totalWeight": root.weight}
        record |= {"status": "COMMITTED", "seed": None, "entropy": None, "winners": None, "runAt": None}
        prizes = fair_draw.check_rules([GRAND])
        self.record = record | {
            "fingerprint": fair_draw.fingerprint_of(
                room_id="room1",
                label="draw1",
                seq=4,
                committed_at=record["committedAt"],
                commitment=fair_draw.commitment_of(SEED),
                entries_root=record["entriesRoot"],
                entry_count=root.count,
                total_weight=root.weight,
                rules_hash=fair_draw.rules_hash("draw", prizes, True),
                plan_hash=fair_draw.text_hash(""),
            )
        }

    def receipt(self, tree: Any) -> dict[str, Any]:
        facts = {name: value for name, value in self.record.items() if name != "entries"}
        return {"kind": "receipt", **facts, "tree": tree}

    def whole(self, entries: list[tuple[str, int]]) -> dict[str, Any]:
        return self.record | {"entries": [{"participantId": one, "weight": weight} for one, weight in entries]}


def node(*entries: tuple[str, int]) -> fair_draw.Node:
    return fair_draw.fold([fair_draw.leaf_of(entry) for entry in entries])


def closed(made: fair_draw.Node) -> list[Any]:
    return [made.count, made.weight, made.hash.hex()]


HONEST = node(("c", 1), ("d", 1))


def test_an_honest_list_passes() -> None:
    lie = Lie(node(("a", 1), ("b", 1)), HONEST)
    assert parts_of(lie.receipt([[["a", 1], ["b", 1]], closed(HONEST)]), entry="a") == []
    assert parts_of(lie.whole([("a", 1), ("b", 1), ("c", 1), ("d", 1)])) == []


def test_a_false_sum_above_ones_own_leaf_is_caught_by_the_receipt() -> None:
    """The organiser's friend weighs more than they are: the sums above are larger than those of the leaves."""
    true = node(("a", 1), ("b", 1))
    false = fair_draw.Node(2, 500_000, true.hash)
    lie = Lie(false, HONEST)
    assert parts_of(lie.receipt([[["a", 1], ["b", 1]], closed(HONEST)]), entry="a") == ["tree"]
    # Elsewhere the branch stays closed, and its sum could be true: only the whole record shows it.
    assert parts_of(lie.receipt([closed(false), [["c", 1], ["d", 1]]]), entry="c") == []
    assert parts_of(lie.whole([("a", 1), ("b", 1), ("c", 1), ("d", 1)])) == ["entries"]


def test_a_weight_over_the_bounds_is_caught_by_the_receipt() -> None:
    heavy = fair_draw.Node(2, 2_000_001, b"x" * 32)
    lie = Lie(heavy, HONEST)
    assert parts_of(lie.receipt([closed(heavy), [["c", 1], ["d", 1]]]), entry="c") == ["tree"]
    light = fair_draw.Node(2, 1, b"x" * 32)
    lie = Lie(light, HONEST)
    assert parts_of(lie.receipt([closed(light), [["c", 1], ["d", 1]]]), entry="c") == ["tree"]


def test_a_leaf_out_of_order_is_caught_by_a_receipt_that_shows_it() -> None:
    unsorted = node(("z", 1), ("b", 1))
    lie = Lie(unsorted, HONEST)
    assert parts_of(lie.receipt([[["z", 1], ["b", 1]], closed(HONEST)]), entry="z") == ["tree"]
    assert parts_of(lie.receipt([[["z", 1], closed(node(("b", 1)))], [["c", 1], closed(node(("d", 1)))]])) == ["tree"]


def test_somebody_left_out_is_seen_by_their_missing_leaf() -> None:
    lie = Lie(node(("a", 1), ("b", 1)), HONEST)
    assert parts_of(lie.receipt([[["a", 1], ["b", 1]], closed(HONEST)]), entry="me") == ["entry"]


def test_a_wrong_shape_is_caught_by_the_receipt() -> None:
    """Three to the left and one to the right: the tree over four entries has two on each side."""
    three, one = node(("a", 1), ("b", 1), ("c", 1)), node(("d", 1))
    lie = Lie(three, one)
    assert parts_of(lie.receipt([closed(three), ["d", 1]]), entry="d") == ["tree"]


def test_twins_and_phantoms_are_seen_in_the_whole_record_alone() -> None:
    twins = node(("a", 1), ("a", 1))
    lie = Lie(twins, HONEST)
    assert parts_of(lie.receipt([closed(twins), [["c", 1], ["d", 1]]]), entry="c") == []
    half = closed(node(("a", 1)))
    assert parts_of(lie.receipt([[["a", 1], half], closed(HONEST)]), entry="a") == []
    assert parts_of(lie.whole([("a", 1), ("a", 1), ("c", 1), ("d", 1)])) == ["entries"]
    # People who do not exist are right in every sum: the record names them for everybody to see.
    phantoms = Lie(node(("a", 1), ("nobody", 1)), node(("o", 1), ("p", 1)))
    report = check_record(phantoms.whole([("a", 1), ("nobody", 1), ("o", 1), ("p", 1)]))
    assert report.ok
    assert ("nobody", 1) in (report.entries or [])
    said = check_record(phantoms.receipt([closed(node(("a", 1), ("nobody", 1))), [["o", 1], ["p", 1]]])).cautions
    assert any("do not exist are seen in the whole record alone" in caution for caution in said)
