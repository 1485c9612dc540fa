"""Running and cancelling a draw. The result follows from what was committed, the public value and who withdrew."""

import logging
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from accounts.actors import Actor, person_of
from apps_registry.contract import AppFailed, Selection, SelectionRequest
from apps_registry.registry import winner_selector
from platform_site.rest.exceptions import InvalidInput, NotFound
from platform_site.rest.fields import iso
from prizes import fair_draw, stock
from prizes.actions.commit import public_text, require_open, tell_draw
from prizes.actions.fund import MOST_TRIES, message_of, taken_codes
from prizes.entries import entries_of, withdrawn_now
from prizes.enums import DrawMode, DrawStatus, WinnerMethod
from prizes.errors import AppRefused, DrawOver, DrawRunning, EntropyGiven
from prizes.models import Draw, Prize, Winner, new_claim_code
from prizes.receipts import receipt_in_event
from prizes.records import facts_of
from prizes.seeds import opened
from prizes.shapes import WinnerSerializer, lines_of
from rooms.events import record_many
from rooms.models import Participant, Room
from rooms.notifications import notify_all
from rooms.permissions import Need, locked_room
from rooms.screen_keys import is_screen_there

logger = logging.getLogger(__name__)

MOST_WINNERS_TOLD = 100
BATCH = 500


def run_draw(*, room_id: str, draw_id: str, by: Actor, entropy: str = "") -> Draw:
    """Draws, stores the winners, moves the stock and reveals the seed, or does nothing. Do not call it in a
    transaction of your own where an app chooses: it is asked between two transactions.

    The first public value counts: it is stored and told before the seed is opened, and a run that broke off goes on
    with it. The same call again answers the same draw. Raises RoomNotActive or RoomClosed, NotFound, InvalidInput (a
    public value without a plan, or none in spite of one), EntropyGiven, DrawRunning, DrawOver, AppRefused,
    SeedUnreadable.
    """
    claim = claim_draw(room_id=room_id, draw_id=draw_id, by=by, entropy=public_text(entropy))
    if claim is None:
        return draw_of(room_id, draw_id)
    try:
        field = Field.of(draw_of(room_id, draw_id))
        chosen = ask_app(field)
        return complete_draw(field, chosen, room_id=room_id, claim=claim, by=by)
    except Exception:
        # Whatever went wrong, the draw can be run on at once; a process that dies here leaves an expiring claim.
        Draw.objects.filter(pk=draw_id, status=DrawStatus.RUNNING, claimed_until=claim).update(claimed_until=None)
        raise


@transaction.atomic
def claim_draw(*, room_id: str, draw_id: str, by: Actor, entropy: str) -> datetime | None:
    """Makes this process the one that runs the draw, until the returned time; None where it was run so before. With the
    first claim the public value is fixed and told: whoever knows the seed cannot try one value after the other."""
    room = locked_room(room_id, by, Need.ORGANIZE)
    draw = Draw.objects.light().filter(pk=draw_id, room=room).first()
    if draw is None:
        raise NotFound("There is no such draw in this room.")
    if draw.status == DrawStatus.COMPLETED and draw.entropy == entropy:
        return None
    if draw.status in (DrawStatus.COMPLETED, DrawStatus.CANCELLED):
        raise DrawOver
    require_open(room, draw.rehearsal)
    try:
        fair_draw.check_entropy(draw.entropy_plan, entropy)
    except fair_draw.InvalidInput as error:
        raise InvalidInput({"entropy": [error.message]}) from None
    if draw.status == DrawStatus.RUNNING and draw.entropy != entropy:
        raise EntropyGiven
    now = timezone.now()
    until = now + timedelta(seconds=settings.DRAW_CLAIM_SECONDS)
    unclaimed = Q(claimed_until=None) | Q(claimed_until__lte=now)
    free = Draw.objects.filter(Q(status=DrawStatus.COMMITTED) | Q(unclaimed, status=DrawStatus.RUNNING), pk=draw_id)
    if not free.update(status=DrawStatus.RUNNING, claimed_until=until, entropy=entropy):
        raise DrawRunning
    if draw.status == DrawStatus.COMMITTED:
        told = {
            "drawId": draw.pk,
            "drawSeq": draw.seq,
            "seq": draw.seq,
            "rehearsal": draw.rehearsal,
            "entropy": entropy,
        }
        tell_draw(room, draw, "draw:running", told, by=by)
    return until


