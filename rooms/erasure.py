"""What rooms forget of a person: their places in rooms, texts about them, and the log."""

from django.db.models import Q, QuerySet, TextField
from django.db.models.functions import Cast

from accounts.erasure import erase_user, forget_admin_log
from accounts.errors import StillOrganises
from accounts.models import User
from accounts.traces import Traces, rewrite, traces_of
from rooms.actions import leave_room
from rooms.enums import OPEN_STATUSES
from rooms.models import GuestSeat, Invitation, ListedPlace, Notification, Participant, Room, RoomEvent


def erase_participations(user: User) -> None:
    """Takes `user` out of all rooms and scrubs what was written about them there.

    In a room that they created and that is over they stay its organizer, nameless: the database wants one. Locks their
    rooms, in the order of their ids. Raises StillOrganises while a room that they created is a draft or active.
    """
    if Room.objects.filter(created_by=user, status__in=OPEN_STATUSES).exists():
        raise StillOrganises
    if user.email is not None and user.email_verified:
        for listed in ListedPlace.objects.filter(email=user.email, taken_at=None).select_related("participant__user"):
            erase_user(user=listed.participant.user, by=user)
    ListedPlace.objects.filter(participant__user=user).delete()
    created = Room.objects.filter(created_by=user).values("pk")
    places = Participant.objects.filter(user=user, room__deleted_at=None).exclude(room__in=created)
    for room_id in places.order_by("room_id").values_list("room_id", flat=True):
        leave_room(room_id=room_id, by=user)
    Participant.objects.filter(user=user).exclude(room__in=created).soft_delete()
    invited = Q(user=user) if user.email is None else Q(user=user) | Q(email=user.email)
    Invitation.objects.filter(invited).delete()
    GuestSeat.objects.filter(user=user).delete()
    traces = known_traces(user)
    in_text, in_json = traces.in_text, lambda value: traces.in_json(value, about=True)
    own = Participant.all_objects.filter(user=user)
    rewrite(own, {"metadata": in_json, "removal_reason": in_text})
    beside = Participant.all_objects.filter(room__in=own.values("room_id")).exclude(removal_reason="")
    rewrite(beside | Participant.all_objects.filter(removed_by=user), {"removal_reason": in_text})
    rewrite(
        Room.all_objects.filter(created_by=user),
        {"name": in_text, "description": in_text, "app_settings": in_json},
    )


def erase_events(user: User) -> None:
    """Takes `user` out of every payload: person objects by id, whatever the name was then, and texts about them."""
    traces = known_traces(user)
    for event in mentioning(traces).iterator(chunk_size=500):
        payload = traces.in_json(event.payload, about=event.actor_id == user.pk)
        if payload != event.payload:
            RoomEvent.objects.filter(pk=event.pk).update(payload=payload)
    forget_admin_log(traces)


def erase_notifications(user: User) -> None:
    """Drops the messages to `user`, and takes them out of messages that tell others of them."""
    traces = known_traces(user)
    Notification.objects.filter(user=user).delete()
    texts = Notification.objects.annotate(text=Cast("data", TextField()))
    in_text, in_json = traces.in_text, lambda value: traces.in_json(value, about=True)
    rewrite(
        texts.filter(traces.mentioned_in("text", "title", "body")),
        {"title": in_text, "body": in_text, "data": in_json},
    )


def known_traces(user: User) -> Traces:
    """What gives `user` away: also their participant ids, and the names and avatars that events told of once."""
    traces = traces_of(user)
    own = Participant.all_objects.filter(user=user)
    traces.ids |= set(own.values_list("pk", flat=True))
    rooms = Room.all_objects.filter(Q(pk__in=own.values("room_id")) | Q(created_by=user))
    for event in mentioning(traces).filter(room__in=rooms.values("pk")).iterator(chunk_size=500):
        traces.learn(event.payload)
    return traces


def mentioning(traces: Traces) -> QuerySet[RoomEvent]:
    """Events that hold one of the ids or secrets, or were caused by the person. The whole log is searched."""
    sought = Traces(user_id=traces.user_id, ids=traces.ids, secrets=traces.secrets)
    texts = RoomEvent.objects.annotate(text=Cast("payload", TextField()))
    return texts.filter(sought.mentioned_in("text") | Q(actor=traces.user_id)).order_by("pk")
