"""/rooms/{id}/prizes, /winners, /draws, /export.… and /evidence.zip."""

from typing import Any

from django.http import HttpResponse
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from platform_site.rest.exceptions import Forbidden, InvalidInput, InvalidTransition, NotFound
from platform_site.rest.idempotency import idempotent
from platform_site.rest.openapi import ID, Operation, operation, query
from platform_site.rest.viewsets import APIViewSet
from prizes import actions
from prizes.entries import Eligibility
from prizes.errors import (
    AlreadyReplaced,
    AlreadyWon,
    AppRefused,
    DrawOver,
    DrawRunning,
    EntropyGiven,
    NotEntered,
    PrizeExhausted,
    PrizeInUse,
    QuantityPromised,
    SeedUnreadable,
)
from prizes.evidence import evidence_pack
from prizes.exports import KINDS, TABLES, export_file
from prizes.filters import DrawFilter, WinnerFilter
from prizes.inputs import (
    AwardInput,
    CancelInput,
    DrawInput,
    PrizeChanges,
    PrizeInput,
    RevocationInput,
    RunInput,
    UnfulfilInput,
)
from prizes.models import Draw, Prize, Winner
from prizes.proof_shapes import RECEIPT, RECORD
from prizes.reads import PRIZE_COLUMNS, WINNER_COLUMNS, prize_row, winner_row
from prizes.receipts import entry_of, own_entry, receipt_json
from prizes.records import record_json
from prizes.shapes import DrawDetailSerializer, DrawSerializer, PrizeSerializer, WinnerSerializer
from rooms.api import InRoomViewSet, LongListViewSet, signed_in
from rooms.errors import RoomClosed, RoomNotActive
from rooms.permissions import Need, is_allowed, readable_room, require
from rooms.querysets import is_member, level_of, user_id_of
from rooms.viewers import room_of_screen

TABLE_FILES = tuple(KINDS[kind][0].split(";")[0] for kind in ("csv", "xlsx"))
FOR_RUNNERS = {"runs": True, "member": True}  # what an answer to somebody who just changed a win holds
EXPORT = {"type": "object", "description": "`room`, `participants`, `prizes` and `winners`."}


def given(form: Any) -> dict[str, Any]:
    """The validated input. Raises DRF's ValidationError, which is 422 in the envelope."""
    form.is_valid(raise_exception=True)
    values: dict[str, Any] = form.validated_data
    return values


class PrizeViewSet(LongListViewSet):
    """The fund of a room: what can be won, and how many pieces are left."""

    tag = "Prizes"
    operations = {"list": Operation("List the prizes of a room")}
    sort_fields = {"createdAt": "created_at", "name": "name", "quantity": "quantity", "position": "position"}
    serializer_class = PrizeSerializer
    columns = PRIZE_COLUMNS

    def row(self, row: dict[str, Any], context: dict[str, Any]) -> dict[str, Any]:
        return prize_row(row)

    def get_queryset(self) -> Any:
        return Prize.objects.filter(room=self.room).with_winner_count().order_by("position", "id")

    @operation("Add a prize", body=PrizeInput, answer=PrizeSerializer, status=201, errors=(Forbidden, RoomClosed))
    @idempotent
    def create(self, request: Request, room_id: str) -> Response:
        user = signed_in(request)
        prize = actions.create_prize(room_id=room_id, by=user, **given(PrizeInput(data=request.data)))
        return Response(PrizeSerializer(prize).data, status=201)

    @operation("Read a prize", answer=PrizeSerializer)
    def retrieve(self, request: Request, room_id: str, pk: str) -> Response:
        return Response(PrizeSerializer(found(self.get_queryset(), pk)).data)

    @operation(
        "Change a prize",
        body=PrizeChanges,
        answer=PrizeSerializer,
        errors=(Forbidden, RoomClosed, QuantityPromised),
    )
    def partial_update(self, request: Request, room_id: str, pk: str) -> Response:
        user = signed_in(request)
        changes = given(PrizeChanges(data=request.data, partial=True))
        prize = actions.update_prize(room_id=room_id, prize_id=pk, by=user, **changes)
        return Response(PrizeSerializer(prize).data)

    @operation("Delete a prize that nobody holds", errors=(Forbidden, RoomClosed, PrizeInUse))
    def destroy(self, request: Request, room_id: str, pk: str) -> Response:
        actions.delete_prize(room_id=room_id, prize_id=pk, by=signed_in(request))
        return Response({"success": True})


