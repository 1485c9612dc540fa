"""The one admin site: the organiser dashboard, signed in to by e-mail."""

from typing import Any

from django.contrib.admin.views.autocomplete import AutocompleteJsonView
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.module_loading import import_string
from unfold.forms import AuthenticationForm
from unfold.sites import UnfoldAdminSite

from accounts.actions import user_by_password
from platform_site.rest.addresses import client_address
from platform_site.rest.exceptions import DomainError

HOME = "platform_site.dashboard.home_of"


class SignInForm(AuthenticationForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].label = "E-mail"
        self.fields["username"].widget.input_type = "email"
        self.fields["username"].widget.attrs["autocomplete"] = "username"

    def clean(self) -> dict[str, Any]:
        """As everywhere else: attempts are limited, and a wrong password reads like an unknown e-mail."""
        email, password = self.cleaned_data.get("username"), self.cleaned_data.get("password")
        if email and password:
            try:
                address = client_address(self.request)
                self.user_cache = user_by_password(email=email, password=password, address=address)
            except DomainError as refusal:
                raise ValidationError(refusal.message, code="invalid_login") from None
            self.confirm_login_allowed(self.user_cache)
        return self.cleaned_data


class Choices(AutocompleteJsonView):
    """What a field that searches as one types offers, in the words of the screen that it searches."""

    def serialize_result(self, obj: Any, to_field_name: str) -> dict[str, str]:
        name_of_choice = getattr(self.model_admin, "name_of_choice", str)
        return super().serialize_result(obj, to_field_name) | {"text": name_of_choice(obj)}


class OrganiserSite(UnfoldAdminSite):
    site_title = site_header = "Event Platform"
    index_title = "Home"
    index_template = "admin/home.html"
    login_form = SignInForm
    enable_nav_sidebar = True

    def autocomplete_view(self, request: HttpRequest) -> Any:
        return Choices.as_view(admin_site=self)(request)

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        # Made only when the page is: it reads rooms and prizes, and this module is loaded before their screens.
        return super().index(request, {**import_string(HOME)(request), **(extra_context or {})})
