"""Who sees and who runs which rooms: the one place that knows."""

from typing import Any, Self

from django.apps import apps
from django.db import models
from django.db.models import Count, Exists, OuterRef, Q, Subquery, Value
from django.db.models.functions import Coalesce

from accounts.actors import PLATFORM
from apps_registry.manifest import Level
from platform_site.db.models import RowQuerySet, SoftDeletedQuerySet
from rooms.enums import OPEN_STATUSES, RUNNERS, ParticipantRole, RoomStatus
from rooms.viewers import is_screen_of, room_of_screen


def user_id_of(user: Any) -> str:
    """The id of a signed-in user, or the empty string, which is nobody's id."""
    return user.pk if user is not None and user.is_authenticated else ""


def is_admin_in(room: Any, user: Any) -> bool:
    """Whether `user` is a platform admin, or the platform, as the room was read `with_role_of` them: their own row need
    not be loaded."""
    return user is not None and user.is_authenticated and room.viewer_is_admin


def level_of(room: Any, user: Any) -> Level:
    """The visibility level of `user` in a room that was read `with_role_of` them."""
    if is_admin_in(room, user) or room.viewer_role == ParticipantRole.ORGANIZER:
        return "private"
    return "organizer" if room.viewer_role == ParticipantRole.MODERATOR else "public"


def is_member(room: Any, user: Any) -> bool:
    return room.viewer_role is not None or is_admin_in(room, user)


def may_know_of(room: Any, user: Any) -> bool:
    """Whether `user` may know of a living room that was read `with_role_of` them: what `as_seen_by` asks of many."""
    return room.is_public or is_member(room, user) or is_screen_of(room, user)


class RoomQuerySet(SoftDeletedQuerySet):
    def as_seen_by(self, user: Any) -> Self:
        """Living rooms that `user` (a User, AnonymousUser or None) may know of: public ones, their own, all for admins;
        with their role in each. A guest is nobody in other rooms, and reads there what anybody may read."""
        return self.alive().filter(Q(is_public=True) | self._known_to(user)).with_role_of(user)

    def listed_for(self, user: Any) -> Self:
        """Less the drafts of other people, and without the role: a public draft is opened by its link, not found in a
        list."""
        return self.alive().filter(Q(is_public=True) & ~Q(status=RoomStatus.DRAFT) | self._known_to(user))

    def managed_by(self, user: Any) -> Self:
        """Living rooms that `user` organizes or moderates; all of them for a platform admin."""
        if not user_id_of(user):
            return self.none()
        if user.is_superuser:
            return self.alive().filter(self._known_to(user))
        # Without an OR the database goes from the memberships to the rooms, not through all rooms.
        return self.alive().filter(pk__in=memberships_of(user.pk).filter(role__in=RUNNERS).values("room_id"))

    def _known_to(self, user: Any) -> Q:
        if user is PLATFORM:
            return Q(pk__isnull=False)
        user_id = user_id_of(user)
        if not user_id:
            return Q(pk=room_of_screen(user)) if room_of_screen(user) else Q(pk__in=[])
        # A connection may hold `user` for hours: whether they still are an admin is the database's to say.
        return Q(pk__in=memberships_of(user_id).values("room_id")) | Q(Exists(admin_rows(user_id)))

    def with_role_of(self, user: Any) -> Self:
        """Adds `viewer_role`, the role of `user` in the room or null, and `viewer_is_admin`."""
        user_id = user_id_of(user)
        if not user_id:
            return self.annotate(viewer_role=Value(None, models.CharField()), viewer_is_admin=Value(user is PLATFORM))
        people = apps.get_model("rooms.Participant").objects
        role = people.filter(room=OuterRef("pk"), user_id=user_id).values("role")[:1]
        return self.annotate(viewer_role=Subquery(role), viewer_is_admin=Exists(admin_rows(user_id)))

    def with_seq_at_start(self) -> Self:
        """Adds `seq_at_start`: `last_seq` as it was when the statement began, whatever lock it then waited for."""
        rows = apps.get_model("rooms.Room").all_objects.filter(pk=OuterRef("pk"))
        return self.annotate(seq_at_start=Subquery(rows.values("last_seq")[:1]))

    def with_counts(self) -> Self:
        """Adds participant_count, prize_count and winner_count: living rows only, live winners only."""
        return self.annotate(
            participant_count=count_of(rows_of("rooms.Participant")),
            prize_count=count_of(rows_of("prizes.Prize")),
            winner_count=count_of(rows_of("prizes.Winner").live()),
        )


def memberships_of(user_id: str) -> Any:
    return apps.get_model("rooms.Participant").objects.filter(user_id=user_id)


def admin_rows(user_id: str) -> Any:
    return apps.get_model("accounts.User").objects.filter(pk=user_id, is_superuser=True, is_active=True)


def rows_of(model: str) -> Any:
    """The living rows of a model of this layer or one above, by name."""
    return apps.get_model(model).objects.get_queryset()


def count_of(rows: Any) -> Coalesce:
    rows = rows.filter(room=OuterRef("pk")).order_by()
    return Coalesce(Subquery(rows.values("room").annotate(n=Count("pk")).values("n")), 0)


class InRoomQuerySet:
    """For query sets of rows that live in a `room`."""

    def managed_by(self: Any, user: Any) -> Any:
        """Those in rooms that `user` organizes or moderates; all of them for a platform admin."""
        rooms = apps.get_model("rooms.Room").objects.managed_by(user)
        return self.filter(room__in=rooms.values("pk"))


class ParticipantQuerySet(InRoomQuerySet, SoftDeletedQuerySet):
    pass


class InvitationQuerySet(InRoomQuerySet, RowQuerySet):
    def open(self) -> Self:
        """Neither redeemed nor declined."""
        return self.filter(redeemed_at=None, declined_at=None)

    def takeable(self) -> Self:
        """To rooms that are not over."""
        return self.filter(room__deleted_at=None, room__status__in=OPEN_STATUSES)

    def addressed_to(self, user: Any) -> Self:
        """To this very user, or to their e-mail address where it is verified."""
        people = apps.get_model("accounts.User").objects.filter(pk=user.pk, email_verified=True, is_active=True)
        address = people.values_list("email", flat=True).first()
        return self.filter(Q(user=user.pk) | Q(email=address) if address else Q(user=user.pk))


class RoomEventQuerySet(InRoomQuerySet, RowQuerySet):
    def seen_at(self, *, public_only: bool, after: int = 0) -> Self:
        """A level's events beyond number `after`, in order, each with its number at that level as `viewer_seq`."""
        number = "public_seq" if public_only else "seq"
        return self.filter(**{f"{number}__gt": after}).annotate(viewer_seq=models.F(number)).order_by(number)