class WinnerViewSet(LongListViewSet):
    """Who won what, and how they were chosen."""

    tag = "Winners"
    operations = {"list": Operation("List the winners of a room")}
    sort_fields = {"createdAt": "created_at", "state": "state"}
    filterset_class = WinnerFilter
    serializer_class = WinnerSerializer
    columns = WINNER_COLUMNS

    def get_serializer_context(self) -> dict[str, Any]:
        user = self.request.user
        runs = is_allowed(self.room, user, Need.RUN)
        return {"user": user, "runs": runs, "member": is_member(self.room, user)}

    def row(self, row: dict[str, Any], context: dict[str, Any]) -> dict[str, Any]:
        own_id = user_id_of(context["user"])
        return winner_row(row, member=context["member"], runs=context["runs"], own_id=own_id)

    def get_queryset(self) -> Any:
        return Winner.objects.filter(room=self.room).with_people().order_by("created_at", "id")

    @operation(
        "Award a prize by hand",
        body=AwardInput,
        answer=WinnerSerializer,
        status=201,
        errors=(Forbidden, RoomNotActive, RoomClosed, PrizeExhausted, AlreadyWon),
    )
    @idempotent
    def create(self, request: Request, room_id: str) -> Response:
        user = signed_in(request)
        winner = actions.award_prize(room_id=room_id, by=user, **given(AwardInput(data=request.data)))
        return Response(WinnerSerializer(winner, context=FOR_RUNNERS).data, status=201)

    @operation("Read a win", answer=WinnerSerializer)
    def retrieve(self, request: Request, room_id: str, pk: str) -> Response:
        """`claimCode`, which is shown at the desk, is null to everybody but the winner and those who run the room."""
        return Response(self.get_serializer(found(self.get_queryset(), pk)).data)

    @operation("Revoke a win", body=RevocationInput, body_required=False, errors=(Forbidden, InvalidTransition))
    def destroy(self, request: Request, room_id: str, pk: str) -> Response:
        """Revokes: the win stays on record as REVOKED."""
        user = signed_in(request)
        actions.revoke_winner(room_id=room_id, winner_id=pk, by=user, **given(RevocationInput(data=request.data)))
        return Response({"success": True})

    @operation("Mark a win as handed over", answer=WinnerSerializer, errors=(Forbidden, InvalidTransition))
    @action(detail=True, methods=["post"])
    def fulfil(self, request: Request, room_id: str, pk: str) -> Response:
        winner = actions.fulfil_winner(room_id=room_id, winner_id=pk, by=signed_in(request))
        return Response(WinnerSerializer(winner, context=FOR_RUNNERS).data)

    @operation(
        "Take a hand-over back",
        body=UnfulfilInput,
        answer=WinnerSerializer,
        errors=(Forbidden, InvalidTransition),
    )
    @action(detail=True, methods=["post"])
    def unfulfil(self, request: Request, room_id: str, pk: str) -> Response:
        """For organizers, where a prize was marked as handed over by mistake: the win is AWARDED again. The `reason` is
        kept in the log for those who run the room (`winner:handover_undone`)."""
        user = signed_in(request)
        reason = given(UnfulfilInput(data=request.data))
        winner = actions.unfulfil_winner(room_id=room_id, winner_id=pk, by=user, **reason)
        return Response(WinnerSerializer(winner, context=FOR_RUNNERS).data)


