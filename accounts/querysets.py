"""Which users there are to see."""

from typing import Any

from platform_site.db.models import AliveManager, SoftDeletedQuerySet


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
