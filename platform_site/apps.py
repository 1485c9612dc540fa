from importlib import import_module

from django.apps import AppConfig, apps
from django.conf import settings
from django.contrib.admin import apps as admin_apps  # AdminConfig by name would be taken for this app's own
from django.db.models.signals import post_migrate

from platform_site.db.indexes import drop_like_indexes

OWN_APPS = ("accounts", "apps_registry", "rooms", "prizes")


class PlatformSiteConfig(AppConfig):
    name = "platform_site"

    def ready(self) -> None:
        import_module("platform_site.checks")  # registers them; importable only once the apps are loaded
        games = (folder.rpartition(".")[2] for folder in settings.BUILTIN_APPS)
        for label in (*OWN_APPS, *games):
            post_migrate.connect(drop_like_indexes, sender=apps.get_app_config(label))


class DashboardConfig(admin_apps.AdminConfig):
    default = False
    default_site = "platform_site.admin.OrganiserSite"
