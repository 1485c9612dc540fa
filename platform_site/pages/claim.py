"""/claim/{code}: the winner shows it at the desk; those who run the room hand the prize over there."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from platform_site.rest.addresses import client_address
from platform_site.rest.exceptions import DomainError, NotFound
from prizes.actions import claim_of, hand_over


@never_cache
@require_http_methods(["GET", "POST"])
def claim(request: HttpRequest, code: str) -> HttpResponse:
    """404 for everybody who neither won it nor runs its room: nobody learns which codes there are."""
    user: Any = request.user
    address = client_address(request) or None
    try:
        winner = claim_of(code=code, by=user, address=address, own=True)
        is_own = user.is_authenticated and winner.participant.user_id == user.pk
        if request.method == "POST":
            hand_over(code=code, by=user, address=address)
            return redirect("claim", code=winner.claim_code)
        fault = ""
    except NotFound:
        raise Http404 from None
    except DomainError as refusal:
        if request.method != "POST":
            raise
        try:
            winner = claim_of(code=code, by=user, address=address, own=True)
        except NotFound:
            raise Http404 from None
        is_own, fault = winner.participant.user_id == user.pk, gettext(refusal.message)
    context = {"winner": winner, "is_own": is_own, "fault": fault, "room": winner.room}
    return render(request, "pages/claim.html", context, status=409 if fault else 200)
