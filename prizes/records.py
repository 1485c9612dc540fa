"""The record (proof) of a draw: what anybody needs to recompute it, and nothing else."""

import json
from collections.abc import Iterator
from typing import Any

from platform_site.rest.fields import iso
from prizes import fair_draw
from prizes.entries import lines_of_entries
from prizes.enums import DrawStatus
from prizes.models import Draw
from prizes.shapes import lines_of

ENTRIES_A_PART = 2000


def facts_of(draw: Draw) -> dict[str, Any]:
    """The record without its entries, for a draw read `with_lines`: what record and receipt share."""
    done = draw.status == DrawStatus.COMPLETED
    return {
        "version": fair_draw.VERSION,
        "roomId": draw.room_id,
        "drawId": draw.pk,
        "seq": draw.seq,
        "status": draw.status,
        "mode": draw.mode,
        "rehearsal": draw.rehearsal,
        "replaces": draw.replaces_id,
        "committedAt": iso(draw.committed_at),
        "commitment": draw.commitment,
        "entropyPlan": draw.entropy_plan,
        "prizes": lines_of(draw),
        "distinct": draw.distinct,
        "entriesRoot": draw.entries_root,
        "entryCount": draw.entry_count,
        "totalWeight": draw.total_weight,
        "withdrawn": draw.withdrawn,
        "withdrawnCount": draw.withdrawn_count,
        "rulesHash": draw.rules_hash,
        "fingerprint": draw.fingerprint,
        "entropy": draw.entropy,
        "seed": draw.seed,
        "runAt": iso(draw.run_at) if draw.run_at else None,
        "winners": draw.outcome if done else None,
        "strength": draw.strength,
        "fallbackReason": draw.fallback_reason or None,
    }


def record_json(draw: Draw) -> Iterator[str]:
    """The record as JSON text in parts, for a draw read `with_lines`: the list of entries is never built."""
    yield json.dumps(facts_of(draw), ensure_ascii=False)[:-1]
    yield ', "entries": ['
    yield from entries_json(draw.entries)
    yield "]}"


def entries_json(text: str) -> Iterator[str]:
    part: list[str] = []
    separator = ""
    for participant_id, weight in lines_of_entries(text):
        part.append(f'{{"participantId": {json.dumps(participant_id, ensure_ascii=False)}, "weight": {weight}}}')
        if len(part) == ENTRIES_A_PART:
            yield separator + ", ".join(part)
            part, separator = [], ", "
    if part:
        yield separator + ", ".join(part)


def record_of(draw: Draw) -> dict[str, Any]:
    record: dict[str, Any] = json.loads("".join(record_json(draw)))
    return record
