"""The envelope around every answer: {"data": …} for successes, {"error": …} for refusals."""

from typing import Any

from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.renderers import JSONRenderer


class Envelope(dict):
    """A whole answer body (data and meta, or error) that is not wrapped again."""


class EnvelopeRenderer(JSONRenderer):
    charset = None

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None) -> bytes:
        body = data if isinstance(data, Envelope) else Envelope(data=data)
        return super().render(body, "application/json", renderer_context)


class JSONOnly(BaseContentNegotiation):
    """The API speaks JSON whatever the Accept header says: an error in the wanted format beats a 406 without one."""

    def select_parser(self, request: Any, parsers: Any) -> Any:
        content_type = (request.content_type or "").split(";")[0].strip().lower()
        return next((parser for parser in parsers if parser.media_type == content_type), None)

    def select_renderer(self, request: Any, renderers: Any, format_suffix: str | None = None) -> Any:
        return renderers[0], renderers[0].media_type
