#!/usr/bin/env python3
"""fair-draw-v1: the procedure of a provably fair draw, and the program that checks a draw's record.

One file on purpose, with nothing but the standard library (Python 3.8 or later) and no Django: the platform imports
it to draw, and the evidence pack ships this very file as `verify_draw.py`, so that an auditor reads and runs the code
that drew, and not a second version of it:

    python3 verify_draw.py proof.json [--fingerprint "6aa9 cf82 b1ec f4e4"] [--entry PARTICIPANT_ID]

exits with 0 where everything is right, 1 where something is wrong, 2 where the file cannot be read. `fair-draw.js`
does the same in a browser, step by step, with the same names and the same words.

Drawing is `seal` at the commit and `draw` at the run; checking is `check_record` (all steps) or `verify_record` (the
faults alone). The rest are the steps of the procedure under their own names.
"""

from __future__ import annotations

import argparse
import hashlib
import hmac
import itertools
import json
import re
import secrets
import struct
import sys
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Tuple  # noqa: UP035 -- Python 3.8 cannot index `tuple` outside annotations

VERSION = "fair-draw-v1"
MAX_WEIGHT = 1_000_000
MAX_COUNT = 2**31 - 1
MAX_SEQ = 2**53 - 1  # the largest whole number that a browser reads exactly
STATUSES = ("COMMITTED", "RUNNING", "COMPLETED", "CANCELLED")
STRENGTHS = ("committed", "committed+entropy", "delegated")

Entry = Tuple[str, int]  # noqa: UP006 -- participantId, weight
Rule = Tuple[str, int]  # noqa: UP006 -- prizeId, count

_NOT_IN_ID = re.compile("[:\n\ud800-\udfff]")  # half a surrogate pair has no UTF-8 bytes
_SURROGATE = re.compile("[\ud800-\udfff]")
_HEX64 = re.compile("[0-9a-f]{64}")


class InvalidInput(ValueError):
    """A value that the procedure is not defined for. `part` says what is wrong, as in `Fault`."""

    def __init__(self, part: str, message: str) -> None:
        super().__init__(message)
        self.part = part
        self.message = message


# --- What may go in ---------------------------------------------------------------------------------------------------


