"""Applications as the API shows them: what they are and ask for, never a secret."""

from typing import Any

from rest_framework import serializers

from apps_registry.models import App
from platform_site.rest.fields import ModelSerializer, UTCDateTimeField


class AppSerializer(ModelSerializer):
    example = {
        "name": "Holiday Lottery",
        "description": "Tickets, and a draw that anyone can check.",
        "capabilities": ["lottery"],
        "permissions": ["winners:write"],
    }

    appId = serializers.CharField(source="app_id")
    description = serializers.CharField(source="manifest.meta.description")
    version = serializers.CharField(source="manifest.meta.version")
    baseUrl = serializers.CharField(source="manifest.baseUrl")
    manifestVersion = serializers.CharField(source="manifest_version")
    capabilities = serializers.SerializerMethodField()
    permissions = serializers.SerializerMethodField()
    isActive = serializers.BooleanField(source="is_active")
    createdAt = UTCDateTimeField(source="created_at")
    updatedAt = UTCDateTimeField(source="updated_at")

    class Meta:
        model = App
        fields: tuple[str, ...] = (
            "id",
            "appId",
            "name",
            "description",
            "version",
            "baseUrl",
            "manifestVersion",
            "capabilities",
            "permissions",
            "isActive",
            "createdAt",
            "updatedAt",
        )

    def get_capabilities(self, app: App) -> list[str]:
        return app.manifest.get("capabilities", [])

    def get_permissions(self, app: App) -> list[str]:
        return app.manifest.get("permissions", [])


class AppDetailSerializer(AppSerializer):
    """With the whole manifest of the newest version: who sets up a room needs the schema of its settings."""

    manifest = serializers.SerializerMethodField()

    class Meta(AppSerializer.Meta):
        fields = (*AppSerializer.Meta.fields, "manifest")

    def get_manifest(self, app: App) -> dict[str, Any]:
        return app.manifest
