#!/usr/bin/env python3
"""fair-draw-v1: the procedure of a provably fair draw, and the program that checks a draw's record or receipt.

One file on purpose, with nothing but the standard library and no Django: the platform imports it to draw, and the
evidence pack ships this very file as `verify_draw.py`, so that an auditor reads and runs the code that drew, and not a
second version of it. It runs on Python 3.6, which long-lived servers still have, and on every later one; that is why
it uses the older names of types and no data classes.

    python3 verify_draw.py proof.json [--fingerprint "c474 5457 04d1 1b2e …"] [--entry PARTICIPANT_ID]

exits with 0 where everything is right, 1 where something is wrong, 2 where the file cannot be read. `fair-draw.js`
does the same in a browser, step by step, with the same names and the same words.

Drawing is `seal` at the commit and `draw` at the run; `receipt_of` cuts a record down to the few kilobytes that a phone
checks; checking is `check_record` (all steps, of a record or a receipt) or `verify_record` (the faults alone). The rest
are the steps of the procedure under their own names.
"""

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
from array import array
from bisect import bisect_left
from typing import (
    Any,
    Dict,
    Iterable,
    Iterator,
    List,
    Mapping,
    NamedTuple,
    Optional,
    Sequence,
    Set,
    Tuple,
    Union,
)

VERSION = "fair-draw-v1"
MAX_WEIGHT = 1_000_000
MAX_NUMBER = 2**53 - 1  # the largest whole number that a browser reads exactly
MAX_DEPTH = 64
STATUSES = ("COMMITTED", "RUNNING", "COMPLETED", "CANCELLED")
MODES = ("draw", "delegated-refuse", "delegated-draw")
STRENGTHS = ("committed", "committed+entropy", "delegated")
REASONS = ("left", "removed", "won", "unknown")
WHITE_SPACE = " \t\n\r\x0b\x0c"

Entry = Tuple[str, int]  # participantId, weight

_NOT_IN_ID = re.compile("[:\n\ud800-\udfff]")  # half a surrogate pair has no UTF-8 bytes
_SURROGATE = re.compile("[\ud800-\udfff]")
_HEX64 = re.compile("[0-9a-f]{64}")
_TIME = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}[.][0-9]{3}Z")


class InvalidInput(ValueError):
    """A value that the procedure is not defined for. `part` says what is wrong, as in `Fault`."""

    def __init__(self, part: str, message: str) -> None:
        super().__init__(message)
        self.part = part
        self.message = message


class Prize(NamedTuple):
    """One line of the rules: so many pieces of a prize, under the name that it had at the commit."""

    prize_id: str
    count: int  # type: ignore[assignment]  # in the place of tuple.count, which nobody needs
    name: str


class Win(NamedTuple):
    """`rank` is the place among the winners of this prize: 1, 2, 3 …"""

    prize_id: str
    participant_id: str
    rank: int


class Node(NamedTuple):
    """A node of the entries tree."""

    count: int  # type: ignore[assignment]
    weight: int
    hash: bytes


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


def is_time(value: Any) -> bool:
    return isinstance(value, str) and _TIME.fullmatch(value) is not None


def is_blank(text: str) -> bool:
    return text.strip(WHITE_SPACE) == ""


def check_entry(number: int, participant_id: Any, given: Any, part: str) -> Entry:
    if not is_id(participant_id):
        raise InvalidInput(part, f"Entry {number} has no usable id (text without a colon or a line feed).")
    weight = whole(given, MAX_WEIGHT)
    if not weight:
        raise InvalidInput(part, f"The weight of {show(participant_id)} is not a whole number from 1 to {MAX_WEIGHT}.")
    return participant_id, weight


def ordered_entries(entries: Iterable[Tuple[Any, Any]]) -> List[Entry]:
    """Entries that stand in their order, as in a record. Raises InvalidInput (part `entries`)."""
    checked: List[Entry] = []
    last = ""
    for number, (participant_id, given) in enumerate(entries, start=1):
        entry = check_entry(number, participant_id, given, "entries")
        # Python compares code points, which is the order of the UTF-8 bytes
        if entry[0] <= last:
            wrong = "is entered twice" if entry[0] == last else "does not stand in the order of the ids"
            raise InvalidInput("entries", f"{show(entry[0])} {wrong}.")
        last = entry[0]
        checked.append(entry)
    if not checked:
        raise InvalidInput("entries", "There is no entry.")
    return checked


def sort_entries(entries: Iterable[Tuple[Any, Any]]) -> List[Entry]:
    """The entries by the UTF-8 bytes of their ids. Raises InvalidInput (part `entries`)."""
    checked = [check_entry(number, one, given, "entries") for number, (one, given) in enumerate(entries, start=1)]
    checked.sort()
    return ordered_entries(checked)


def check_rules(prizes: Iterable[Tuple[Any, Any, Any]]) -> List[Prize]:
    """The prizes (id, count, name) in their given order. Raises InvalidInput (part `rules`)."""
    checked: List[Prize] = []
    seen: Set[str] = set()
    for number, (prize_id, given, name) in enumerate(prizes, start=1):
        if not is_id(prize_id):
            raise InvalidInput("rules", f"Prize {number} has no usable id (text without a colon or a line feed).")
        count = whole(given, MAX_NUMBER)
        if not count:
            raise InvalidInput("rules", f"The count of prize {show(prize_id)} is not a whole number from 1.")
        if not is_text(name):
            raise InvalidInput("rules", f"The name of prize {show(prize_id)} is not text.")
        if prize_id in seen:  # one id twice would mean one order twice: the same people would win again
            raise InvalidInput("rules", f"Prize {show(prize_id)} stands twice.")
        seen.add(prize_id)
        checked.append(Prize(prize_id, count, name))
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


# --- The entries tree -------------------------------------------------------------------------------------------------


def leaf_of(entry: Entry) -> Node:
    participant_id, weight = entry
    return Node(1, weight, hashlib.sha256(b"\0" + weight.to_bytes(8, "big") + participant_id.encode()).digest())


_INNER = struct.Struct(">cQQ32sQQ32s")


def join(left: Node, right: Node) -> Node:
    """The inner node over two nodes."""
    packed = _INNER.pack(b"\1", *left, *right)
    return Node(left.count + right.count, left.weight + right.weight, hashlib.sha256(packed).digest())


def left_count(count: int) -> int:
    """How many of `count` leaves are to the left: the largest power of two below `count`."""
    return 1 << (count - 1).bit_length() - 1


def fold(nodes: List[Node]) -> Node:
    """The root over neighbours. Pairing them level by level, an odd last one waiting, gives the tree of step 1."""
    while len(nodes) > 1:
        pairs = [join(nodes[at], nodes[at + 1]) for at in range(0, len(nodes) - 1, 2)]
        nodes = [*pairs, nodes[-1]] if len(nodes) % 2 else pairs
    return nodes[0]


BLOCK = 8


