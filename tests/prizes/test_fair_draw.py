"""The procedure of fair-draw-v1 and its verifiers, in Python and (marker `node`) in the browser's JavaScript."""

from __future__ import annotations

import ast
import copy
import hashlib
import hmac
import itertools
import json
import shutil
import subprocess
import sys
import time
import unicodedata
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from prizes import fair_draw
from prizes.fair_draw import InvalidInput, Pool, Win, check_record, find_entry, seal, verify_record

SEED = bytes(range(32))
COMMITMENT = "630dcd2966c4336691125448bbb25b4ff412a49c732db2c8abc1b8581bd710dd"
E1 = [(f"p{number:02d}", 1) for number in range(10)]
E2 = [("alice", 5), ("bob", 1), ("charlie", 3), ("Диана", 1)]
R1 = [("grand", 1), ("second", 3)]
E1_HASH = "346e2ab601fa0d247356d76c176979ea7f05821373919b7ba3a0d99487156b26"
E2_HASH = "c61c3385fe0a3b497e5b94bd650c78ad831245f7aa91eb81d53738e79fe13453"
R1_HASH = "6f3b2cb4af94bbace9939d039cf0287d20196a8908cc38a22a609887cc488167"


def ids_of(text: str) -> list[str]:
    return text.split()


#: inputs of `derive` → what has to come out, from the specification
VECTORS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "A": (
        {"seq": 1, "entries": E1, "prizes": R1, "distinct": True, "plan": "", "entropy": ""},
        {
            "entriesHash": E1_HASH,
            "rulesHash": R1_HASH,
            "fingerprint": "6aa9cf82b1ecf4e46abccc91820782f2768cdf8b4a2979cda5ff3b8c688f7e19",
            "root": "f0447f02e73d850d7b77e603f930696b7bf05680fc0e9d1da6593921c34bfe89",
            "keys": {
                "grand": "94f335b1120d74d98dbf3f07dfa7377e14f0130dc906bd41d9fc7c6c5dec0aba",
                "second": "7c1bfbcaa6cad5ac314035cecab38721f809df8c5faab545e8a84dbf3181fd9b",
            },
            "firstWords": {"grand": "6819625370995651553", "second": "6776696396585931712"},
            "orders": {
                "grand": ids_of("p03 p00 p04 p08 p05 p07 p09 p06 p02 p01"),
                "second": ids_of("p02 p08 p03 p01 p09 p06 p00 p07 p04 p05"),
            },
            "winners": ["grand p03", "second p02", "second p08", "second p01"],
        },
    ),
    "B": (
        {
            "seq": 2,
            "entries": E1,
            "prizes": R1,
            "distinct": True,
            "plan": "a word from the audience",
            "entropy": "snow in july",
        },
        {
            "planHash": "5f6a7c2e0a8d46fe8e5c9f3c8a27638b234aaaf9758212726a2840976b7b86d1",
            "entropyHash": "9ddbb640621a67fe3f7e5bf0a40235ba6045efdcfe65e08818126c94a90c2ad4",
            "fingerprint": "32e9298b2bd280f47523b0de93e5327dff6452bfd55dd6f3ea59daa88eb59296",
            "root": "62adb156a8813b5544bd78a68fda4984ee0ee029f447c4e5759527db3e478eec",
            "orders": {
                "grand": ids_of("p02 p09 p08 p05 p06 p01 p00 p07 p04 p03"),
                "second": ids_of("p05 p06 p08 p07 p01 p09 p02 p04 p03 p00"),
            },
            "winners": ["grand p02", "second p05", "second p06", "second p08"],
        },
    ),
    "C": (
        {"seq": 3, "entries": E2, "prizes": [("x", 4)], "distinct": True, "plan": "", "entropy": "caf\u00e9"},
        {
            "entriesHash": E2_HASH,
            "rulesHash": "1cc36e585a417cb3f6dd607018b11729f980179ec2efa8773fb08541f78a51db",
            "entropyHash": "850f7dc43910ff890f8879c0ed26fe697c93a067ad93a7d50f466a7028a9bf4e",
            "fingerprint": "7d09628fe619fd90dae8c0e51c9c968df909f3ea653b9630a3309a4d66901590",
            "root": "d0f316b0cbe73584cdc80d85d0e7020d6b3edfd7729ea0b2beab51877b6b0cc5",
            "orders": {"x": ids_of("charlie alice Диана bob")},
            "winners": ["x charlie", "x alice", "x Диана", "x bob"],
        },
    ),
    "D": (
        {
            "seq": 3,
            "entries": E2,
            "prizes": [("x", 2), ("y", 2)],
            "distinct": False,
            "plan": "",
            "entropy": "caf\u00e9",
        },
        {
            "fingerprint": "60419c04d5fa1924e07e31137c1e74fea9a652367078589cfdf93d88421d0614",
            "root": "204a465b19b433d15ef1fcc672c293a528bbca2540ca3a7e30ae08c576ada4bb",
            "orders": {"x": ids_of("bob alice Диана charlie"), "y": ids_of("charlie alice bob Диана")},
            "winners": ["x bob", "x alice", "y charlie", "y alice"],
        },
    ),
}
VECTORS["C, e and U+0301"] = ({**VECTORS["C"][0], "entropy": "cafe\u0301"}, VECTORS["C"][1])


