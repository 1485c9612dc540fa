"""`manage.py cleanup`: forgets what nobody needs any more. Run it once a day."""

from typing import Any

from django.core.management import BaseCommand

from platform_site.hooks import CLEANING


class Command(BaseCommand):
    help = "Deletes expired sessions, revocations, codes and counts, guests who are long gone, and old events."

    def handle(self, *args: Any, **options: Any) -> None:
        for removed in CLEANING():
            for what, count in removed.items():
                self.stdout.write(f"{what}: {count}")
