"""Who sees and who runs which rooms: the one place that knows."""

from typing import TYPE_CHECKING, Any, Self

from django.apps import apps
from django.db import models
from django.db.models import Count, Exists, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce

from platform_site.db.models import RowQuerySet, SoftDeletedQuerySet

if TYPE_CHECKING:
    from accounts.models import User

RUNNING_ROLES = ("ORGANIZER", "MODERATOR")


def user_id_of(user: Any) -> str:
    """The id of a signed-in user, or the empty string, which is nobody's id."""
    return user.pk if user is not None and user.is_authenticated else ""


class RoomQuerySet(SoftDeletedQuerySet):
    def visible_to(self, user: Any) -> Self:
        """Living rooms that `user` (a User, AnonymousUser or None) may read: public ones, their own, all for admins."""
        return self.alive().filter(Q(is_public=True) | self._known_to(user))

    def listed_for(self, user: Any) -> Self:
        """Visible rooms less the drafts of other people: a public draft is opened by its link, not found in a list."""
        return self.alive().filter(Q(is_public=True) & ~Q(status="DRAFT") | self._known_to(user))

    def managed_by(self, user: Any) -> Self:
        """Living rooms that `user` organizes or moderates; all of them for a platform admin."""
        return self.alive().filter(self._known_to(user, roles=RUNNING_ROLES))

    def _known_to(self, user: Any, roles: tuple[str, ...] = ()) -> Q:
        user_id = user_id_of(user)
        if not user_id:
            return Q(pk__in=[])
        memberships = apps.get_model("rooms.Participant").objects.filter(user_id=user_id)
        if roles:
            memberships = memberships.filter(role__in=roles)
        admins = apps.get_model("accounts.User").objects.filter(pk=user_id, is_superuser=True, is_active=True)
        return Q(pk__in=memberships.values("room_id")) | Q(Exists(admins))

    def with_role_of(self, user: Any) -> Self:
        """Adds `viewer_role`: the role of `user` in the room, or null."""
        role = (
            apps.get_model("rooms.Participant")
            .objects.filter(room=OuterRef("pk"), user_id=user_id_of(user))
            .values("role")[:1]
        )
        return self.annotate(viewer_role=Subquery(role))

    def with_counts(self) -> Self:
        """Adds participant_count, prize_count and winner_count: living rows only, live winners only."""
        return self.annotate(
            participant_count=count_of("rooms.Participant"),
            prize_count=count_of("prizes.Prize"),
            winner_count=count_of("prizes.Winner", ~Q(state="REVOKED")),
        )


def count_of(model: str, *conditions: Q) -> Coalesce:
    rows = apps.get_model(model).objects.filter(*conditions, room=OuterRef("pk")).order_by()
    return Coalesce(Subquery(rows.values("room").annotate(n=Count("pk")).values("n")), 0)


class ParticipantQuerySet(SoftDeletedQuerySet):
    def managed_by(self, user: "User") -> Self:
        rooms = apps.get_model("rooms.Room").objects.managed_by(user)
        return self.filter(room__in=rooms.values("pk"))


class RoomEventQuerySet(RowQuerySet):
    def seen_at(self, *, public_only: bool, after: int = 0) -> Self:
        """A level's events beyond number `after`, in order, each with its number at that level as `viewer_seq`."""
        number = "public_seq" if public_only else "seq"
        return self.filter(**{f"{number}__gt": after}).annotate(viewer_seq=models.F(number)).order_by(number)

    def managed_by(self, user: "User") -> Self:
        rooms = apps.get_model("rooms.Room").objects.managed_by(user)
        return self.filter(room__in=rooms.values("pk"))
