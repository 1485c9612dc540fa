"""Records that were altered: whatever is changed in one, the check finds it and names the part."""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prizes import fair_draw
from prizes.fair_draw import Win, check_record, find_entry, verify_record
from tests.prizes.draw_records import (
    E2,
    ENTRIES,
    GRAND,
    PRIZES,
    SEED,
    X,
    committed_record,
    full_record,
    loser_of,
    make_record,
    quick,
)


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


def insert_entry(record: dict[str, Any], participant_id: str, weight: int = 1) -> None:
    record["entries"].append({"participantId": participant_id, "weight": weight})
    record["entries"].sort(key=lambda one: one["participantId"])


def seal_again(record: dict[str, Any], *, tree: bool = True, rules: bool = False) -> dict[str, Any]:
    """A forger who also writes the sums and hashes that belong to the altered list or rules."""
    if tree:
        made = fair_draw.Tree([(one["participantId"], one["weight"]) for one in record["entries"]])
        record.update(entriesRoot=made.root, entryCount=made.count, totalWeight=made.weight)
    if rules:
        prizes = fair_draw.check_rules([(one["prizeId"], one["count"], one["name"]) for one in record["prizes"]])
        record.update(rulesHash=fair_draw.rules_hash(record["mode"], prizes, record["distinct"]))
    return record


Alteration = Callable[[dict[str, Any]], Any]

