"""The record and the receipt of a draw as the description of the API shows them. What they mean, byte by byte, is
docs/fair-draw.md; prizes.fair_draw checks them."""

from typing import Any

from platform_site.rest.components import SAMPLE_ID, Schema, object_of
from prizes.enums import DrawMode, DrawStatus
from prizes.fair_draw import MAX_NUMBER, MAX_WEIGHT, REASONS, STRENGTHS, VERSION


def text(description: str, **more: Any) -> Schema:
    return {"type": "string", "description": description, **more}


def nullable(schema: Schema) -> Schema:
    values = {"enum": [*schema["enum"], None]} if "enum" in schema else {}
    return schema | {"type": [schema["type"], "null"]} | values


def number(description: str, top: int = MAX_NUMBER) -> Schema:
    return {"type": "integer", "minimum": 1, "maximum": top, "description": description, "example": 1}


def digits(description: str) -> Schema:
    sample = "c474545704d11b2ef82cb2b154479ea18a5740f2239ba4d1705f9bc1e4e2890a"
    return text(description, pattern="^[0-9a-f]{64}$", example=sample)


def listed(items: Schema, description: str) -> Schema:
    return {"type": "array", "items": items, "description": description}


TIME: Schema = {"type": "string", "format": "date-time"}
PERSON_ID = text("A participant's id.", example=SAMPLE_ID)
WEIGHT = number("How many times this entry counts.", MAX_WEIGHT)
ENTRY = object_of(participantId=PERSON_ID, weight=WEIGHT)
WIN = object_of(
    prizeId=text("The prize.", example=SAMPLE_ID),
    participantId=PERSON_ID,
    rank=number("The place among the winners of this prize."),
)
WITHDRAWAL = object_of(
    participantId=PERSON_ID,
    at=TIME,
    by=nullable(text("Who did it; null where nobody is known.")),
    reason=text("Why this entry could not be awarded any more.", enum=list(REASONS)),
)
FACTS: dict[str, Schema] = {
    "version": text("The procedure.", const=VERSION),
    "roomId": text("The room.", example=SAMPLE_ID),
    "drawId": text("The draw.", example=SAMPLE_ID),
    "seq": number("The draw's number in the room, without gaps; rehearsals are numbered by themselves."),
    "status": text("Where the draw stands.", enum=list(DrawStatus.values)),
    "mode": text("Who was announced to pick.", enum=list(DrawMode.values)),
    "rehearsal": {"type": "boolean", "description": "A rehearsal awards nothing."},
    "replaces": nullable(text("The revoked win that this draw replaces.")) | {"example": None},
    "committedAt": TIME | {"description": "The time of the commit, to the millisecond. Part of the fingerprint."},
    "commitment": digits("SHA-256 of the seed, published at the commit."),
    "entropyPlan": text("Where the public value will come from; empty where there is none.", example="Ten dice"),
    "prizes": listed(
        object_of(
            prizeId=text("The prize.", example=SAMPLE_ID),
            name=text("Its name at the commit. Part of the fingerprint."),
            count=number("How many pieces are drawn."),
        ),
        "The prizes in the order in which they are drawn.",
    ),
    "distinct": {"type": "boolean", "description": "True: nobody wins twice in this draw."},
    "entriesRoot": digits("The root of the entries tree."),
    "entryCount": number("How many people are in."),
    "totalWeight": number("The sum of their weights."),
    "withdrawn": listed(WITHDRAWAL, "Who could not be awarded any more at the run; empty before it."),
    "withdrawnCount": {"type": "integer", "minimum": 0, "description": "How many were withdrawn in all."},
    "rulesHash": digits("The hash of mode, prizes and `distinct`."),
    "fingerprint": digits("Binds everything that is known at the commit. Compare all 64 digits."),
    "entropy": nullable(text("The public value; null until the run has begun.")) | {"example": "6 1 3 3 2 5 6 1 4 2"},
    "seed": nullable(digits("The secret; null until the draw is over.")),
    "runAt": nullable(TIME) | {"description": "The time of the run. Nothing proves it."},
    "winners": listed(WIN, "Null before the run.") | {"type": ["array", "null"]},
    "strength": text("What the record proves; before the run, what it will.", enum=list(STRENGTHS)),
    "fallbackReason": nullable(text("Why the app could not choose, where the platform drew instead."))
    | {"example": None},
}
RECORD = object_of(**FACTS, entries=listed(ENTRY, "Everybody who is in, by the bytes of their ids.")) | {
    "description": "The record of a draw: `verify_draw.py` and the page `/draws/verify` check it."
}
RECEIPT = object_of(
    kind=text("Tells a receipt from a record.", const="receipt"),
    **FACTS,
    tree={"$ref": "#/components/schemas/ReceiptTree"},
) | {"description": "The record with the entries tree, cut down to the leaves that matter, in place of the entries."}
