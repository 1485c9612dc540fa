"""The worker: runs the tasks of the queue and the jobs that are due, one after another, until it is told to stop."""

import logging
import secrets
import threading

from django.conf import settings
from django.db import DatabaseError, close_old_connections
from django_tasks_db.management.commands.db_worker import Worker as TaskRunner

from platform_site.jobs import run_due_jobs

logger = logging.getLogger(__name__)

TASKS_IN_A_ROW = 20  # then jobs that are due have their turn


class Worker:
    def __init__(self) -> None:
        self.stopping = threading.Event()
        self.runner: TaskRunner | None = None

    def stop(self) -> None:
        """Ends `run` after the task or job that runs now. May be called from a signal handler or another thread."""
        self.stopping.set()
        if self.runner is not None:
            self.runner.running = False

    def run(self) -> None:
        while not self.stopping.is_set():
            try:
                self.turn()
            except DatabaseError as error:
                # Away for a while: what was under way is found again by its lease.
                logger.error("The worker waits for the database: %s", str(error).partition("\n")[0])
            close_old_connections()
            self.stopping.wait(settings.WORKER_INTERVAL)

    def turn(self) -> None:
        close_old_connections()
        run_due_jobs()
        if self.stopping.is_set():
            return
        self.runner = TaskRunner(
            queue_names=["*"],
            interval=0,
            batch=True,
            backend_name="default",
            startup_delay=False,
            max_tasks=TASKS_IN_A_ROW,
            worker_id=secrets.token_hex(8),
            excluded_queue_names=[],
        )
        self.runner.run()
