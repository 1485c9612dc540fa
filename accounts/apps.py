from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in
from django.db.models.signals import post_save
from django.utils.module_loading import import_string


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self) -> None:
        # By its path: it imports models, which are not there yet when this module is loaded.
        post_save.connect(import_string("accounts.sessions.end_sessions_of_old_password"), sender="accounts.User")
        # Every way to sign in on a page ends in django.contrib.auth.login, the dashboard's own form too.
        user_logged_in.connect(import_string("accounts.page_sessions.note_device"))
        user_logged_in.connect(import_string("accounts.sessions.tell_page_sign_in"))
