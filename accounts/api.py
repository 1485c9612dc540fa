"""/auth: signing in and out, devices, the provider. /users: who somebody is."""

from typing import Any

from django.http import HttpResponse
from rest_framework.decorators import action
from rest_framework.exceptions import NotAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import actions, google, handover, sessions
from accounts.authentication import StrictBearerAuthentication
from accounts.erasure import erase_user
from accounts.errors import InvalidCredentials, InvalidToken, OAuthNotConfigured, StillOrganises
from accounts.models import Session, User
from accounts.serializers import (
    ExchangeInput,
    GoogleAddressSerializer,
    LoginSerializer,
    OwnUserSerializer,
    ProfileInput,
    RefreshInput,
    SessionSerializer,
    TokensSerializer,
    as_profile,
)
from platform_site.rest.addresses import client_address
from platform_site.rest.exceptions import Forbidden, NotFound
from platform_site.rest.openapi import operation, query
from platform_site.rest.throttling import RateLimited
from platform_site.rest.viewsets import ID_PATTERN, APIViewSet

STRICT = [StrictBearerAuthentication]
REDIRECT_URL = query("redirect_url", {"type": "string"}, "Where to go afterwards: relative, or of an allowed origin.")
PROFILE = {"anyOf": [{"$ref": "#/components/schemas/OwnUser"}, {"$ref": "#/components/schemas/Person"}]}


def device_of(request: Any) -> dict[str, Any]:
    """What a session remembers of where it was opened."""
    return {"device_info": request.headers.get("User-Agent", ""), "ip_address": client_address(request) or None}


def signed_in(request: Request) -> Any:
    if not request.user.is_authenticated:
        raise NotAuthenticated
    return request.user


def claims(request: Any) -> dict[str, str]:
    """What the access token of a signed-in request says."""
    return request.auth


class AuthViewSet(APIViewSet):
    """Signing in, and who one is."""

    tag = "Signing in"

    @operation("Sign in", body=LoginSerializer, answer=TokensSerializer, errors=(InvalidCredentials, RateLimited))
    @action(detail=False, methods=["post"], authentication_classes=[])
    def login(self, request: Request) -> Response:
        form = LoginSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        return Response(TokensSerializer(actions.sign_in(**form.validated_data, **device_of(request))).data)

    @operation("Get new tokens", body=RefreshInput, answer=TokensSerializer, errors=(InvalidToken,))
    @action(detail=False, methods=["post"], authentication_classes=[])
    def refresh(self, request: Request) -> Response:
        form = RefreshInput(data=request.data)
        form.is_valid(raise_exception=True)
        return Response(TokensSerializer(sessions.refresh_session(**form.validated_data, **device_of(request))).data)

    @operation("Sign out")
    @action(detail=False, methods=["post"], authentication_classes=STRICT)
    def logout(self, request: Request) -> Response:
        """May come without a body; whatever body comes is not looked at."""
        user = signed_in(request)
        sessions.sign_out(user=user, family=claims(request)["sid"], token_id=claims(request)["jti"])
        return Response({"success": True})

    @operation("Who am I", answer=OwnUserSerializer, access="required")
    @action(detail=False)
    def me(self, request: Request) -> Response:
        return Response(OwnUserSerializer(signed_in(request)).data)

    @operation("List my devices", answer=SessionSerializer, paged=True, access="required")
    @action(detail=False, url_path="sessions", authentication_classes=STRICT)
    def sessions(self, request: Request) -> Response:
        user = signed_in(request)
        devices = Session.objects.filter(user=user).live().with_signed_in_at().order_by("-last_used_at", "id")
        page = self.paginate_queryset(devices)
        context = {"family": claims(request)["sid"]}
        return self.get_paginated_response(SessionSerializer(page, many=True, context=context).data)

    @operation("Sign out everywhere else")
    @sessions.mapping.delete
    def end_other_sessions(self, request: Request) -> Response:
        user = signed_in(request)
        sessions.end_other_sessions(user=user, family=claims(request)["sid"], by=user)
        return Response({"success": True})

    @operation("Sign one device out")
    @action(
        detail=False,
        methods=["delete"],
        url_path=f"sessions/(?P<session_id>{ID_PATTERN})",
        authentication_classes=STRICT,
    )
    def end_session(self, request: Request, session_id: str) -> Response:
        user = signed_in(request)
        sessions.end_session(user=user, family=session_id, by=user)
        return Response({"success": True})

    @operation("Sign in through the provider", parameters=(REDIRECT_URL,), redirects=True, errors=(OAuthNotConfigured,))
    @action(detail=False, authentication_classes=[])
    def google(self, request: Request) -> HttpResponse:
        return google.start(request, redirect_url=request.query_params.get("redirect_url", ""))

    @operation(
        "Address for signing in through the provider",
        answer=GoogleAddressSerializer,
        parameters=(REDIRECT_URL,),
        errors=(OAuthNotConfigured,),
    )
    @action(detail=False, url_path="google/url", authentication_classes=[])
    def google_url(self, request: Request) -> Response:
        redirect_url = request.query_params.get("redirect_url", "")
        return Response(GoogleAddressSerializer({"url": google.start_address(request, redirect_url)}).data)

    @operation("Where the provider sends the browser back to", redirects=True, errors=(OAuthNotConfigured,))
    @action(detail=False, url_path="google/callback", authentication_classes=[])
    def google_callback(self, request: Request) -> HttpResponse:
        return google.finish(request, **device_of(request))

    @operation("Get tokens for a one-time code", body=ExchangeInput, answer=TokensSerializer, errors=(InvalidToken,))
    @action(detail=False, methods=["post"], authentication_classes=[])
    def exchange(self, request: Request) -> Response:
        form = ExchangeInput(data=request.data)
        form.is_valid(raise_exception=True)
        return Response(TokensSerializer(handover.exchange(**form.validated_data, **device_of(request))).data)


