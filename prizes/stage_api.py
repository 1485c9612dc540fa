"""/rooms/{id}/stage: the run of show."""

from typing import Any

from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from platform_site.rest.components import TEXT, WHOLE, object_of
from platform_site.rest.exceptions import Forbidden, InvalidTransition
from platform_site.rest.fields import Body
from platform_site.rest.openapi import operation
from platform_site.rest.viewsets import APIViewSet
from prizes.actions import stage as actions
from prizes.errors import DrawRunning, EntropyGiven, PrizeExhausted, StageMoved
from prizes.models import Stage
from prizes.show import StagePhase
from rooms.api import signed_in
from rooms.errors import RoomClosed, RoomNotActive
from rooms.permissions import Need, readable_room, require

STEP = object_of(key=TEXT, prizeId=TEXT, name=TEXT, phase=TEXT, drawId=TEXT)
for name in ("prizeId", "drawId"):
    STEP["properties"][name] = {"type": ["string", "null"]}
STEP["properties"]["phase"] = {"type": ["string", "null"], "enum": [*StagePhase.values, None]}
STAGE = object_of(
    roomId=TEXT,
    at=WHOLE,
    current=TEXT,
    steps={"type": "array", "items": STEP},
    entropyPlan=TEXT,
    rehearsal={"type": "boolean"},
)


class AtInput(Body):
    example = {"from": 0}

    def get_fields(self) -> dict[str, Any]:
        help_text = "`at` of the stage as you saw it."
        return {"from": serializers.IntegerField(min_value=0, source="at", help_text=help_text)} | super().get_fields()


class NextInput(AtInput):
    entropy = serializers.CharField(
        max_length=10_000,
        allow_blank=True,
        default="",
        trim_whitespace=False,
        help_text="The word, where the press runs a draw that has an `entropyPlan`.",
    )


class AbsentInput(AtInput):
    winnerId = serializers.CharField(max_length=25, source="winner_id")
    reason = serializers.CharField(max_length=1000, default="Absent")


class ArrangeInput(AtInput):
    order = serializers.ListField(child=serializers.CharField(max_length=25), required=False, max_length=1000)
    entropyPlan = serializers.CharField(max_length=1000, allow_blank=True, required=False, source="entropy_plan")


class RehearsalInput(AtInput):
    rehearsal = serializers.BooleanField()


class StageViewSet(APIViewSet):
    """The run of show, for those who run the room. Every change names where it came from (`from`, the `at` of the stage
    as it was seen), so that two people who press at once go on once: the other gets 409 `stage_moved`."""

    tag = "Stage"

    @operation("Read the stage", answer=STAGE, access="required", errors=(Forbidden,))
    @action(detail=False, methods=["get"], url_path="stage")
    def stage(self, request: Request, room_id: str) -> Response:
        """The steps (`lobby`, each prize, `end`) and the one that the evening is at. Whoever runs the room hears of
        changes by `stage:moved`."""
        user = signed_in(request)
        room = readable_room(room_id, user)
        require(room, user, Need.RUN)
        return answer(Stage.objects.filter(room=room).first() or Stage(room=room))

    @operation("Arrange the stage", body=ArrangeInput, answer=STAGE, errors=(Forbidden, StageMoved))
    @stage.mapping.put
    def arrange(self, request: Request, room_id: str) -> Response:
        return answer(actions.arrange_stage(room_id=room_id, **given(request, ArrangeInput)))

    @operation(
        "Next",
        body=NextInput,
        answer=STAGE,
        errors=(Forbidden, StageMoved, RoomNotActive, RoomClosed, PrizeExhausted, DrawRunning, EntropyGiven),
    )
    @action(detail=False, methods=["post"], url_path="stage/next")
    def go_on(self, request: Request, room_id: str) -> Response:
        """At a prize: commits the draw of all its free pieces, runs it with the word, reveals the result, goes on to
        the next step. Draws are for organizers."""
        return answer(actions.go_on(room_id=room_id, **given(request, NextInput)))

    @operation("Back", body=AtInput, answer=STAGE, errors=(Forbidden, StageMoved))
    @action(detail=False, methods=["post"], url_path="stage/back")
    def go_back(self, request: Request, room_id: str) -> Response:
        """To the step before, as it was left: what was drawn stays drawn."""
        return answer(actions.go_back(room_id=room_id, **given(request, AtInput)))

    @operation(
        "Replace an absent winner", body=AbsentInput, answer=STAGE, errors=(Forbidden, StageMoved, InvalidTransition)
    )
    @action(detail=False, methods=["post"], url_path="stage/absent")
    def absent(self, request: Request, room_id: str) -> Response:
        """Revokes the win and commits a draw of its piece among those who are left; the next press runs it."""
        return answer(actions.replace_absent(room_id=room_id, **given(request, AbsentInput)))

    @operation(
        "Begin or end a rehearsal", body=RehearsalInput, answer=STAGE, errors=(Forbidden, StageMoved, InvalidTransition)
    )
    @action(detail=False, methods=["post"], url_path="stage/rehearsal")
    def rehearse(self, request: Request, room_id: str) -> Response:
        """Of the whole evening: it leaves no win, stock or public event behind."""
        return answer(actions.rehearse_stage(room_id=room_id, **given(request, RehearsalInput)))


def given(request: Request, form_of: Any) -> dict[str, Any]:
    user = signed_in(request)
    form = form_of(data=request.data)
    form.is_valid(raise_exception=True)
    return {"by": user, **form.validated_data}


def answer(stage: Stage) -> Response:
    return Response(actions.stage_shape(stage))
