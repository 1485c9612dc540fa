"""`manage.py worker`: what the platform does by itself. Run one beside the server, or several."""

import signal
from types import FrameType
from typing import Any

from django.core.management import BaseCommand

from platform_site.worker import Worker


class Command(BaseCommand):
    help = "Runs queued tasks and the jobs that are due, until SIGTERM; then what is under way is finished first."

    def handle(self, *args: Any, **options: Any) -> None:
        worker = Worker()

        def stop(number: int, frame: FrameType | None) -> None:
            worker.stop()

        signal.signal(signal.SIGTERM, stop)
        signal.signal(signal.SIGINT, stop)
        self.stdout.write("The worker runs.")
        worker.run()
        self.stdout.write("The worker has stopped.")
