from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.module_loading import import_string


class AppsRegistryConfig(AppConfig):
    name = "apps_registry"
    verbose_name = "Applications"

    def ready(self) -> None:
        # The last of our apps to be migrated may be any: the tables of this one are there when its own turn comes.
        post_migrate.connect(register_builtin_apps, sender=self)


def register_builtin_apps(**kwargs: Any) -> None:
    # By name: this module is imported before any model can be.
    import_string("apps_registry.registration.register_builtin_apps")(**kwargs)