def derive(inputs: dict[str, Any]) -> dict[str, Any]:
    """Every value of a draw that a vector names, by the functions of the module."""
    commit = seal(
        commitment=fair_draw.commitment_of(SEED),
        draw_id="draw1",
        seq=inputs["seq"],
        entries=inputs["entries"][::-1],
        prizes=inputs["prizes"],
        distinct=inputs["distinct"],
        entropy_plan=inputs["plan"],
    )
    root = fair_draw.root_of(seed=SEED, fingerprint=commit.fingerprint, entropy=inputs["entropy"])
    keys = {prize_id: fair_draw.prize_key(root, prize_id) for prize_id, _ in commit.prizes}
    wins = fair_draw.pick_winners(root=root, pool=Pool(commit.entries), prizes=commit.prizes, distinct=commit.distinct)
    return {
        "commitment": commit.commitment,
        "entriesHash": commit.entries_hash,
        "rulesHash": commit.rules_hash,
        "planHash": fair_draw.text_hash(inputs["plan"]),
        "entropyHash": fair_draw.text_hash(inputs["entropy"]),
        "fingerprint": commit.fingerprint,
        "root": root.hex(),
        "keys": {prize_id: key.hex() for prize_id, key in keys.items()},
        "firstWords": {prize_id: str(next(fair_draw.words_of(key))) for prize_id, key in keys.items()},
        "orders": {prize_id: list(fair_draw.draw_order(key, commit.entries)) for prize_id, key in keys.items()},
        "winners": [f"{win.prize_id} {win.participant_id}" for win in wins],
    }


@pytest.mark.parametrize("name", VECTORS)
def test_vector_of_the_specification(name: str) -> None:
    inputs, expected = VECTORS[name]
    derived = derive(inputs)
    assert {part: derived[part] for part in expected} == expected
    assert derived["commitment"] == COMMITMENT


# --- Against a reference that only reads like the specification -------------------------------------------------------


def naive_order(key: bytes, entries: list[tuple[str, int]]) -> list[str]:
    left = sorted(entries, key=lambda entry: entry[0].encode())
    words: list[int] = []
    block = itertools.count()

    def below(n: int) -> int:
        while True:
            if not words:
                digest = hmac.new(key, next(block).to_bytes(8, "big"), hashlib.sha256).digest()
                words.extend(int.from_bytes(digest[at : at + 8], "big") for at in (0, 8, 16, 24))
            word = words.pop(0)
            if word < 2**64 - (2**64 % n):
                return word % n

    order = []
    while left:
        rest = below(sum(weight for _, weight in left))
        for at, (participant_id, weight) in enumerate(left):
            if rest < weight:
                order.append(participant_id)
                del left[at]
                break
            rest -= weight
    return order


def naive_winners(
    seed: bytes,
    fingerprint: str,
    entropy: str,
    entries: list[tuple[str, int]],
    prizes: list[tuple[str, int]],
    distinct: bool,
    withdrawn: set[str],
) -> list[Win]:
    digest = hashlib.sha256(unicodedata.normalize("NFC", entropy).encode()).hexdigest()
    root = hmac.new(seed, f"fair-draw-v1\n{fingerprint}\n{digest}\n".encode(), hashlib.sha256).digest()
    wins: list[Win] = []
    for prize_id, count in prizes:
        key = hmac.new(root, f"prize\n{prize_id}\n".encode(), hashlib.sha256).digest()
        won = {win.participant_id for win in wins} if distinct else set()
        free = [one for one in naive_order(key, entries) if one not in withdrawn and one not in won]
        wins += [Win(prize_id, one, rank) for rank, one in enumerate(free[:count], start=1)]
    return wins


ids = st.text(st.characters(exclude_characters=":\n", exclude_categories=["Cs"]), min_size=1, max_size=6).filter(
    lambda text: not text.startswith(("rehearsal-", "replaces-"))
)
# the lists are long enough that a tree has several levels, and the weights far enough apart to reach both ends
entry_lists = st.dictionaries(ids, st.one_of(st.integers(1, 3), st.integers(1, 1_000_000)), max_size=25).map(
    lambda entries: list(entries.items())
)
rule_lists = st.dictionaries(ids, st.integers(1, 8), min_size=1, max_size=4).map(lambda rules: list(rules.items()))
quick = settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@st.composite
def draws(draw: st.DrawFn) -> dict[str, Any]:
    """The inputs of `make_record` for any draw there can be."""
    entries = draw(entry_lists)
    kind = draw(st.sampled_from(["draw", "rehearsal", "replacement"]))
    plan = draw(st.sampled_from(["", "ten dice", "caf\u00e9 \U0001f3b2"]))
    return {
        "seed": draw(st.binary(min_size=32, max_size=32)),
        "draw_id": draw(ids),
        "seq": draw(st.integers(1, 2**53 - 1)),
        "entries": entries,
        "prizes": draw(rule_lists),
        "distinct": draw(st.booleans()),
        "entropy_plan": plan,
        "entropy": draw(st.sampled_from(["6 6 1", "e\u0301", "\u212b"])) if plan else "",
        "rehearsal": kind == "rehearsal",
        "replaces": draw(ids) if kind == "replacement" else None,
        "withdrawn": draw(st.lists(st.sampled_from([one for one, _ in entries]), unique=True)) if entries else [],
    }


