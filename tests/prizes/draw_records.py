"""Records of draws to test with: the vectors of the procedure, a reference that only reads like its description, and
records of every kind of draw, seeded or by hypothesis."""

import hashlib
import hmac
import itertools
import json
import random
import unicodedata
from collections.abc import Iterator
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from prizes import fair_draw
from prizes.fair_draw import Win, seal

SEED = bytes(range(32))
COMMITMENT = "630dcd2966c4336691125448bbb25b4ff412a49c732db2c8abc1b8581bd710dd"
COMMITTED_AT = "2026-12-31T20:00:00.000Z"
RUN_AT = "2026-12-31T21:00:00.000Z"
E1 = [(f"p{number:02d}", 1) for number in range(10)]
E2 = [("alice", 5), ("bob", 1), ("charlie", 3), ("Диана", 1)]
GRAND, SECOND = ("grand", 1, "Grand Prize"), ("second", 3, "Second Prize")
X, Y = ("x", 2, "Cafe\u0301 for two"), ("y", 2, "Приз")
E1_ROOT = "662064c942b2656fbb6c139f3b8a5ca289b91424dd143646264030ecbc4abd19"
E2_ROOT = "6984d8028b8d4c105e2f300922ba62a816efb0dee0cd6a45cf97a2269ec05d70"
R1_HASH = "eb535b43cf18c320cfa9976fe456f7d28e2650c0b2c12f28ba6a3939874aec5c"

Entries = list[tuple[str, int]]
Prizes = list[tuple[str, int, str]]


def ids_of(text: str) -> list[str]:
    return text.split()


#: inputs of `make_record` → what has to come out, from the description of the procedure
VECTORS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "A": (
        {"seq": 1, "entries": E1, "prizes": [GRAND, SECOND]},
        {
            "entriesRoot": E1_ROOT,
            "entryCount": 10,
            "totalWeight": 10,
            "rulesHash": R1_HASH,
            "fingerprint": "c474545704d11b2ef82cb2b154479ea18a5740f2239ba4d1705f9bc1e4e2890a",
            "root": "f494f24800406ad0e1e8d412b7bac124057512277f9019e78d40f7d626bc24c3",
            "keys": {
                "grand": "3f14f1c6196158026b005ad697addea180e453f68a7a24376ea7e991b19f475c",
                "second": "17b5718adc78d03abdd04258d5701eaaa3519ed8c5d049065597417a3eaa89fd",
            },
            "firstWords": {"grand": "1050089872858835970", "second": "6537712126992103824"},
            "orders": {
                "grand": ids_of("p00 p05 p09 p08 p04 p01 p03 p07 p02 p06"),
                "second": ids_of("p04 p05 p01 p07 p00 p02 p08 p03 p09 p06"),
            },
            "winners": ["grand p00", "second p04", "second p05", "second p01"],
            "tree": '[[[[["p00",1],["p01",1]],'
            '[2,2,"b9107baa3d9d573fe30eff6a8a75df17a03a973aea1ec9c61be1f705d6a3ee79"]],'
            '[[["p04",1],["p05",1]],[2,2,"d45eaf6c10ce79339b20673fff552ca50a989fa07420240f603c950a7268d7d0"]]],'
            '[2,2,"dac9891b65a5db607a9f92263147652f9e8678459b1799eb2a4a08ae1eb4b459"]]',
        },
    ),
    "B": (
        {
            "seq": 2,
            "entries": E1,
            "prizes": [GRAND, SECOND],
            "entropy_plan": "a word from the audience",
            "entropy": "snow in july",
            "withdrawn": ["p05"],
        },
        {
            "planHash": "5f6a7c2e0a8d46fe8e5c9f3c8a27638b234aaaf9758212726a2840976b7b86d1",
            "entropyHash": "9ddbb640621a67fe3f7e5bf0a40235ba6045efdcfe65e08818126c94a90c2ad4",
            "fingerprint": "2675336df430fe723dd2887d73a4566fd0d20ddb268f4bfcb036694aaeb92c18",
            "root": "2a248f1c6b64ec3cbf6e3ae1797253d8a52774a66b5d998fecdcfe28c4b4573d",
            "orders": {
                "grand": ids_of("p06 p09 p03 p04 p02 p08 p00 p05 p07 p01"),
                "second": ids_of("p01 p09 p05 p08 p06 p02 p04 p03 p00 p07"),
            },
            "winners": ["grand p06", "second p01", "second p09", "second p08"],
            "leaves": ids_of("p01 p05 p06 p08 p09"),
        },
    ),
    "C": (
        {
            "seq": 3,
            "entries": E2,
            "prizes": [X, Y],
            "distinct": False,
            "entropy_plan": "a word",
            "entropy": "caf\u00e9",
        },
        {
            "entriesRoot": E2_ROOT,
            "entryCount": 4,
            "totalWeight": 10,
            "rulesHash": "aaa0ddf0e848aadd4c86e789dfffb630d2e947e7c76334a46d37da267a8bf811",
            "planHash": "993a6153954705a65e1dc6dbe18c5fecf174f4dbffed49cc435f17649958315e",
            "entropyHash": "850f7dc43910ff890f8879c0ed26fe697c93a067ad93a7d50f466a7028a9bf4e",
            "fingerprint": "8b20985cdfd8ee944eba2f1e915a1597128dd5dd7d36ac5d77ae96760438d1b2",
            "root": "c2cee61f50f9e478f85516b4740be7bfba421de976dd4e48495584459158ac80",
            "firstWords": {"x": "14920352536521922631", "y": "270026782301227764"},
            "orders": {"x": ids_of("alice charlie Диана bob"), "y": ids_of("alice bob Диана charlie")},
            "winners": ["x alice", "x charlie", "y alice", "y bob"],
            "tree": '[[["alice",5],["bob",1]],[["charlie",3],'
            '[1,1,"f166ed27526cc78281dd44ce7edef102c3e52e6a1d6c66c46ac8f6b08edfb2f3"]]]',
        },
    ),
    "D": (
        {"seq": 4, "entries": E1[:1], "prizes": [("grand", 2, "Grand Prize")], "rehearsal": True},
        {
            "label": "rehearsal-draw1",
            "entriesRoot": "2cbd5c5aa064704ccae86c44eb5df7c64296fda8aaff9e0d9cb37851f684e659",
            "fingerprint": "acbae8a45da19e4e2df632045f0cfdfd1f658ee85086bb83ba75fbb90ca29dbf",
            "winners": ["grand p00"],
            "tree": '["p00",1]',
        },
    ),
    "E": (
        {"seq": 5, "entries": E2, "prizes": [X], "mode": "delegated-draw"},
        {
            "rulesHash": "3c64b8322d4cf49e21bcf78ab586aa314c8695c592e9b8ec2761c633fc2643a2",
            "fingerprint": "69a259f4c9d4139bba1d23380ed06902559f6d552b3e5c777b8cb790cad7c704",
            "orders": {"x": ids_of("alice charlie Диана bob")},
        },
    ),
    "F": (
        {"seq": 6, "entries": E2, "prizes": [("y", 1, "Приз")], "replaces": "win1"},
        {
            "label": "replaces-win1-draw1",
            "rulesHash": "f817bdf586d8ba8198af895941fb5f0c3e83faed535d5417f17343939166508c",
            "fingerprint": "91918bd669a158d609d9162a4764f8d7500dc00412c9b0c6213801af68020bd2",
            "orders": {"y": ids_of("charlie alice bob Диана")},
            "winners": ["y charlie"],
        },
    ),
}
VECTORS["C, e and U+0301"] = ({**VECTORS["C"][0], "entropy": "cafe\u0301"}, VECTORS["C"][1])

