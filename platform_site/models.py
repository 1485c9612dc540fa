"""What the worker does by the clock."""

from typing import Any, ClassVar

from django.db import models

from platform_site.db.models import RowQuerySet


class ScheduledJob(models.Model):
    """When a job of the setting JOBS is due. Whoever moves `run_after` by a conditional write runs it."""

    name = models.CharField(primary_key=True, max_length=100)
    run_after = models.DateTimeField()

    objects: ClassVar[Any] = models.Manager.from_queryset(RowQuerySet)()

    def __str__(self) -> str:
        return self.name