def make_record(
    *,
    seed: bytes = SEED,
    draw_id: str = "draw1",
    seq: int = 4,
    entries: list[tuple[str, int]] = E1,
    prizes: list[tuple[str, int]] = R1,
    distinct: bool = True,
    entropy_plan: str = "",
    entropy: str = "",
    rehearsal: bool = False,
    replaces: str | None = None,
    withdrawn: list[str] | tuple[str, ...] = (),
) -> dict[str, Any]:
    """The proof of a completed draw, in the shape of the API; the winners are the naive reference's."""
    commit = seal(
        commitment=fair_draw.commitment_of(seed),
        draw_id=draw_id,
        seq=seq,
        entries=entries,
        prizes=prizes,
        distinct=distinct,
        entropy_plan=entropy_plan,
        rehearsal=rehearsal,
        replaces=replaces,
    )
    wins = naive_winners(seed, commit.fingerprint, entropy, entries, prizes, distinct, set(withdrawn))
    return {
        "version": "fair-draw-v1",
        "drawId": draw_id,
        "roomId": "room1",
        "seq": seq,
        "status": "COMPLETED",
        "rehearsal": rehearsal,
        "replaces": replaces,
        "committedAt": "2030-01-01T18:00:00.000Z",
        "commitment": commit.commitment,
        "entropyPlan": entropy_plan,
        "prizes": [{"prizeId": prize_id, "name": "A \u001b[1A prize", "count": count} for prize_id, count in prizes],
        "distinct": distinct,
        "entries": [{"participantId": one, "weight": weight} for one, weight in entries],
        "withdrawn": [
            {"participantId": one, "at": "2030-01-01T18:30:00.000Z", "by": "moderator1", "reason": "went home"}
            for one in withdrawn
        ],
        "entriesHash": commit.entries_hash,
        "rulesHash": commit.rules_hash,
        "fingerprint": commit.fingerprint,
        "entropy": entropy,
        "seed": seed.hex(),
        "runAt": "2030-01-01T19:00:00.000Z",
        "winners": [{"prizeId": win.prize_id, "participantId": win.participant_id, "rank": win.rank} for win in wins],
        "strength": "committed+entropy" if entropy else "committed",
    }


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
def test_order_agrees_with_the_naive_reference(key: bytes, entries: list[tuple[str, int]]) -> None:
    assert list(fair_draw.draw_order(key, fair_draw.sort_entries(entries))) == naive_order(key, entries)


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
            one = list(pool.order(key))[place]
            counts[one] = counts.get(one, 0) + 1
        assert chi_square(counts, {one: 0.1 for one, _ in E1}) < 45.1  # 9 degrees of freedom


def test_every_order_is_as_likely() -> None:
    counts: dict[tuple[str, ...], int] = {}
    pool = Pool([("a", 7), ("b", 7), ("c", 7), ("d", 7)])
    for key in keys(6000):
        order = tuple(pool.order(key))
        counts[order] = counts.get(order, 0) + 1
    assert chi_square(counts, dict.fromkeys(itertools.permutations("abcd"), 1 / 24)) < 71.0  # 23


def test_weighted_list_is_drawn_by_weight() -> None:
    weights = {"a": 1, "b": 2, "c": 3, "d": 4, "e": 90}
    total = sum(weights.values())
    pool = Pool(list(weights.items()))
    counts: dict[tuple[str, ...], int] = {}
    for key in keys(10000):
        pair = tuple(itertools.islice(pool.order(key), 2))
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


# --- Records that were altered ----------------------------------------------------------------------------------------

ENTRIES = [(f"person-{number:02d}", 1 + number % 4) for number in range(40)]
PRIZES = [("grand", 1), ("second", 5), ("third", 6)]


def full_record(**changes: Any) -> dict[str, Any]:
    """A completed draw with everything that a draw can have, two withdrawn people of whom one would have won."""
    inputs: dict[str, Any] = {
        "entries": ENTRIES,
        "prizes": PRIZES,
        "entropy_plan": "ten dice",
        "entropy": "6 1 3 3 2 5 6 1 4 2",
    }
    first = make_record(**inputs)["winners"]
    loser = next(one for one, _ in ENTRIES if one not in {win["participantId"] for win in first})
    return make_record(**{**inputs, "withdrawn": [first[1]["participantId"], loser], **changes})