class DrawViewSet(InRoomViewSet):
    """Provably fair draws: commit, run, and let everybody check.

    At the commit the list of entries, the prizes and a secret seed are sealed in a fingerprint. At the run the seed is
    opened, and the winners follow from it by arithmetic that anybody can repeat: a phone in milliseconds from a receipt
    of some three kilobytes, an auditor with `verify_draw.py` from the whole record. The procedure is described byte by
    byte on [How a draw works](/api/docs/fair-draw/).

    Draws are numbered 1, 2, 3 … in their room without gaps, cancelled ones included. Rehearsals are numbered by
    themselves, and only those who run the event see them.
    """

    tag = "Draws"
    operations = {"list": Operation("List the draws of a room")}
    sort_fields = {"seq": "seq", "committedAt": "created_at"}
    default_limit = 20
    filterset_class = DrawFilter
    serializer_class = DrawSerializer

    def get_queryset(self) -> Any:
        public_only = level_of(self.room, self.request.user) == "public"
        draws = Draw.objects.filter(room=self.room).seen_at(public_only=public_only)
        return draws.light().with_lines().order_by("seq")

    def get_serializer_context(self) -> dict[str, Any]:
        return {"organizer": level_of(self.room, self.request.user) != "public"}

    @operation(
        "Commit a draw",
        body=DrawInput,
        answer=DrawDetailSerializer,
        status=201,
        errors=(Forbidden, RoomNotActive, RoomClosed, PrizeExhausted, AlreadyReplaced),
    )
    @idempotent
    def create(self, request: Request, room_id: str) -> Response:
        """Seals everything that the result will follow from, and publishes it (`draw:committed`): the entries with
        their weights, the prizes with their names and counts, the rules, the time, a commitment to a secret seed, and
        who will pick (`mode`). Nothing of it can be changed afterwards, not even in the database. The pieces are
        reserved: until the draw is over nobody can award them by hand.

        Say which prizes are drawn by `prizes`, `prizeIds` or `prizeId`. Participants who hold a live win of a drawn
        prize are not entered, nor, unless `excludeWinners` is false, those who hold any. Whatever `eligibility` and
        `distinct` leave open is decided by the room's game: a lottery weighs tickets.

        With an `entropyPlan` the run needs a public value (`entropy`) that nobody can know now, such as dice rolled on
        stage. Without one, whoever controls the server could have tried many seeds before the commit; so plan one.

        A *rehearsal* awards nothing, reserves nothing, and is possible before the event starts. A *replacement*
        (`replaces`: the id of a revoked win of a draw) draws one piece of that prize among the entries of its draw
        without the people who won in it or lost the prize.
        """
        user = signed_in(request)
        asked = given(DrawInput(data=request.data))
        rules: dict[str, Any] = asked.pop("eligibility", {})
        for name in ("roles", "exclude_participant_ids"):
            if name in rules:
                rules[name] = tuple(rules[name])
        eligibility = Eligibility(**rules)
        draw = actions.commit_draw(room_id=room_id, by=user, eligibility=eligibility, **asked)
        return self.answer(draw, status=201)

    @operation("Read a draw", answer=DrawDetailSerializer)
    def retrieve(self, request: Request, room_id: str, pk: str) -> Response:
        return self.answer(found(self.get_queryset(), pk))

    @operation("Read the record that anybody can recompute", answer=RECORD)
    @action(detail=True, methods=["get"])
    def proof(self, request: Request, room_id: str, pk: str) -> HttpResponse:
        """Everything that the result follows from, the whole list of entries included: some 60 bytes an entry. It is
        public from the commit on. Keep it, and check it with `verify_draw.py` or on the page `/draws/verify`.
        """
        draw = found(self.get_queryset().defer(None), pk)
        return HttpResponse(['{"data": ', *record_json(draw), "}"], content_type="application/json")

    @operation(
        "Read a receipt, the proof for a phone",
        answer=RECEIPT,
        errors=(NotEntered,),
        parameters=(
            query("participantId", ID, "Whose entry is shown; without it the caller's own, where they are entered."),
        ),
    )
    @action(detail=True, methods=["get"])
    def receipt(self, request: Request, room_id: str, pk: str) -> HttpResponse:
        """The record with the entries tree, cut down to one entry and, after the run, to everybody who came up, in
        place of the entries: some three kilobytes for one winner among 100,000 entries.

        Fetch it at the commit and keep its fingerprint, all 64 digits; fetch it again at the result and compare. It
        proves that the entry is in the sealed list, and that the winners follow from that list, the seed and the public
        value. People who stand twice in the list or do not exist are seen in the whole record alone.

        The event `draw:completed` carries the winners' receipt (`receipt`) where it is shorter than 16 KiB. An id that
        is not entered is 404 with the reason `not_entered`; a caller who is not entered gets the winners' alone.
        """
        draw = found(self.get_queryset(), pk)
        asked = request.query_params.get("participantId")
        if asked is None:
            return receipt_answer(receipt_json(draw, own_entry(draw, request.user)))
        if entry_of(draw, asked) is None:
            raise NotEntered
        return receipt_answer(receipt_json(draw, asked))

    @operation(
        "Run a draw",
        body=RunInput,
        body_required=False,
        answer=DrawDetailSerializer,
        errors=(
            *(Forbidden, RoomNotActive, RoomClosed, DrawOver, DrawRunning, EntropyGiven, AppRefused, SeedUnreadable),
        ),
    )
    @action(detail=True, methods=["post"])
    def run(self, request: Request, room_id: str, pk: str) -> Response:
        """Opens the seed, works out the winners, awards them and frees what is left over: all of it or nothing.

        `entropy` is the public value: needed where the commit has a plan, refused where it has none. The first value
        counts. It is stored and published (`draw:running`) before the seed is opened, so that nobody can try one value
        after the other; a run that broke off goes on with the same value, and another one is 409 `entropy_given`.

        Entries that left, were removed, or won otherwise since the commit cannot be awarded; they are named in
        `withdrawn`. Where an app picks, it is asked now: under the mode `delegated-refuse` a failure of the app is 503,
        and the draw can be run again or cancelled; under `delegated-draw` the platform draws instead.

        The same call again answers the same draw and awards nothing.
        """
        user = signed_in(request)
        return self.answer(actions.run_draw(room_id=room_id, draw_id=pk, by=user, **given(RunInput(data=request.data))))

    @operation(
        "Cancel a draw",
        body=CancelInput,
        body_required=False,
        answer=DrawDetailSerializer,
        errors=(Forbidden, DrawOver, DrawRunning, SeedUnreadable),
    )
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, room_id: str, pk: str) -> Response:
        """Ends a draw without a result. Its pieces are free again, its seed is opened, and it keeps its number and its
        place in the list: a draw that somebody threw away can be seen by everybody.
        """
        user = signed_in(request)
        return self.answer(
            actions.cancel_draw(room_id=room_id, draw_id=pk, by=user, **given(CancelInput(data=request.data)))
        )

    @operation(
        "Say that the result was shown",
        answer=DrawSerializer,
        errors=(Forbidden, InvalidTransition),
    )
    @action(detail=True, methods=["post"])
    def reveal(self, request: Request, room_id: str, pk: str) -> Response:
        """By the big screen (`X-Screen-Key`) when it is done, or by those who run the room to skip it: pages stop
        keeping the result to themselves before `revealAt`, and are told so by `draw:revealed`. The first time counts.
        """
        by: Any = request.user if room_of_screen(request.user) else signed_in(request)
        actions.reveal_draw(room_id=room_id, draw_id=pk, by=by)
        draw = found(self.get_queryset() if not room_of_screen(by) else Draw.objects.light().with_lines(), pk)
        return Response(DrawSerializer(draw, context=self.get_serializer_context()).data)

    def answer(self, draw: Draw, status: int = 200) -> Response:
        return Response(DrawDetailSerializer(draw, context=self.get_serializer_context()).data, status=status)


