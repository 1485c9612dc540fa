"""/claims/{code}: what the desk does with the code that a winner shows."""

from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from platform_site.rest.addresses import client_address
from platform_site.rest.exceptions import InvalidTransition, NotFound
from platform_site.rest.openapi import operation
from platform_site.rest.throttling import RateLimited
from platform_site.rest.viewsets import APIViewSet
from prizes import actions
from prizes.errors import AlreadyHandedOver
from prizes.shapes import WinnerSerializer
from rooms.api import signed_in


class ClaimCodeViewSet(APIViewSet):
    """Prizes handed over by the code that the winner shows."""

    tag = "Winners"

    @operation(
        "Read a win by its claim code", answer=WinnerSerializer, access="required", errors=(NotFound, RateLimited)
    )
    @action(detail=False, methods=["get"], url_path="(?P<code>[^/]{1,50})")
    def claim(self, request: Request, code: str) -> Response:
        """For organizers and moderators of the room: who won, which prize, and whether it was handed over (`state`,
        `fulfilledAt`, `fulfilledBy`). To all others no code exists (404). The code is read in any case, with or without
        dashes. Wrong ones are limited as those of rooms are."""
        winner = actions.claim_of(code=code, by=signed_in(request), address=client_address(request))
        return Response(WinnerSerializer(winner, context={"runs": True, "member": True}).data)

    @operation(
        "Hand a prize over by its claim code",
        answer=WinnerSerializer,
        errors=(NotFound, AlreadyHandedOver, InvalidTransition, RateLimited),
    )
    @claim.mapping.post
    def hand_over(self, request: Request, code: str) -> Response:
        """Once: the second desk gets 409 with the reason `already_handed_over`, and in `details` when that was
        (`fulfilledAt`) and by whom (`fulfilledBy`). A win that was revoked is 409 `INVALID_TRANSITION`."""
        winner = actions.hand_over(code=code, by=signed_in(request), address=client_address(request))
        return Response(WinnerSerializer(winner, context={"runs": True, "member": True}).data)