#: the same values by the program of a page; one argument {record, receipt}, whose winners are not looked at
DERIVE_JS = """({record, receipt}) => {
  const entries = record.entries.map((one) => [one.participantId, one.weight]);
  const prizes = FairDraw.checkRules(record.prizes.map((one) => [one.prizeId, one.count, one.name]));
  const tree = new FairDraw.Tree(FairDraw.sortEntries([...entries].reverse()));
  const found = {
    commitment: FairDraw.commitmentOf(FairDraw.fromHex(record.seed)),
    label: FairDraw.labelOf(record.drawId, record.rehearsal, record.replaces),
    entriesRoot: tree.root,
    entryCount: tree.count,
    totalWeight: tree.weight,
    rulesHash: FairDraw.rulesHash(record.mode, prizes, record.distinct),
    planHash: FairDraw.textHash(record.entropyPlan),
    entropyHash: FairDraw.textHash(record.entropy),
  };
  found.fingerprint = FairDraw.fingerprintOf({...record, ...found});
  const root = FairDraw.rootOf({...record, ...found, seed: FairDraw.fromHex(record.seed)});
  const each = (make) => Object.fromEntries(prizes.map(([id]) => [id, make(FairDraw.prizeKey(root, id))]));
  const {wins, cameUp} = FairDraw.pickWinners({
    root, pool: new FairDraw.Pool(tree.entries), prizes, distinct: record.distinct,
    withdrawn: record.withdrawn.map((one) => one.participantId),
  });
  return {
    ...found,
    root: FairDraw.toHex(root),
    keys: each((key) => FairDraw.toHex(key)),
    firstWords: each((key) => FairDraw.wordsOf(key)().toString()),
    orders: each((key) => [...FairDraw.drawOrder(key, tree.entries)]),
    winners: wins.map((win) => `${win.prizeId} ${win.participantId}`),
    tree: JSON.stringify(tree.cut(cameUp)),
    leaves: FairDraw.readTree(tree.cut(cameUp)).leaves.map((leaf) => leaf.participantId),
  };
}"""