def draw_of(room_id: str, draw_id: str) -> Draw:
    return Draw.objects.with_lines().select_related("room").get(pk=draw_id, room=room_id)


@dataclass(frozen=True)
class Field:
    """What a draw is drawn over: its commit, sealed again from what is stored and held against its fingerprint."""

    draw: Draw
    commit: fair_draw.Commit

    @classmethod
    def of(cls, draw: Draw) -> "Field":
        commit = fair_draw.seal(
            room_id=draw.room_id,
            draw_id=draw.pk,
            seq=draw.seq,
            committed_at=iso(draw.committed_at),
            mode=draw.mode,
            commitment=draw.commitment,
            entries=entries_of(draw),
            prizes=[(line.prize_id, line.count, line.name) for line in draw.lines],
            distinct=draw.distinct,
            entropy_plan=draw.entropy_plan,
            rehearsal=draw.rehearsal,
            replaces=draw.replaces_id,
        )
        if commit.fingerprint != draw.fingerprint:
            raise RuntimeError(f"Draw {draw.pk}: what is in the database is not what was committed.")
        return cls(draw, commit)

    def able(self, barred: Iterable[str]) -> set[str]:
        return {participant_id for participant_id, _ in self.commit.entries}.difference(barred)

    def withdrawn(self) -> list[dict[str, Any]]:
        ids = {participant_id for participant_id, _ in self.commit.entries}
        return withdrawn_now(self.draw, ids, [prize.prize_id for prize in self.commit.prizes], timezone.now())


# --- Where the app chooses --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Choice:
    """What the app said: selections, or why there are none. Both empty: nobody was asked."""

    selections: Sequence[Selection] = ()
    failure: str = ""
    asked: bool = False


def ask_app(field: Field) -> Choice:
    """Asks the room's app who wins, outside any transaction, where the commit announced it."""
    draw, room = field.draw, field.draw.room
    if draw.mode == DrawMode.DRAW:
        return Choice()
    selector = winner_selector(room.manifest_version_id, room.app_id)
    if selector is None:
        return Choice(failure="nothing on this platform speaks for it any more", asked=True)
    try:
        return Choice(selections=selector.select_winners(request_of(field, room)), asked=True)
    except AppFailed as error:
        logger.warning("Draw %s: the app %s could not choose: %s", draw.pk, room.app_id, error.reason)
        return Choice(failure=error.reason, asked=True)


def request_of(field: Field, room: Room) -> SelectionRequest:
    able = field.able(one["participantId"] for one in field.withdrawn())
    people = Participant.objects.filter(room=room).order_by("pk").values_list("pk", "user_id", "metadata")
    return SelectionRequest(
        room_id=room.pk,
        participants=[
            {"id": pk, "userId": user_id, "metadata": metadata}
            for pk, user_id, metadata in people.iterator(chunk_size=2000)
            if pk in able
        ],
        prizes=[{"id": line.prize_id, "name": line.name, "quantityRemaining": line.count} for line in field.draw.lines],
        app_settings=room.app_settings,
        request_id=f"draw-{field.draw.pk}",
    )


def fault_in(selections: Sequence[Selection], field: Field, barred: Iterable[str]) -> str:
    """What is wrong with an app's answer; empty where it can be awarded as it is."""
    able = field.able(barred)
    if any(one.participant_id not in able for one in selections):
        return "it named somebody who is not in this draw"
    counts = {prize.prize_id: prize.count for prize in field.commit.prizes}
    given = Counter(one.prize_id for one in selections)
    if any(count > counts.get(prize_id, 0) for prize_id, count in given.items()):
        return "it gave away more than this draw has"
    people = [one.participant_id if field.draw.distinct else (one.participant_id, one.prize_id) for one in selections]
    if len(set(people)) < len(people):
        return "it named somebody twice"
    return ""


# --- The end ----------------------------------------------------------------------------------------------------------


