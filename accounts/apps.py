from django.apps import AppConfig
from django.db.models.signals import post_save
from django.utils.module_loading import import_string


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self) -> None:
        # By its path: it imports models, which are not there yet when this module is loaded.
        post_save.connect(import_string("accounts.sessions.end_sessions_of_old_password"), sender="accounts.User")
