"""The base of our viewsets. What a viewset declares about itself is described in openapi.py."""

from typing import Any, ClassVar

from rest_framework.viewsets import GenericViewSet

from platform_site.db.ids import ID_PATTERN
from platform_site.rest.renderers import Envelope
from platform_site.rest.sorting import only, wanted_fields


class APIViewSet(GenericViewSet):
    lookup_value_regex = ID_PATTERN
    # OPTIONS would only repeat what the OpenAPI document says; a browser's preflight is answered before it comes here.
    http_method_names = ("get", "post", "put", "patch", "delete", "head")
    tag: ClassVar[str] = ""
    sort_fields: ClassVar[dict[str, str]] = {}
    operations: ClassVar[dict[str, Any]] = {}
    fields_wanted: list[str] | None = None

    def initial(self, request: Any, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if self.action in {"list", "retrieve"} and self.serializer_class is not None:
            self.fields_wanted = wanted_fields(request, self.shape()().fields)

    def shape(self) -> Any:
        """The serializer of what this action answers, as its operation declares it."""
        declared = self.operations.get(self.action) or getattr(getattr(self, self.action), "operation", None)
        answer = getattr(declared, "answer", None)
        return answer if isinstance(answer, type) else self.get_serializer_class()

    def finalize_response(self, request: Any, response: Any, *args: Any, **kwargs: Any) -> Any:
        if self.fields_wanted is not None and 200 <= response.status_code < 300:
            whole = response.data
            if isinstance(whole, Envelope):
                response.data = Envelope(whole, data=only(whole["data"], self.fields_wanted))
            else:
                response.data = only(whole, self.fields_wanted)
        return super().finalize_response(request, response, *args, **kwargs)