# --- A reference that only reads like the description -----------------------------------------------------------------


def naive_node(entries: Entries) -> tuple[int, int, bytes]:
    """Count, weight and hash of the tree over sorted entries, as step 1 says it."""
    if len(entries) == 1:
        [(participant_id, weight)] = entries
        text = b"\x00" + weight.to_bytes(8, "big") + participant_id.encode()
        return 1, weight, hashlib.sha256(text).digest()
    k = 1
    while k * 2 < len(entries):
        k *= 2
    text, sums = b"\x01", [0, 0]
    for count, weight, digest in (naive_node(entries[:k]), naive_node(entries[k:])):
        text += count.to_bytes(8, "big") + weight.to_bytes(8, "big") + digest
        sums = [sums[0] + count, sums[1] + weight]
    return sums[0], sums[1], hashlib.sha256(text).digest()


def naive_order(key: bytes, entries: Entries) -> list[str]:
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
    entries: Entries,
    prizes: Prizes,
    distinct: bool,
    withdrawn: set[str],
) -> list[Win]:
    digest = hashlib.sha256(unicodedata.normalize("NFC", entropy).encode()).hexdigest()
    root = hmac.new(seed, f"fair-draw-v1\n{fingerprint}\n{digest}\n".encode(), hashlib.sha256).digest()
    wins: list[Win] = []
    for prize_id, count, _ in prizes:
        key = hmac.new(root, f"prize\n{prize_id}\n".encode(), hashlib.sha256).digest()
        won = {win.participant_id for win in wins} if distinct else set()
        free = [one for one in naive_order(key, entries) if one not in withdrawn and one not in won]
        wins += [Win(prize_id, one, rank) for rank, one in enumerate(free[:count], start=1)]
    return wins


# --- Records ----------------------------------------------------------------------------------------------------------


def make_record(
    *,
    seed: bytes = SEED,
    draw_id: str = "draw1",
    seq: int = 4,
    entries: Entries = E1,
    prizes: Prizes = [GRAND, SECOND],  # noqa: B006
    distinct: bool = True,
    mode: str = "draw",
    entropy_plan: str = "",
    entropy: str = "",
    rehearsal: bool = False,
    replaces: str | None = None,
    withdrawn: list[str] | tuple[str, ...] = (),
    naive: bool = True,
) -> dict[str, Any]:
    """The record of a completed draw, in the shape of the API; the winners are the naive reference's."""
    commit = seal(
        room_id="room1",
        draw_id=draw_id,
        seq=seq,
        committed_at=COMMITTED_AT,
        mode=mode,
        commitment=fair_draw.commitment_of(seed),
        entries=entries,
        prizes=prizes,
        distinct=distinct,
        entropy_plan=entropy_plan,
        rehearsal=rehearsal,
        replaces=replaces,
    )
    if naive:
        wins = naive_winners(seed, commit.fingerprint, entropy, entries, prizes, distinct, set(withdrawn))
    else:
        wins = fair_draw.draw(commit, seed=seed, entropy=entropy, withdrawn=withdrawn).wins
    return {
        "version": "fair-draw-v1",
        "roomId": "room1",
        "drawId": draw_id,
        "seq": seq,
        "status": "COMPLETED",
        "mode": mode,
        "rehearsal": rehearsal,
        "replaces": replaces,
        "committedAt": COMMITTED_AT,
        "commitment": commit.commitment,
        "entropyPlan": entropy_plan,
        "prizes": [{"prizeId": prize_id, "name": name, "count": count} for prize_id, count, name in prizes],
        "distinct": distinct,
        "entries": [{"participantId": one, "weight": weight} for one, weight in commit.entries],
        "entriesRoot": commit.entries_root,
        "entryCount": commit.entry_count,
        "totalWeight": commit.total_weight,
        "withdrawn": [
            {"participantId": one, "at": "2026-12-31T20:30:00.000Z", "by": "moderator1", "reason": "left"}
            for one in withdrawn
        ],
        "withdrawnCount": len(withdrawn),
        "rulesHash": commit.rules_hash,
        "fingerprint": commit.fingerprint,
        "entropy": entropy,
        "seed": seed.hex(),
        "runAt": RUN_AT,
        "winners": [{"prizeId": win.prize_id, "participantId": win.participant_id, "rank": win.rank} for win in wins],
        "strength": "committed+entropy" if entropy_plan else "committed",
        "fallbackReason": None,
    }