def committed_record() -> dict[str, Any]:
    empty = dict.fromkeys(["seed", "entropy", "winners", "runAt"])
    return {**full_record(withdrawn=[]), "status": "COMMITTED", **empty}


def loser_of(record: dict[str, Any]) -> str:
    taken = {one["participantId"] for one in record["winners"] + record["withdrawn"]}
    return str(next(one["participantId"] for one in record["entries"] if one["participantId"] not in taken))


def other_hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def swap(record: dict[str, Any], one: int, other: int) -> None:
    winners = record["winners"]
    winners[one]["participantId"], winners[other]["participantId"] = (
        winners[other]["participantId"],
        winners[one]["participantId"],
    )


def swap_seed_and_commitment(record: dict[str, Any]) -> None:
    record.update(seed="22" * 32, commitment=fair_draw.commitment_of(bytes.fromhex("22" * 32)))


Alteration = Callable[[dict[str, Any]], Any]

#: what was done to a record of a completed draw → the parts that are named
ALTERED: dict[str, tuple[Alteration, list[str]]] = {
    "entry removed": (lambda r: r["entries"].pop(3), ["entries"]),
    "entry added": (lambda r: r["entries"].append({"participantId": "friend", "weight": 1}), ["entries"]),
    "entry replaced": (lambda r: r["entries"][3].update(participantId="friend"), ["entries"]),
    "entry twice": (lambda r: r["entries"].append(dict(r["entries"][0])), ["entries"]),
    "weight changed": (lambda r: r["entries"][3].update(weight=1000), ["entries"]),
    "entries and hash changed": (
        lambda r: (r["entries"].pop(), r.update(entriesHash=fair_draw.entries_hash(ENTRIES[:-1]))),
        ["fingerprint"],
    ),
    "entriesHash changed": (lambda r: r.update(entriesHash=other_hash("x")), ["entriesHash"]),
    "count changed": (lambda r: r["prizes"][1].update(count=6), ["rules"]),
    "prize removed": (lambda r: r["prizes"].pop(), ["rules"]),
    "prizes in another order": (lambda r: r["prizes"].reverse(), ["rules"]),
    "distinct changed": (lambda r: r.update(distinct=False), ["rules"]),
    "rulesHash changed": (lambda r: r.update(rulesHash=other_hash("x")), ["rulesHash"]),
    "seed swapped": (lambda r: r.update(seed="11" * 32), ["seed"]),
    "seed hidden": (lambda r: r.update(seed=None), ["seed"]),
    "commitment changed": (lambda r: r.update(commitment=other_hash("x")), ["commitment"]),
    "seed and commitment swapped": (swap_seed_and_commitment, ["fingerprint"]),
    "fingerprint changed": (lambda r: r.update(fingerprint=other_hash("x")), ["fingerprint"]),
    "number changed": (lambda r: r.update(seq=5), ["fingerprint"]),
    "draw id changed": (lambda r: r.update(drawId="draw2"), ["fingerprint"]),
    "called a rehearsal": (lambda r: r.update(rehearsal=True), ["label"]),
    "called a replacement": (lambda r: r.update(replaces="winner9"), ["label"]),
    "plan changed": (lambda r: r.update(entropyPlan="nine dice"), ["fingerprint"]),
    "plan removed": (lambda r: r.update(entropyPlan=""), ["fingerprint", "entropy"]),
    "entropy changed": (lambda r: r.update(entropy="1 1 1 1 1 1 1 1 1 1"), ["entropy", "winners"]),
    "entropy removed": (lambda r: r.update(entropy=""), ["entropy"]),
    "winner replaced": (lambda r: r["winners"][2].update(participantId=loser_of(r)), ["winners"]),
    "winner replaced by a stranger": (lambda r: r["winners"][2].update(participantId="friend"), ["winners"]),
    "winner replaced by one withdrawn": (
        lambda r: r["winners"][2].update(participantId=r["withdrawn"][1]["participantId"]),
        ["winners"],
    ),
    "winners swapped": (lambda r: swap(r, 1, 2), ["winners"]),
    "winner removed": (lambda r: r["winners"].pop(), ["winners"]),
    "winner added": (
        lambda r: r["winners"].append({"prizeId": "grand", "participantId": loser_of(r), "rank": 2}),
        ["winners"],
    ),
    "rank changed": (lambda r: r["winners"][1].update(rank=9), ["winners"]),
    "winner of another prize": (lambda r: r["winners"][0].update(prizeId="fourth"), ["winners"]),
    "winners of the draw without withdrawals": (
        lambda r: r.update(winners=full_record(withdrawn=[])["winners"]),
        ["withdrawn"],
    ),
    "stranger withdrawn": (lambda r: r["withdrawn"][0].update(participantId="friend"), ["withdrawn"]),
    "withdrawn without a reason": (lambda r: r["withdrawn"][0].update(reason=""), ["withdrawn"]),
    "withdrawn twice": (lambda r: r["withdrawn"].append(r["withdrawn"][0]), ["withdrawn"]),
    "winner withdrawn afterwards": (
        lambda r: r["withdrawn"].append({**r["withdrawn"][0], "participantId": r["winners"][-1]["participantId"]}),
        ["winners"],
    ),
    "strength overstated": (lambda r: r.update(strength="certified"), ["strength"]),
    "strength understated": (lambda r: r.update(strength="committed"), ["strength"]),
    "status changed": (lambda r: r.update(status="CANCELLED"), ["winners"]),
    "status unknown": (lambda r: r.update(status="DONE"), ["shape"]),
    "version unknown": (lambda r: r.update(version="fair-draw-v0"), ["shape"]),
    "field removed": (lambda r: r.pop("seed"), ["shape"]),
}


