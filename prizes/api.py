"""/rooms/{id}/prizes, /winners, /draws, /export.… and /evidence.zip."""

from typing import Any

from django.http import HttpResponse
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from platform_site.rest.exceptions import Forbidden, InvalidInput, InvalidTransition, NotFound
from platform_site.rest.idempotency import idempotent
from platform_site.rest.openapi import Operation, operation, query
from platform_site.rest.viewsets import APIViewSet
from prizes import actions
from prizes.entries import Eligibility
from prizes.errors import (
    AlreadyReplaced,
    AlreadyWon,
    DrawOver,
    DrawRunning,
    PrizeExhausted,
    PrizeInUse,
    QuantityPromised,
    SeedUnreadable,
)
from prizes.evidence import evidence_pack
from prizes.exports import KINDS, TABLES, export_file
from prizes.filters import DrawFilter, WinnerFilter
from prizes.inputs import AwardInput, CancelInput, DrawInput, PrizeChanges, PrizeInput, RevocationInput, RunInput
from prizes.models import Draw, Prize, Winner
from prizes.records import record_json
from prizes.shapes import DrawDetailSerializer, DrawSerializer, PrizeSerializer, WinnerSerializer
from rooms.api import InRoomViewSet, signed_in
from rooms.errors import RoomClosed, RoomNotActive
from rooms.permissions import Need, readable_room, require
from rooms.querysets import level_of

#: The record is described, byte by byte, in docs/fair-draw.md.
RECORD = {"type": "object", "description": "The record of a draw: what prizes/fair_draw.py checks."}
TABLE_FILES = tuple(KINDS[kind][0].split(";")[0] for kind in ("csv", "xlsx"))
EXPORT = {"type": "object", "description": "`room`, `participants`, `prizes` and `winners`."}


def given(form: Any) -> dict[str, Any]:
    """The validated input. Raises DRF's ValidationError, which is 422 in the envelope."""
    form.is_valid(raise_exception=True)
    values: dict[str, Any] = form.validated_data
    return values


class PrizeViewSet(InRoomViewSet):
    """The fund of a room: what can be won, and how many pieces are left."""

    tag = "Prizes"
    operations = {"list": Operation("List the prizes of a room")}
    sort_fields = {"createdAt": "created_at", "name": "name", "quantity": "quantity", "position": "position"}
    serializer_class = PrizeSerializer

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


class WinnerViewSet(InRoomViewSet):
    """Who won what, and how they were chosen."""

    tag = "Winners"
    operations = {"list": Operation("List the winners of a room")}
    sort_fields = {"createdAt": "created_at", "state": "state"}
    filterset_class = WinnerFilter
    serializer_class = WinnerSerializer

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
        return Response(WinnerSerializer(winner).data, status=201)

    @operation("Read a win", answer=WinnerSerializer)
    def retrieve(self, request: Request, room_id: str, pk: str) -> Response:
        return Response(WinnerSerializer(found(self.get_queryset(), pk)).data)

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
        return Response(WinnerSerializer(winner).data)


class DrawViewSet(InRoomViewSet):
    """Draws in the order of their numbers. Rehearsals are seen by those who run the event."""

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
        """The record, written part by part: a draw may have a hundred thousand entries."""
        draw = found(self.get_queryset().defer(None), pk)
        return HttpResponse(['{"data": ', *record_json(draw), "}"], content_type="application/json")

    @operation(
        "Run a draw",
        body=RunInput,
        body_required=False,
        answer=DrawDetailSerializer,
        errors=(Forbidden, RoomNotActive, RoomClosed, DrawOver, DrawRunning, SeedUnreadable),
    )
    @action(detail=True, methods=["post"])
    def run(self, request: Request, room_id: str, pk: str) -> Response:
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
        user = signed_in(request)
        return self.answer(
            actions.cancel_draw(room_id=room_id, draw_id=pk, by=user, **given(CancelInput(data=request.data)))
        )

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
