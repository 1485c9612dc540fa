"""What can be done to applications."""

from django.db import transaction

from accounts.models import User
from apps_registry.models import App
from platform_site.rest.exceptions import NotFound


@transaction.atomic
def restore_app(app_pk: str, *, by: User) -> App:
    """Brings a deleted application back. For platform admins. Raises NotFound where it is not deleted."""
    deleted = App.all_objects.deleted().select_for_update()
    app: App | None = deleted.filter(pk=app_pk).first() if by.is_superuser else None
    if app is None:
        raise NotFound
    app.deleted_at = None
    app.save(update_fields=["deleted_at", "updated_at"])
    return app