ENTRIES = [(f"person-{number:02d}", 1 + number % 4) for number in range(40)]
PRIZES = [("grand", 1, "A \u001b[1A prize"), ("second", 5, "Second"), ("third", 6, "Third")]


def full_record(**changes: Any) -> dict[str, Any]:
    """A completed draw with everything that a draw can have, two withdrawn people who would both have won."""
    inputs: dict[str, Any] = {
        "entries": ENTRIES,
        "prizes": PRIZES,
        "entropy_plan": "ten dice",
        "entropy": "6 1 3 3 2 5 6 1 4 2",
    }
    first = make_record(**inputs)["winners"]
    gone = [first[1]["participantId"], first[2]["participantId"]]
    return make_record(**{**inputs, "withdrawn": gone, **changes})


def committed_record(**changes: Any) -> dict[str, Any]:
    empty = dict.fromkeys(["seed", "entropy", "winners", "runAt"])
    return {**full_record(**{"withdrawn": [], **changes}), "status": "COMMITTED", **empty}


def loser_of(record: dict[str, Any]) -> str:
    taken = {one["participantId"] for one in record["winners"] + record["withdrawn"]}
    return str(next(one["participantId"] for one in record["entries"] if one["participantId"] not in taken))


def large_record() -> dict[str, Any]:
    """A draw of 1,000 winners over 100,000 entries, the winners by the module (the naive walk would take minutes)."""
    entries = [
        (f"{number * 2654435761 % 2**32:08x}-4f6a-41c2-9d5e-{number:012d}", 1 + number % 9) for number in range(100_000)
    ]
    return make_record(
        entries=entries, prizes=[("grand", 1000, "Grand")], entropy_plan="dice", entropy="6 6 1", naive=False
    )


# --- Any record there can be ------------------------------------------------------------------------------------------

ids = st.text(st.characters(exclude_characters=":\n", exclude_categories=["Cs"]), min_size=1, max_size=6).filter(
    lambda text: not text.startswith(("rehearsal-", "replaces-"))
)
names = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
# the lists are long enough that a tree has several levels, and the weights far enough apart to reach both ends
entry_lists = st.dictionaries(
    ids, st.one_of(st.integers(1, 3), st.integers(1, 1_000_000)), min_size=1, max_size=25
).map(lambda entries: list(entries.items()))
rule_lists = st.dictionaries(ids, st.tuples(st.integers(1, 8), names), min_size=1, max_size=4).map(
    lambda rules: [(prize_id, count, name) for prize_id, (count, name) in rules.items()]
)
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
        "mode": draw(st.sampled_from(["draw", "delegated-draw"])),
        "entropy_plan": plan,
        "entropy": draw(st.sampled_from(["6 6 1", "e\u0301", "\u212b"])) if plan else "",
        "rehearsal": kind == "rehearsal",
        "replaces": draw(ids) if kind == "replacement" else None,
        "withdrawn": draw(st.lists(st.sampled_from([one for one, _ in entries]), unique=True)),
    }


def seeded_records(count: int) -> Iterator[dict[str, Any]]:
    """Draws of a fixed seed: 1 to 300 entries, weights to 1,000,000, 1 to 5 prizes, withdrawn, both kinds of distinct.
    The winners are the module's; that those are right is held against the naive reference elsewhere."""
    chance = random.Random("fair-draw-v1")
    letters = ["a", "b", "z", "é", "ж", "\ud7ff", "\ue000", "\uffff", "\U0001f3b2"]
    for number in range(count):
        size = chance.randint(1, 300)
        top = chance.choice([1, 9, 1_000_000])
        entries = [(f"{chance.choice(letters)}{at}", chance.randint(1, top)) for at in range(size)]
        plan = chance.choice(["", "a word", "caf\u00e9"])
        yield make_record(
            seed=chance.randbytes(32),
            draw_id=f"draw{number}",
            seq=number + 1,
            entries=entries,
            prizes=[(f"prize{at}", chance.randint(1, 8), chance.choice(letters)) for at in range(chance.randint(1, 5))],
            distinct=chance.random() < 0.5,
            mode=chance.choice(["draw", "delegated-draw"]),
            entropy_plan=plan,
            entropy=chance.choice(["snow", "e\u0301"]) if plan else "",
            withdrawn=[one for one, _ in chance.sample(entries, min(size, chance.choice([0, 0, 1, 5, 60])))],
            naive=False,
        )


def proofs(count: int) -> Iterator[tuple[str, str]]:
    """Of each seeded draw the record or the receipt of one of its people, as JSON, with that person's id."""
    chance = random.Random(1)
    for number, record in enumerate(seeded_records(count)):
        asked = chance.choice(record["entries"])["participantId"]
        yield json.dumps(fair_draw.receipt_of(record, asked) if number % 2 else record), asked
