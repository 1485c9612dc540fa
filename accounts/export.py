"""All that is kept about a person, for themselves."""

from typing import Any

from django.utils import timezone

from accounts.models import Session, User
from platform_site.hooks import EXPORTING
from platform_site.rest.fields import iso


def export_of(user: User) -> dict[str, Any]:
    """The account and its devices, and what each app keeps about `user` (settings.EXPORTERS)."""
    parts: dict[str, Any] = {"exportedAt": iso(timezone.now())}
    for part in EXPORTING(user=user):
        parts |= part
    return parts


def export_account(user: User) -> dict[str, Any]:
    account = {
        "id": user.pk,
        "email": user.email,
        "emailVerified": user.email_verified,
        "name": user.name,
        "avatar": user.avatar,
        "provider": user.provider,
        "providerId": user.provider_id,
        "isGuest": user.is_guest,
        "createdAt": iso(user.created_at),
        "updatedAt": iso(user.updated_at),
    }
    return {
        "account": account,
        "devices": [device_row(each) for each in Session.objects.filter(user=user.pk).order_by("pk")],
    }


def device_row(session: Session) -> dict[str, Any]:
    return {
        "id": session.family,
        "deviceInfo": session.device_info,
        "ipAddress": session.ip_address,
        "createdAt": iso(session.created_at),
        "lastUsedAt": iso(session.last_used_at) if session.last_used_at else None,
        "expiresAt": iso(session.expires_at),
    }
