from django.apps import AppConfig


class RestConfig(AppConfig):
    name = "platform_site.rest"
    label = "rest"
    verbose_name = "REST plumbing"
