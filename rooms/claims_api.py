"""/auth/claim-guest: a guest becomes somebody with an account."""

from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.authentication import StrictBearerAuthentication
from platform_site.rest.openapi import operation
from platform_site.rest.viewsets import APIViewSet
from rooms import actions
from rooms.api import signed_in
from rooms.errors import AlreadyIn, NotForGuests, Removed
from rooms.inputs import ClaimInput
from rooms.shapes import ParticipantSerializer


class ClaimViewSet(APIViewSet):
    """What a guest has becomes what their account has."""

    tag = "Signing in"
    authentication_classes = [StrictBearerAuthentication]

    @operation(
        "Keep what I have as a guest",
        body=ClaimInput,
        answer=ParticipantSerializer,
        many=True,
        errors=(NotForGuests, AlreadyIn, Removed),
    )
    @action(detail=False, methods=["post"], url_path="claim-guest")
    def claim(self, request: Request) -> Response:
        """For whoever joined as a guest and then signed in: send the guest's access token as `guestToken`. The guest's
        places become the account's, with everything won and their ids; the guest's tokens end. All or nothing: with a
        place of the account's own in the room, even one that was left, the answer is 409 with the reason `already_in`.
        """
        user = signed_in(request)
        form = ClaimInput(data=request.data)
        form.is_valid(raise_exception=True)
        places = actions.claim_guest(by=user, **form.validated_data)
        return Response(ParticipantSerializer(places, many=True, context={"member": True}).data)
