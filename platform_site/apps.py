from django.apps import AppConfig
from django.contrib.admin import apps as admin_apps


class PlatformSiteConfig(AppConfig):
    name = "platform_site"


class DashboardConfig(admin_apps.AdminConfig):
    default = False
    default_site = "platform_site.admin.OrganiserSite"