def whole(value: Any, top: int) -> int:
    """The whole number from 1 to `top` that `value` is; 0 for everything else. 1.0 is 1, as it is in JSON and in
    browsers; true is not."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return 0
    if isinstance(value, float) and not value.is_integer():  # NaN and the infinities are no integers either
        return 0
    return int(value) if 1 <= value <= top else 0


def is_id(value: Any) -> bool:
    return isinstance(value, str) and value != "" and not _NOT_IN_ID.search(value)


def is_hash(value: Any) -> bool:
    return isinstance(value, str) and _HEX64.fullmatch(value) is not None


def is_text(value: Any) -> bool:
    return isinstance(value, str) and not _SURROGATE.search(value)


def is_blank(text: str) -> bool:
    return text.strip(" \t\r\n") == ""


def sort_entries(entries: Iterable[tuple[Any, Any]]) -> list[Entry]:
    """Step 1: the entries by the UTF-8 bytes of their ids. Raises InvalidInput (part `entries`)."""
    checked: list[Entry] = []
    seen = set()
    for number, (participant_id, given) in enumerate(entries, start=1):
        if not is_id(participant_id):
            raise InvalidInput("entries", f"Entry {number} has no usable id (text without a colon or a line feed).")
        weight = whole(given, MAX_WEIGHT)
        if not weight:
            raise InvalidInput(
                "entries",
                f"The weight of {show(participant_id)} is not a whole number from 1 to {MAX_WEIGHT}.",
            )
        if participant_id in seen:
            raise InvalidInput("entries", f"{show(participant_id)} is entered twice.")
        seen.add(participant_id)
        checked.append((participant_id, weight))
    checked.sort()  # Python compares code points, which is the order of the UTF-8 bytes
    return checked


def check_rules(prizes: Iterable[tuple[Any, Any]]) -> list[Rule]:
    """The prizes in their given order. Raises InvalidInput (part `rules`)."""
    checked: list[Rule] = []
    seen = set()
    for number, (prize_id, given) in enumerate(prizes, start=1):
        if not is_id(prize_id):
            raise InvalidInput("rules", f"Prize {number} has no usable id (text without a colon or a line feed).")
        count = whole(given, MAX_COUNT)
        if not count:
            raise InvalidInput("rules", f"The count of prize {show(prize_id)} is not a whole number from 1.")
        if prize_id in seen:  # one id twice would mean one order twice: the same people would win again
            raise InvalidInput("rules", f"Prize {show(prize_id)} stands twice.")
        seen.add(prize_id)
        checked.append((prize_id, count))
    if not checked:
        raise InvalidInput("rules", "There is no prize.")
    return checked


def label_of(draw_id: Any, *, rehearsal: Any = False, replaces: Any = None) -> str:
    """`drawId`, `rehearsal-<drawId>` or `replaces-<winnerId>-<drawId>`. Raises InvalidInput (part `label`)."""
    if not is_id(draw_id):
        raise InvalidInput("label", "The draw has no usable id (text without a colon or a line feed).")
    if draw_id.startswith(("rehearsal-", "replaces-")):
        raise InvalidInput("label", "The draw's id begins like the label of a rehearsal or a replacement.")
    if not isinstance(rehearsal, bool):
        raise InvalidInput("label", "The record does not say whether this is a rehearsal.")
    if replaces is None:
        return f"rehearsal-{draw_id}" if rehearsal else draw_id
    if not is_id(replaces):
        raise InvalidInput("label", "The win that is replaced has no usable id (text without a colon or a line feed).")
    if rehearsal:
        raise InvalidInput("label", "A draw cannot be a rehearsal and a replacement at once.")
    return f"replaces-{replaces}-{draw_id}"


# --- The procedure ----------------------------------------------------------------------------------------------------


def sha256_hex(text: str) -> str:
    """H(x) of the procedure."""
    return hashlib.sha256(text.encode()).hexdigest()


def new_seed() -> bytes:
    return secrets.token_bytes(32)


def commitment_of(seed: bytes) -> str:
    return hashlib.sha256(seed).hexdigest()


def entries_text(entries: Iterable[Entry]) -> str:
    """The bytes that entriesHash is made of, for entries as `sort_entries` gives them."""
    return "".join([f"{participant_id}:{weight}\n" for participant_id, weight in entries])


def entries_hash(entries: Iterable[Entry]) -> str:
    return sha256_hex(entries_text(entries))


def rules_text(prizes: Iterable[Rule], distinct: bool) -> str:
    return entries_text(prizes) + ("distinct\n" if distinct else "repeat\n")


def rules_hash(prizes: Iterable[Rule], distinct: bool) -> str:
    return sha256_hex(rules_text(prizes, distinct))


def text_hash(text: str) -> str:
    """H(plan) and H(entropy): the text is brought to NFC first, so that é is é however it was typed."""
    return sha256_hex(unicodedata.normalize("NFC", text))


def fingerprint_of(*, label: str, seq: int, commitment: str, entries_hash: str, rules_hash: str, plan_hash: str) -> str:
    lines = (VERSION, label, str(seq), commitment, entries_hash, rules_hash, plan_hash)
    return sha256_hex("".join([f"{line}\n" for line in lines]))


def short_fingerprint(fingerprint: str) -> str:
    """What screens and phones show: `6aa9 cf82 b1ec f4e4`."""
    return " ".join([fingerprint[at : at + 4] for at in range(0, 16, 4)])


def root_of(*, seed: bytes, fingerprint: str, entropy: str) -> bytes:
    return hmac.digest(seed, f"{VERSION}\n{fingerprint}\n{text_hash(entropy)}\n".encode(), "sha256")


def prize_key(root: bytes, prize_id: str) -> bytes:
    return hmac.digest(root, f"prize\n{prize_id}\n".encode(), "sha256")


def words_of(key: bytes) -> Iterator[int]:
    """Step 6: the endless stream of unsigned 64-bit words of a prize."""
    for block in itertools.count():
        yield from struct.unpack(">4Q", hmac.digest(key, block.to_bytes(8, "big"), "sha256"))


def below(n: int, words: Iterator[int]) -> int:
    """Step 7: a number under `n`, each as likely as the other; words of the incomplete last run are thrown away."""
    limit = 2**64 - 2**64 % n
    while True:
        word = next(words)
        if word < limit:
            return word % n


class Pool:
    """The sorted entries with the sums of their weights in a Fenwick tree, built once for all prizes of a draw."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self.entries = entries
        self.total = sum([weight for _, weight in entries])
        size = len(entries)
        tree = [0] + [weight for _, weight in entries]
        for at in range(1, size + 1):
            parent = at + (at & -at)
            if parent <= size:
                tree[parent] += tree[at]
        self._tree = tree
        self._top = 1 << size.bit_length() >> 1

    def order(self, key: bytes) -> Iterator[str]:
        """Step 8: the ids in the order of the prize with this key; O(log n) for each that is taken."""
        tree, top, size, left = self._tree[:], self._top, len(self.entries), self.total
        words = words_of(key)
        while left:
            rest = below(left, words)
            at, step = 0, top
            while step:
                after = at + step
                if after <= size and tree[after] <= rest:
                    at = after
                    rest -= tree[after]
                step >>= 1
            participant_id, weight = self.entries[at]
            yield participant_id
            left -= weight
            at += 1
            while at <= size:
                tree[at] -= weight
                at += at & -at


def draw_order(key: bytes, entries: Iterable[Entry]) -> Iterator[str]:
    """The order of one prize over entries as `sort_entries` gives them."""
    return Pool(list(entries)).order(key)


@dataclass(frozen=True)
class Win:
    """`rank` is the place among the winners of this prize: 1, 2, 3 …"""

    prize_id: str
    participant_id: str
    rank: int


def pick_winners(
    *, root: bytes, pool: Pool, prizes: Iterable[Rule], distinct: bool, withdrawn: Iterable[str] = ()
) -> list[Win]:
    """Step 9. Prizes come in their given order, winners of a prize by rank."""
    barred = {participant_id for participant_id, _ in pool.entries}.intersection(withdrawn)
    wins: list[Win] = []
    for prize_id, count in prizes:
        wanted = min(count, len(pool.entries) - len(barred))
        if not wanted:
            continue
        rank = 0
        winners: list[str] = []
        for participant_id in pool.order(prize_key(root, prize_id)):
            if participant_id in barred:
                continue
            rank += 1
            winners.append(participant_id)
            wins.append(Win(prize_id, participant_id, rank))
            if rank == wanted:
                break
        if distinct:
            barred.update(winners)
    return wins


