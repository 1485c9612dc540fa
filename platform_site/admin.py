"""The one admin site: the organiser dashboard, signed in to by e-mail."""

from typing import Any

from django.http import HttpRequest
from django.utils.module_loading import import_string
from unfold.forms import AuthenticationForm
from unfold.sites import UnfoldAdminSite

HOME = "platform_site.dashboard.home_of"


class SignInForm(AuthenticationForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].label = "E-mail"
        self.fields["username"].widget.input_type = "email"
        self.fields["username"].widget.attrs["autocomplete"] = "username"


class OrganiserSite(UnfoldAdminSite):
    site_title = site_header = "Event Platform"
    index_title = "Home"
    index_template = "admin/home.html"
    login_form = SignInForm
    enable_nav_sidebar = True

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        # Made only when the page is: it reads rooms and prizes, and this module is loaded before their screens.
        return super().index(request, {**import_string(HOME)(request), **(extra_context or {})})
