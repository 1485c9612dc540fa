from importlib import import_module

from django.apps import AppConfig
from django.contrib.admin import apps as admin_apps


class PlatformSiteConfig(AppConfig):
    name = "platform_site"

    def ready(self) -> None:
        import_module("platform_site.checks")  # registers them; importable only once the apps are loaded


class DashboardConfig(admin_apps.AdminConfig):
    default = False
    default_site = "platform_site.admin.OrganiserSite"
