"""Which users and which of their devices there are to see."""

from typing import Any, Self

from django.db.models import Min, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from platform_site.db.models import AliveManager, RowQuerySet, SoftDeletedQuerySet


class UserQuerySet(SoftDeletedQuerySet):
    pass


class UserManager(AliveManager):
    model: Any

    def get_by_natural_key(self, email: str) -> Any:
        return self.get(email=email)

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> Any:
        """A user with an e-mail address; without `password` the account cannot sign in by password."""
        user = self.model(email=email, **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> Any:
        return self.create_user(email, password, **fields, is_staff=True, is_superuser=True, email_verified=True)


class SessionQuerySet(RowQuerySet):
    def live(self) -> Self:
        """The one token of each signed-in device that can still be used."""
        return self.filter(rotated_at=None, revoked_at=None, expires_at__gt=timezone.now())

    def as_devices(self) -> Self:
        """Adds `signed_in_at`, when the device came, which is before its newest token, and `seen_at`, its last sign of
        life. The one seen last comes first."""
        family = self.model._base_manager.filter(family=OuterRef("family")).order_by().values("family")
        return self.annotate(
            signed_in_at=Subquery(family.annotate(first=Min("created_at")).values("first")),
            seen_at=Coalesce("last_used_at", "created_at"),
        ).order_by("-seen_at", "id")