class Tree:
    """The tree over entries in their order. It keeps the hashes from blocks of eight leaves upwards, 8 bytes an entry;
    what is below is hashed again when it is asked for. `entries` is read in slices only."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self.entries = entries
        self.count = len(entries)
        tops: List[bytes] = []
        sums = array("Q", [0])
        total = 0
        for start in range(0, self.count, BLOCK):
            top = fold([leaf_of(entry) for entry in entries[start : start + BLOCK]])
            tops.append(top.hash)
            total += top.weight
            sums.append(total)
        self.weight = total
        self._sums = sums  # of the weights before each block, and of all
        self._levels = [b"".join(tops)]
        size = BLOCK
        while len(tops) > 1:
            nodes = [self._counted(at * size, size, digest) for at, digest in enumerate(tops)]
            pairs = [join(nodes[at], nodes[at + 1]).hash for at in range(0, len(nodes) - 1, 2)]
            tops = [*pairs, tops[-1]] if len(tops) % 2 else pairs
            size *= 2
            self._levels.append(b"".join(tops))

    def _counted(self, start: int, size: int, digest: bytes) -> Node:
        stop = min(start + size, self.count)
        weight = self._sums[(stop + BLOCK - 1) // BLOCK] - self._sums[start // BLOCK]
        return Node(stop - start, weight, digest)

    @property
    def root(self) -> str:
        """entriesRoot."""
        return self.node(0, self.count).hash.hex()

    def node(self, start: int, stop: int) -> Node:
        """The node over the entries from `start` up to `stop`, which are those of one node."""
        size = stop - start
        if size > BLOCK or (start % BLOCK == 0 and stop == min(start + BLOCK, self.count)):
            height = max((size - 1).bit_length(), BLOCK.bit_length() - 1)
            at = 32 * (start >> height)
            digest = self._levels[height - BLOCK.bit_length() + 1][at : at + 32]
            return self._counted(start, 1 << height, digest)
        return fold([leaf_of(entry) for entry in self.entries[start:stop]])

    def cut(self, positions: Iterable[int]) -> List[Any]:
        """The tree of a receipt: with the leaves at these positions, counted from 0, every other branch cut off."""
        return self.cut_branch(0, self.count, sorted(set(positions)))

    def cut_branch(self, start: int, stop: int, positions: Sequence[int]) -> List[Any]:
        if not positions:
            node = self.node(start, stop)
            return [node.count, node.weight, node.hash.hex()]
        if stop - start == 1:
            return list(self.entries[start:stop][0])
        middle = start + left_count(stop - start)
        at = bisect_left(positions, middle)
        return [self.cut_branch(start, middle, positions[:at]), self.cut_branch(middle, stop, positions[at:])]

    def branch_around(self, position: int, positions: Sequence[int]) -> Tuple[int, int]:
        """The branch that `cut(positions)` cut off around `position`, which is none of the sorted `positions`."""
        start, stop = 0, self.count
        while bisect_left(positions, start) < bisect_left(positions, stop):
            middle = start + left_count(stop - start)
            start, stop = (start, middle) if position < middle else (middle, stop)
        return start, stop

    def position_of(self, participant_id: str) -> Optional[int]:
        """Where this entry stands, counted from 0; None where it is not entered."""
        low, high = 0, self.count
        while low < high:
            middle = (low + high) // 2
            if self.entries[middle : middle + 1][0][0] < participant_id:
                low = middle + 1
            else:
                high = middle
        found = self.entries[low : low + 1]
        return low if found and found[0][0] == participant_id else None


class Leaf(NamedTuple):
    """A leaf of a receipt: `position` counts from 0, `before` is the sum of the weights before it."""

    participant_id: str
    weight: int
    position: int
    before: int


def read_tree(tree: Any) -> Tuple[Node, List[Leaf]]:
    """Root and leaves of a receipt's tree, computed from the leaves up. Raises InvalidInput (part `tree`)."""
    leaves: List[Leaf] = []
    return _read_node(tree, 0, 0, 0, leaves), leaves


def _read_node(node: Any, depth: int, position: int, before: int, leaves: List[Leaf]) -> Node:
    if depth > MAX_DEPTH:
        raise InvalidInput("tree", f"The tree is deeper than {MAX_DEPTH} levels.")
    if not isinstance(node, list):
        raise InvalidInput("tree", WRONG_NODE)
    if len(node) == 3:
        return _read_cut(node)
    if len(node) == 2 and isinstance(node[0], str):
        participant_id, weight = check_entry(position + 1, node[0], node[1], "tree")
        if leaves and participant_id <= leaves[-1].participant_id:
            raise InvalidInput("tree", f"The leaf {show(participant_id)} does not stand in the order of the ids.")
        leaves.append(Leaf(participant_id, weight, position, before))
        return leaf_of((participant_id, weight))
    if len(node) != 2 or not (isinstance(node[0], list) and isinstance(node[1], list)):
        raise InvalidInput("tree", WRONG_NODE)
    left = _read_node(node[0], depth + 1, position, before, leaves)
    right = _read_node(node[1], depth + 1, position + left.count, before + left.weight, leaves)
    if max(left.count + right.count, left.weight + right.weight) > MAX_NUMBER:
        raise InvalidInput("tree", "The sums of the tree are too large.")
    if left.count != left_count(left.count + right.count):
        raise InvalidInput("tree", "An inner node does not divide its leaves as the procedure says.")
    return join(left, right)


WRONG_NODE = "A node of the tree is neither a leaf, nor a cut branch, nor an inner node."


def _read_cut(node: List[Any]) -> Node:
    count, weight = whole(node[0], MAX_NUMBER), whole(node[1], MAX_NUMBER)
    if not (count and weight and is_hash(node[2])):
        raise InvalidInput("tree", WRONG_NODE)
    if not count <= weight <= count * MAX_WEIGHT:
        raise InvalidInput("tree", f"A cut branch of {count} entries cannot weigh {weight}.")
    return Node(count, weight, bytes.fromhex(node[2]))


# --- The procedure ----------------------------------------------------------------------------------------------------


def sha256_hex(text: str) -> str:
    """H(x) of the procedure."""
    return hashlib.sha256(text.encode()).hexdigest()


def hmac_sha256(key: bytes, message: bytes) -> bytes:
    return hmac.new(key, message, hashlib.sha256).digest()


def new_seed() -> bytes:
    return secrets.token_bytes(32)


def commitment_of(seed: bytes) -> str:
    return hashlib.sha256(seed).hexdigest()


def text_hash(text: str) -> str:
    """H of a plan, an entropy or a name: the text is brought to NFC first, so that é is é however it was typed."""
    return sha256_hex(unicodedata.normalize("NFC", text))


def rules_text(mode: str, prizes: Iterable[Prize], distinct: bool) -> str:
    lines = [f"{prize.prize_id}:{prize.count}:{text_hash(prize.name)}\n" for prize in prizes]
    return f"{mode}\n" + "".join(lines) + ("distinct\n" if distinct else "repeat\n")


def rules_hash(mode: str, prizes: Iterable[Prize], distinct: bool) -> str:
    return sha256_hex(rules_text(mode, prizes, distinct))


