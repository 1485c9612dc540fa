"""`manage.py demo [addrport]`: from a bare checkout to a running server with demo data."""

import threading
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.management import BaseCommand, CommandError, CommandParser, call_command

from platform_site.worker import Worker

PASSWORD = "password123"  # noqa: S105 (printed for everybody: these accounts exist for trying the product)
PEOPLE = (
    ("alice@example.com", "organises the lottery"),
    ("bob@example.com", "organises the quiz"),
    ("charlie@example.com", "prepares a private lottery"),
    ("diana@example.com", "only watches"),
    ("admin@example.com", "platform admin"),
)


class Command(BaseCommand):
    help = "Sets up the database, loads the demo data if there is none, and starts the server."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("addrport", nargs="?", default="127.0.0.1:8000", help="Address and port, or a port.")

    def handle(self, *args: Any, addrport: str, **options: Any) -> None:
        if not settings.DEBUG:
            raise CommandError("The demo has accounts with a known password. It runs only with DEBUG on.")
        call_command("migrate", verbosity=0)
        if not apps.get_model("accounts.User").all_objects.filter(email="alice@example.com").exists():
            call_command("loaddata", "demo", verbosity=0)
        self.stdout.write(self.welcome(addrport if ":" in addrport else f"127.0.0.1:{addrport}"))
        threading.Thread(target=Worker().run, name="worker", daemon=True).start()
        # The reloader would print this twice, and a demo's code does not change.
        call_command("runserver", addrport, use_reloader=False)

    def welcome(self, address: str) -> str:
        host = address.replace("0.0.0.0:", "127.0.0.1:")
        lines = [
            "",
            self.style.SUCCESS("The Event Platform is ready."),
            f"  Organiser dashboard  http://{host}/admin/",
            f"  The APIs, described  http://{host}/api/docs/",
            f"  Check a draw         http://{host}/draws/verify",
            "",
            f"  Everybody's password is {PASSWORD}:",
            *(f"    {email:<22} {role}" for email, role in PEOPLE),
            "",
        ]
        return "\n".join(lines)
