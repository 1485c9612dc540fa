"""The platform admin's screens of what rooms can run."""

from typing import Any

from django.contrib import admin
from django.db.models import Count, Q
from django.http import HttpRequest
from unfold.decorators import display

from apps_registry.actions import restore_app
from apps_registry.models import App, ManifestVersion
from platform_site.db.admin import AdminsOnly, ReadOnlyInline, link


class VersionInline(ReadOnlyInline):
    model = ManifestVersion
    fields = ("version", "published_at", "deprecated_at", "deprecation_reason")
    readonly_fields = fields
    ordering = ("-published_at",)
    verbose_name_plural = "versions"
    show_change_link = True


@admin.register(App)
class AppAdmin(AdminsOnly):
    restoring = staticmethod(restore_app)
    list_display = ("app_name", "app_id", "manifest_version", "is_active", "room_count")
    list_display_links = ("app_name",)
    list_filter = ("is_active",)
    search_fields = ("app_id",)
    ordering = ("app_id",)
    inlines = [VersionInline]
    fields = ("app_name", "app_id", "manifest_version", "is_active", "secret", "created_at", "manifest")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).annotate(rooms_running=Count("rooms", filter=Q(rooms__deleted_at=None)))

    @display(description="Name")
    def app_name(self, app: App) -> str:
        return app.name

    @display(description="Rooms", ordering="rooms_running")
    def room_count(self, app: Any) -> int:
        return app.rooms_running

    @display(description="Secret")
    def secret(self, app: App) -> str:
        return f"ends in {app.secret_last4}" if app.secret_last4 else "none"


@admin.register(ManifestVersion)
class ManifestVersionAdmin(AdminsOnly):
    list_display = ("key", "app_link", "version", "published_at", "deprecated_at")
    list_display_links = ("key",)
    search_fields = ("key",)
    ordering = ("app", "-published_at")
    fields = (
        "app_link",
        "version",
        "published_at",
        "deprecated_at",
        "deprecation_reason",
        "deprecation_deadline",
        "manifest",
    )
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("app")

    @display(description="Application", ordering="app")
    def app_link(self, version: ManifestVersion) -> str:
        return link(version.app)
