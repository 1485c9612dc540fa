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
from accounts.export import export_of
from accounts.inputs import ExchangeInput, LoginInput, ProfileInput, RefreshInput
from accounts.limits import SignInThrottle
from accounts.models import Session, User
from accounts.shapes import (
    GoogleAddressSerializer,
    OwnUserSerializer,
    PersonSerializer,
    SessionSerializer,
    TokensSerializer,
    as_profile,
)
from platform_site.rest.addresses import client_address
from platform_site.rest.components import object_of
from platform_site.rest.exceptions import Forbidden, NotFound
from platform_site.rest.openapi import Operation, operation, query
from platform_site.rest.throttling import RateLimited
from platform_site.rest.viewsets import APIViewSet

STRICT = [StrictBearerAuthentication]
AS_A_HALL = [SignInThrottle]
ROWS = {"type": "array", "items": {"type": "object"}}
EXPORT = object_of(
    exportedAt={"type": "string", "format": "date-time"},
    account={"type": "object"},
    devices=ROWS,
    participations=ROWS,
    createdRooms=ROWS,
    invitations=ROWS,
    notifications=ROWS,
    activity=ROWS,
    wins=ROWS,
    quizAnswers=ROWS,
)
REDIRECT_URL = query(
    "redirect_url",
    {"type": "string", "maxLength": 2000, "example": "https://app.example.com/after-sign-in"},
    "Where the browser goes in the end: a path of this site, or an address of an origin that is allowed here. Without "
    "it, the start page of the front end.",
)


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
    """Signing in by password or through Google, staying signed in, signing out.

    An access token is good for `expiresIn` seconds. Before it ends, take a new pair of tokens with the refresh token;
    every refresh token works once."""

    tag = "Signing in"

    @operation(
        "Sign in by password",
        body=LoginInput,
        answer=TokensSerializer,
        errors=(InvalidCredentials, InvalidToken, RateLimited),
    )
    @action(detail=False, methods=["post"], authentication_classes=[], throttle_classes=AS_A_HALL)
    def login(self, request: Request) -> Response:
        """Opens a session for this device. An unknown e-mail, a wrong password and a closed account are told alike.

        Ten wrong passwords a minute for one e-mail from one address are refused with 429."""
        form = LoginInput(data=request.data)
        form.is_valid(raise_exception=True)
        return Response(TokensSerializer(actions.sign_in(**form.validated_data, **device_of(request))).data)

    @operation("Take a new pair of tokens", body=RefreshInput, answer=TokensSerializer, errors=(InvalidToken,))
    @action(detail=False, methods=["post"], authentication_classes=[], throttle_classes=AS_A_HALL)
    def refresh(self, request: Request) -> Response:
        """Keep the new refresh token: the one you sent works no more. One that is sent a second time ends the session,
        because somebody may have stolen it; only within ten seconds, from the same device, is it taken for a retry of
        a request whose answer got lost."""
        form = RefreshInput(data=request.data)
        form.is_valid(raise_exception=True)
        return Response(TokensSerializer(sessions.refresh_session(**form.validated_data, **device_of(request))).data)

    @operation("Sign out")
    @action(detail=False, methods=["post"], authentication_classes=STRICT)
    def logout(self, request: Request) -> Response:
        """Ends the session of this device: its tokens work no more, at once. Other devices stay signed in.

        Needs no body; whatever body comes is not looked at."""
        user = signed_in(request)
        sessions.sign_out(user=user, family=claims(request)["sid"], token_id=claims(request)["jti"])
        return Response({"success": True})

    @operation("Who am I", answer=OwnUserSerializer, access="required")
    @action(detail=False)
    def me(self, request: Request) -> Response:
        """The account that the access token belongs to."""
        return Response(OwnUserSerializer(signed_in(request)).data)

    @operation("Go to Google", parameters=(REDIRECT_URL,), redirects=True, access="none", errors=(OAuthNotConfigured,))
    @action(detail=False, authentication_classes=[], throttle_classes=AS_A_HALL)
    def google(self, request: Request) -> HttpResponse:
        """Open this in a browser, do not fetch it: it sets a cookie and redirects to Google. In the end the browser
        comes to `redirect_url` with `?code=…`; send that code to `/auth/exchange`. Where signing in fails, it comes to
        `/login?error=oauth_failed` of the front end."""
        return google.start(request, redirect_url=request.query_params.get("redirect_url", ""))

    @operation(
        "Get the address to sign in with Google",
        parameters=(REDIRECT_URL,),
        answer=GoogleAddressSerializer,
        access="none",
        errors=(OAuthNotConfigured,),
    )
    @action(detail=False, url_path="google/url", authentication_classes=[], throttle_classes=AS_A_HALL)
    def google_url(self, request: Request) -> Response:
        """The address of `/auth/google` for this `redirect_url`, to be opened in a browser."""
        redirect_url = request.query_params.get("redirect_url", "")
        return Response(GoogleAddressSerializer({"url": google.start_address(request, redirect_url)}).data)

    @operation(
        "Come back from Google",
        parameters=(
            query("state", {"type": "string"}, "The attempt, as Google got it from us."),
            query("code", {"type": "string"}, "What Google vouches with."),
            query("error", {"type": "string"}, "Why Google vouches for nobody."),
        ),
        redirects=True,
        access="none",
        errors=(OAuthNotConfigured,),
    )
    @action(detail=False, url_path="google/callback", authentication_classes=[], throttle_classes=AS_A_HALL)
    def google_callback(self, request: Request) -> HttpResponse:
        """Google sends the browser here; nobody else calls this. Redirects to the front end, with a one-time code."""
        return google.finish(request, **device_of(request))

    @operation("Exchange a one-time code", body=ExchangeInput, answer=TokensSerializer, errors=(InvalidToken,))
    @action(detail=False, methods=["post"], authentication_classes=[], throttle_classes=AS_A_HALL)
    def exchange(self, request: Request) -> Response:
        """The tokens for the code that came with the browser from Google. It works once, within 60 seconds."""
        form = ExchangeInput(data=request.data)
        form.is_valid(raise_exception=True)
        return Response(TokensSerializer(handover.exchange(**form.validated_data, **device_of(request))).data)


