"""The abstract rows that every table is made of."""

from typing import Any, ClassVar, Self

from django.db import models
from django.utils import timezone

from platform_site.db.ids import ID_LENGTH, new_id


class RowQuerySet(models.QuerySet):
    """A query set whose bulk updates move `updated_at` as a save does."""

    def update(self, **values: Any) -> int:
        if any(field.name == "updated_at" for field in self.model._meta.concrete_fields):
            values.setdefault("updated_at", timezone.now())
        return super().update(**values)


class SoftDeletedQuerySet(RowQuerySet):
    def alive(self) -> Self:
        return self.filter(deleted_at=None)

    def deleted(self) -> Self:
        return self.exclude(deleted_at=None)

    def soft_delete(self, **marks: Any) -> int:
        """Hides the rows that are not hidden yet, and says how many those were."""
        return self.filter(deleted_at=None).update(deleted_at=timezone.now(), **marks)


class AliveManager(models.Manager):
    """The default manager of soft-deleting models: deleted rows are not there."""

    def get_queryset(self) -> Any:
        return super().get_queryset().filter(deleted_at=None)


class Row(models.Model):
    id = models.CharField(primary_key=True, max_length=ID_LENGTH, default=new_id, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True, editable=False)

    # Subclasses put their own query sets here, which a narrower type would not let them.
    objects: ClassVar[Any] = models.Manager.from_queryset(RowQuerySet)()

    class Meta:
        abstract = True


class SoftDeletedRow(Row):
    """A row that leaves through `deleted_at`.

    `objects` and related managers show living rows only. `all_objects` shows all; it is the base manager, so a
    foreign key still reaches its deleted row (a win outlives its participant).
    """

    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects: ClassVar[Any] = AliveManager.from_queryset(SoftDeletedQuerySet)()
    all_objects: ClassVar[Any] = models.Manager.from_queryset(SoftDeletedQuerySet)()

    class Meta:
        abstract = True
        base_manager_name = "all_objects"
