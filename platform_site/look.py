"""How the organiser dashboard looks: Unfold's settings. The sidebar holds only what its reader may open."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse_lazy


def may_view(permission: str) -> Callable[[HttpRequest], bool]:
    return lambda request: bool(request.user.has_perm(permission))


def is_admin(request: HttpRequest) -> bool:
    return bool(request.user.is_superuser)


def screen(
    title: str, icon: str, model: str, permission: Callable[[HttpRequest], bool] | None = None
) -> dict[str, Any]:
    app, name = model.split(".")
    return {
        "title": title,
        "icon": icon,
        "link": reverse_lazy(f"admin:{app}_{name}_changelist"),
        "permission": permission or may_view(f"{app}.view_{name}"),
    }


UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "Event Platform",
    "SITE_HEADER": "Event Platform",
    "SITE_SUBHEADER": "Organiser dashboard",
    "SITE_SYMBOL": "celebration",
    "SITE_URL": None,
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("platform_site/icon.svg")}
    ],
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
    "STYLES": [lambda request: static("platform_site/admin.css")],
    "SCRIPTS": [lambda request: static("platform_site/admin.js")],
    "BORDER_RADIUS": "8px",
    # A green-blue that carries white text with a contrast of more than 4.5.
    "COLORS": {
        "primary": {
            "50": "oklch(98.4% .014 180.72)",
            "100": "oklch(95.3% .051 180.801)",
            "200": "oklch(91% .096 180.426)",
            "300": "oklch(85.5% .138 181.071)",
            "400": "oklch(77.7% .152 181.912)",
            "500": "oklch(68% .125 183)",
            "600": "oklch(51.1% .096 186.391)",
            "700": "oklch(45% .083 187.5)",
            "800": "oklch(40% .07 188.216)",
            "900": "oklch(36% .06 188.416)",
            "950": "oklch(27.7% .046 192.524)",
        },
    },
    "SIDEBAR": {
        "show_search": False,
        "navigation": [
            {"items": [{"title": "Home", "icon": "home", "link": reverse_lazy("admin:index")}]},
            {
                "title": "Events",
                "separator": True,
                "items": [
                    screen("Rooms", "meeting_room", "rooms.room"),
                    screen("People", "groups", "rooms.participant"),
                    screen("Prizes", "redeem", "prizes.prize"),
                    screen("Winners", "trophy", "prizes.winner"),
                    screen("Draws", "casino", "prizes.draw"),
                    screen("Event log", "receipt_long", "rooms.roomevent"),
                ],
            },
            {
                "title": "Platform",
                "separator": True,
                "items": [
                    screen("Applications", "apps", "apps_registry.app", is_admin),
                    screen("Manifest versions", "history_edu", "apps_registry.manifestversion", is_admin),
                    screen("Users", "person", "accounts.user", is_admin),
                    screen("Sessions", "devices", "accounts.session", is_admin),
                    screen("Revoked tokens", "block", "accounts.tokenblacklist", is_admin),
                    screen("Invitations", "mail", "rooms.invitation", is_admin),
                    screen("People on lists", "list_alt", "rooms.listedplace", is_admin),
                    screen("Groups", "shield_person", "auth.group", is_admin),
                ],
            },
        ],
    },
}
