"""`manage.py cleanup`: forgets what nobody needs any more. Run it once a day."""

from typing import Any

from django.conf import settings
from django.core.management import BaseCommand
from django.utils.module_loading import import_string


class Command(BaseCommand):
    help = "Deletes expired sessions, revocations, codes and counts, guests who are long gone, and old events."

    def handle(self, *args: Any, **options: Any) -> None:
        for path in settings.CLEANERS:
            removed = import_string(path)()
            name = path.rpartition(".")[2].removeprefix("clean_").replace("_", " ")
            for what, count in (removed if isinstance(removed, dict) else {name: removed}).items():
                self.stdout.write(f"{what}: {count}")