class ExportViewSet(APIViewSet):
    """Files for the organizer: the tables of the event, and everything that an auditor asks."""

    tag = "Exports"

    @operation(
        "Export people, prizes and winners",
        answer=EXPORT,
        files=TABLE_FILES,
        access="required",
        errors=(Forbidden,),
        parameters=(query("table", {"type": "string", "enum": list(TABLES)}, "Keeps one of the tables."),),
    )
    @action(detail=False, methods=["get"], url_path=r"export\.(?P<kind>csv|xlsx|json)")
    def export(self, request: Request, room_id: str, kind: str) -> HttpResponse:
        room = organized_room(request, room_id)
        table = request.query_params.get("table", "")
        if table and table not in TABLES:
            raise InvalidInput({"table": [f"Use one of {', '.join(TABLES)}."]})
        return file_answer(*export_file(room, kind, table))

    @operation(
        "Everything that an auditor asks, as a ZIP file",
        files=("application/zip",),
        access="required",
        errors=(Forbidden,),
    )
    @action(detail=False, methods=["get"], url_path=r"evidence\.zip")
    def evidence(self, request: Request, room_id: str) -> HttpResponse:
        return file_answer(*evidence_pack(organized_room(request, room_id)))


def receipt_answer(receipt: str) -> HttpResponse:
    return HttpResponse(f'{{"data":{receipt}}}', content_type="application/json")


def organized_room(request: Request, room_id: str) -> Any:
    user = signed_in(request)
    room = readable_room(room_id, user)
    require(room, user, Need.ORGANIZE)
    return room


def file_answer(name: str, content_type: str, content: bytes) -> HttpResponse:
    answer = HttpResponse(content, content_type=content_type)
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    answer["Cache-Control"] = "private, no-store"
    return answer


def found(rows: Any, pk: str) -> Any:
    row = rows.filter(pk=pk).first()
    if row is None:
        raise NotFound
    return row
