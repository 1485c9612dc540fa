"""People on a list come: whoever signs in with the e-mail address of a list takes over the placeholder's place."""

from django.db import models, transaction
from django.utils import timezone

from accounts.guests import retire_guest
from accounts.models import User
from apps_registry.registry import room_app
from platform_site.rest.exceptions import NotFound
from rooms.actions.claims import take_over
from rooms.events import record
from rooms.models import ListedPlace, Participant, Room
from rooms.permissions import lock_room


def take_listed_places(*, user: User) -> None:
    """At sign-in: the places that lists hold for the verified e-mail address of `user` become theirs, wins and all."""
    if user.email is None or not user.email_verified:
        return
    waiting = ListedPlace.objects.filter(email=user.email, taken_at=None, room__deleted_at=None)
    # In one order, because the caller may hold all these locks in one transaction.
    for room_id in waiting.order_by("room_id").values_list("room_id", flat=True):
        with transaction.atomic():
            try:
                room = lock_room(room_id, user)
            except NotFound:  # deleted since the list was read
                continue
            take_listed_place(room, user)


def take_listed_place(room: Room, user: User) -> tuple[Participant | None, bool]:
    """The row of `user` in a locked room, whether they are in it, left or were removed; where they have none, the one
    that a list holds for their verified e-mail address, which is theirs from now on. And whether it was that one.

    Whoever is in the room already is there once: the place of the list is left, but for one that has won something.
    """
    people = Participant.all_objects.select_related("user")
    own: Participant | None = people.filter(user_id=user.pk, room=room).first()
    addresses = User.objects.filter(pk=user.pk, email_verified=True, email__isnull=False).values("email")
    listed = ListedPlace.objects.filter(room=room, email__in=addresses, taken_at=None).first()
    if listed is None:
        return own, False
    place: Participant = people.get(pk=listed.participant_id)
    if own is None:
        if not retire_guest(place.user, into=user, by=user):
            return None, False
        take_over(room, place, user)
    elif not (room.is_open and own.deleted_at is None and place.deleted_at is None) or has_won(place):
        return own, False
    elif retire_guest(place.user, into=user, by=user):
        leave_to(room, place, user)
    listed.taken_at = timezone.now()
    listed.save(update_fields=["taken_at", "updated_at"])
    return own or place, own is None


def leave_to(room: Room, place: Participant, user: User) -> None:
    """A placeholder leaves a locked room, because the person is there."""
    place.deleted_at = timezone.now()
    place.save(update_fields=["deleted_at", "updated_at"])
    room_app(room.app_id).on_leave(room, place, user)
    record(room, "participant:left", {"participantId": place.pk, "userId": place.user_id}, by=user)


def has_won(place: Participant) -> bool:
    """Whether a row that must not lose its participant points at this one."""
    return any(
        relation.related_model._base_manager.filter(**{relation.field.name: place}).exists()
        for relation in Participant._meta.related_objects
        if relation.on_delete is models.PROTECT
    )
