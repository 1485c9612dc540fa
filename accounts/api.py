"""/auth: signing in, and who one is."""

from rest_framework.decorators import action
from rest_framework.exceptions import NotAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import actions
from accounts.errors import InvalidCredentials
from accounts.serializers import LoginSerializer, OwnUserSerializer, TokensSerializer
from platform_site.rest.openapi import operation
from platform_site.rest.viewsets import APIViewSet


class AuthViewSet(APIViewSet):
    """Signing in, and who one is."""

    tag = "Signing in"

    @operation("Sign in", body=LoginSerializer, answer=TokensSerializer, errors=(InvalidCredentials,))
    @action(detail=False, methods=["post"], authentication_classes=[])
    def login(self, request: Request) -> Response:
        form = LoginSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        tokens = actions.sign_in(
            **form.validated_data,
            device_info=request.headers.get("User-Agent", ""),
            ip_address=request.META.get("REMOTE_ADDR") or None,
        )
        return Response(TokensSerializer(tokens).data)

    @operation("Who am I", answer=OwnUserSerializer, access="required")
    @action(detail=False)
    def me(self, request: Request) -> Response:
        if not request.user.is_authenticated:
            raise NotAuthenticated
        return Response(OwnUserSerializer(request.user).data)