#: what was done to a record of a completed draw → the parts that are named
ALTERED: dict[str, tuple[Alteration, list[str]]] = {
    "entry removed": (lambda r: r["entries"].pop(3), ["entries"]),
    "entry added": (lambda r: insert_entry(r, "friend"), ["entries"]),
    "entry replaced": (lambda r: r["entries"][3].update(participantId="person-03a"), ["entries"]),
    "entry twice": (lambda r: insert_entry(r, ENTRIES[0][0]), ["entries"]),
    "entries in another order": (lambda r: r["entries"].reverse(), ["entries"]),
    "weight changed": (lambda r: r["entries"][3].update(weight=1000), ["entries"]),
    "entries and sums changed": (lambda r: (r["entries"].pop(), seal_again(r)), ["fingerprint"]),
    "entriesRoot changed": (lambda r: r.update(entriesRoot=other_hash("x")), ["entriesRoot"]),
    "entryCount changed": (lambda r: r.update(entryCount=41), ["entryCount"]),
    "totalWeight changed": (lambda r: r.update(totalWeight=99), ["totalWeight"]),
    "count changed": (lambda r: r["prizes"][1].update(count=6), ["rules"]),
    "name changed": (lambda r: r["prizes"][1].update(name="Third"), ["rules"]),
    "name and hash changed": (
        lambda r: (r["prizes"][1].update(name="Third"), seal_again(r, tree=False, rules=True)),
        ["fingerprint"],
    ),
    "prize removed": (lambda r: r["prizes"].pop(), ["rules"]),
    "prizes in another order": (lambda r: r["prizes"].reverse(), ["rules"]),
    "distinct changed": (lambda r: r.update(distinct=False), ["rules"]),
    "mode changed": (lambda r: r.update(mode="delegated-draw"), ["mode"]),
    "mode and hash changed": (
        lambda r: (r.update(mode="delegated-draw"), seal_again(r, tree=False, rules=True)),
        ["fingerprint"],
    ),
    "mode unknown": (lambda r: r.update(mode="app"), ["mode"]),
    "rulesHash changed": (lambda r: r.update(rulesHash=other_hash("x")), ["rulesHash"]),
    "seed swapped": (lambda r: r.update(seed="11" * 32), ["seed"]),
    "seed hidden": (lambda r: r.update(seed=None), ["seed"]),
    "commitment changed": (lambda r: r.update(commitment=other_hash("x")), ["commitment"]),
    "seed and commitment swapped": (swap_seed_and_commitment, ["fingerprint"]),
    "fingerprint changed": (lambda r: r.update(fingerprint=other_hash("x")), ["fingerprint"]),
    "number changed": (lambda r: r.update(seq=5), ["fingerprint"]),
    "time changed": (lambda r: r.update(committedAt="2026-12-31T20:00:00.001Z"), ["fingerprint"]),
    "time without milliseconds": (lambda r: r.update(committedAt="2026-12-31T20:00:00Z"), ["committedAt"]),
    "room changed": (lambda r: r.update(roomId="room2"), ["fingerprint"]),
    "draw id changed": (lambda r: r.update(drawId="draw2"), ["fingerprint"]),
    "called a rehearsal": (lambda r: r.update(rehearsal=True), ["label"]),
    "called a replacement": (lambda r: r.update(replaces="winner9"), ["label"]),
    "plan changed": (lambda r: r.update(entropyPlan="nine dice"), ["fingerprint"]),
    "plan removed": (lambda r: r.update(entropyPlan=""), ["fingerprint", "entropy"]),
    "plan is no text": (lambda r: r.update(entropyPlan=None), ["entropyPlan"]),
    "entropy changed": (lambda r: r.update(entropy="1 1 1 1 1 1 1 1 1 1"), ["entropy", "winners"]),
    "entropy removed": (lambda r: r.update(entropy=""), ["entropy"]),
    "winner replaced": (lambda r: r["winners"][2].update(participantId=loser_of(r)), ["winners"]),
    "winner replaced by a stranger": (lambda r: r["winners"][2].update(participantId="friend"), ["winners"]),
    "winner replaced by one withdrawn": (
        lambda r: r["winners"][2].update(participantId=r["withdrawn"][1]["participantId"]),
        ["winners"],
    ),
    "winners swapped": (lambda r: swap(r, 1, 2), ["winners"]),
    "winners listed in another order": (lambda r: r["winners"].reverse(), ["winners"]),
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
    "withdrawn for a typed reason": (lambda r: r["withdrawn"][0].update(reason="was rude"), ["withdrawn"]),
    "withdrawn twice": (lambda r: r["withdrawn"].append(r["withdrawn"][0]), ["withdrawn"]),
    "withdrawnCount changed": (lambda r: r.update(withdrawnCount=3), ["withdrawn"]),
    "winner withdrawn afterwards": (
        lambda r: (
            r["withdrawn"].append({**r["withdrawn"][0], "participantId": r["winners"][-1]["participantId"]}),
            r.update(withdrawnCount=3),
        ),
        ["winners"],
    ),
    "strength unknown": (lambda r: r.update(strength="certified"), ["strength"]),
    "strength understated": (lambda r: r.update(strength="committed"), ["strength"]),
    "app chose without being announced": (lambda r: r.update(strength="delegated"), ["strength"]),
    "fallback without an app": (lambda r: r.update(fallbackReason="it was asleep"), ["strength"]),
    "status changed": (lambda r: r.update(status="CANCELLED", runAt=None), ["winners"]),
    "status unknown": (lambda r: r.update(status="DONE"), ["shape"]),
    "version unknown": (lambda r: r.update(version="fair-draw-v0"), ["shape"]),
    "kind unknown": (lambda r: r.update(kind="letter"), ["shape"]),
    "field removed": (lambda r: r.pop("seed"), ["shape"]),
    "time of the run removed": (lambda r: r.update(runAt=None), ["shape"]),
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


def test_overstated_strength_is_refused() -> None:
    assert [fault.part for fault in verify_record(make_record() | {"strength": "committed+entropy"})] == ["strength"]


def test_lone_winner_that_does_not_follow_names_both_causes() -> None:
    """Nothing in the record can tell another winner from another public value where there is one place only."""
    record = make_record(prizes=[GRAND], entropy_plan="a word", entropy="snow")
    record["winners"][0]["participantId"] = loser_of(record)
    assert [fault.part for fault in verify_record(record)] == ["entropy", "winners"]


def test_full_record_is_right_and_shows_the_result_without_withdrawals() -> None:
    report = check_record(full_record())
    assert report.ok
    assert report.without_withdrawn != report.winners
    assert report.as_json()["withoutWithdrawn"] == full_record(withdrawn=[])["winners"]
    assert [one.reason for one in report.withdrawn] == ["left"] * 2


def test_public_value_without_a_plan_is_refused() -> None:
    assert [fault.part for fault in verify_record(make_record(entropy="6 6 6"))] == ["entropy"]


# --- Every single field -----------------------------------------------------------------------------------------------

#: What nothing proves: the report says so in words.
NOT_PROVEN = {
    "runAt": "the time of the run",
    "entropy": "the public value, from which nothing follows",
    "fallbackReason": "why the app did not choose",
    "withdrawn.at": "when, by whom and why people were withdrawn",
    "withdrawn.by": "when, by whom and why people were withdrawn",
    "withdrawn.reason": "when, by whom and why people were withdrawn",
}


def other(value: Any) -> Any:
    """Another value of the same form: what a forger would write."""
    forms: dict[str, str] = {"2026": "2027", "left": "removed", "committed": "delegated", "COMPLETED": "CANCELLED"}
    if value is None:
        return "x"
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    if isinstance(value, list):
        return value[:-1] or ["x"]
    start = next((start for start in forms if value.startswith(start)), None)
    if start:
        return value.replace(start, forms[start], 1)
    return other_hash(value) if fair_draw.is_hash(value) else f"{value}x"


def paths(value: Any, where: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if where:
        yield where
    if isinstance(value, dict | list):
        for key, inside in value.items() if isinstance(value, dict) else enumerate(value):
            yield from paths(inside, (*where, key))


def put(record: dict[str, Any], where: tuple[Any, ...], value: Any) -> dict[str, Any]:
    record = copy.deepcopy(record)
    inside: Any = record
    for name in where[:-1]:
        inside = inside[name]
    inside[where[-1]] = value
    return record


def get(record: dict[str, Any], where: tuple[Any, ...]) -> Any:
    inside: Any = record
    for name in where:
        inside = inside[name]
    return inside


def delegated_record() -> dict[str, Any]:
    record = make_record(entries=E2, prizes=[X], mode="delegated-draw")
    return record | {"strength": "delegated", "winners": [{"prizeId": "x", "participantId": "bob", "rank": 1}]}


@pytest.mark.parametrize(
    "record",
    [
        full_record(),
        make_record(rehearsal=True),
        make_record(replaces="winner1", prizes=[GRAND], distinct=False),
        make_record(mode="delegated-draw") | {"fallbackReason": "asleep"},
        committed_record(),
        committed_record() | {"status": "RUNNING", "entropy": "6 6 6"},
        committed_record() | {"status": "CANCELLED", "seed": SEED.hex()},
    ],
    ids=["full", "rehearsal", "replacement", "fallback", "committed", "running", "cancelled"],
)
def test_every_single_field_is_proven_or_named(record: dict[str, Any]) -> None:
    assert verify_record(record) == []
    for where in paths(record):
        value = get(record, where)
        if isinstance(value, dict):
            continue
        report = check_record(put(record, where, other(value)))
        name = ".".join(str(name) for name in where if isinstance(name, str))
        assert report.faults or NOT_PROVEN[name] in "; ".join(report.not_proven), name


def test_winners_that_an_app_chose_are_not_proven_and_said_so() -> None:
    report = check_record(delegated_record())
    assert report.ok
    assert any("does not prove that chance did" in caution for caution in report.cautions)
    assert any("two results" in caution for caution in report.cautions)


# --- States -----------------------------------------------------------------------------------------------------------


def other_states() -> dict[str, tuple[dict[str, Any], list[str]]]:
    """Records that are not of a completed draw of chance → the parts that are named."""
    committed = committed_record()
    running = {**committed, "status": "RUNNING", "entropy": "6 1 3"}
    cancelled = {**committed, "status": "CANCELLED", "seed": SEED.hex()}
    no_plan = {**make_record(), "status": "CANCELLED", "winners": None, "entropy": None, "runAt": None}
    delegated = {**full_record(mode="delegated-refuse"), "strength": "delegated"}
    chosen = {"prizeId": "grand", "participantId": loser_of(delegated), "rank": 1}
    delegated["winners"] = [chosen]
    gone = delegated["withdrawn"][0]["participantId"]
    again = {**chosen, "prizeId": PRIZES[1][0]}
    others = [one for one, _ in ENTRIES if one not in (gone, chosen["participantId"])]
    second = [{"prizeId": "second", "participantId": one, "rank": rank} for rank, one in enumerate(others[1:3], 1)]
    fell_back = {**full_record(mode="delegated-draw"), "fallbackReason": "it was asleep"}
    return {
        "committed": (committed, []),
        "running": (running, []),
        "cancelled": (cancelled, []),
        "cancelled after the claim": ({**cancelled, "entropy": "6 1 3"}, []),
        "cancelled, no plan": (no_plan, []),
        "delegated": (delegated, []),
        "delegated, several": ({**delegated, "winners": [chosen, *second]}, []),
        "fell back": (fell_back, []),
        "rehearsal": (make_record(rehearsal=True), []),
        "replacement": (make_record(replaces="winner1", prizes=[GRAND]), []),
        "committed, seed known": ({**committed, "seed": SEED.hex()}, ["seed"]),
        "committed, winners known": ({**committed, "winners": full_record()["winners"]}, ["winners"]),
        "committed, empty winners": ({**committed, "winners": []}, ["winners"]),
        "committed, value known": ({**committed, "entropy": "6"}, ["entropy"]),
        "committed, run": ({**committed, "runAt": "2030-01-01T19:00:00.000Z"}, ["shape"]),
        "committed, withdrawn": ({**committed, "withdrawnCount": 1}, ["withdrawn"]),
        "committed, chosen": ({**committed, "strength": "delegated"}, ["strength"]),
        "running, value unknown": ({**running, "entropy": None}, ["entropy"]),
        "cancelled, seed hidden": ({**cancelled, "seed": None}, ["seed"]),
        "refusing app, platform drew": (full_record(mode="delegated-refuse"), ["strength"]),
        "fell back, app chose": ({**fell_back, "strength": "delegated"}, ["strength"]),
        "delegated, no list": ({**delegated, "winners": "all"}, ["winners"]),
        "delegated, no rank": ({**delegated, "winners": [{**chosen, "rank": None}]}, ["winners"]),
        "delegated, second rank only": ({**delegated, "winners": [{**second[0], "rank": 2}]}, ["winners"]),
        "delegated, other order": ({**delegated, "winners": [*second, chosen]}, ["winners"]),
        "delegated, stranger": ({**delegated, "winners": [{**chosen, "participantId": "friend"}]}, ["winners"]),
        "delegated, withdrawn": ({**delegated, "winners": [{**chosen, "participantId": gone}]}, ["winners"]),
        "delegated, other prize": ({**delegated, "winners": [{**chosen, "prizeId": "car"}]}, ["winners"]),
        "delegated, too many": ({**delegated, "winners": [{**chosen, "rank": 99}]}, ["winners"]),
        "delegated, twice": ({**delegated, "winners": [chosen, again]}, ["winners"]),
        "delegated, seed swapped": ({**delegated, "seed": "11" * 32}, ["seed"]),
        "delegated, no value": ({**delegated, "entropy": ""}, ["entropy"]),
        "delegated, entry removed": ({**delegated, "entries": delegated["entries"][:-1]}, ["entries"]),
    }


@pytest.mark.parametrize("name", other_states())
def test_state_of_a_draw_is_checked_as_what_it_is(name: str) -> None:
    record, parts = other_states()[name]
    assert [fault.part for fault in verify_record(record)] == parts


def test_delegated_draw_says_that_the_app_chose() -> None:
    report = check_record(other_states()["delegated"][0])
    states = {step.name: step.state for step in report.steps}
    assert (states["fingerprint"], states["seed"], states["winners"]) == ("OK", "OK", "SKIPPED")
    assert any("app chose" in caution for caution in report.cautions)


def test_a_mode_with_two_results_is_always_told() -> None:
    """An app that answers, or a platform that draws when it does not: one of two results is picked."""
    fell_back = check_record(other_states()["fell back"][0])
    assert any("two results" in caution for caution in fell_back.cautions)
    refusing = check_record(other_states()["delegated"][0])
    assert not any("two results" in caution for caution in refusing.cautions)


def test_cancelled_draw_shows_who_would_have_won() -> None:
    report = check_record(other_states()["cancelled, no plan"][0])
    assert report.as_json()["winners"] == make_record()["winners"]
    assert check_record(other_states()["cancelled"][0]).winners is None  # its public value was never known


def test_shown_fingerprint_is_compared_and_few_digits_are_warned_of() -> None:
    record = full_record()
    shown = fair_draw.short_fingerprint(record["fingerprint"])
    short = check_record(record, shown=shown.upper())
    assert short.ok
    assert any("compare at least 32" in caution for caution in short.cautions)
    for digits in (record["fingerprint"], record["fingerprint"][:32]):
        long = check_record(record, shown=digits)
        assert long.ok
        assert not any("digits" in caution for caution in long.cautions)
    last = record["fingerprint"][:-1] + ("0" if record["fingerprint"][-1] != "0" else "1")
    for wrong in ("0000 0000 0000 0000", shown[:9], "no digits", last):
        assert [fault.part for fault in check_record(record, shown=wrong).faults] == ["phone"]


def test_own_entry_is_found() -> None:
    record = full_record()
    report = check_record(record)
    winner = record["winners"][0]["participantId"]
    entry = find_entry(report, winner)
    assert entry is not None and entry.places is not None
    assert entry.places["grand"] == 1
    assert entry.position == [one for one, _ in ENTRIES].index(winner) + 1
    assert entry.wins == [Win("grand", winner, 1)]
    withdrawn = find_entry(report, record["withdrawn"][0]["participantId"])
    assert withdrawn is not None and withdrawn.withdrawn and withdrawn.wins == []
    assert find_entry(report, "stranger") is None


def test_entry_that_was_asked_for_has_to_be_there() -> None:
    record = full_record()
    assert check_record(record, entry=ENTRIES[7][0]).ok
    assert [fault.part for fault in check_record(record, entry="stranger").faults] == ["entry"]


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
FREE = {("withdrawn", 0, "by")}


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


any_json = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(st.characters(), max_size=5)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(
            st.sampled_from([*full_record(), "participantId", "weight", "rank", "tree"]), inner, max_size=8
        ),
    ),
    max_leaves=15,
)


@given(any_json, st.sampled_from(PLACES))
@quick
def test_any_value_anywhere_gives_no_crash(value: Any, where: tuple[Any, ...]) -> None:
    assert verify_record(value)
    list(fair_draw.report_lines(value, check_record(value)))
    record = put(full_record(), where, value)
    list(fair_draw.report_lines(record, check_record(record)))
    receipt = put(fair_draw.receipt_of(full_record()), ("tree",), value)
    assert verify_record(receipt)