def fingerprint_of(
    *,
    room_id: str,
    label: str,
    seq: int,
    committed_at: str,
    commitment: str,
    entries_root: str,
    entry_count: int,
    total_weight: int,
    rules_hash: str,
    plan_hash: str,
) -> str:
    lines = (
        *(VERSION, room_id, label, seq, committed_at, commitment),
        *(entries_root, entry_count, total_weight, rules_hash, plan_hash),
    )
    return sha256_hex("".join([f"{line}\n" for line in lines]))


def short_fingerprint(fingerprint: str) -> str:
    """What people compare: `c474 5457 04d1 1b2e`."""
    return " ".join([fingerprint[at : at + 4] for at in range(0, 16, 4)])


def root_of(*, seed: bytes, fingerprint: str, entropy: str) -> bytes:
    return hmac_sha256(seed, f"{VERSION}\n{fingerprint}\n{text_hash(entropy)}\n".encode())


def prize_key(root: bytes, prize_id: str) -> bytes:
    return hmac_sha256(root, f"prize\n{prize_id}\n".encode())


def words_of(key: bytes) -> Iterator[int]:
    """Step 6: the endless stream of unsigned 64-bit words of a prize."""
    for block in itertools.count():
        yield from struct.unpack(">4Q", hmac_sha256(key, block.to_bytes(8, "big")))


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
        self.count = len(entries)
        self.total = sum([weight for _, weight in entries])
        sums = [0]
        sums.extend([weight for _, weight in entries])
        for at in range(1, self.count + 1):
            parent = at + (at & -at)
            if parent <= self.count:
                sums[parent] += sums[at]
        self._sums = sums
        self._top = 1 << self.count.bit_length() >> 1

    def order(self, key: bytes) -> Iterator[int]:
        """Step 8: the positions in the order of the prize with this key; O(log n) for each that is taken."""
        sums, top, size, left = self._sums[:], self._top, self.count, self.total
        words = words_of(key)
        while left:
            rest = below(left, words)
            at, step = 0, top
            while step:
                after = at + step
                if after <= size and sums[after] <= rest:
                    at = after
                    rest -= sums[after]
                step >>= 1
            yield at
            weight = self.entries[at][1]
            left -= weight
            at += 1
            while at <= size:
                sums[at] -= weight
                at += at & -at


class Leaves:
    """The leaves of a receipt in the place of a `Pool`. Its positions are those in the list of leaves."""

    def __init__(self, root: Node, leaves: Sequence[Leaf]) -> None:
        self.entries: Sequence[Entry] = [(leaf.participant_id, leaf.weight) for leaf in leaves]
        self.count = root.count
        self.total = root.weight
        self._before = [leaf.before for leaf in leaves]

    def order(self, key: bytes) -> Iterator[int]:
        """As `Pool.order`. Raises InvalidInput (part `tree`) where a leaf is needed that was cut off."""
        size, left = len(self.entries), self.total
        gone_sums = [0] * (size + 1)  # a Fenwick tree of the weights of those that have left
        gone: Set[int] = set()
        words = words_of(key)
        while left:
            rest = below(left, words)
            low, high, found = 0, size, 0
            while low < high:  # the leaves that begin at or before `rest`, once those gone are taken out
                middle = (low + high) // 2
                start, at = self._before[middle], middle
                while at:
                    start -= gone_sums[at]
                    at &= at - 1
                if start <= rest:
                    low, found = middle + 1, start
                else:
                    high = middle
            at = low - 1
            if at < 0 or at in gone or rest >= found + self.entries[at][1]:
                raise InvalidInput("tree", "The receipt is incomplete: somebody who came up is not in its tree.")
            yield at
            gone.add(at)
            weight = self.entries[at][1]
            left -= weight
            at += 1
            while at <= size:
                gone_sums[at] += weight
                at += at & -at


def draw_order(key: bytes, entries: Iterable[Entry]) -> Iterator[str]:
    """The ids in the order of one prize, over entries as `sort_entries` gives them."""
    pool = Pool(list(entries))
    for at in pool.order(key):
        yield pool.entries[at][0]


class Outcome(NamedTuple):
    """Winners in the order of the prizes and ranks; `came_up` are the positions of everybody whom a receipt needs."""

    wins: List[Win]
    came_up: List[int]


def pick_winners(
    *,
    root: bytes,
    pool: Union[Pool, Leaves],
    prizes: Iterable[Prize],
    distinct: bool,
    withdrawn: Iterable[str] = (),
    withdrawn_count: Optional[int] = None,
) -> Outcome:
    """Step 9. A receipt does not name everybody who was withdrawn: there their number is given."""
    gone = set(withdrawn)
    if withdrawn_count is None:
        withdrawn_count = sum([1 for one, _ in pool.entries if one in gone]) if gone else 0
    won: Set[int] = set()
    came_up: Set[int] = set()
    wins: List[Win] = []
    for prize_id, count, _ in prizes:
        wanted = min(count, pool.count - withdrawn_count - len(won))
        if wanted < 1:
            continue
        winners: List[int] = []
        for at in pool.order(prize_key(root, prize_id)):
            came_up.add(at)
            participant_id = pool.entries[at][0]
            if at in won or participant_id in gone:
                continue
            winners.append(at)
            wins.append(Win(prize_id, participant_id, len(winners)))
            if len(winners) == wanted:
                break
        if distinct:
            won.update(winners)
    return Outcome(wins, sorted(came_up))


class Commit(NamedTuple):
    """Everything that is fixed and published when a draw is committed; `seal` makes it."""

    room_id: str
    draw_id: str
    seq: int
    committed_at: str
    mode: str
    commitment: str
    tree: Tree
    prizes: Tuple[Prize, ...]
    distinct: bool
    entropy_plan: str
    rehearsal: bool
    replaces: Optional[str]
    label: str
    entries_root: str
    rules_hash: str
    fingerprint: str

    @property
    def entries(self) -> Sequence[Entry]:
        return self.tree.entries

    @property
    def entry_count(self) -> int:
        return self.tree.count

    @property
    def total_weight(self) -> int:
        return self.tree.weight

    @property
    def short_fingerprint(self) -> str:
        return short_fingerprint(self.fingerprint)


def seal(
    *,
    room_id: str,
    draw_id: str,
    seq: int,
    committed_at: str,
    commitment: str,
    entries: Iterable[Entry],
    prizes: Iterable[Tuple[str, int, str]],
    distinct: bool = True,
    mode: str = "draw",
    entropy_plan: str = "",
    rehearsal: bool = False,
    replaces: Optional[str] = None,
) -> Commit:
    """The commit over these inputs; `commitment` is `commitment_of(seed)`, the seed itself is not needed.

    Raises InvalidInput, naming the part that cannot be drawn over."""
    if not is_hash(commitment):
        raise InvalidInput("commitment", "The commitment is not 64 lower-case hex digits.")
    check_place(room_id, seq, committed_at)
    if mode not in MODES:
        raise InvalidInput("mode", f"The mode is none of {', '.join(MODES)}.")
    if not is_text(entropy_plan):
        raise InvalidInput("entropyPlan", "The plan for the public value is not text.")
    label = label_of(draw_id, rehearsal=rehearsal, replaces=replaces)
    tree, rules = Tree(sort_entries(entries)), check_rules(prizes)
    hashes = {"entries_root": tree.root, "rules_hash": rules_hash(mode, rules, distinct)}
    return Commit(
        room_id=room_id,
        draw_id=draw_id,
        seq=seq,
        committed_at=committed_at,
        mode=mode,
        commitment=commitment,
        tree=tree,
        prizes=tuple(rules),
        distinct=distinct,
        entropy_plan=entropy_plan,
        rehearsal=rehearsal,
        replaces=replaces,
        label=label,
        fingerprint=fingerprint_of(
            room_id=room_id,
            label=label,
            seq=seq,
            committed_at=committed_at,
            commitment=commitment,
            entry_count=tree.count,
            total_weight=tree.weight,
            plan_hash=text_hash(entropy_plan),
            **hashes,
        ),
        **hashes,
    )


