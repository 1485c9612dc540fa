from importlib import import_module

from django.apps import AppConfig


class PlatformSiteConfig(AppConfig):
    name = "platform_site"

    def ready(self) -> None:
        import_module("platform_site.checks")  # registers them; importable only once the apps are loaded
