"""Language and theme: how a reader wants every page. Kept in cookies, so that nobody needs an account for it."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import get_language, gettext_lazy
from django.views.decorators.http import require_POST

THEME_COOKIE = "theme"
THEMES = {"auto": gettext_lazy("Auto"), "light": gettext_lazy("Light"), "dark": gettext_lazy("Dark")}
A_YEAR = 366 * 86_400


@require_POST
def preferences(request: HttpRequest) -> HttpResponse:
    """Remembers the theme or language of the form's button, and goes back to the page that it was pressed on."""
    response = HttpResponseRedirect(path_of_this_site(request.POST.get("next", "")))
    if (theme := request.POST.get("theme")) in THEMES:
        remember(response, THEME_COOKIE, theme)
    if (language := request.POST.get("language")) in dict(settings.LANGUAGES):
        remember(response, settings.LANGUAGE_COOKIE_NAME, language)
    return response


def remember(response: HttpResponse, name: str, value: str) -> None:
    response.set_cookie(
        name, value, max_age=A_YEAR, secure=settings.SESSION_COOKIE_SECURE, httponly=True, samesite="Lax"
    )


def path_of_this_site(asked: str, otherwise: str = "/") -> str:
    """`asked` if it is a path of this site, whoever wrote it; else `otherwise`."""
    is_ours = asked.startswith("/") and url_has_allowed_host_and_scheme(asked, allowed_hosts=None)
    return asked if is_ours and asked.isprintable() else otherwise


def look(request: HttpRequest) -> dict[str, Any]:
    """What every template knows: theme and language, chosen and to choose from."""
    theme = request.COOKIES.get(THEME_COOKIE, "auto")
    return {
        "theme": theme if theme in THEMES else "auto",
        "themes": THEMES.items(),
        "language": get_language(),
        "languages": settings.LANGUAGES,
        "here": request.get_full_path() if request.method == "GET" else request.path,
    }
