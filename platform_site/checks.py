"""What `manage.py check --deploy` says beyond Django's own checks."""

from typing import Any

from django.contrib.auth import get_user_model
from django.core import checks
from django.core.checks import CheckMessage, Info, Tags, register
from django.db import DatabaseError

DEMO_ACCOUNTS = (
    "alice@example.com",
    "bob@example.com",
    "charlie@example.com",
    "diana@example.com",
    "admin@example.com",
)


@register(Tags.security, deploy=True)
def demo_accounts(app_configs: Any, **options: Any) -> list[CheckMessage]:
    """The demo's accounts have a password that everybody knows."""
    try:
        found = list(
            get_user_model().objects.filter(email__in=DEMO_ACCOUNTS, is_active=True).values_list("email", flat=True)
        )
    except DatabaseError:
        return [Info("The database could not be asked whether demo accounts exist.", id="platform_site.I001")]
    if not found:
        return []
    return [
        checks.Warning(
            f"Demo accounts with a well-known password exist: {', '.join(sorted(found))}.",
            hint="Deactivate or erase them before real people use this server.",
            id="platform_site.W001",
        )
    ]