class SessionViewSet(APIViewSet):
    """The devices on which one is signed in: client apps, and browsers on this site's own pages."""

    tag = "Devices"
    operations = {"list": Operation("List my devices", access="required")}
    authentication_classes = STRICT
    serializer_class = SessionSerializer
    sort_fields = {"lastUsedAt": "seen_at", "createdAt": "signed_in_at"}

    def get_queryset(self) -> Any:
        return Session.objects.filter(user=self.request.user.pk).live().as_devices()

    def get_serializer_context(self) -> dict[str, Any]:
        return {"family": claims(self.request)["sid"]}

    def list(self, request: Request) -> Response:
        """The device that was used last comes first; `current` is the one that asks."""
        signed_in(request)
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    @operation("Sign a device out")
    def destroy(self, request: Request, pk: str) -> Response:
        """Its tokens work no more, its pages are signed out and its live connections end, at once."""
        user = signed_in(request)
        sessions.end_session(user=user, family=pk, by=user)
        return Response({"success": True})

    @operation("Sign out all other devices")
    def destroy_others(self, request: Request) -> Response:
        """Client apps and browsers alike. The device that asks stays signed in."""
        user = signed_in(request)
        sessions.end_other_sessions(user=user, family=claims(request)["sid"], by=user)
        return Response({"success": True})


class UserViewSet(APIViewSet):
    """People. Their e-mail and what they change is theirs alone; others see a name and an avatar."""

    tag = "Users"
    serializer_class = OwnUserSerializer

    def get_authenticators(self) -> Any:
        # The request is not DRF's yet, and the view's action not known; where the API is described there is none.
        deletes = getattr(self.request, "method", "") == "DELETE"
        return [StrictBearerAuthentication()] if deletes else super().get_authenticators()

    @operation("Read a user", answer=(OwnUserSerializer, PersonSerializer), access="required")
    def retrieve(self, request: Request, pk: str) -> Response:
        """Oneself with e-mail and times, anybody else with name and avatar only."""
        viewer = signed_in(request)
        return Response(as_profile(living_user(pk), viewer))

    @operation("Change my profile", body=ProfileInput, answer=OwnUserSerializer, errors=(Forbidden,))
    def partial_update(self, request: Request, pk: str) -> Response:
        """Name and avatar, which everybody sees. `avatar` is an https address, a small picture as a `data:` URI, or
        null."""
        user = own_account(signed_in(request), pk)
        form = ProfileInput(data=request.data)
        form.is_valid(raise_exception=True)
        return Response(OwnUserSerializer(actions.update_profile(user=user, by=user, **form.validated_data)).data)

    @operation("Export my data", answer=EXPORT, access="required", errors=(Forbidden,))
    @action(detail=True, authentication_classes=STRICT)
    def export(self, request: Request, pk: str) -> Response:
        """All that is kept about the caller: account, devices, places in rooms (left ones too), rooms they created,
        invitations, messages, wins, answers in quizzes, and when they did what. What organizers noted about somebody
        (why they removed them) is told to those who run the room only."""
        user = own_account(signed_in(request), pk)
        return Response(export_of(user), headers={"Cache-Control": "no-store"})

    @operation("Delete my account", errors=(Forbidden, StillOrganises))
    def destroy(self, request: Request, pk: str) -> Response:
        """For good, with everything that is known of the person. Their wins stay on record as those of "Deleted user".
        Refused while rooms that they created are drafts or active: hand them over, or end them."""
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