@dataclass(frozen=True)
class Commit:
    """Everything that is fixed and published when a draw is committed; `seal` makes it."""

    draw_id: str
    seq: int
    commitment: str
    entries: tuple[Entry, ...]
    prizes: tuple[Rule, ...]
    distinct: bool
    entropy_plan: str
    rehearsal: bool
    replaces: str | None
    label: str
    entries_hash: str
    rules_hash: str
    fingerprint: str

    @property
    def short_fingerprint(self) -> str:
        return short_fingerprint(self.fingerprint)


def seal(
    *,
    commitment: str,
    draw_id: str,
    seq: int,
    entries: Iterable[Entry],
    prizes: Iterable[Rule],
    distinct: bool = True,
    entropy_plan: str = "",
    rehearsal: bool = False,
    replaces: str | None = None,
) -> Commit:
    """The commit over these inputs; `commitment` is `commitment_of(seed)`, the seed itself is not needed.

    Raises InvalidInput, naming the part that cannot be drawn over."""
    if not is_hash(commitment):
        raise InvalidInput("commitment", "The commitment is not 64 lower-case hex digits.")
    if not whole(seq, MAX_SEQ):
        raise InvalidInput("label", "The number of the draw is not a whole number from 1.")
    if not is_text(entropy_plan):
        raise InvalidInput("entropyPlan", "The plan for the public value is not text.")
    label = label_of(draw_id, rehearsal=rehearsal, replaces=replaces)
    sorted_entries, rules = sort_entries(entries), check_rules(prizes)
    hashes = {"entries_hash": entries_hash(sorted_entries), "rules_hash": rules_hash(rules, distinct)}
    return Commit(
        draw_id=draw_id,
        seq=seq,
        commitment=commitment,
        entries=tuple(sorted_entries),
        prizes=tuple(rules),
        distinct=distinct,
        entropy_plan=entropy_plan,
        rehearsal=rehearsal,
        replaces=replaces,
        label=label,
        fingerprint=fingerprint_of(
            label=label, seq=seq, commitment=commitment, plan_hash=text_hash(entropy_plan), **hashes
        ),
        **hashes,
    )


def draw(commit: Commit, *, seed: bytes, entropy: str = "", withdrawn: Iterable[str] = ()) -> list[Win]:
    """The winners of a sealed draw. Raises InvalidInput where the seed is not the committed one, and where a public
    value comes without a plan or is missing in spite of one: it could be chosen, or left out, to suit somebody."""
    if commitment_of(seed) != commit.commitment:
        raise InvalidInput("seed", SEED_SWAPPED)
    check_entropy(commit.entropy_plan, entropy)
    root = root_of(seed=seed, fingerprint=commit.fingerprint, entropy=entropy)
    return pick_winners(
        root=root, pool=Pool(commit.entries), prizes=commit.prizes, distinct=commit.distinct, withdrawn=withdrawn
    )


def check_entropy(plan: str, entropy: Any) -> None:
    if not is_text(entropy):
        raise InvalidInput("entropy", "The public value is not text.")
    if is_blank(plan) and entropy:
        raise InvalidInput("entropy", "There is a public value, but no plan for one was committed.")
    if not is_blank(plan) and is_blank(entropy):
        raise InvalidInput("entropy", "A public value was planned at the commit, but none was used.")


SEED_SWAPPED = "This is not the seed that was committed: its SHA-256 is not the commitment."


# --- Checking a record ------------------------------------------------------------------------------------------------

OK, WRONG, SKIPPED = "OK", "WRONG", "SKIPPED"

#: The steps in the order in which they are printed, each with the parts whose faults belong to it.
STEPS: dict[str, tuple[str, ...]] = {
    "shape": ("shape",),
    "label": ("label",),
    "entries": ("entries", "entriesHash"),
    "rules": ("rules", "rulesHash"),
    "fingerprint": ("fingerprint", "commitment", "entropyPlan"),
    "phone": ("phone",),
    "seed": ("seed",),
    "entropy": ("entropy",),
    "withdrawn": ("withdrawn",),
    "winners": ("winners",),
    "strength": ("strength",),
}

