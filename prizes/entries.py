"""Who enters a draw, and which entries cannot be awarded any more when it runs."""

from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime
from typing import Any, Self, overload

from django.db.models import Q

from apps_registry.contract import DrawRules
from platform_site.rest.exceptions import InvalidInput
from platform_site.rest.fields import iso, wire_name
from prizes import fair_draw
from prizes.enums import WinnerState
from prizes.models import Draw, Winner
from rooms.enums import ParticipantRole
from rooms.models import Participant, Room, RoomEvent

MOST_NAMED = 100


@dataclass(frozen=True)
class Eligibility:
    """Who may enter. `weight_field` names a number in a participant's metadata; where it is empty everybody weighs 1.

    None means what the room's game says (`under`). `needs` is the game's alone: whoever lacks it enters no draw.
    """

    roles: tuple[str, ...] = (ParticipantRole.PARTICIPANT.value,)
    registered_only: bool = False
    checked_in_only: bool = False
    exclude_winners: bool | None = None
    exclude_participant_ids: tuple[str, ...] = ()
    weight_field: str | None = None
    needs: str = ""

    def under(self, game: DrawRules) -> Self:
        """With the rules of the room's game where nobody gave others."""
        return replace(
            self,
            exclude_winners=not game.several_wins if self.exclude_winners is None else self.exclude_winners,
            weight_field=game.weight_field if self.weight_field is None else self.weight_field,
            needs=game.needs,
        )

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Self:
        names = {field.name: wire_name(field.name) for field in fields(cls)}
        given: dict[str, Any] = {name: stored[key] for name, key in names.items() if key in stored}
        for name in ("roles", "exclude_participant_ids"):
            given[name] = tuple(given.get(name, getattr(cls, name)))
        return cls(**given)

    def as_json(self) -> dict[str, Any]:
        """As draws keep and show it."""
        told = asdict(self)
        del told["needs"]  # the game's own rule
        return {wire_name(name): list(value) if isinstance(value, tuple) else value for name, value in told.items()}


def frozen_entries(room: Room, prize_ids: list[str], rules: Eligibility) -> list[fair_draw.Entry]:
    """Everybody who may enter now, with their weights. Raises InvalidInput for ids that are nobody's and for weights
    that are no whole number from 1 to 1,000,000, naming the participants."""
    check_excluded(room, rules.exclude_participant_ids)
    people = Participant.objects.filter(room=room, role__in=rules.roles)
    if rules.needs:
        people = people.filter(metadata__has_key=rules.needs)
    if rules.registered_only:
        people = people.filter(user__is_guest=False)
    if rules.checked_in_only:
        people = people.filter(checked_in_at__isnull=False)
    wins = Winner.objects.live().filter(room=room)
    if not rules.exclude_winners:
        wins = wins.filter(prize__in=prize_ids)
    barred = set(wins.values_list("participant_id", flat=True)) | set(rules.exclude_participant_ids)
    if not rules.weight_field:
        ids = people.values_list("pk", flat=True).iterator(chunk_size=5000)
        return [(participant_id, 1) for participant_id in ids if participant_id not in barred]
    # Whole metadata, read in parts: a number pulled out of JSON by the database does not say whether it was a text.
    rows = people.values_list("pk", "metadata").iterator(chunk_size=2000)
    return weighed(((pk, metadata) for pk, metadata in rows if pk not in barred), rules.weight_field)


def check_excluded(room: Room, ids: tuple[str, ...]) -> None:
    known = set(Participant.all_objects.filter(room=room, pk__in=ids).values_list("pk", flat=True)) if ids else set()
    unknown = [participant_id for participant_id in ids if participant_id not in known]
    if unknown:
        message = f"Not people of this room: {', '.join(unknown[:MOST_NAMED])}."
        raise InvalidInput({"eligibility.excludeParticipantIds": [message]})


def weighed(people: Iterator[tuple[str, dict[str, Any]]], field: str) -> list[fair_draw.Entry]:
    entries, wrong = [], []
    for participant_id, metadata in people:
        weight = fair_draw.whole(metadata.get(field, 1), fair_draw.MAX_WEIGHT)
        entries.append((participant_id, weight))
        if not weight:
            wrong.append(participant_id)
    if wrong:
        message = f"{len(wrong)} participants have no whole number from 1 to {fair_draw.MAX_WEIGHT} in {field!r}."
        refusal = InvalidInput({"eligibility.weightField": [message]})
        refusal.details["participantIds"] = wrong[:MOST_NAMED]
        raise refusal
    return entries


def entries_left(replaced: Winner, draw: Draw) -> list[fair_draw.Entry]:
    """For a replacement: the entries of `draw`, which the revoked win was drawn in, without who won in it, who won this
    prize in whatever way and lost it or not, and, where that draw left out winners, who holds any win now."""
    before = Eligibility.from_json(draw.eligibility)
    wins = Winner.all_objects.filter(room=replaced.room_id)
    theirs = Q(draw=draw) | Q(prize=replaced.prize_id)
    if before.exclude_winners:
        theirs |= ~Q(state=WinnerState.REVOKED)
    barred = set(wins.filter(theirs).values_list("participant_id", flat=True))
    return [entry for entry in entries_of(draw) if entry[0] not in barred]