def altered(name: str) -> dict[str, Any]:
    record = copy.deepcopy(full_record())
    ALTERED[name][0](record)
    return record


@pytest.mark.parametrize("name", ALTERED)
def test_altered_record_is_refused_by_the_part_that_is_wrong(name: str) -> None:
    report = check_record(altered(name))
    assert [fault.part for fault in report.faults] == ALTERED[name][1], report.faults
    wrong = {step.name for step in report.steps if step.state == "WRONG"}
    assert wrong == {step for step, parts in fair_draw.STEPS.items() if set(parts) & set(ALTERED[name][1])}


def test_lone_winner_that_does_not_follow_names_both_causes() -> None:
    """Nothing in the record can tell another winner from another public value where there is one place only."""
    record = make_record(prizes=[("grand", 1)], entropy_plan="a word", entropy="snow")
    record["winners"][0]["participantId"] = loser_of(record)
    assert [fault.part for fault in verify_record(record)] == ["entropy", "winners"]


def test_full_record_is_right_and_shows_the_result_without_withdrawals() -> None:
    report = check_record(full_record())
    assert report.ok
    assert report.without_withdrawn != report.winners
    assert report.as_json()["withoutWithdrawn"] == full_record(withdrawn=[])["winners"]
    assert [one.reason for one in report.withdrawn] == ["went home"] * 2


def test_public_value_without_a_plan_is_refused() -> None:
    """Whoever knows the seed could try values until the result suits; only a plan made at the commit prevents it."""
    assert [fault.part for fault in verify_record(make_record(entropy="6 6 6"))] == ["entropy"]
    commit = seal(commitment=COMMITMENT, draw_id="draw1", seq=1, entries=E1, prizes=R1)
    with pytest.raises(InvalidInput, match="no plan") as refused:
        fair_draw.draw(commit, seed=SEED, entropy="6 6 6")
    assert refused.value.part == "entropy"


def test_draw_gives_the_winners_of_the_record() -> None:
    record = full_record()
    commit = seal(
        commitment=COMMITMENT, draw_id="draw1", seq=4, entries=ENTRIES, prizes=PRIZES, entropy_plan="ten dice"
    )
    assert commit.fingerprint == record["fingerprint"]
    assert commit.short_fingerprint.replace(" ", "") == record["fingerprint"][:16]
    wins = fair_draw.draw(
        commit, seed=SEED, entropy=record["entropy"], withdrawn=[one["participantId"] for one in record["withdrawn"]]
    )
    assert [(win.prize_id, win.participant_id, win.rank) for win in wins] == [
        (win["prizeId"], win["participantId"], win["rank"]) for win in record["winners"]
    ]
    with pytest.raises(InvalidInput) as refused:
        fair_draw.draw(commit, seed=bytes(32), entropy="x")
    assert refused.value.part == "seed"


@pytest.mark.parametrize(
    ("part", "changes"),
    [
        ("entries", {"entries": [("a:b", 1)]}),
        ("entries", {"entries": [("a", 0)]}),
        ("entries", {"entries": [("a", True)]}),
        ("entries", {"entries": [("a", 1), ("a", 2)]}),
        ("rules", {"prizes": []}),
        ("rules", {"prizes": [("x", 1), ("x", 1)]}),
        ("rules", {"prizes": [("x\n", 1)]}),
        ("label", {"seq": 0}),
        ("label", {"draw_id": "rehearsal-draw1"}),
        ("label", {"rehearsal": True, "replaces": "winner1"}),
        ("entropyPlan", {"entropy_plan": "\ud800"}),
        ("commitment", {"commitment": "ABC"}),
    ],
)
def test_seal_refuses_what_cannot_be_drawn_over(part: str, changes: dict[str, Any]) -> None:
    inputs: dict[str, Any] = {"commitment": COMMITMENT, "draw_id": "draw1", "seq": 1, "entries": E1, "prizes": R1}
    with pytest.raises(InvalidInput) as refused:
        seal(**{**inputs, **changes})
    assert refused.value.part == part


# --- States -----------------------------------------------------------------------------------------------------------