@transaction.atomic
def complete_draw(field: Field, choice: Choice, *, room_id: str, claim: datetime, by: Actor) -> Draw:
    room = locked_room(room_id, by, Need.ORGANIZE)
    draw = field.draw
    if not Draw.objects.filter(pk=draw.pk, status=DrawStatus.RUNNING, claimed_until=claim).exists():
        raise DrawRunning("Somebody else has run or cancelled this draw meanwhile.")
    require_open(room, draw.rehearsal)
    draw.withdrawn = field.withdrawn()
    barred = [one["participantId"] for one in draw.withdrawn]
    failure = choice.failure or (fault_in(choice.selections, field, barred) if choice.asked else "")
    if failure and draw.mode == DrawMode.DELEGATED_REFUSE:
        raise AppRefused(f"The app could not choose: {failure}. Run the draw again, or cancel it.")
    seed = opened(draw.sealed_seed)
    metadata = {}
    if choice.asked and not failure:
        metadata = {(one.prize_id, one.participant_id): one.metadata for one in choice.selections}
        outcome = chosen_outcome(choice.selections, field)
        draw.strength = "delegated"
    else:
        outcome = fair_draw.draw(field.commit, seed=seed, entropy=draw.entropy or "", withdrawn=barred)
    draw.status, draw.claimed_until, draw.run_at = DrawStatus.COMPLETED, None, timezone.now()
    draw.reveal_at = reveal_time(room, draw.run_at)
    draw.ended_by, draw.seed = person_of(by), seed.hex()
    draw.fallback_reason = f"The app could not choose: {failure}. The platform drew instead." if failure else ""
    draw.outcome = [
        {"prizeId": win.prize_id, "participantId": win.participant_id, "rank": win.rank} for win in outcome.wins
    ]
    draw.came_up = outcome.came_up
    draw.withdrawn_count, draw.winner_count = len(draw.withdrawn), len(outcome.wins)
    draw.save(
        update_fields=[
            *("status", "claimed_until", "run_at", "ended_by", "seed", "fallback_reason", "outcome", "came_up"),
            *("withdrawn", "withdrawn_count", "winner_count", "strength", "reveal_at", "updated_at"),
        ]
    )
    receipt = receipt_in_event(facts_of(draw), field.commit.tree, draw.came_up)
    tell_draw(room, draw, "draw:completed", completed(draw) | {"receipt": receipt}, by=by)
    if not draw.rehearsal:
        method = WinnerMethod.APP if draw.strength == "delegated" else WinnerMethod.DRAW
        award(room, draw, outcome.wins, method=method, metadata=metadata, by=by)
    return draw


def reveal_time(room: Room, run_at: datetime) -> datetime | None:
    """Until when our surfaces keep the result to themselves, so that no phone is ahead of the big screen; None where no
    screen is there to show it."""
    if not room.reveal_seconds or not is_screen_there(room.pk):
        return None
    return run_at + timedelta(seconds=room.reveal_seconds)


def chosen_outcome(selections: Sequence[Selection], field: Field) -> fair_draw.Outcome:
    """An app's answer in the order of the prizes, ranked in the order in which the app named people."""
    wins = []
    for prize in field.commit.prizes:
        named = [one.participant_id for one in selections if one.prize_id == prize.prize_id]
        wins += [fair_draw.Win(prize.prize_id, one, rank) for rank, one in enumerate(named, start=1)]
    tree = field.commit.tree
    positions = {tree.position_of(win.participant_id) for win in wins}
    return fair_draw.Outcome(wins, sorted(at for at in positions if at is not None))


def award(
    room: Room,
    draw: Draw,
    wins: Sequence[fair_draw.Win],
    *,
    method: WinnerMethod,
    metadata: dict[tuple[str, str], dict[str, Any]],
    by: Actor,
) -> None:
    """Writes the wins of a draw and takes their pieces and what was reserved out of the stock, in as few statements as
    a draw of a thousand needs."""
    won = Counter(win.prize_id for win in wins)
    for line in draw.lines:
        stock.release(line.prize_id, line.count, won=won[line.prize_id])
    prizes = Prize.objects.in_bulk([line.prize_id for line in draw.lines])
    for start in range(0, len(wins), BATCH):
        part = wins[start : start + BATCH]
        people = Participant.all_objects.select_related("user").in_bulk([win.participant_id for win in part])
        winners = [
            Winner(
                room=room,
                participant=people[win.participant_id],
                prize=prizes[win.prize_id],
                draw=draw,
                claim_code=new_claim_code(),
                reveal_at=draw.reveal_at,
                method=method,
                metadata={"drawNumber": draw.seq, "rank": win.rank, "algorithm": fair_draw.VERSION}
                if method == WinnerMethod.DRAW
                else metadata.get((win.prize_id, win.participant_id), {}),
            )
            for win in part
        ]
        write(winners)
        told = [("winner:selected", {"winner": WinnerSerializer(winner).data}) for winner in winners]
        record_many(room, told, by=by)
        notify_all([message_of(winner) for winner in winners])


