"""/apps: the catalogue of what a room can run."""

from typing import Any

from rest_framework.exceptions import NotAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from apps_registry.filters import AppFilter
from apps_registry.models import App
from apps_registry.shapes import AppDetailSerializer, AppSerializer
from platform_site.rest.exceptions import Forbidden, NotFound
from platform_site.rest.openapi import Operation
from platform_site.rest.viewsets import APIViewSet


class AppViewSet(APIViewSet):
    """What a room can run: a lottery, a quiz, anything with a manifest. For signed-in people; guests have come for one
    room and see its app there."""

    tag = "Apps"
    operations = {
        "list": Operation("List apps", access="required", errors=(Forbidden,)),
        "retrieve": Operation("Read an app", answer=AppDetailSerializer, access="required", errors=(Forbidden,)),
    }
    sort_fields = {"appId": "app_id", "createdAt": "created_at"}
    lookup_field = "app_id"
    lookup_value_regex = "[a-z][a-z0-9_]{2,99}"
    filterset_class = AppFilter
    serializer_class = AppSerializer

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if not request.user.is_authenticated:
            raise NotAuthenticated
        if request.user.is_guest:
            raise Forbidden(reason="guest")

    def get_queryset(self) -> Any:
        return App.objects.catalogue()

    def list(self, request: Request) -> Response:
        """In the order of `appId`."""
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    def retrieve(self, request: Request, app_id: str) -> Response:
        """With its whole manifest: `manifest.settings` is the JSON Schema that a room's `appSettings` must fit."""
        app = self.get_queryset().filter(app_id=app_id).first()
        if app is None:
            raise NotFound
        return Response(AppDetailSerializer(app).data)