def other_states() -> dict[str, tuple[dict[str, Any], list[str]]]:
    """Records that are not of a completed draw of chance → the parts that are named."""
    committed = committed_record()
    cancelled = {**committed, "status": "CANCELLED", "seed": SEED.hex()}
    no_plan = {**make_record(), "status": "CANCELLED", "winners": None, "entropy": None, "runAt": None}
    delegated = {**full_record(), "strength": "delegated"}
    chosen = {"prizeId": "grand", "participantId": loser_of(delegated), "rank": 1}
    delegated["winners"] = [chosen]
    gone = delegated["withdrawn"][0]["participantId"]
    again = {**chosen, "prizeId": PRIZES[1][0]}
    return {
        "committed": (committed, []),
        "running": ({**committed, "status": "RUNNING"}, []),
        "running, value known": ({**committed, "status": "RUNNING", "entropy": "6 1 3"}, []),
        "cancelled": (cancelled, []),
        "cancelled, no plan": (no_plan, []),
        "delegated": (delegated, []),
        "rehearsal": (make_record(rehearsal=True), []),
        "replacement": (make_record(replaces="winner1", prizes=[("grand", 1)]), []),
        "no entries": (make_record(entries=[]), []),
        "committed, seed known": ({**committed, "seed": SEED.hex()}, ["seed"]),
        "committed, winners known": ({**committed, "winners": full_record()["winners"]}, ["winners"]),
        "committed, value known": ({**committed, "entropy": "6"}, ["entropy"]),
        "committed, run": ({**committed, "runAt": "2030-01-01T19:00:00.000Z"}, ["shape"]),
        "cancelled, seed hidden": ({**cancelled, "seed": None}, ["seed"]),
        "delegated, no list": ({**delegated, "winners": "all"}, ["winners"]),
        "delegated, no rank": ({**delegated, "winners": [{**chosen, "rank": None}]}, ["winners"]),
        "delegated, stranger": ({**delegated, "winners": [{**chosen, "participantId": "friend"}]}, ["winners"]),
        "delegated, withdrawn": ({**delegated, "winners": [{**chosen, "participantId": gone}]}, ["winners"]),
        "delegated, other prize": ({**delegated, "winners": [{**chosen, "prizeId": "car"}]}, ["winners"]),
        "delegated, too many": ({**delegated, "winners": [{**chosen, "rank": 99}]}, ["winners"]),
        "delegated, twice": ({**delegated, "winners": [chosen, again]}, ["winners"]),
        "delegated, seed swapped": ({**delegated, "seed": "11" * 32}, ["seed"]),
        "delegated, entry removed": ({**delegated, "entries": delegated["entries"][1:]}, ["entries", "withdrawn"]),
    }


@pytest.mark.parametrize("name", other_states())
def test_state_of_a_draw_is_checked_as_what_it_is(name: str) -> None:
    record, parts = other_states()[name]
    if name == "delegated, entry removed":  # the first entry may be the one that was withdrawn
        parts = parts if record["withdrawn"][1]["participantId"] == ENTRIES[0][0] else parts[:1]
    assert [fault.part for fault in verify_record(record)] == parts


def test_delegated_draw_says_that_the_app_chose() -> None:
    report = check_record(other_states()["delegated"][0])
    states = {step.name: step.state for step in report.steps}
    assert (states["fingerprint"], states["seed"], states["winners"]) == ("OK", "OK", "SKIPPED")
    assert any("app chose" in caution for caution in report.cautions)


def test_cancelled_draw_shows_who_would_have_won() -> None:
    report = check_record(other_states()["cancelled, no plan"][0])
    assert report.as_json()["winners"] == make_record()["winners"]
    assert check_record(other_states()["cancelled"][0]).winners is None  # its public value was never known


def test_shown_fingerprint_is_compared() -> None:
    record = full_record()
    shown = fair_draw.short_fingerprint(record["fingerprint"])
    assert check_record(record, shown=shown.upper()).ok
    assert check_record(record, shown=record["fingerprint"]).ok
    for wrong in ("0000 0000 0000 0000", shown[:9], "no digits"):
        assert [fault.part for fault in check_record(record, shown=wrong).faults] == ["phone"]


def test_own_entry_is_found() -> None:
    record = full_record()
    report = check_record(record)
    winner = record["winners"][0]["participantId"]
    entry = find_entry(record, report, winner)
    assert entry is not None and entry.places is not None
    assert entry.places["grand"] == 1
    assert entry.wins == [Win("grand", winner, 1)]
    withdrawn = find_entry(record, report, record["withdrawn"][0]["participantId"])
    assert withdrawn is not None and withdrawn.withdrawn and withdrawn.wins == []
    assert find_entry(record, report, "stranger") is None


# --- Records that are no records --------------------------------------------------------------------------------------