class UserViewSet(APIViewSet):
    """People: their public face, and one's own account."""

    tag = "People"
    serializer_class = OwnUserSerializer

    def get_authenticators(self) -> Any:
        # The request is not DRF's yet, and the view's action not known; where the API is described there is none.
        deletes = self.request is not None and self.request.method == "DELETE"
        return [StrictBearerAuthentication()] if deletes else super().get_authenticators()

    @operation("Read a person", answer=PROFILE, access="required")
    def retrieve(self, request: Request, pk: str) -> Response:
        """The e-mail address and the dates are in one's own profile only."""
        viewer = signed_in(request)
        return Response(as_profile(living_user(pk), viewer))

    @operation("Change my account", body=ProfileInput, answer=OwnUserSerializer, errors=(Forbidden,))
    def partial_update(self, request: Request, pk: str) -> Response:
        user = own_account(signed_in(request), pk)
        form = ProfileInput(data=request.data)
        form.is_valid(raise_exception=True)
        return Response(OwnUserSerializer(actions.update_profile(user=user, by=user, **form.validated_data)).data)

    @operation("Delete my account", errors=(Forbidden, StillOrganises))
    def destroy(self, request: Request, pk: str) -> Response:
        """Name, address, picture and sign-in are erased for good; what was won stays, under the name "Deleted user"."""
        user = own_account(signed_in(request), pk)
        erase_user(user=user, by=user)
        return Response({"success": True})


def living_user(pk: str) -> User:
    user = User.objects.filter(pk=pk, is_active=True).first()
    if user is None:
        raise NotFound
    return user


def own_account(viewer: Any, pk: str) -> Any:
    """`viewer`, if `pk` is them. Raises NotFound for nobody, Forbidden for somebody else."""
    if viewer.pk != pk:
        living_user(pk)
        raise Forbidden
    return viewer
