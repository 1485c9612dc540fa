"""Which applications there are to see."""

from typing import Self

from platform_site.db.models import SoftDeletedQuerySet


class AppQuerySet(SoftDeletedQuerySet):
    def catalogue(self) -> Self:
        """Living applications in the order of the catalogue, without what only the platform needs."""
        return self.alive().defer("secret_hash", "secret_last4").order_by("app_id")