NASTY: list[Any] = [
    *(None, True, False, 0, -1, 1.5, 10**400, -(10**5000), 2**53, 1_000_001, "", "x", "a:b", "a\nb", "\ud800"),
    *("\x1b[2K", "9" * 5000, [], [[]], [None], {}, {"a": 1}, [{}], [{"participantId": "a"}], [{"prizeId": "a"}]),
]
NOT_JSON: list[Any] = [float("nan"), float("inf"), -float("inf")]
PLACES: list[tuple[Any, ...]] = [
    *[(name,) for name in full_record()],
    *[("entries", 0, name) for name in ("participantId", "weight")],
    *[("prizes", 0, name) for name in ("prizeId", "count", "name")],
    *[("winners", 0, name) for name in ("prizeId", "participantId", "rank")],
    *[("withdrawn", 0, name) for name in ("participantId", "at", "by", "reason")],
    *[(name, 0) for name in ("entries", "prizes", "winners", "withdrawn")],
]
FREE = {("roomId",), ("committedAt",), ("runAt",), ("prizes", 0, "name"), ("withdrawn", 0, "by")}
FREE |= {("withdrawn", 0, "at"), ("withdrawn", 0, "reason")}


def put(record: dict[str, Any], where: tuple[Any, ...], value: Any) -> dict[str, Any]:
    record = copy.deepcopy(record)
    inside: Any = record
    for name in where[:-1]:
        inside = inside[name]
    inside[where[-1]] = value
    return record


def nasty_records(values: list[Any]) -> Iterator[tuple[tuple[Any, ...], Any, dict[str, Any]]]:
    record = full_record()
    for where in PLACES:
        for value in values:
            yield where, value, put(record, where, value)


PARTS = {part for parts in fair_draw.STEPS.values() for part in parts}


def test_malformed_record_gives_a_named_fault_and_no_crash() -> None:
    original = full_record()
    for where, value, record in nasty_records(NASTY + NOT_JSON):
        faults = verify_record(record)
        assert {fault.part for fault in faults} <= PARTS
        assert faults or record == original or where in FREE, (where, value)


@given(
    st.recursive(
        st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(st.characters(), max_size=5)),
        lambda inner: st.one_of(
            st.lists(inner, max_size=4),
            st.dictionaries(st.sampled_from([*full_record(), "participantId", "weight", "rank"]), inner, max_size=8),
        ),
        max_leaves=15,
    ),
    st.sampled_from(PLACES),
)
@quick
def test_any_value_anywhere_gives_no_crash(value: Any, where: tuple[Any, ...]) -> None:
    assert verify_record(value)
    list(fair_draw.report_lines(value, check_record(value)))
    record = put(full_record(), where, value)
    list(fair_draw.report_lines(record, check_record(record)))


# --- The stand-alone program ------------------------------------------------------------------------------------------


def run_program(folder: Path, text: str, *options: str, proof: str = "proof.json") -> tuple[int, str, str]:
    """Run the one file as an auditor does: copied out of the project, in a Python that sees no other packages."""
    program = shutil.copy(Path(fair_draw.__file__), folder / "verify_draw.py")
    (folder / "proof.json").write_text(text, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-I", "-S", program, proof, *options], cwd=folder, capture_output=True, check=False, timeout=60
    )
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def test_program_prints_every_step(tmp_path: Path) -> None:
    record = full_record()
    winner = record["winners"][0]["participantId"]
    shown = fair_draw.short_fingerprint(record["fingerprint"])
    code, out, _ = run_program(tmp_path, json.dumps(record), "--fingerprint", shown, "--entry", winner)
    assert code == 0
    assert [line.split()[1].rstrip(":") for line in out.splitlines() if line.startswith("OK ")] == list(fair_draw.STEPS)
    assert "WRONG" not in out
    assert 'because "went home"' in out
    assert "Without these withdrawals would have won:" in out
    assert f'"{winner}" is entered with weight' in out
    assert "\x1b" not in out  # the name of the prize would have moved the cursor up a line