def check_place(room_id: Any, seq: Any, committed_at: Any) -> int:
    """The number of the draw, where room, number and time are what they have to be. Raises InvalidInput."""
    if not is_id(room_id):
        raise InvalidInput("label", "The room has no usable id (text without a colon or a line feed).")
    number = whole(seq, MAX_NUMBER)
    if not number:
        raise InvalidInput("label", "The number of the draw is not a whole number from 1.")
    if not is_time(committed_at):
        raise InvalidInput("committedAt", "The time of the commit is not written as 2026-12-31T20:00:00.000Z.")
    return number


def draw(commit: Commit, *, seed: bytes, entropy: str = "", withdrawn: Iterable[str] = ()) -> Outcome:
    """The result of a sealed draw. Raises InvalidInput where the seed is not the committed one, and where a public
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


def receipt_from(
    record: Mapping[str, Any], tree: Tree, *, came_up: Sequence[int] = (), asked: Optional[int] = None
) -> Dict[str, Any]:
    """The receipt of a draw from its record, with or without the entries, and its tree. `came_up` are the positions
    that `draw` gave (where an app chose: the winners'), `asked` is the position of who asks."""
    names = {tree.entries[at : at + 1][0][0] for at in came_up}
    receipt: Dict[str, Any] = {"kind": "receipt"}
    receipt.update((name, value) for name, value in record.items() if name != "entries")
    receipt["tree"] = tree.cut(came_up if asked is None else [*came_up, asked])
    receipt["withdrawn"] = [one for one in record["withdrawn"] if one["participantId"] in names]
    return receipt


def receipt_of(record: Mapping[str, Any], participant_id: Optional[str] = None) -> Dict[str, Any]:
    """The receipt of this person, or the winners' alone, from a whole record. Raises InvalidInput where the record is
    wrong or this is no entry of it."""
    report = check_record(record)
    if report.faults or report.entries is None:
        raise InvalidInput("shape", "A receipt is made from a whole record without faults.")
    tree = Tree(report.entries)
    asked = None
    if participant_id is not None:
        asked = tree.position_of(participant_id)
        if asked is None:
            raise InvalidInput("entry", f"{show(participant_id)} is not among the entries.")
    came_up = report.came_up
    if record["strength"] == "delegated":
        came_up = [at for at in (tree.position_of(one["participantId"]) for one in record["winners"]) if at is not None]
    return receipt_from(record, tree, came_up=came_up if record["status"] == "COMPLETED" else (), asked=asked)


# --- Checking a record or a receipt -----------------------------------------------------------------------------------

OK, WRONG, SKIPPED = "OK", "WRONG", "SKIPPED"

#: The steps in the order in which they are printed, each with the parts whose faults belong to it.
STEPS: Dict[str, Tuple[str, ...]] = {
    "shape": ("shape",),
    "label": ("label", "committedAt"),
    "entries": ("entries", "tree", "entriesRoot", "entryCount", "totalWeight"),
    "rules": ("rules", "mode", "rulesHash"),
    "fingerprint": ("fingerprint", "commitment", "entropyPlan"),
    "phone": ("phone",),
    "entry": ("entry",),
    "seed": ("seed",),
    "entropy": ("entropy",),
    "withdrawn": ("withdrawn",),
    "winners": ("winners",),
    "strength": ("strength",),
}

REQUIRED = (
    *("version", "roomId", "drawId", "seq", "status", "mode", "rehearsal", "replaces", "committedAt", "commitment"),
    *("entropyPlan", "prizes", "distinct", "entriesRoot", "entryCount", "totalWeight", "withdrawn", "withdrawnCount"),
    *("rulesHash", "fingerprint", "entropy", "seed", "runAt", "winners", "strength", "fallbackReason"),
)


class Fault(NamedTuple):
    """One thing that is wrong: `part` is a name out of `STEPS`, `message` is for people."""

    part: str
    message: str


class Step(NamedTuple):
    name: str
    state: str
    message: str


class Withdrawal(NamedTuple):
    participant_id: str
    at: str
    by: Optional[str]
    reason: str


class Report:
    """What a check found. `winners` are the recomputed ones (of a cancelled draw: who would have won), None where they
    could not be recomputed; `without_withdrawn` is the result if nobody had been withdrawn, None where nobody was or
    where a receipt does not show it. `not_proven` names what the record says and nothing proves."""

    def __init__(self) -> None:
        self.kind = "record"
        self.faults: List[Fault] = []
        self.cautions: List[str] = []
        self.not_proven: List[str] = []
        self.steps: List[Step] = []
        self.fingerprint: Optional[str] = None
        self.root: Optional[str] = None
        self.winners: Optional[List[Win]] = None
        self.withdrawn: List[Withdrawal] = []
        self.without_withdrawn: Optional[List[Win]] = None
        self.came_up: List[int] = []
        self.entry_count = 0
        self.total_weight = 0
        self.entries: Optional[List[Entry]] = None  # of a record
        self.leaves: Optional[List[Leaf]] = None  # of a receipt
        self.rules: Optional[List[Prize]] = None

    @property
    def ok(self) -> bool:
        return not self.faults

    def as_json(self) -> Dict[str, Any]:
        """The shape that `FairDraw.checkRecord` of fair-draw.js gives, without entries, leaves and rules."""

        def wins(given: Optional[List[Win]]) -> Any:
            return given and [
                {"prizeId": win.prize_id, "participantId": win.participant_id, "rank": win.rank} for win in given
            ]

        return {
            "kind": self.kind,
            "ok": self.ok,
            "faults": [{"part": fault.part, "message": fault.message} for fault in self.faults],
            "cautions": list(self.cautions),
            "notProven": list(self.not_proven),
            "steps": [{"name": step.name, "state": step.state, "message": step.message} for step in self.steps],
            "fingerprint": self.fingerprint,
            "root": self.root,
            "winners": wins(self.winners),
            "withdrawn": [
                {"participantId": one.participant_id, "at": one.at, "by": one.by, "reason": one.reason}
                for one in self.withdrawn
            ],
            "withoutWithdrawn": wins(self.without_withdrawn),
            "cameUp": list(self.came_up),
            "entryCount": self.entry_count,
            "totalWeight": self.total_weight,
        }


def verify_record(record: Any) -> List[Fault]:
    """The faults of a record or receipt, none where all is right. Never raises, whatever the record is."""
    return check_record(record).faults


def check_record(record: Any, *, shown: Optional[str] = None, entry: Optional[str] = None) -> Report:
    """Recompute a record or a receipt (parsed JSON), step by step. `shown` is what a screen or a phone showed at the
    commit: the first 16 or more digits of the fingerprint. `entry` is an id that has to be among the entries."""
    return _Check(record, shown, entry).report


class _Check:
    """One check of one record; every method is a step, and writes what it found into the report."""

    def __init__(self, record: Any, shown: Optional[str], entry: Optional[str]) -> None:
        self.report = Report()
        self.found: Dict[str, str] = {}  # step → what was computed
        self.skipped: Dict[str, str] = {}  # step → why it was not
        self.record: Mapping[str, Any] = record if isinstance(record, dict) else {}
        self.pool_of: Any = None
        if self.shape(record):
            self.plan: str = self.record["entropyPlan"]
            self.status: str = self.record["status"]
            self.label()
            self.entries()
            self.rules()
            self.seed()
            self.fingerprint()
            self.phone(shown)
            self.own_entry(entry)
            self.entropy()
            self.withdrawn()
            self.winners()
            self.strength()
            self.say_what_is_not_proven()
        self.list_steps(shown, entry)

    def fault(self, part: str, message: str) -> None:
        self.report.faults.append(Fault(part, message))

    def has_fault(self, *parts: str) -> bool:
        return any(fault.part in parts for fault in self.report.faults)

    @property
    def is_receipt(self) -> bool:
        return self.report.kind == "receipt"

    def list_steps(self, shown: Optional[str], entry: Optional[str]) -> None:
        for name, parts in STEPS.items():
            if (name == "phone" and shown is None) or (name == "entry" and entry is None):
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
        kind = record.get("kind")
        if kind is not None and kind != "receipt":
            self.fault("shape", "This is neither a record nor a receipt.")
            return False
        self.report.kind = kind or "record"
        missing = [name for name in (*REQUIRED, "tree" if self.is_receipt else "entries") if name not in record]
        if missing:
            self.fault("shape", f"The {self.report.kind} lacks {', '.join(missing)}.")
            return False
        if record["version"] != VERSION:
            self.fault("shape", f"The {self.report.kind} is not one of {VERSION}.")
            return False
        if record["status"] not in STATUSES:
            self.fault("shape", f"The status is none of {', '.join(STATUSES)}.")
            return False
        if not is_text(record["entropyPlan"]):
            self.fault("entropyPlan", "The plan for the public value is not text.")
            return False
        if record["status"] != "COMPLETED" and record["runAt"] is not None:
            self.fault("shape", "The draw has no result, and yet the record has a time of the run.")
        if record["status"] == "COMPLETED" and not is_time(record["runAt"]):
            self.fault("shape", "The time of the run is not written as 2026-12-31T20:00:00.000Z.")
        self.found["shape"] = f"A {VERSION} {self.report.kind} of a draw that is {record['status']}."
        return True

    def label(self) -> None:
        record = self.record
        self.seq = 0
        self.label_text: Optional[str] = None
        try:
            label = label_of(record["drawId"], rehearsal=record["rehearsal"], replaces=record["replaces"])
            self.seq = check_place(record["roomId"], record["seq"], record["committedAt"])
        except InvalidInput as error:
            self.fault(error.part, error.message)
            return
        self.label_text = label
        kind = "rehearsal" if record["rehearsal"] else "draw"
        self.found["label"] = (
            f"{show(label)}, {kind} number {self.seq} of the room {show(record['roomId'])}, "
            f"committed at {record['committedAt']}."
        )
        if record["rehearsal"]:
            self.report.cautions.append("This is a rehearsal: it awards nothing.")
        if record["replaces"] is not None:
            self.report.cautions.append(f"This draw replaces the revoked win {show(record['replaces'])}.")

    def entries(self) -> None:
        """Computes `self.own_root`: (root, count, weight) of the list that the record shows."""
        self.own_root: Optional[Tuple[str, int, int]] = None
        for part in ("entryCount", "totalWeight"):
            if not whole(self.record[part], MAX_NUMBER):
                self.fault(part, f"{part} is not a whole number from 1.")
        if not is_hash(self.record["entriesRoot"]):
            self.fault("entriesRoot", "entriesRoot is not 64 lower-case hex digits.")
        try:
            root = self.read_receipt() if self.is_receipt else self.read_entries()
        except InvalidInput as error:
            self.fault(error.part, error.message)
            return
        self.own_root = root.hash.hex(), root.count, root.weight
        self.report.entry_count, self.report.total_weight = root.count, root.weight
        shown = f"{len(self.report.leaves)} of them shown, " if self.report.leaves is not None else ""
        self.found["entries"] = f"{root.count} entries, {shown}total weight {root.weight}, root {self.own_root[0]}."

    def read_entries(self) -> Node:
        given = self.record["entries"]
        if not isinstance(given, list):
            raise InvalidInput("entries", "The entries are not a list.")
        pairs = [(one.get("participantId"), one.get("weight")) if isinstance(one, dict) else (0, 0) for one in given]
        entries = ordered_entries(pairs)
        tree = Tree(entries)
        self.report.entries = entries
        self.pool_of = lambda: Pool(entries)
        return tree.node(0, tree.count)

    def read_receipt(self) -> Node:
        root, leaves = read_tree(self.record["tree"])
        self.report.leaves = leaves
        self.pool_of = lambda: Leaves(root, leaves)
        return root

    def ids(self) -> Set[str]:
        """Everybody whom the record or the receipt shows."""
        if self.report.leaves is not None:
            return {leaf.participant_id for leaf in self.report.leaves}
        return {participant_id for participant_id, _ in self.report.entries or ()}

    def rules(self) -> None:
        given, distinct, mode = self.record["prizes"], self.record["distinct"], self.record["mode"]
        if mode not in MODES:
            self.fault("mode", f"The mode is none of {', '.join(MODES)}.")
        if not isinstance(given, list):
            self.fault("rules", "The prizes are not a list.")
            return
        if not isinstance(distinct, bool):
            self.fault("rules", "The record does not say whether one person may win twice.")
            return
        triples = [
            (one.get("prizeId"), one.get("count"), one.get("name")) if isinstance(one, dict) else (0, 0, 0)
            for one in given
        ]
        try:
            rules = check_rules(triples)
        except InvalidInput as error:
            self.fault(error.part, error.message)
            return
        if self.has_fault("mode"):
            return
        self.report.rules = rules
        self.rules_hash = rules_hash(mode, rules, distinct)
        pieces = sum([prize.count for prize in rules])
        once = "nobody wins twice" if distinct else "nobody wins one prize twice"
        self.found["rules"] = f"{len(rules)} prizes, {pieces} pieces, {once}, mode {mode}, hash {self.rules_hash}."

    def seed(self) -> None:
        seed = self.record["seed"]
        self.seed_bytes: Optional[bytes] = None
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
        if not is_hash(record["rulesHash"]):
            self.fault("rulesHash", "rulesHash is not 64 lower-case hex digits.")
        if self.label_text is None or self.own_root is None or self.report.rules is None:
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
        record = self.record
        draw_id = record["drawId"]
        if self.has_fault("entriesRoot", "entryCount", "totalWeight"):
            recorded_root = None
        else:
            recorded_root = record["entriesRoot"], int(record["entryCount"]), int(record["totalWeight"])
        # name → the record's own value first, then the others that the fingerprint may have been made of
        values: Dict[str, List[Any]] = {
            "label": [self.label_text, draw_id, f"rehearsal-{draw_id}"],
            "commitment": [commitment, commitment_of(self.seed_bytes) if self.seed_bytes is not None else None],
            "entries": [self.own_root, recorded_root],
            "rules": [self.rules_hash, None if self.has_fault("rulesHash") else record["rulesHash"]],
            "entropyPlan": [text_hash(self.plan), text_hash("")],
        }
        names = list(values)
        altered: Optional[List[str]] = None
        choices = [
            [(at, value) for at, value in enumerate(given) if value is not None and value not in given[:at]]
            for given in values.values()
        ]
        for choice in itertools.product(*choices):
            label, sealed, root, rules, plan = [value for _, value in choice]
            made = fingerprint_of(
                room_id=record["roomId"],
                label=label,
                seq=self.seq,
                committed_at=record["committedAt"],
                commitment=sealed,
                entries_root=root[0],
                entry_count=root[1],
                total_weight=root[2],
                rules_hash=rules,
                plan_hash=plan,
            )
            if made == recorded:
                different = [name for name, (at, _) in zip(names, choice) if at]
                if altered is None or len(different) < len(altered):
                    altered = different
                if not altered:  # the record's own values come first: nothing was altered
                    break
        self.name_altered(altered, recorded_root)
        if altered == []:
            self.report.fingerprint = recorded
            self.found["fingerprint"] = f"{short_fingerprint(recorded)} follows from all that was committed."

    def name_altered(self, altered: Optional[List[str]], recorded_root: Any) -> None:
        record = self.record
        differs = recorded_root != self.own_root
        if "entries" in altered if altered is not None else differs and recorded_root is not None:
            part, what = ("tree", "tree is not the one") if self.is_receipt else ("entries", "list is not the one")
            self.fault(part, f"The {what} that was committed: its root is {(self.own_root or ('',))[0]}.")
        elif differs and recorded_root is not None:
            for part, own in zip(("entriesRoot", "entryCount", "totalWeight"), self.own_root or ()):
                if record[part] != own:
                    self.fault(part, f"The entries are those that were committed, but {part} is not theirs.")
        if "rules" in altered if altered is not None else self.rules_hash != record["rulesHash"]:
            self.name_altered_rules()
        elif self.rules_hash != record["rulesHash"] and not self.has_fault("rulesHash"):
            self.fault("rulesHash", "The rules are those that were committed, but rulesHash is not their hash.")
        if altered is None:
            self.fault(
                "fingerprint",
                "The fingerprint does not follow from room, label, number, time, commitment, entries, rules and plan.",
            )
        else:
            self.name_other_altered(altered)

    def name_other_altered(self, altered: List[str]) -> None:
        if "label" in altered:
            self.fault("label", "The fingerprint was made for another label: draw, rehearsal and replacement differ.")
        if "commitment" in altered:
            self.fault("commitment", "The fingerprint was made with another commitment, which is that of the seed.")
        if "entropyPlan" in altered:
            self.fault("entropyPlan", "The fingerprint was made without a plan for a public value.")

    def name_altered_rules(self) -> None:
        record, rules = self.record, self.report.rules or []
        for mode in MODES:
            if rules_hash(mode, rules, record["distinct"]) == record["rulesHash"]:
                self.fault("mode", f"The mode is not the one that was committed, which is {mode}.")
                return
        self.fault(
            "rules",
            "The ids, counts, names or order of the prizes, or distinct, are not those that were committed: "
            f"their hash is {self.rules_hash}.",
        )

    def phone(self, shown: Optional[str]) -> None:
        if shown is None:
            return
        digits = re.sub("[ \t\r\n:-]", "", shown).lower()
        if not re.fullmatch("[0-9a-f]{16,64}", digits):
            self.fault("phone", "What was shown is not a fingerprint: it has at least 16 hex digits.")
        elif not is_hash(self.record["fingerprint"]):
            self.skipped["phone"] = "Not checked: the record has no fingerprint."
        elif not self.record["fingerprint"].startswith(digits):
            self.fault("phone", "The record has another fingerprint than the one that was shown.")
        else:
            self.found["phone"] = f"The record has the fingerprint that was shown, in {len(digits)} digits of 64."
            if len(digits) < 32:
                self.report.cautions.append(
                    f"Only {len(digits)} digits of the fingerprint were compared. Two lists that agree in 16 digits "
                    "can be made in hours: compare at least 32, or all 64 from the code on the screen."
                )

    def own_entry(self, entry: Optional[str]) -> None:
        if entry is None:
            return
        if self.own_root is None:
            self.skipped["entry"] = "Not checked: the entries are wrong."
        elif entry in self.ids():
            self.found["entry"] = f"{show(entry)} is among the entries."
        else:
            where = "a leaf of the receipt's tree" if self.is_receipt else "among the entries"
            self.fault("entry", f"{show(entry)} is not {where}.")

    def entropy(self) -> None:
        entropy = self.record["entropy"]
        self.entropy_text = ""
        if self.status == "COMMITTED":
            if entropy is None:
                self.skipped["entropy"] = "There is no public value before the run."
            else:
                self.fault("entropy", "There is a public value before the run.")
            return
        if self.status == "CANCELLED" and entropy is None:
            self.skipped["entropy"] = "The draw was cancelled before a public value was given."
            return
        try:
            check_entropy(self.plan, entropy)
        except InvalidInput as error:
            self.fault(error.part, error.message)
            return
        self.entropy_text = entropy
        if entropy:
            self.found["entropy"] = f"{show(entropy)}, planned as {show(self.plan)}."
        else:
            self.found["entropy"] = "No public value was planned, none was used."

    def withdrawn(self) -> None:
        given = self.record["withdrawn"]
        if not isinstance(given, list):
            self.fault("withdrawn", "The withdrawn people are not a list.")
            return
        count = self.record["withdrawnCount"]
        self.withdrawn_count = whole(count, MAX_NUMBER)
        if not self.withdrawn_count and (count != 0 or isinstance(count, bool)):
            self.fault("withdrawn", "withdrawnCount is not a whole number.")
            return
        if self.status in ("COMMITTED", "RUNNING") and (given or self.withdrawn_count):
            self.fault("withdrawn", "People are withdrawn at the run, and the draw has not been run.")
            return
        if self.own_root is None:
            self.skipped["withdrawn"] = "Not checked: the entries are wrong."
            return
        people = self.read_withdrawn(given)
        if people is None:
            return
        least, most = len(people), self.own_root[1] if self.is_receipt else len(people)
        if not least <= self.withdrawn_count <= most:
            self.fault("withdrawn", f"withdrawnCount is {self.withdrawn_count}, and {least} people are listed.")
            return
        self.report.withdrawn = people
        self.found["withdrawn"] = f"{self.withdrawn_count} of the entries could not be awarded any more."
        if self.withdrawn_count:
            self.report.cautions.append(
                f"{self.withdrawn_count} people were withdrawn after the commit: look at who, when, by whom and why."
            )

    def read_withdrawn(self, given: List[Any]) -> Optional[List[Withdrawal]]:
        left = self.ids() if given else set()
        people: List[Withdrawal] = []
        for number, one in enumerate(given, start=1):
            person = one if isinstance(one, dict) else {}
            values: List[Any] = [person.get(name) for name in ("participantId", "at", "by", "reason")]
            participant_id, at, by, reason = values
            if not is_id(participant_id) or participant_id not in left:
                self.fault("withdrawn", f"Withdrawn person {number} is not among the entries, or stands twice.")
                return None
            left.remove(participant_id)
            if not (is_time(at) and reason in REASONS and (by is None or is_id(by))):
                self.fault("withdrawn", f"{show(participant_id)} is withdrawn without a time, an actor or a reason.")
                return None
            people.append(Withdrawal(participant_id, at, by, reason))
        return people

    def winners(self) -> None:
        given = self.record["winners"]
        if self.status != "COMPLETED":
            if given is not None:
                self.fault("winners", "There are winners, but the draw was not completed.")
                return
            self.skipped["winners"] = "The draw has no winners."
        if self.status in ("COMMITTED", "RUNNING"):
            return
        if self.record["strength"] == "delegated":
            self.skipped["winners"] = "The app chose the winners: chance did not, and nothing can be recomputed."
            if self.status == "COMPLETED" and not self.report.faults:
                self.check_chosen(given)
        elif self.report.faults:
            self.skipped["winners"] = "Not recomputed: what the winners follow from is wrong."
        elif self.status == "COMPLETED":
            if self.recompute():
                self.compare_winners(given)
        else:
            self.report.cautions.append("The draw was cancelled; it awarded nothing.")
            if not self.is_receipt and (self.entropy_text or is_blank(self.plan)):
                self.recompute()

    def recompute(self) -> bool:
        """False, and a fault, where a receipt lacks a leaf that is needed."""
        try:
            self.pick_again()
        except InvalidInput as error:
            self.fault(error.part, error.message)
            return False
        return True

    def pick_again(self) -> None:
        """Raises InvalidInput where a receipt lacks a leaf that is needed."""
        report = self.report
        if self.seed_bytes is None or report.rules is None:
            raise RuntimeError("Only a record without faults can be recomputed.")
        root = root_of(seed=self.seed_bytes, fingerprint=self.record["fingerprint"], entropy=self.entropy_text)
        pool = self.pool_of()

        def pick(withdrawn: Iterable[str], count: int) -> Outcome:
            return pick_winners(
                root=root,
                pool=pool,
                prizes=report.rules or (),
                distinct=self.record["distinct"],
                withdrawn=withdrawn,
                withdrawn_count=count,
            )

        report.winners, report.came_up = pick([one.participant_id for one in report.withdrawn], self.withdrawn_count)
        report.root = root.hex()
        if self.withdrawn_count:
            try:
                report.without_withdrawn = pick((), 0).wins
            except InvalidInput:
                report.cautions.append("Who would have won without the withdrawals is seen in the whole record.")
        if self.is_receipt:
            came_up = {pool.entries[at][0] for at in report.came_up}
            for one in report.withdrawn:
                if one.participant_id not in came_up:
                    self.fault("withdrawn", f"{show(one.participant_id)} is listed, and did not come up.")
                    return

    def wins_in(self, given: Any) -> Optional[List[Win]]:
        """The recorded winners in their order; None, and a fault, where they cannot be read."""
        recorded: List[Win] = []
        taken: Set[Tuple[str, int]] = set()
        if not isinstance(given, list):
            self.fault("winners", "The winners are not a list.")
            return None
        for number, one in enumerate(given, start=1):
            winner = one if isinstance(one, dict) else {}
            prize_id: Any = winner.get("prizeId")
            participant_id: Any = winner.get("participantId")
            rank = whole(winner.get("rank"), MAX_NUMBER)
            if not (is_id(prize_id) and is_id(participant_id) and rank):
                self.fault("winners", f"Winner {number} lacks a prize, a person or a rank.")
                return None
            if (prize_id, rank) in taken:
                self.fault("winners", f"Two winners stand on place {rank} of prize {show(prize_id)}.")
                return None
            taken.add((prize_id, rank))
            recorded.append(Win(prize_id, participant_id, rank))
        return recorded

    def check_chosen(self, given: Any) -> None:
        """What an app chose cannot be recomputed; that it kept to the sealed list and rules can be seen."""
        counts = {prize.prize_id: prize.count for prize in self.report.rules or ()}
        places = {prize_id: at for at, prize_id in enumerate(counts)}
        able = self.ids().difference([one.participant_id for one in self.report.withdrawn])
        winners: Set[Any] = set()
        last = (-1, 0)
        for prize_id, participant_id, rank in self.wins_in(given) or ():
            who = participant_id if self.record["distinct"] else (prize_id, participant_id)
            place = (places.get(prize_id, -1), rank)
            if rank > counts.get(prize_id, 0):
                self.fault("winners", f"This draw has no place {rank} of prize {show(prize_id)}.")
            elif participant_id not in able:
                self.fault("winners", f"{show(participant_id)} could not win: not among the entries, or withdrawn.")
            elif who in winners:
                self.fault("winners", f"{show(participant_id)} wins twice.")
            elif place != (last[0], last[1] + 1) and not (place[0] > last[0] and rank == 1):
                self.fault("winners", "The winners do not stand in the order of prizes and ranks.")
            else:
                winners.add(who)
                last = place
                continue
            return

    def compare_winners(self, given: Any) -> None:
        recorded = self.wins_in(given)
        if recorded is None or self.report.winners is None:
            return
        follow = self.report.winners
        if recorded == follow:
            self.found["winners"] = f"{len(follow)} winners, each the one that follows."
        elif recorded == self.report.without_withdrawn:
            self.fault("withdrawn", "The winners are those of a draw in which nobody was withdrawn.")
        elif sorted(recorded) == sorted(follow):
            self.fault("winners", "The winners are the ones that follow, but not in the order of prizes and ranks.")
        else:
            self.name_different(_places(follow), _places(recorded))

    def name_different(self, places: Dict[Tuple[str, int], str], recorded: Dict[Tuple[str, int], str]) -> None:
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
        strength, reason = self.record["strength"], self.record["fallbackReason"]
        if reason is not None and not (is_text(reason) and reason):
            self.fault("strength", "fallbackReason is neither text nor null.")
            return
        if strength not in STRENGTHS:
            self.fault("strength", f"The strength is none of {', '.join(STRENGTHS)}.")
            return
        could_fall_back = self.record["mode"] == "delegated-draw" and self.status == "COMPLETED"
        if reason is not None and not (could_fall_back and strength != "delegated"):
            self.fault("strength", "The record says why an app could not choose, and none was to choose, or one did.")
        elif self.has_fault("entropyPlan", "entropy", "mode"):
            self.skipped["strength"] = "Not checked: the mode, the plan or the public value is wrong."
        elif strength == "delegated":
            self.strength_of_a_choice()
        else:
            self.strength_of_chance(strength)

    def strength_of_a_choice(self) -> None:
        if self.status != "COMPLETED":
            self.fault("strength", "An app has chosen nothing yet.")
        elif self.record["mode"] == "draw":
            self.fault("strength", "An app chose the winners, and that was not announced at the commit.")
        else:
            self.found["strength"] = "delegated: an app chose the winners, only the commit was checked."
            self.report.cautions.append("The app chose the winners: this record does not prove that chance did.")

    def strength_of_chance(self, strength: str) -> None:
        expected = "committed" if is_blank(self.plan) else "committed+entropy"
        if self.status == "COMPLETED" and self.record["mode"] == "delegated-refuse":
            self.fault("strength", "If the app does not choose there is no result, and yet the platform drew.")
        elif strength != expected:
            self.fault("strength", f"The strength is {expected}: the plan for a public value decides it.")
        elif self.status != "COMPLETED":
            self.skipped["strength"] = "The strength is known after the run."
        elif strength == "committed":
            self.found["strength"] = "committed: nothing could be changed after the commit."
        else:
            self.found["strength"] = "committed+entropy: nobody could know the result at the commit either."

    def say_what_is_not_proven(self) -> None:
        report = self.report
        if self.record["mode"] == "delegated-draw":
            report.cautions.append(
                "An app was announced to choose, and the platform to draw if it fails: "
                "the platform could choose between two results."
            )
        if self.is_receipt:
            report.cautions.append(
                "A receipt proves the entries that it shows. People who stand twice or do not exist are seen in the "
                "whole record alone, which is public from the commit on."
            )
        report.not_proven.append("today's names of people")
        if self.status == "COMPLETED":
            report.not_proven.append("the time of the run")
        elif self.entropy_text:
            report.not_proven.append("the public value, from which nothing follows as long as there is no result")
        if whole(self.record["withdrawnCount"], MAX_NUMBER):
            report.not_proven.append("when, by whom and why people were withdrawn, and who of those that never came up")
        if self.record["fallbackReason"] is not None:
            report.not_proven.append("why the app did not choose")


def _places(wins: Iterable[Win]) -> Dict[Tuple[str, int], str]:
    return {(win.prize_id, win.rank): win.participant_id for win in wins}


_UNPRINTABLE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff\ufff9-\ufffb]"
)


