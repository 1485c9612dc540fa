"""Receipts: the proof of a draw for a phone, cut out of a tree that each process keeps while it is asked for."""

import json
import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from prizes import fair_draw
from prizes.entries import StoredEntries
from prizes.enums import DrawStatus
from prizes.models import Draw
from prizes.records import facts_of
from rooms.models import Participant

MOST_KEPT = 64 * 2**20  # characters of lists of entries: some forty draws of 60,000 people
LONGEST_IN_EVENT = 16 * 1024


class Kept:
    """The least recently used go first; the last one stays however large it is. What is asked for by several threads
    at once is made once."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.size = 0
        self._kept: OrderedDict[Any, tuple[Any, int]] = OrderedDict()
        self._making: dict[Any, threading.Lock] = {}
        self._lock = threading.Lock()

    def get(self, key: Any, make: Callable[[], tuple[Any, int]]) -> Any:
        """The value under `key`; `make` gives it and its size."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key][0]
            making = self._making.setdefault(key, threading.Lock())
        with making:
            with self._lock:
                if key in self._kept:
                    return self._kept[key][0]
            try:
                value, size = make()
            finally:
                with self._lock:
                    self._making.pop(key, None)
            with self._lock:
                self._kept[key] = value, size
                self.size += size
                while self.size > self.most and len(self._kept) > 1:
                    _, (_, freed) = self._kept.popitem(last=False)
                    self.size -= freed
        return value

    def clear(self) -> None:
        with self._lock:
            self._kept.clear()
            self.size = 0


TREES = Kept(MOST_KEPT)
RESULTS = Kept(MOST_KEPT)


def entry_of(draw: Draw, participant_id: str) -> int | None:
    """Where this participant stands in the draw's list, from 0; None where they are not entered."""
    return tree_of(draw).position_of(participant_id)


def own_entry(draw: Draw, user: Any) -> str | None:
    """The caller's own participant where they are entered, also if they have left the room since; else None."""
    own = None if user.is_anonymous else Participant.all_objects.filter(room=draw.room_id, user=user.pk).first()
    return own.pk if own and entry_of(draw, own.pk) is not None else None


def receipt_json(draw: Draw, participant_id: str | None) -> str:
    """The receipt of this participant as JSON, or the winners' alone. Reads the list of entries once a process: `draw`
    is read `light` and `with_lines`."""
    tree = tree_of(draw)
    asked = None if participant_id is None else tree.position_of(participant_id)
    if draw.status != DrawStatus.COMPLETED:
        # Before the result there is little to keep, and the public value may come at any moment.
        return dumps(fair_draw.receipt_from(facts_of(draw), tree, asked=asked))
    head, cut, came_up = result_of(draw, tree)
    return f'{head[:-1]},"tree":{cut if asked is None else with_leaf(cut, tree, came_up, asked)}}}'


def tree_of(draw: Draw) -> fair_draw.Tree:
    def make() -> tuple[fair_draw.Tree, int]:
        text = Draw.objects.values_list("entries", flat=True).get(pk=draw.pk)
        return fair_draw.Tree(StoredEntries(text)), len(text)

    tree: fair_draw.Tree = TREES.get(draw.pk, make)
    return tree


def result_of(draw: Draw, tree: fair_draw.Tree) -> tuple[str, str, list[int]]:
    """What the receipts of a completed draw share: facts and tree of the winners' receipt as JSON, and who came up."""

    def make() -> tuple[tuple[str, str, list[int]], int]:
        came_up: list[int] = Draw.objects.values_list("came_up", flat=True).get(pk=draw.pk)
        receipt = fair_draw.receipt_from(facts_of(draw), tree, came_up=came_up)
        cut = dumps(receipt.pop("tree"))
        head = dumps(receipt)
        return (head, cut, came_up), len(head) + len(cut) + 8 * len(came_up)

    result: tuple[str, str, list[int]] = RESULTS.get(draw.pk, make)
    return result


def with_leaf(cut: str, tree: fair_draw.Tree, came_up: list[int], position: int) -> str:
    """The winners' tree with one leaf more: of all its branches only the one around that leaf is opened."""
    if position in came_up:
        return cut
    start, stop = tree.branch_around(position, came_up)
    closed, opened = (dumps(tree.cut_branch(start, stop, positions)) for positions in ((), (position,)))
    return cut.replace(closed, opened, 1)


def receipt_in_event(facts: dict[str, Any], tree: fair_draw.Tree, came_up: list[int]) -> dict[str, Any] | None:
    """The winners' receipt where it is short enough for an event, so that a page can check the result at once."""
    receipt = fair_draw.receipt_from(facts, tree, came_up=came_up)
    return receipt if len(dumps(receipt).encode()) < LONGEST_IN_EVENT else None


def dumps(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
