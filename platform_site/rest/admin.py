"""The platform admin's screens of what the REST plumbing remembers. Answers are not shown: they are their callers'."""

from django.contrib import admin

from platform_site.db.admin import AdminsOnly
from platform_site.rest.models import IdempotencyKey, RateCount


@admin.register(IdempotencyKey)
class IdempotencyKeyAdmin(AdminsOnly):
    list_display = ("created_at", "user_id", "status", "leased_until")
    ordering = ("-created_at", "id")
    fields = ("created_at", "user_id", "status", "leased_until")
    readonly_fields = fields


@admin.register(RateCount)
class RateCountAdmin(AdminsOnly):
    list_display = ("key", "count", "reset_at")
    ordering = ("-reset_at", "key")
    fields = ("key", "count", "reset_at")
    readonly_fields = fields
