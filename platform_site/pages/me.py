"""The pages about oneself: name, prizes, devices, one's data."""

from typing import Any

from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import sessions
from accounts.actions import update_profile
from accounts.erasure import erase_user
from accounts.export import export_of
from accounts.inputs import ProfileInput
from accounts.models import Session
from accounts.page_sessions import DEVICE
from platform_site.rest.exceptions import DomainError, NotFound
from prizes.models import Winner

A_PAGE = 20


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def profile(request: HttpRequest) -> HttpResponse:
    user: Any = request.user
    fault = ""
    if request.method == "POST":
        form = ProfileInput(data={"name": request.POST.get("name", "")})
        if form.is_valid():
            update_profile(user=user, by=user, **form.validated_data)
            messages.success(request, gettext("Your name was changed."))
            return redirect("profile")
        fault = gettext("A name has 1 to 255 letters.")
    context = {"fault": fault, "name": request.POST.get("name", user.name)}
    return render(request, "pages/profile.html", context, status=422 if fault else 200)


@never_cache
@login_required
@require_safe
def my_prizes(request: HttpRequest) -> HttpResponse:
    """Everything that the reader has won, in all events, the newest first; revoked wins are none, and what the big
    screen has not shown yet is none yet."""
    shown = Q(reveal_at=None) | Q(reveal_at__lte=timezone.now())
    wins = Winner.objects.filter(shown, participant__user=request.user.pk).live().select_related("room", "prize")
    page = Paginator(wins.order_by("-created_at", "-id"), A_PAGE).get_page(request.GET.get("page"))
    return render(request, "pages/my_prizes.html", {"page": page})


@never_cache
@login_required
@require_safe
def my_devices(request: HttpRequest) -> HttpResponse:
    devices: Any = Session.objects.filter(user=request.user.pk).live().as_devices()
    devices = devices.order_by("-seen_at", "id")
    page = Paginator(devices, A_PAGE).get_page(request.GET.get("page"))
    return render(request, "pages/my_devices.html", {"page": page, "current": request.session.get(DEVICE, "")})


@login_required
@require_POST
def end_devices(request: HttpRequest) -> HttpResponse:
    """Signs out one device (`family`), or all others."""
    user: Any = request.user
    family = request.POST.get("family", "")
    if not family:
        sessions.end_other_sessions(user=user, family=request.session.get(DEVICE, ""), by=user)
        messages.success(request, gettext("All other devices are signed out."))
    else:
        try:
            sessions.end_session(user=user, family=family, by=user)
            messages.success(request, gettext("The device is signed out."))
        except NotFound:
            messages.success(request, gettext("The device was signed out already."))
    return redirect("my-devices")


@never_cache
@login_required
@require_safe
def my_data_file(request: HttpRequest) -> HttpResponse:
    """All that is kept about the reader, as the API tells it, as a file."""
    user: Any = request.user
    response = JsonResponse(export_of(user), json_dumps_params={"ensure_ascii": False, "indent": 2})
    response["Content-Disposition"] = 'attachment; filename="my-data.json"'
    return response


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def my_data(request: HttpRequest) -> HttpResponse:
    """What is kept about the reader, to take along and to have erased for good."""
    user: Any = request.user
    fault = ""
    if request.method == "POST" and request.POST.get("sure") == "yes":
        try:
            erase_user(user=user, by=user)
        except DomainError as refusal:
            fault = gettext(refusal.message)
        else:
            logout(request)
            return render(request, "pages/erased.html")
    elif request.method == "POST":
        fault = gettext("Tick the box first: this cannot be undone.")
    return render(request, "pages/my_data.html", {"fault": fault}, status=409 if fault else 200)
