"""Signing in and out on this site's own pages, with Django's session cookie."""

from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import google
from accounts.actions import sign_in_page, user_by_password
from accounts.errors import InvalidCredentials, OAuthNotConfigured
from accounts.letters import mail_is_on
from platform_site.rest.addresses import client_address
from platform_site.rest.exceptions import ServiceUnavailable
from platform_site.rest.throttling import RateLimited

FAULTS = {"oauth_failed": gettext_lazy("Signing in with Google did not work. Try again, or use your password.")}


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def login_page(request: HttpRequest) -> HttpResponse:
    """The form, and where the provider's failures end (`?error=oauth_failed`)."""
    onward = next_of(request)
    if request.method == "GET":
        return form(request, onward, fault=FAULTS.get(request.GET.get("error", ""), ""))
    email, password = request.POST.get("email", ""), request.POST.get("password", "")
    if "\0" in email + password or len(email) > 254 or len(password) > 1000:
        return form(request, onward, fault=gettext(InvalidCredentials.message), status=401)
    try:
        user = user_by_password(email=email, password=password, address=client_address(request))
    except (InvalidCredentials, RateLimited, ServiceUnavailable) as refusal:
        response = form(request, onward, email=email, fault=gettext(refusal.message), status=refusal.status)
        for name, value in refusal.headers.items():
            response[name] = value
        return response
    sign_in_page(request, user)
    return HttpResponseRedirect(onward)


@never_cache
@require_GET
def login_google(request: HttpRequest) -> HttpResponse:
    try:
        return google.start(request, redirect_url=next_of(request), page=True)
    except OAuthNotConfigured as refusal:
        return form(request, next_of(request), fault=gettext(refusal.message), status=refusal.status)


@require_POST
def logout_page(request: HttpRequest) -> HttpResponse:
    logout(request)
    return HttpResponseRedirect(settings.LOGOUT_REDIRECT_URL)


def form(request: HttpRequest, onward: str, *, email: str = "", fault: Any = "", status: int = 200) -> HttpResponse:
    context = {
        "next": onward,
        "next_query": urlencode({"next": onward}),
        "email": email,
        "fault": fault,
        "with_provider": google.is_configured(),
        "with_sign_up": settings.SIGN_UP,
        "with_mail": mail_is_on(),
    }
    return render(request, "account/login.html", context, status=status)


def next_of(request: HttpRequest) -> str:
    """Where to go after signing in: a path of this site, whatever was asked for."""
    asked = request.POST.get("next") or request.GET.get("next") or ""
    is_ours = asked.startswith("/") and url_has_allowed_host_and_scheme(asked, allowed_hosts=None)
    return asked if is_ours and asked.isprintable() else settings.LOGIN_REDIRECT_URL