def test_program_says_what_is_wrong(tmp_path: Path) -> None:
    code, out, _ = run_program(tmp_path, json.dumps(altered("weight changed")))
    assert code == 1
    assert "WRONG  entries: The entries are not those that were committed" in out
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
    tree = ast.parse(Path(fair_draw.__file__).read_text(encoding="utf-8"), feature_version=(3, 8))
    modules: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            modules.update(alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            modules.add(str(node.module).split(".")[0])
    assert modules <= set(sys.stdlib_module_names)


# --- Size -------------------------------------------------------------------------------------------------------------


def large_record() -> dict[str, Any]:
    """A draw of 1,000 winners over 100,000 entries, the winners by the module (the naive walk would take minutes)."""
    entries = [
        (f"{number * 2654435761 % 2**32:08x}-4f6a-41c2-9d5e-{number:012d}", 1 + number % 9) for number in range(100_000)
    ]
    record = make_record(entries=[], prizes=[("grand", 1000)], entropy_plan="dice", entropy="6 6 1")
    commit = seal(
        commitment=COMMITMENT, draw_id="draw1", seq=4, entries=entries, prizes=[("grand", 1000)], entropy_plan="dice"
    )
    wins = fair_draw.draw(commit, seed=SEED, entropy="6 6 1")
    record.update(
        entries=[{"participantId": one, "weight": weight} for one, weight in entries],
        entriesHash=commit.entries_hash,
        fingerprint=commit.fingerprint,
        winners=[{"prizeId": win.prize_id, "participantId": win.participant_id, "rank": win.rank} for win in wins],
    )
    return record


def test_hundred_thousand_entries_are_checked_quickly() -> None:
    record = large_record()
    start = time.process_time()
    assert verify_record(record) == []
    assert time.process_time() - start < 3  # some 0.3 where nothing else runs


# --- The browser's JavaScript -----------------------------------------------------------------------------------------


def ask_node(calls: list[list[Any]]) -> Any:
    harness = Path(__file__).with_name("fair_draw_node.js")
    done = subprocess.run(
        ["node", str(harness)], input=json.dumps(calls).encode(), capture_output=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr.decode()
    return json.loads(done.stdout)


def agree_in_node(records: list[Any], shown: str | None = None) -> None:
    """Both verifiers give the same report of each record: steps, states, faults, words, winners."""
    texts = [json.dumps(record) for record in records]
    for text, report in zip(texts, ask_node([["check", text, shown] for text in texts]), strict=True):
        assert report == check_record(fair_draw.read_record(text), shown=shown).as_json(), text


@pytest.mark.node
def test_node_hashes_as_python_does() -> None:
    lengths = [0, 1, 31, 32, 55, 56, 57, 63, 64, 65, 119, 120, 127, 128, 129, 1000]
    texts = [bytes(number % 251 for number in range(length)) for length in lengths]
    calls = [["sha256", text.hex()] for text in texts] + [["hmac", text.hex(), texts[5].hex()] for text in texts]
    expected = [hashlib.sha256(text).hexdigest() for text in texts]
    expected += [hmac.new(text, texts[5], hashlib.sha256).hexdigest() for text in texts]
    assert ask_node(calls) == expected
    words = [str(2**64 - 1), str(2**64 - 2**64 % 100_000_000_007), "200000000020"]
    assert ask_node([["below", 100_000_000_007, words]]) == [200000000020 % 100_000_000_007]


@pytest.mark.node
def test_node_gives_the_vectors_of_the_specification() -> None:
    calls = [["derive", {"label": "draw1", "seed": SEED.hex(), **inputs}] for inputs, _ in VECTORS.values()]
    for (inputs, expected), derived in zip(VECTORS.values(), ask_node(calls), strict=True):
        derived["winners"] = [f"{win['prizeId']} {win['participantId']}" for win in derived["winners"]]
        assert {part: derived[part] for part in expected} == expected
        assert derived == derive(inputs)


@pytest.mark.node
def test_node_names_the_same_faults_of_altered_records() -> None:
    agree_in_node([altered(name) for name in ALTERED])
    agree_in_node([record for record, _ in other_states().values()])


@pytest.mark.node
def test_node_compares_the_shown_fingerprint() -> None:
    record = full_record()
    for shown in (fair_draw.short_fingerprint(record["fingerprint"]), "0000 0000 0000 0000", "no digits"):
        agree_in_node([record, committed_record()], shown)


@pytest.mark.node
def test_node_gives_the_same_faults_of_malformed_records() -> None:
    values = [value for value in NASTY if not isinstance(value, int) or abs(value) < 10**4000]
    agree_in_node([record for _, _, record in nasty_records(values)] + values)


@pytest.mark.node
def test_node_agrees_on_random_records() -> None:
    records: list[Any] = []

    @given(draws())
    @settings(max_examples=150, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck))
    def collect(inputs: dict[str, Any]) -> None:
        records.append(make_record(**inputs))

    collect()
    agree_in_node(records)


@pytest.mark.node
def test_script_of_a_page_gives_one_global() -> None:
    assert ask_node([["browser"]]) == [["FairDraw"]]


@pytest.mark.node
def test_node_finds_the_same_entry() -> None:
    record = full_record()
    report = check_record(record)
    people = [record["winners"][0]["participantId"], record["withdrawn"][0]["participantId"], "stranger"]
    for one, found in zip(people, ask_node([["find", json.dumps(record), one] for one in people]), strict=True):
        entry = find_entry(record, report, one)
        if entry is None:
            assert found is None
            continue
        assert {place["prizeId"]: place["place"] for place in found["places"]} == entry.places
        assert (found["weight"], found["totalWeight"], found["withdrawn"]) == (
            *(entry.weight, entry.total_weight, entry.withdrawn),
        )
        assert len(found["wins"]) == len(entry.wins or ())


@pytest.mark.node
def test_node_checks_hundred_thousand_entries_quickly() -> None:
    (answer,) = ask_node([["timed", json.dumps(large_record())]])
    assert answer["ok"]
    assert answer["seconds"] < 5  # some 0.3 where nothing else runs; a phone takes about five times that
