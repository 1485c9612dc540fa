"""`manage.py cleanup`: forgets what nobody needs any more. The worker does it once a day."""

from typing import Any

from django.core.management import BaseCommand

from platform_site.jobs import clean_up


class Command(BaseCommand):
    help = "Deletes expired sessions, revocations, codes and counts, guests who are long gone, old events and tasks."

    def handle(self, *args: Any, **options: Any) -> None:
        for what, count in clean_up().items():
            self.stdout.write(f"{what}: {count}")