#: roomId, committedAt, runAt and the names of prizes are for people: no byte of the procedure depends on them.
REQUIRED = (
    *("version", "drawId", "seq", "status", "rehearsal", "replaces", "commitment", "entropyPlan", "prizes"),
    *("distinct", "entries", "withdrawn", "entriesHash", "rulesHash", "fingerprint", "entropy", "seed", "winners"),
    "strength",
)


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong: `part` is a name out of `STEPS`, `message` is for people."""

    part: str
    message: str


@dataclass(frozen=True)
class Step:
    name: str
    state: str
    message: str


@dataclass(frozen=True)
class Withdrawal:
    participant_id: str
    at: str
    by: str | None
    reason: str


@dataclass
class Report:
    """What a check found. `winners` are the recomputed ones (of a cancelled draw: who would have won), None where they
    could not be recomputed; `without_withdrawn` is the result if nobody had been withdrawn, None where nobody was."""

    faults: list[Fault] = field(default_factory=list)
    cautions: list[str] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    fingerprint: str | None = None
    root: str | None = None
    winners: list[Win] | None = None
    withdrawn: list[Withdrawal] = field(default_factory=list)
    without_withdrawn: list[Win] | None = None
    sorted_entries: list[Entry] | None = field(default=None, repr=False)
    rules: list[Rule] | None = field(default=None, repr=False)

    @property
    def ok(self) -> bool:
        return not self.faults

    def as_json(self) -> dict[str, Any]:
        """The shape that `FairDraw.checkRecord` of fair-draw.js gives, without the entries."""

        def wins(given: list[Win] | None) -> Any:
            return given and [
                {"prizeId": win.prize_id, "participantId": win.participant_id, "rank": win.rank} for win in given
            ]

        return {
            "ok": self.ok,
            "faults": [{"part": fault.part, "message": fault.message} for fault in self.faults],
            "cautions": list(self.cautions),
            "steps": [{"name": step.name, "state": step.state, "message": step.message} for step in self.steps],
            "fingerprint": self.fingerprint,
            "root": self.root,
            "winners": wins(self.winners),
            "withdrawn": [
                {"participantId": one.participant_id, "at": one.at, "by": one.by, "reason": one.reason}
                for one in self.withdrawn
            ],
            "withoutWithdrawn": wins(self.without_withdrawn),
        }


def verify_record(record: Any) -> list[Fault]:
    """The faults of a record, none where all is right. Never raises, whatever the record is."""
    return check_record(record).faults


def check_record(record: Any, *, shown: str | None = None) -> Report:
    """Recompute a record (the JSON proof as a dict), step by step. `shown` is what a screen or a phone showed at the
    commit: the first 16 or more digits of the fingerprint."""
    return _Check(record, shown).report


class _Check:
    """One check of one record; every method is a step, and writes what it found into the report."""

    def __init__(self, record: Any, shown: str | None) -> None:
        self.report = Report()
        self.found: dict[str, str] = {}  # step → what was computed
        self.skipped: dict[str, str] = {}  # step → why it was not
        self.record: Mapping[str, Any] = record if isinstance(record, dict) else {}
        if self.shape(record):
            self.plan = self.record["entropyPlan"] or ""
            self.status: str = self.record["status"]
            self.label()
            self.entries()
            self.rules()
            self.seed()
            self.fingerprint()
            self.phone(shown)
            self.entropy()
            self.withdrawn()
            self.winners()
            self.strength()
        self.list_steps(shown)

    def fault(self, part: str, message: str) -> None:
        self.report.faults.append(Fault(part, message))

    def has_fault(self, *parts: str) -> bool:
        return any(fault.part in parts for fault in self.report.faults)

    def list_steps(self, shown: str | None) -> None:
        for name, parts in STEPS.items():
            if name == "phone" and shown is None:
                continue
            wrong = [fault.message for fault in self.report.faults if fault.part in parts]
            if wrong:
                step = Step(name, WRONG, " ".join(wrong))
            elif name in self.found:
                step = Step(name, OK, self.found[name])
            else:
                step = Step(name, SKIPPED, self.skipped.get(name, "Not checked: the record is not complete."))
            self.report.steps.append(step)
        # the faults in the order of the steps, so that the first is the cause of those after it
        rank = {part: at for at, parts in enumerate(STEPS.values()) for part in parts}
        self.report.faults.sort(key=lambda fault: rank[fault.part])

    def shape(self, record: Any) -> bool:
        if not isinstance(record, dict):
            self.fault("shape", "The record is not a JSON object.")
            return False
        missing = [name for name in REQUIRED if name not in record]
        if missing:
            self.fault("shape", f"The record lacks {', '.join(missing)}.")
            return False
        if record["version"] != VERSION:
            self.fault("shape", f"The record is not one of {VERSION}.")
            return False
        if record["status"] not in STATUSES:
            self.fault("shape", f"The status is none of {', '.join(STATUSES)}.")
            return False
        if record["entropyPlan"] is not None and not is_text(record["entropyPlan"]):
            self.fault("entropyPlan", "The plan for the public value is not text.")
            return False
        if record["status"] == "COMMITTED" and record.get("runAt") is not None:
            self.fault("shape", "The draw has not been run, and yet the record has a time of the run.")
        self.found["shape"] = f"A {VERSION} record of a draw that is {record['status']}."
        return True

    def label(self) -> None:
        record = self.record
        self.seq = whole(record["seq"], MAX_SEQ)
        self.label_text: str | None = None
        try:
            label = label_of(record["drawId"], rehearsal=record["rehearsal"], replaces=record["replaces"])
        except InvalidInput as error:
            self.fault(error.part, error.message)
            return
        if not self.seq:
            self.fault("label", "The number of the draw is not a whole number from 1.")
            return
        self.label_text = label
        self.found["label"] = f"{show(label)}, draw number {self.seq} of its room."
        if record["rehearsal"]:
            self.report.cautions.append("This is a rehearsal: it awards nothing.")
        if record["replaces"] is not None:
            self.report.cautions.append(f"This draw replaces the revoked win {show(record['replaces'])}.")

    def entries(self) -> None:
        given = self.record["entries"]
        if not isinstance(given, list):
            self.fault("entries", "The entries are not a list.")
            return
        try:
            entries = sort_entries([_pair(one, "participantId", "weight") for one in given])
        except InvalidInput as error:
            self.fault(error.part, error.message)
            return
        self.report.sorted_entries = entries
        self.entries_hash = entries_hash(entries)
        total = sum([weight for _, weight in entries])
        self.found["entries"] = f"{len(entries)} entries, total weight {total}, hash {self.entries_hash}."

    def rules(self) -> None:
        given, distinct = self.record["prizes"], self.record["distinct"]
        if not isinstance(given, list):
            self.fault("rules", "The prizes are not a list.")
            return
        if not isinstance(distinct, bool):
            self.fault("rules", "The record does not say whether one person may win twice.")
            return
        try:
            rules = check_rules([_pair(one, "prizeId", "count") for one in given])
        except InvalidInput as error:
            self.fault(error.part, error.message)
            return
        self.report.rules = rules
        self.rules_hash = rules_hash(rules, distinct)
        pieces = sum([count for _, count in rules])
        once = "nobody wins twice" if distinct else "nobody wins one prize twice"
        self.found["rules"] = f"{len(rules)} prizes, {pieces} pieces, {once}, hash {self.rules_hash}."

    def seed(self) -> None:
        seed = self.record["seed"]
        self.seed_bytes: bytes | None = None
        if self.status in ("COMMITTED", "RUNNING"):
            if seed is None:
                self.skipped["seed"] = "The seed is secret until the run."
            else:
                self.fault("seed", "The seed is public before the run: the result can be known, and steered.")
        elif is_hash(seed):
            self.seed_bytes = bytes.fromhex(seed)
        else:
            self.fault("seed", "The seed is not 64 lower-case hex digits.")

    def fingerprint(self) -> None:
        """Find out of which values the fingerprint was made. Where the record's own do not give it, one of them was
        altered: it is named by trying the others that the record knows of."""
        record, recorded = self.record, self.record["fingerprint"]
        commitment = record["commitment"]
        if not is_hash(recorded):
            self.fault("fingerprint", "The fingerprint is not 64 lower-case hex digits.")
        if not is_hash(commitment):
            self.fault("commitment", "The commitment is not 64 lower-case hex digits.")
        for part in ("entriesHash", "rulesHash"):
            if not is_hash(record[part]):
                self.fault(part, f"{part} is not 64 lower-case hex digits.")
        if self.label_text is None or self.report.sorted_entries is None or self.report.rules is None:
            self.skipped["fingerprint"] = "Not checked: it is made of a part that is wrong."
        elif not self.has_fault("fingerprint", "commitment"):
            self.compare_fingerprint(recorded, commitment)
        if self.seed_bytes is not None and is_hash(commitment):
            if commitment_of(self.seed_bytes) == commitment:
                self.found["seed"] = "The SHA-256 of the seed is the commitment."
            elif self.has_fault("commitment"):
                self.skipped["seed"] = "The seed is right: the commitment was altered."
            else:
                self.fault("seed", SEED_SWAPPED)

    def compare_fingerprint(self, recorded: str, commitment: str) -> None:
        record, label = self.record, self.label_text
        draw_id = record["drawId"]
        others: dict[str, list[str]] = {
            "label": [draw_id, f"rehearsal-{draw_id}"],
            "commitment": [commitment_of(self.seed_bytes)] if self.seed_bytes is not None else [],
            "entries": [record["entriesHash"]],
            "rules": [record["rulesHash"]],
            "entropyPlan": [text_hash("")],
        }
        own = {
            "label": label,
            "commitment": commitment,
            "entries": self.entries_hash,
            "rules": self.rules_hash,
            "entropyPlan": text_hash(self.plan),
        }
        choices = [
            [(name, value)] + [(name, other) for other in others[name] if is_text(other) and other != value]
            for name, value in own.items()
        ]
        altered: list[str] | None = None
        for choice in itertools.product(*choices):
            values = dict(choice)
            made = fingerprint_of(
                label=str(values["label"]),
                seq=self.seq,
                commitment=str(values["commitment"]),
                entries_hash=str(values["entries"]),
                rules_hash=str(values["rules"]),
                plan_hash=str(values["entropyPlan"]),
            )
            if made == recorded:
                different = [name for name, value in own.items() if values[name] != value]
                if altered is None or len(different) < len(altered):
                    altered = different
        self.name_altered(altered)
        if altered == []:
            self.report.fingerprint = recorded
            self.found["fingerprint"] = f"{short_fingerprint(recorded)} follows from all that was committed."

    def name_altered(self, altered: list[str] | None) -> None:
        record = self.record
        for name, part, computed in (
            ("entries", "entriesHash", self.entries_hash),
            ("rules", "rulesHash", self.rules_hash),
        ):
            if name in altered if altered is not None else record[part] != computed:
                self.fault(name, f"The {name} are not those that were committed: their hash is {computed}.")
            elif record[part] != computed and not self.has_fault(part):
                self.fault(part, f"The {name} are those that were committed, but {part} is not their hash.")
        if altered is None:
            self.fault(
                "fingerprint",
                "The fingerprint does not follow from label, number, commitment, entries, rules and plan.",
            )
            return
        if "label" in altered:
            self.fault("label", "The fingerprint was made for another label: draw, rehearsal and replacement differ.")
        if "commitment" in altered:
            self.fault("commitment", "The fingerprint was made with another commitment, which is that of the seed.")
        if "entropyPlan" in altered:
            self.fault("entropyPlan", "The fingerprint was made without a plan for a public value.")

    def phone(self, shown: str | None) -> None:
        if shown is None:
            return
        digits = re.sub("[ \t\r\n:-]", "", shown).lower()
        if not re.fullmatch("[0-9a-f]{16,64}", digits):
            self.fault("phone", "What was shown is not a fingerprint: it has at least 16 hex digits.")
        elif not is_hash(self.record["fingerprint"]):
            self.skipped["phone"] = "Not checked: the record has no fingerprint."
        elif self.record["fingerprint"].startswith(digits):
            self.found["phone"] = "The record has the fingerprint that was shown."
        else:
            self.fault("phone", "The record has another fingerprint than the one that was shown.")

    def entropy(self) -> None:
        entropy = self.record["entropy"]
        if self.status == "COMMITTED":
            if entropy is None:
                self.skipped["entropy"] = "There is no public value before the run."
            else:
                self.fault("entropy", "There is a public value before the run.")
            return
        if entropy is None:
            entropy = ""
        if not is_text(entropy):
            self.fault("entropy", "The public value is not text.")
            return
        self.entropy_text: str = entropy
        if self.status == "COMPLETED" and self.record["strength"] != "delegated":
            try:
                check_entropy(self.plan, entropy)
            except InvalidInput as error:
                self.fault(error.part, error.message)
                return
        if entropy:
            self.found["entropy"] = f"{show(entropy)}, planned as {show(self.plan)}."
        elif is_blank(self.plan):
            self.found["entropy"] = "No public value was planned, none was used."
        else:
            self.skipped["entropy"] = f"Planned as {show(self.plan)}; none was used."

    def withdrawn(self) -> None:
        given = self.record["withdrawn"]
        if given is None:
            given = []
        if not isinstance(given, list):
            self.fault("withdrawn", "The withdrawn people are not a list.")
            return
        if self.report.sorted_entries is None:
            self.skipped["withdrawn"] = "Not checked: the entries are wrong."
            return
        left = {participant_id for participant_id, _ in self.report.sorted_entries}
        people: list[Withdrawal] = []
        for number, one in enumerate(given, start=1):
            person = one if isinstance(one, dict) else {}
            values = [person.get(name) for name in ("participantId", "at", "by", "reason")]
            participant_id, at, by, reason = values
            if not is_id(participant_id) or participant_id not in left:
                self.fault("withdrawn", f"Withdrawn person {number} is not among the entries, or stands twice.")
                return
            left.remove(participant_id)
            if not (is_text(at) and at and is_text(reason) and reason and (by is None or is_text(by))):
                self.fault("withdrawn", f"{show(participant_id)} is withdrawn without a time, an actor or a reason.")
                return
            people.append(Withdrawal(participant_id, at, by, reason))
        self.report.withdrawn = people
        self.found["withdrawn"] = f"{len(people)} of the entries could not be awarded any more."
        if people:
            self.report.cautions.append(
                f"{len(people)} people were withdrawn after the commit: look at who, when, by whom and why."
            )

    def winners(self) -> None:
        given = self.record["winners"]
        if self.status != "COMPLETED":
            if given is not None and given != []:
                self.fault("winners", "There are winners, but the draw was not completed.")
                return
            self.skipped["winners"] = "The draw has no winners."
        if self.status in ("COMMITTED", "RUNNING"):
            return
        if self.record["strength"] == "delegated":
            self.skipped["winners"] = "The app chose the winners: chance did not, and nothing can be recomputed."
            if self.status == "COMPLETED" and not self.report.faults:
                self.check_chosen(given)
            return
        if self.report.faults:
            self.skipped["winners"] = "Not recomputed: what the winners follow from is wrong."
            return
        if self.status == "CANCELLED":
            self.report.cautions.append("The draw was cancelled; it awarded nothing.")
            if not self.entropy_text and not is_blank(self.plan):
                return
        self.recompute()
        if self.status == "COMPLETED":
            self.compare_winners(given)

    def recompute(self, withdrawn: Sequence[Withdrawal] | None = None) -> None:
        report = self.report
        if self.seed_bytes is None or report.sorted_entries is None or report.rules is None:
            raise RuntimeError("Only a record without faults can be recomputed.")
        root = root_of(seed=self.seed_bytes, fingerprint=self.record["fingerprint"], entropy=self.entropy_text)
        pool = Pool(report.sorted_entries)

        def pick(withdrawn: Iterable[str]) -> list[Win]:
            return pick_winners(
                root=root, pool=pool, prizes=report.rules or (), distinct=self.record["distinct"], withdrawn=withdrawn
            )

        report.root = root.hex()
        report.winners = pick([one.participant_id for one in report.withdrawn])
        if report.withdrawn:
            report.without_withdrawn = pick(())

    def places_in(self, given: Any) -> dict[tuple[str, int], str] | None:
        """The recorded winners by place; None, and a fault, where they cannot be read."""
        recorded: dict[tuple[str, int], str] = {}
        if not isinstance(given, list):
            self.fault("winners", "The winners are not a list.")
            return None
        for number, one in enumerate(given, start=1):
            winner = one if isinstance(one, dict) else {}
            prize_id: Any = winner.get("prizeId")
            participant_id: Any = winner.get("participantId")
            rank = whole(winner.get("rank"), MAX_COUNT)
            if not (is_id(prize_id) and is_id(participant_id) and rank):
                self.fault("winners", f"Winner {number} lacks a prize, a person or a rank.")
                return None
            if (prize_id, rank) in recorded:
                self.fault("winners", f"Two winners stand on place {rank} of prize {show(prize_id)}.")
                return None
            recorded[prize_id, rank] = participant_id
        return recorded

    def check_chosen(self, given: Any) -> None:
        """What an app chose cannot be recomputed; that it kept to the sealed list and rules can be seen."""
        recorded = self.places_in(given)
        counts = dict(self.report.rules or ())
        able = {participant_id for participant_id, _ in self.report.sorted_entries or ()}
        able.difference_update(one.participant_id for one in self.report.withdrawn)
        winners: set[Any] = set()
        for (prize_id, rank), participant_id in (recorded or {}).items():
            who = participant_id if self.record["distinct"] else (prize_id, participant_id)
            if rank > counts.get(prize_id, 0):
                self.fault("winners", f"This draw has no place {rank} of prize {show(prize_id)}.")
            elif participant_id not in able:
                self.fault("winners", f"{show(participant_id)} could not win: not among the entries, or withdrawn.")
            elif who in winners:
                self.fault("winners", f"{show(participant_id)} wins twice.")
            else:
                winners.add(who)
                continue
            return

    def compare_winners(self, given: Any) -> None:
        recorded = self.places_in(given)
        if recorded is None:
            return
        places = _places(self.report.winners or ())
        if recorded == places:
            self.found["winners"] = f"{len(places)} winners, each the one that follows."
        elif self.report.without_withdrawn is not None and recorded == _places(self.report.without_withdrawn):
            self.fault("withdrawn", "The winners are those of a draw in which nobody was withdrawn.")
        else:
            self.name_different(places, recorded)

    def name_different(self, places: dict[tuple[str, int], str], recorded: dict[tuple[str, int], str]) -> None:
        order = list(places) + sorted([place for place in recorded if place not in places])
        different = [place for place in order if places.get(place) != recorded.get(place)]
        prize_id, rank = different[0]
        follows, stands = places.get(different[0]), recorded.get(different[0])
        self.fault(
            "winners",
            f"{len(different)} of {len(order)} places differ. The first is place {rank} of prize {show(prize_id)}: "
            f"{'nobody' if follows is None else show(follows)} follows, "
            f"{'nobody' if stands is None else show(stands)} is recorded.",
        )
        # One replaced winner leaves the other places as they were; another public value moves nearly all of them.
        if self.entropy_text and 2 * len(different) > len(order):
            self.fault("entropy", "Most winners do not follow from this public value: compare it with what was seen.")

    def strength(self) -> None:
        strength = self.record["strength"]
        if self.status != "COMPLETED":
            if strength is not None and strength not in STRENGTHS:
                self.fault("strength", f"The strength is none of {', '.join(STRENGTHS)}.")
            elif strength == "committed+entropy" and is_blank(self.plan):
                self.fault("strength", "The record claims a public value, but none was planned.")
            else:
                self.skipped["strength"] = "The strength is known after the run."
            return
        if strength == "delegated":
            self.found["strength"] = "delegated: an app chose the winners, only the commit was checked."
            self.report.cautions.append("The app chose the winners: this record does not prove that chance did.")
        elif strength not in STRENGTHS:
            self.fault("strength", f"The strength is none of {', '.join(STRENGTHS)}.")
        elif self.has_fault("entropy"):
            self.skipped["strength"] = "Not checked: the public value is wrong."
        elif strength == "committed+entropy" and not self.entropy_text:
            self.fault("strength", "The record claims a public value, but none was used.")
        elif strength == "committed" and self.entropy_text:
            self.fault("strength", "The record claims no public value, but one was used.")
        elif strength == "committed":
            self.found["strength"] = "committed: nothing could be changed after the commit."
        else:
            self.found["strength"] = "committed+entropy: nobody could know the result at the commit either."


def _pair(given: Any, name: str, number: str) -> tuple[Any, Any]:
    return (given.get(name), given.get(number)) if isinstance(given, dict) else (None, None)


def _places(wins: Iterable[Win]) -> dict[tuple[str, int], str]:
    return {(win.prize_id, win.rank): win.participant_id for win in wins}


_UNPRINTABLE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff\ufff9-\ufffb]"
)


def show(text: Any) -> str:
    """Text of a record as it may be printed: in quotes, short, and without the characters by which a name could move
    the cursor, turn the line around or draw a tick of its own."""
    short = text if len(text) <= 80 else text[:79] + "…"
    return '"' + _UNPRINTABLE.sub(lambda match: f"\\u{{{ord(match.group()):x}}}", short) + '"'


@dataclass(frozen=True)
class EntryFound:
    """One's own entry: `places` says for each prize where it stands in the whole order of the prize, `wins` what it
    won; both are None where the draw has no recomputed result."""

    participant_id: str
    weight: int
    total_weight: int
    withdrawn: bool
    places: dict[str, int] | None
    wins: list[Win] | None


def find_entry(record: Mapping[str, Any], report: Report, participant_id: str) -> EntryFound | None:
    """The entry of a person in a record that was checked; None where there is none."""
    entries = report.sorted_entries or []
    weight = dict(entries).get(participant_id)
    if weight is None:
        return None
    places: dict[str, int] | None = None
    if report.root is not None and report.rules is not None:
        pool, root = Pool(entries), bytes.fromhex(report.root)
        places = {}
        for prize_id, _ in report.rules[:20]:  # a whole order is a second or two for a hundred thousand entries
            order = pool.order(prize_key(root, prize_id))
            places[prize_id] = next(at for at, one in enumerate(order, start=1) if one == participant_id)
    return EntryFound(
        participant_id,
        weight,
        sum([weight for _, weight in entries]),
        any(one.participant_id == participant_id for one in report.withdrawn),
        places,
        None if report.winners is None else [win for win in report.winners if win.participant_id == participant_id],
    )


# --- The program ------------------------------------------------------------------------------------------------------


def read_record(text: str) -> Any:
    """The record in a file or an answer of the API ({"data": record}). Raises ValueError where it is no JSON."""

    def refuse(name: str) -> Any:
        raise ValueError(f"{name} is no JSON")

    try:
        value = json.loads(text, parse_constant=refuse)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    if isinstance(value, dict) and "version" not in value and isinstance(value.get("data"), dict):
        return value["data"]
    return value


def report_lines(record: Any, report: Report) -> Iterator[str]:
    """The report for a terminal; `manage.py verify_draw` prints the same."""
    marks = {OK: "OK    ", WRONG: "WRONG ", SKIPPED: "--    "}
    names = prize_names(record)
    for step in report.steps:
        yield f"{marks[step.state]} {step.name}: {step.message}"
    if report.winners:
        cancelled = record["status"] == "CANCELLED"
        yield ""
        yield "Would have won, had the draw not been cancelled:" if cancelled else "Winners, as recomputed:"
        yield from _win_lines(report.winners, names)
    if report.withdrawn:
        yield ""
        yield "Withdrawn between the commit and the run:"
        for one in report.withdrawn:
            by = "by nobody named" if one.by is None else f"by {show(one.by)}"
            yield f"  {show(one.participant_id)} at {show(one.at)} {by}, because {show(one.reason)}"
    if report.without_withdrawn is not None:
        yield ""
        yield "Without these withdrawals would have won:"
        yield from _win_lines(report.without_withdrawn, names)
    yield ""
    for caution in report.cautions:
        yield f"Note: {caution}"
    if report.ok:
        yield "Everything that was checked is right."
    else:
        parts = list(dict.fromkeys(fault.part for fault in report.faults))
        yield f"This record is WRONG: {', '.join(parts)}."


def prize_names(record: Any) -> dict[str, str]:
    """The names of prizes are for people and not part of the procedure; whatever cannot be shown is left out."""
    prizes = record.get("prizes") if isinstance(record, dict) else None
    names: dict[str, str] = {}
    for prize in prizes if isinstance(prizes, list) else ():
        if isinstance(prize, dict) and isinstance(prize.get("prizeId"), str) and isinstance(prize.get("name"), str):
            names[prize["prizeId"]] = prize["name"]
    return names


def _win_lines(wins: Iterable[Win], names: Mapping[str, str]) -> Iterator[str]:
    for win in wins:
        name = f" {show(names[win.prize_id])}" if win.prize_id in names else ""
        yield f"  {show(win.prize_id)}{name}, place {win.rank}: {show(win.participant_id)}"


def entry_lines(participant_id: str, entry: EntryFound | None) -> Iterator[str]:
    yield ""
    if entry is None:
        yield f"{show(participant_id)} is not among the entries."
        return
    share = 100 * entry.weight / entry.total_weight
    yield f"{show(participant_id)} is entered with weight {entry.weight} of {entry.total_weight} ({share:.4f} %)."
    if entry.withdrawn:
        yield "  withdrawn: could not be awarded"
    for prize_id, place in (entry.places or {}).items():
        yield f"  in the order of prize {show(prize_id)}: number {place}"
    for win in entry.wins or ():
        yield f"  drawn for prize {show(win.prize_id)}, place {win.rank}"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Check the record of a fair-draw-v1 draw.")
    parser.add_argument("proof", help="the record, a JSON file; - reads standard input")
    parser.add_argument("--fingerprint", help="what a screen or a phone showed at the commit")
    parser.add_argument("--entry", metavar="ID", help="find this participant's entry and its place")
    chosen = parser.parse_args(arguments)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a terminal without Unicode must not stop the check
            stream.reconfigure(errors="backslashreplace")
    try:
        if chosen.proof == "-":
            text = sys.stdin.buffer.read().decode("utf-8-sig")
        else:
            with open(chosen.proof, encoding="utf-8-sig") as file:
                text = file.read()
        record = read_record(text)
    except (OSError, ValueError) as error:
        print(f"{chosen.proof} cannot be read: {error}", file=sys.stderr)
        return 2
    report = check_record(record, shown=chosen.fingerprint)
    for line in report_lines(record, report):
        print(line)
    if chosen.entry is not None:
        for line in entry_lines(chosen.entry, find_entry(record, report, chosen.entry)):
            print(line)
    return 0 if report.ok else 1


if __name__ == "__main__":
    sys.exit(main())
