"""Jobs that are due by the clock, found by our own few lines: each is run by one worker, and again if that one died."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.module_loading import import_string
from django_tasks.base import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from platform_site.hooks import CLEANING
from platform_site.models import ScheduledJob

logger = logging.getLogger(__name__)

# A worker that is killed in the middle of a job leaves it to the others after this time; a job that takes longer may
# run twice at once, which every job must bear.
LEASE = timedelta(minutes=1)
# The same for a task of the queue.
TASK_LEASE = timedelta(minutes=10)
KEEP_TASKS = timedelta(days=7)


def run_due_jobs(now: datetime | None = None) -> list[str]:
    """Runs every job of the setting JOBS that is due and that no other worker runs; says which. A job that fails is
    logged and tried again at its next time."""
    names = [name for name in settings.JOBS if claim(name, now or timezone.now())]
    for name in names:
        path, seconds = settings.JOBS[name]
        job: Callable[[], Any] = import_string(path)
        try:
            job()
        except Exception:
            logger.exception("The job %r failed.", name)
        ScheduledJob.objects.filter(name=name).update(run_after=timezone.now() + timedelta(seconds=seconds))
    return names


def claim(name: str, now: datetime) -> bool:
    """Whether this worker is the one that runs the job now."""
    ScheduledJob.objects.get_or_create(name=name, defaults={"run_after": now})
    return bool(ScheduledJob.objects.filter(name=name, run_after__lte=now).update(run_after=now + LEASE))


# --- Jobs of the worker's own -----------------------------------------------------------------------------------------


def revive_lost_tasks() -> int:
    """Puts tasks whose worker died back into the queue; says how many. A task may so run twice, and must bear it."""
    lost = DBTaskResult.objects.running().filter(started_at__lte=timezone.now() - TASK_LEASE)
    number = lost.update(status=TaskResultStatus.READY)
    if number:
        logger.warning("%s tasks lost their worker and are run again.", number)
    return number


def clean_up() -> dict[str, int]:
    """Forgets what nobody needs any more: {what: how many}."""
    counts: dict[str, int] = {}
    for removed in CLEANING():
        counts |= removed
    return counts


def clean_tasks() -> dict[str, int]:
    """Forgets tasks that ended a week ago."""
    ended = DBTaskResult.objects.finished().filter(finished_at__lte=timezone.now() - KEEP_TASKS)
    return {"tasks": ended.delete()[0]}
