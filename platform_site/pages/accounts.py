"""Signing up and a new password: an address, a letter with a link, a password."""

from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods
from rest_framework.exceptions import ValidationError
from rest_framework.serializers import EmailField

from accounts.actions import sign_in_page
from accounts.errors import InvalidToken
from accounts.inputs import ProfileInput
from accounts.letters import mail_is_on
from accounts.models import User
from accounts.registration import email_of, register, reset_password, user_of_reset
from platform_site.pages.letters import ask_for_letter
from platform_site.pages.preferences import path_of_this_site
from platform_site.rest.exceptions import DomainError, InvalidInput


@never_cache
@require_http_methods(["GET", "POST"])
def sign_up(request: HttpRequest) -> HttpResponse:
    """Asks for an address, and answers the same whether it has an account or not: the letter tells."""
    if not settings.SIGN_UP:
        raise Http404
    return ask_for_address(request, gettext("Sign up"), "sign_up")


@never_cache
@require_http_methods(["GET", "POST"])
def forgotten(request: HttpRequest) -> HttpResponse:
    if not mail_is_on():
        raise Http404
    return ask_for_address(request, gettext("A new password"), "new_password")


def ask_for_address(request: HttpRequest, title: str, kind: str) -> HttpResponse:
    email, fault, status = request.POST.get("email", "").strip(), "", 200
    if request.method == "POST":
        try:
            email = EmailField(max_length=254).run_validation(email)
            ask_for_letter(request, kind, email=email, onward=next_of(request))
            return render(request, "account/letter_sent.html", {"title": title, "email": email})
        except DomainError as refusal:
            fault, status = gettext(refusal.message), refusal.status
        except ValidationError:
            fault, status = gettext("This is no e-mail address."), 422
    context = {"title": title, "email": email, "fault": fault, "next": next_of(request)}
    return render(request, "account/address.html", context, status=status)


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def sign_up_finish(request: HttpRequest, token: str) -> HttpResponse:
    """Where the letter's link leads: a name and a password, and the account is there."""
    if not settings.SIGN_UP:
        raise Http404

    def finish() -> User:
        form = ProfileInput(data={"name": request.POST.get("name", "")})
        if not form.is_valid():
            raise InvalidInput({"name": [gettext("A name has 1 to 255 letters.")]})
        return register(token=token, name=form.validated_data["name"], password=request.POST.get("password", ""))

    return set_password(request, gettext("Sign up"), lambda: email_of(token), finish, with_name=True)


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def password_reset(request: HttpRequest, token: str) -> HttpResponse:
    def finish() -> User:
        return reset_password(token=token, password=request.POST.get("password", ""))

    return set_password(request, gettext("A new password"), lambda: user_of_reset(token).email, finish)


def set_password(request: HttpRequest, title: str, email: Any, finish: Any, *, with_name: bool = False) -> HttpResponse:
    """A form that `finish` takes; whoever finishes is signed in. A link that works no more says so."""
    faults: dict[str, list[str]] = {}
    address = ""
    try:
        address = email()
        if request.method == "POST":
            sign_in_page(request, finish())
            return HttpResponseRedirect(next_of(request))
    except InvalidToken as refusal:
        return render(
            request, "account/dead_link.html", {"title": title, "fault": gettext(refusal.message)}, status=410
        )
    except InvalidInput as refusal:
        faults = refusal.details["fields"]
    context = {
        "title": title,
        "email": address,
        "faults": faults,
        "with_name": with_name,
        "name": request.POST.get("name", "") or guest_name(request),
        "next": next_of(request),
    }
    return render(request, "account/password.html", context, status=422 if faults else 200)


def guest_name(request: HttpRequest) -> str:
    return request.user.name if isinstance(request.user, User) and request.user.is_guest else ""


def next_of(request: HttpRequest) -> str:
    return path_of_this_site(request.POST.get("next") or request.GET.get("next") or "", settings.LOGIN_REDIRECT_URL)