def show(text: Any) -> str:
    """Text of a record as it may be printed: in quotes, short, and without the characters by which a name could move
    the cursor, turn the line around or draw a tick of its own."""
    short = text if len(text) <= 80 else text[:79] + "…"
    return '"' + _UNPRINTABLE.sub(lambda match: f"\\u{{{ord(match.group()):x}}}", short) + '"'


class EntryFound(NamedTuple):
    """One's own entry: `position` counts from 1. `places` says for each prize where it stands in the whole order of the
    prize, None where a receipt or an open draw does not show it; `wins` what it won, None where the draw has no
    recomputed result."""

    participant_id: str
    weight: int
    total_weight: int
    position: int
    withdrawn: bool
    places: Optional[Dict[str, int]]
    wins: Optional[List[Win]]


def find_entry(report: Report, participant_id: str) -> Optional[EntryFound]:
    """The entry of a person in a record or receipt that was checked; None where it shows none."""
    entries = report.entries
    at: Optional[int] = None
    if entries is not None:
        at = next((at for at, (one, _) in enumerate(entries) if one == participant_id), None)
        weight = 0 if at is None else entries[at][1]
    else:
        leaf = next((leaf for leaf in report.leaves or () if leaf.participant_id == participant_id), None)
        at, weight = (None, 0) if leaf is None else (leaf.position, leaf.weight)
    if at is None:
        return None
    places: Optional[Dict[str, int]] = None
    if entries is not None and report.root is not None and report.rules is not None:
        pool, root = Pool(entries), bytes.fromhex(report.root)
        places = {}
        for prize in report.rules[:20]:  # a whole order is a second or two for a hundred thousand entries
            order = pool.order(prize_key(root, prize.prize_id))
            places[prize.prize_id] = next(place for place, one in enumerate(order, start=1) if one == at)
    return EntryFound(
        participant_id,
        weight,
        report.total_weight,
        at + 1,
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
    if report.not_proven:
        yield f"Not proven: {'; '.join(report.not_proven)}."
    if report.ok:
        yield "Everything that was checked is right."
    else:
        parts = list(dict.fromkeys(fault.part for fault in report.faults))
        yield f"This {report.kind} is WRONG: {', '.join(parts)}."


def prize_names(record: Any) -> Dict[str, str]:
    """The names by the ids of the prizes; whatever cannot be shown is left out."""
    prizes = record.get("prizes") if isinstance(record, dict) else None
    names: Dict[str, str] = {}
    for prize in prizes if isinstance(prizes, list) else ():
        if isinstance(prize, dict) and isinstance(prize.get("prizeId"), str) and isinstance(prize.get("name"), str):
            names[prize["prizeId"]] = prize["name"]
    return names


def _win_lines(wins: Iterable[Win], names: Mapping[str, str]) -> Iterator[str]:
    for win in wins:
        name = f" {show(names[win.prize_id])}" if win.prize_id in names else ""
        yield f"  {show(win.prize_id)}{name}, place {win.rank}: {show(win.participant_id)}"


def entry_lines(entry: EntryFound) -> Iterator[str]:
    yield ""
    share = 100 * entry.weight / entry.total_weight
    yield (
        f"{show(entry.participant_id)} is entry number {entry.position}, with weight {entry.weight} of "
        f"{entry.total_weight} ({share:.4f} %)."
    )
    if entry.withdrawn:
        yield "  withdrawn: could not be awarded"
    for prize_id, place in (entry.places or {}).items():
        yield f"  in the order of prize {show(prize_id)}: number {place}"
    for win in entry.wins or ():
        yield f"  drawn for prize {show(win.prize_id)}, place {win.rank}"


def main(arguments: Optional[Sequence[str]] = None) -> int:
    parser = argparse.ArgumentParser(description="Check the record or the receipt of a fair-draw-v1 draw.")
    parser.add_argument("proof", help="the record or receipt, a JSON file; - reads standard input")
    parser.add_argument("--fingerprint", help="what a screen or a phone showed at the commit, best all 64 digits")
    parser.add_argument("--entry", metavar="ID", help="demand this participant's entry, and show its place")
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
    report = check_record(record, shown=chosen.fingerprint, entry=chosen.entry)
    for line in report_lines(record, report):
        print(line)
    found = None if chosen.entry is None else find_entry(report, chosen.entry)
    for line in () if found is None else entry_lines(found):
        print(line)
    return 0 if report.ok else 1


if __name__ == "__main__":
    sys.exit(main())
