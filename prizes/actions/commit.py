"""Committing a draw: everything that its result will follow from is fixed, and told, before anybody can know it."""

import unicodedata
from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from accounts.actors import Actor, person_of
from apps_registry.registry import refuses_on_failure, room_app, winner_selector
from platform_site.db.ids import new_id
from platform_site.rest.exceptions import InvalidInput, NotFound
from platform_site.rest.fields import iso
from prizes import fair_draw, stock
from prizes.actions.fund import require_active
from prizes.entries import Eligibility, entries_left, frozen_entries, text_of_entries
from prizes.enums import OPEN_DRAWS, DrawMode, DrawStatus, WinnerState
from prizes.errors import AlreadyReplaced, PrizeExhausted
from prizes.models import Draw, DrawPrize, Prize, Winner
from prizes.seeds import sealed
from prizes.shapes import lines_of
from rooms.enums import Visibility
from rooms.errors import RoomClosed
from rooms.events import push_unlogged, record
from rooms.models import Room
from rooms.permissions import Need, locked_room

MOST_PRIZES = 100

Line = tuple[Prize, int]


@transaction.atomic
def commit_draw(
    *,
    room_id: str,
    by: Actor,
    prizes: Sequence[tuple[str, int | None]] = (),
    eligibility: Eligibility | None = None,
    distinct: bool | None = None,
    entropy_plan: str = "",
    rehearsal: bool = False,
    replaces: str | None = None,
) -> Draw:
    """Freezes entries and rules, makes the secret seed, reserves the pieces and publishes the fingerprint.

    `prizes` are (prize id, count) in the order of the draw; without a count all pieces that are free. `replaces` is
    a REVOKED win: then its prize, one piece, and the entries of its draw that are left. A rehearsal reserves nothing
    and may be held before the event starts. Where `eligibility` and `distinct` leave something open, the room's game
    says (a lottery weighs tickets); else everybody weighs the same and wins once.

    Raises RoomNotActive or RoomClosed, NotFound (no such prize or win), PrizeExhausted, AlreadyReplaced, InvalidInput
    (nobody can enter, weights, a replacement's other rules).
    """
    room = locked_room(room_id, by, Need.ORGANIZE)
    require_open(room, rehearsal)
    game = room_app(room.app_id).draw_rules(room)
    if distinct is None:
        distinct = not game.several_wins
    if replaces is not None:
        replaced, before = replaceable_win(room, replaces, rehearsal)
        lines = free_lines(room, one_piece_of(replaced, prizes))
        eligibility = Eligibility.from_json(before.eligibility)
        entries = entries_left(replaced, before)
    else:
        lines = free_lines(room, prizes)
        eligibility = (eligibility or Eligibility()).under(game)
        entries = frozen_entries(room, [prize.pk for prize, _ in lines], eligibility)
    if not entries:
        raise InvalidInput({"eligibility": ["There is nobody who could win: the draw would have no entry."]})
    plan = public_text(entropy_plan)
    seed = fair_draw.new_seed()
    now = timezone.now()
    committed_at = now.replace(microsecond=now.microsecond // 1000 * 1000)
    commit = fair_draw.seal(
        room_id=room.pk,
        draw_id=new_id(),
        seq=next_number(room, rehearsal),
        committed_at=iso(committed_at),
        mode=mode_of(room, rehearsal),
        commitment=fair_draw.commitment_of(seed),
        entries=entries,
        prizes=[(prize.pk, count, prize.name) for prize, count in lines],
        distinct=distinct,
        entropy_plan=plan,
        rehearsal=rehearsal,
        replaces=replaces,
    )
    draw = Draw.objects.create(
        pk=commit.draw_id,
        room=room,
        seq=commit.seq,
        mode=commit.mode,
        committed_at=committed_at,
        rehearsal=rehearsal,
        distinct=distinct,
        replaces_id=replaces,
        eligibility=eligibility.as_json(),
        entropy_plan=plan,
        commitment=commit.commitment,
        sealed_seed=sealed(seed),
        entries=text_of_entries(commit.entries),
        entry_count=commit.entry_count,
        total_weight=commit.total_weight,
        entries_root=commit.entries_root,
        rules_hash=commit.rules_hash,
        fingerprint=commit.fingerprint,
        strength="committed+entropy" if plan else "committed",
        created_by=person_of(by),
    )
    draw.lines = DrawPrize.objects.bulk_create(
        DrawPrize(draw=draw, prize=prize, position=position, name=prize.name, count=count)
        for position, (prize, count) in enumerate(lines)
    )
    if not rehearsal:
        for prize, count in lines:
            stock.reserve(prize.pk, count)
    tell_committed(room, draw, by=by)
    return draw


def public_text(text: str) -> str:
    """A plan or a public value as it is stored and hashed. Only ASCII white space is cut off: verifiers cut nothing."""
    return unicodedata.normalize("NFC", text).strip(fair_draw.WHITE_SPACE)


def next_number(room: Room, rehearsal: bool) -> int:
    """Rehearsals are numbered by themselves, so that the numbers that everybody sees have no gap."""
    last: int | None = Draw.objects.filter(room=room, rehearsal=rehearsal).aggregate(last=Max("seq"))["last"]
    return (last or 0) + 1


def mode_of(room: Room, rehearsal: bool) -> DrawMode:
    """Who will pick, announced before a result can be known. A rehearsal asks no app: apps act on what they hear."""
    if rehearsal or winner_selector(room.manifest_version_id, room.app_id) is None:
        return DrawMode.DRAW
    return DrawMode.DELEGATED_REFUSE if refuses_on_failure(room.manifest_version_id) else DrawMode.DELEGATED_DRAW


def require_open(room: Room, rehearsal: bool) -> None:
    """Real draws need a running event; a rehearsal is for the hours before it, too."""
    if not rehearsal:
        require_active(room)
    elif not room.is_open:
        raise RoomClosed


def free_lines(room: Room, asked: Sequence[tuple[str, int | None]]) -> list[Line]:
    """The prizes with their counts; never more pieces than nobody has and no open draw was promised."""
    ids = [prize_id for prize_id, _ in asked]
    if not 1 <= len(ids) <= MOST_PRIZES:
        raise InvalidInput({"prizes": [f"A draw has from 1 to {MOST_PRIZES} prizes."]})
    if len(set(ids)) < len(ids):
        raise InvalidInput({"prizes": ["Each prize stands once in a draw."]})
    known = Prize.objects.filter(room=room).in_bulk(ids)
    lines = []
    for prize_id, count in asked:
        if prize_id not in known:
            raise NotFound("There is no such prize in this room.")
        prize = known[prize_id]
        free = prize.free
        if free < (count or 1):
            raise PrizeExhausted(f"Of {prize.name!r} {free} pieces are free.", prizeId=prize.pk, free=free)
        lines.append((prize, count or free))
    return lines


def replaceable_win(room: Room, winner_id: str, rehearsal: bool) -> tuple[Winner, Draw]:
    """The revoked win and the draw that it was drawn in."""
    if rehearsal:
        raise InvalidInput({"rehearsal": ["A replacement cannot be rehearsed."]})
    win = Winner.objects.filter(pk=winner_id, room=room).select_related("draw").first()
    if win is None:
        raise NotFound("There is no such win in this room.")
    if win.state != WinnerState.REVOKED or win.draw is None:
        raise InvalidInput({"replaces": ["Only a win of a draw that was revoked can be drawn again."]})
    others = Draw.objects.filter(replaces=win)
    if (
        others.filter(status__in=OPEN_DRAWS).exists()
        or others.filter(status=DrawStatus.COMPLETED, winner_count__gt=0).exists()
    ):
        raise AlreadyReplaced
    return win, win.draw


def one_piece_of(win: Winner, asked: Sequence[tuple[str, int | None]]) -> list[tuple[str, int | None]]:
    if any(prize_id != win.prize_id or (count or 1) != 1 for prize_id, count in asked) or len(asked) > 1:
        raise InvalidInput({"prizes": ["A replacement draws one piece of the prize that was revoked."]})
    return [(win.prize_id, 1)]


def tell_committed(room: Room, draw: Draw, *, by: Actor) -> None:
    told = {
        "drawId": draw.pk,
        "drawSeq": draw.seq,  # in a frame `seq` is the number of the event
        "seq": draw.seq,
        "rehearsal": draw.rehearsal,
        "replaces": draw.replaces_id,
        "mode": draw.mode,
        "committedAt": iso(draw.committed_at),
        "commitment": draw.commitment,
        "fingerprint": draw.fingerprint,
        "entryCount": draw.entry_count,
        "totalWeight": draw.total_weight,
        "entriesRoot": draw.entries_root,
        "rulesHash": draw.rules_hash,
        "prizes": lines_of(draw),
        "distinct": draw.distinct,
        "entropyPlan": draw.entropy_plan,
    }
    tell_draw(room, draw, "draw:committed", told, by=by)


def tell_draw(room: Room, draw: Draw, type: str, told: dict[str, Any], *, by: Actor) -> None:
    """Tells of a draw in a locked room: of a rehearsal those who run the room, and big screens beside the log."""
    record(room, type, told, by=by, visibility=visibility_of(draw))
    if draw.rehearsal:
        # `seq` is the draw's own number here; a frame with one counts as a row of the log.
        unnumbered = {name: value for name, value in told.items() if name != "seq"}
        push_unlogged(room.pk, type, unnumbered, for_screens=True)


def visibility_of(draw: Draw) -> Visibility:
    """A rehearsal must not be taken for the real draw anywhere: only those who run the event hear of it."""
    return Visibility.ORGANIZER if draw.rehearsal else Visibility.PUBLIC