def entries_of(draw: Draw) -> list[fair_draw.Entry]:
    """The frozen entries in their order."""
    return [(participant_id, int(weight)) for participant_id, weight in lines_of_entries(draw.entries)]


STRIDE = 8


class StoredEntries(Sequence[fair_draw.Entry]):
    """The frozen entries, read out of their text a few at a time: the text and where each eighth line begins is all
    that it keeps, a fifth of a list."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._starts = array("Q")
        self._count = 0
        start = 0
        while start < len(text):
            if self._count % STRIDE == 0:
                self._starts.append(start)
            start = text.index("\n", start) + 1
            self._count += 1

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, index: int) -> fair_draw.Entry: ...
    @overload
    def __getitem__(self, index: slice) -> list[fair_draw.Entry]: ...
    def __getitem__(self, index: int | slice) -> fair_draw.Entry | list[fair_draw.Entry]:
        if isinstance(index, int):
            return self[index : index + 1][0]
        first, stop, _ = index.indices(self._count)
        if first >= stop:
            return []
        block, last = first // STRIDE, (stop - 1) // STRIDE + 1
        end = self._starts[last] if last < len(self._starts) else len(self.text)
        lines = self.text[self._starts[block] : end].split("\n")[first - block * STRIDE : stop - block * STRIDE]
        pairs = [line.rpartition(":") for line in lines]
        return [(participant_id, int(weight)) for participant_id, _, weight in pairs]


def text_of_entries(entries: Iterable[fair_draw.Entry]) -> str:
    """As a draw stores its list."""
    return "".join([f"{participant_id}:{weight}\n" for participant_id, weight in entries])


def lines_of_entries(text: str) -> Iterator[tuple[str, str]]:
    """The pairs in the stored text, one at a time: a list of a hundred thousand is long enough once."""
    start = 0
    while (end := text.find("\n", start)) >= 0:
        participant_id, _, weight = text[start:end].rpartition(":")
        yield participant_id, weight
        start = end + 1


def withdrawn_now(draw: Draw, ids: set[str], prize_ids: list[str], now: datetime) -> list[dict[str, Any]]:
    """Which of the entries `ids` left, were removed, or won meanwhile: [{participantId, at, by, reason}] in order of
    their ids, as the record shows them. Call it under the room's lock. The reason is a word: the record is public."""
    found: dict[str, dict[str, Any]] = {}
    for participant_id, won_at, winner_id in wins_meanwhile(draw, prize_ids):
        if participant_id in ids and participant_id not in found:
            found[participant_id] = withdrawal(participant_id, won_at, winner_id, "won")
    if found:
        actors = who_awarded(draw, [one["by"] for one in found.values()])
        for one in found.values():
            one["by"] = actors.get(one["by"])
    here = set(Participant.objects.filter(room=draw.room_id).values_list("pk", flat=True).iterator(chunk_size=5000))
    gone = ids - here
    rows = Participant.all_objects.filter(room=draw.room_id).deleted()
    for participant_id, left_at, user_id, remover_id in rows.values_list(
        "pk", "deleted_at", "user_id", "removed_by_id"
    ).iterator(chunk_size=2000):
        if participant_id in gone:
            gone.remove(participant_id)
            why = "removed" if remover_id else "left"
            found[participant_id] = withdrawal(participant_id, left_at or now, remover_id or user_id, why)
    for participant_id in gone:
        found[participant_id] = withdrawal(participant_id, now, None, "unknown")
    return [found[participant_id] for participant_id in sorted(found)]


def withdrawal(participant_id: str, at: datetime, by: str | None, reason: str) -> dict[str, Any]:
    return {"participantId": participant_id, "at": iso(at), "by": by, "reason": reason}


def wins_meanwhile(draw: Draw, prize_ids: list[str]) -> Iterator[tuple[str, datetime, str]]:
    # Whoever held such a win at the commit is no entry, so every live one of an entry came later.
    wins = Winner.objects.live().filter(room=draw.room_id)
    if not Eligibility.from_json(draw.eligibility).exclude_winners:
        wins = wins.filter(prize__in=prize_ids)
    rows = wins.order_by("created_at", "id").values_list("participant_id", "created_at", "id")
    return rows.iterator(chunk_size=2000)


def who_awarded(draw: Draw, winner_ids: list[str | None]) -> dict[str | None, str | None]:
    """The log knows who awarded a win: {winner id: user id}."""
    told = RoomEvent.objects.filter(room=draw.room_id, type="winner:selected", created_at__gte=draw.created_at)
    wanted = set(winner_ids)
    rows = told.values_list("payload__winner__id", "actor_id").iterator(chunk_size=2000)
    return {winner_id: actor_id for winner_id, actor_id in rows if winner_id in wanted}