def write(winners: list[Winner]) -> None:
    """Inserts these wins. Where one of their claim codes is taken, by chance, they get others and are inserted anew."""
    for _ in range(MOST_TRIES):
        try:
            with transaction.atomic():
                Winner.objects.bulk_create(winners)
            return
        except IntegrityError:
            codes = [winner.claim_code for winner in winners]
            taken = taken_codes(codes) | {code for code, count in Counter(codes).items() if count > 1}
            if not taken:
                raise
            for winner in winners:
                if winner.claim_code in taken:
                    winner.claim_code = new_claim_code()
    raise RuntimeError("No free claim codes were found.")


def completed(draw: Draw) -> dict[str, Any]:
    """What draw:completed tells beside the winners' receipt. Of many winners the first; the rest follow as events of
    their own and in the proof."""
    return {
        "drawId": draw.pk,
        "drawSeq": draw.seq,  # in a frame `seq` is the number of the event
        "seq": draw.seq,
        "rehearsal": draw.rehearsal,
        "status": draw.status,
        "mode": draw.mode,
        "fingerprint": draw.fingerprint,
        "prizes": lines_of(draw),
        "entropy": draw.entropy,
        "seed": draw.seed,
        "strength": draw.strength,
        "fallbackReason": draw.fallback_reason,
        "withdrawnCount": draw.withdrawn_count,
        "winnerCount": draw.winner_count,
        "winners": (draw.outcome or [])[:MOST_WINNERS_TOLD],
        "runAt": draw.run_at and iso(draw.run_at),
        "revealAt": draw.reveal_at and iso(draw.reveal_at),
    }


@transaction.atomic
def cancel_draw(*, room_id: str, draw_id: str, by: Actor, reason: str = "") -> Draw:
    """Ends an open draw without a result: the pieces are free again, the seed is revealed, the record stays.

    Again: no change, the same answer. Raises NotFound, DrawOver (it was run), DrawRunning, SeedUnreadable.
    """
    room = locked_room(room_id, by, Need.ORGANIZE)
    draw = Draw.objects.with_lines().filter(pk=draw_id, room=room).first()
    if draw is None:
        raise NotFound("There is no such draw in this room.")
    if draw.status == DrawStatus.CANCELLED:
        return draw
    if draw.status == DrawStatus.COMPLETED:
        raise DrawOver
    if draw.status == DrawStatus.RUNNING and draw.claimed_until and draw.claimed_until > timezone.now():
        raise DrawRunning
    end(room, draw, by=by, reason=reason)
    return draw


def cancel_open_draws(room: Room, by: Actor) -> None:
    """The room, locked, is closing: nothing can be drawn any more. Whoever is running a draw finds it cancelled."""
    for draw in Draw.objects.light().with_lines().filter(room=room).open().order_by("seq"):
        end(room, draw, by=by, reason="The event ended before the draw was run.")


def end(room: Room, draw: Draw, *, by: Actor, reason: str) -> None:
    if not draw.rehearsal:
        for line in draw.lines:
            stock.release(line.prize_id, line.count)
    draw.status, draw.claimed_until, draw.cancelled_at = DrawStatus.CANCELLED, None, timezone.now()
    draw.seed, draw.cancellation_reason = opened(draw.sealed_seed).hex(), reason
    draw.ended_by = person_of(by)
    draw.save(
        update_fields=[
            *("status", "claimed_until", "cancelled_at", "seed", "cancellation_reason", "ended_by", "updated_at"),
        ]
    )
    told = {
        "drawId": draw.pk,
        "drawSeq": draw.seq,  # in a frame `seq` is the number of the event
        "seq": draw.seq,
        "rehearsal": draw.rehearsal,
        "status": draw.status,
        "fingerprint": draw.fingerprint,
        "seed": draw.seed,
        "reason": reason,
        "cancelledAt": iso(draw.cancelled_at),
    }
    tell_draw(room, draw, "draw:cancelled", told, by=by)
