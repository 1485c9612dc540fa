"""QR codes of addresses on this host, as SVG. They are black on white in every theme: cameras want it so."""

import io

import segno
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

LONGEST = 300  # an address with all 64 digits of a fingerprint has some 150


def qr_svg(text: str) -> bytes:
    """Level M: a tenth of the code may be lost to a reflection. Four modules of white belong to every QR code."""
    picture = io.BytesIO()
    code = segno.make(text, error="m", micro=False)
    code.save(picture, kind="svg", border=4, light="#fff", xmldecl=False, svgclass=None, lineclass=None, omitsize=True)
    return picture.getvalue()


@require_safe
@cache_control(public=True, max_age=86400)
def qr_of_path(request: HttpRequest) -> HttpResponse:
    """`?to=/path` on this host, as this reader reaches it. Says nothing about what is there."""
    path = request.GET.get("to", "")
    if not path.startswith("/") or len(path) > LONGEST or not url_has_allowed_host_and_scheme(path, allowed_hosts=None):
        return HttpResponseBadRequest()
    return HttpResponse(qr_svg(request.build_absolute_uri(path)), content_type="image/svg+xml")
