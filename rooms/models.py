"""The event: a room, the people in it and invited to it, and the log of what happened."""

import secrets
from typing import Any, ClassVar

from django.db import models
from django.db.models import Q, Value
from django.db.models.functions import Concat, Length, Lower
from django.db.models.lookups import LessThanOrEqual

from accounts.models import NormalizedEmailField, User
from apps_registry.models import App, ManifestVersion
from platform_site.db.ids import new_id
from platform_site.db.models import AliveManager, Row, RowQuerySet, SoftDeletedRow
from rooms.enums import OPEN_STATUSES, RUNNERS, EntryPolicy, ParticipantRole, RoomStatus, Visibility
from rooms.querysets import InvitationQuerySet, ParticipantQuerySet, RoomEventQuerySet, RoomQuerySet
from rooms.screen_keys import ScreenKey as ScreenKey  # noqa: PLC0414 (a table of this app in a file of its own)

JOIN_CODE_LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"  # none that is read as another in a dark hall
JOIN_CODE_LENGTH = 8
RUNNING_ROLES = sorted(role.value for role in RUNNERS)  # in one order, for the migrations
MOST_REVEAL_SECONDS = 60


def new_join_code() -> str:
    return "".join(secrets.choice(JOIN_CODE_LETTERS) for _ in range(JOIN_CODE_LENGTH))


class Room(SoftDeletedRow):
    """One event. `last_seq` and `last_public_seq` number its log; only rooms.events moves them."""

    name = models.CharField(max_length=255)
    description = models.TextField(blank=True)
    app = models.ForeignKey(App, to_field="app_id", on_delete=models.PROTECT, related_name="rooms")
    app_manifest_version = models.CharField(max_length=50, editable=False)
    manifest_version = models.ForeignKey(
        ManifestVersion, to_field="key", on_delete=models.PROTECT, related_name="rooms", editable=False
    )
    app_settings = models.JSONField(default=dict, blank=True)
    status = models.CharField(max_length=10, choices=RoomStatus, default=RoomStatus.DRAFT, editable=False)
    closed_at = models.DateTimeField(null=True, blank=True, editable=False)
    is_public = models.BooleanField(default=True)
    entry_policy = models.CharField(max_length=12, choices=EntryPolicy, default=EntryPolicy.GUESTS)
    join_locked = models.BooleanField(default=False, help_text="Nobody joins by themselves for now.")
    max_participants = models.PositiveIntegerField(
        null=True, blank=True, help_text="So many participants and viewers at most; empty for no limit."
    )
    mask_names = models.BooleanField(default=False, help_text="Names show as “Anna K.” to all but those who run it.")
    time_zone = models.CharField(max_length=64, default="UTC", help_text="Where it is held, as Europe/Berlin.")
    reveal_seconds = models.PositiveSmallIntegerField(
        default=8, help_text="How long a draw's result waits for the big screen, 0 to 60 seconds."
    )
    privacy_notice = models.TextField(blank=True, help_text="What people read before they join.")
    join_code = models.CharField(max_length=16, unique=True, default=new_join_code, editable=False)
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="created_rooms")
    # What the room's game shows its members beside the settings; null until it has something to show.
    app_runtime = models.JSONField(null=True, blank=True, editable=False)
    last_seq = models.PositiveBigIntegerField(default=0, editable=False)
    last_public_seq = models.PositiveBigIntegerField(default=0, editable=False)

    # Read with_role_of, with_counts and with_seq_at_start.
    viewer_role: str | None
    viewer_is_admin: bool
    seq_at_start: int
    participant_count: int
    prize_count: int
    winner_count: int

    objects: ClassVar[Any] = AliveManager.from_queryset(RoomQuerySet)()
    all_objects: ClassVar[Any] = models.Manager.from_queryset(RoomQuerySet)()

    class Meta(SoftDeletedRow.Meta):
        constraints = [
            models.CheckConstraint(condition=~Q(name=""), name="room_has_a_name"),
            # PostgreSQL's column says so already, SQLite's does not mean it.
            models.CheckConstraint(condition=LessThanOrEqual(Length("name"), 255), name="room_name_length"),
            models.CheckConstraint(condition=Q(status__in=RoomStatus.values), name="room_status_known"),
            models.CheckConstraint(condition=Q(entry_policy__in=EntryPolicy.values), name="room_entry_policy_known"),
            models.CheckConstraint(condition=Q(reveal_seconds__lte=MOST_REVEAL_SECONDS), name="room_reveal_seconds"),
            models.CheckConstraint(
                condition=Q(max_participants=None) | Q(max_participants__gte=1), name="room_max_participants"
            ),
            models.CheckConstraint(condition=~Q(time_zone=""), name="room_has_a_time_zone"),
            models.CheckConstraint(
                condition=Q(manifest_version=Concat("app", Value("@"), "app_manifest_version")),
                name="room_manifest_version_agrees",
            ),
            models.CheckConstraint(
                condition=Q(deleted_at=None) | ~Q(status=RoomStatus.ACTIVE), name="room_active_not_deleted"
            ),
            models.CheckConstraint(
                condition=Q(status__in=OPEN_STATUSES, closed_at=None)
                | ~Q(status__in=OPEN_STATUSES) & Q(closed_at__isnull=False),
                name="room_closed_at_agrees",
            ),
        ]
        indexes = [
            models.Index(
                fields=["status", "is_public", "app", "-created_at"],
                name="room_status_public_app",
                condition=Q(deleted_at=None),
            ),
            # is_public and status are here to be read: counting the list then needs no row of the table.
            models.Index(
                fields=["-created_at", "id", "is_public", "status"], name="room_newest", condition=Q(deleted_at=None)
            ),
            models.Index(fields=["name", "id"], name="room_by_name", condition=Q(deleted_at=None)),
            models.Index(fields=["closed_at"], name="room_closed", condition=Q(closed_at__isnull=False)),
            # On PostgreSQL room_name_search serves the search by name (migration 0002).
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_open(self) -> bool:
        return self.status in OPEN_STATUSES


class Participant(SoftDeletedRow):
    """A person in a room. Leaving hides the row; coming back revives it. `removed_by` bars whoever was sent away."""

    # No index of its own: participant_unique begins with it.
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="participations", db_index=False)
    room = models.ForeignKey(Room, on_delete=models.CASCADE, related_name="participants")
    role = models.CharField(max_length=11, choices=ParticipantRole, default=ParticipantRole.PARTICIPANT)
    metadata = models.JSONField(default=dict, blank=True)
    joined_at = models.DateTimeField()
    checked_in_at = models.DateTimeField(null=True, blank=True, editable=False)
    # When this person took the role that they run the room with. Nobody else can give it to them.
    role_accepted_at = models.DateTimeField(null=True, blank=True, editable=False)
    # Whoever runs the room made them a VIEWER: they come back as one.
    is_held_viewer = models.BooleanField(default=False, editable=False)
    removed_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+", editable=False
    )
    removal_reason = models.TextField(blank=True, editable=False)

    objects: ClassVar[Any] = AliveManager.from_queryset(ParticipantQuerySet)()
    all_objects: ClassVar[Any] = models.Manager.from_queryset(ParticipantQuerySet)()

    class Meta(SoftDeletedRow.Meta):
        constraints = [
            models.UniqueConstraint(fields=["user", "room"], name="participant_unique"),
            models.CheckConstraint(
                condition=Q(role__in=ParticipantRole.values) & ~Q(role=ParticipantRole.ADMIN),
                name="participant_role_of_a_room",
            ),
            models.CheckConstraint(
                condition=Q(deleted_at__isnull=False) | Q(removed_by=None, removal_reason=""),
                name="participant_removal_means_gone",
            ),
            models.CheckConstraint(
                condition=~Q(role__in=RUNNING_ROLES) | Q(role_accepted_at__isnull=False),
                name="participant_runs_by_consent",
            ),
            models.CheckConstraint(
                condition=Q(is_held_viewer=False) | Q(role=ParticipantRole.VIEWER), name="participant_held_is_viewer"
            ),
            # That a room's creator stays its organizer is the rule participant_creator_stays (migration 0002).
        ]
        indexes = [
            models.Index(
                fields=["room", "role", "joined_at", "id"],
                name="participant_room_role",
                condition=Q(deleted_at=None),
            ),
            models.Index(fields=["room", "joined_at", "id"], name="participant_in_order", condition=Q(deleted_at=None)),
        ]

    def __str__(self) -> str:
        return f"{self.user} in {self.room}"


class GuestSeat(Row):
    """A guest's place as their device knows it: whoever shows the device's key again is the same guest.

    A browser keeps the key in a cookie, here is only its hash. So an answer that got lost makes no second guest, and a
    phone that forgot its session finds its seat.
    """

    device_hash = models.CharField(max_length=64, editable=False)
    room = models.ForeignKey(Room, on_delete=models.CASCADE, related_name="guest_seats")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="guest_seats")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["device_hash", "room"], name="guest_seat_unique"),
        ]

    def __str__(self) -> str:
        return f"{self.user} in {self.room}"


class Invitation(Row):
    """A place in a room for a user, or for whoever has this verified e-mail address.

    It is open until it is redeemed or declined. Signing in redeems PARTICIPANT and VIEWER; whoever is to run the room
    accepts that. `told_at` says when they were told of it.
    """

    room = models.ForeignKey(Room, on_delete=models.CASCADE, related_name="invitations")
    email = NormalizedEmailField(null=True, blank=True)
    user = models.ForeignKey(User, on_delete=models.CASCADE, null=True, blank=True, related_name="invitations")
    role = models.CharField(max_length=11, choices=ParticipantRole, default=ParticipantRole.PARTICIPANT)
    invited_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    told_at = models.DateTimeField(null=True, blank=True, editable=False)
    redeemed_at = models.DateTimeField(null=True, blank=True, editable=False)
    declined_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects: ClassVar[Any] = models.Manager.from_queryset(InvitationQuerySet)()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["room", "email"], name="invitation_unique"),
            models.UniqueConstraint(fields=["room", "user"], name="invitation_user_unique"),
            models.CheckConstraint(
                condition=Q(email=None, user__isnull=False) | Q(email__isnull=False, user=None),
                name="invitation_to_one",
            ),
            models.CheckConstraint(
                condition=Q(redeemed_at=None) | Q(declined_at=None), name="invitation_answered_once"
            ),
            models.CheckConstraint(condition=Q(email=Lower("email")), name="invitation_email_lower_case"),
            models.CheckConstraint(
                condition=Q(role__in=ParticipantRole.values) & ~Q(role=ParticipantRole.ADMIN),
                name="invitation_role_of_a_room",
            ),
        ]
        indexes = [
            models.Index(fields=["email"], name="invitation_open", condition=Q(redeemed_at=None, declined_at=None)),
        ]

    def __str__(self) -> str:
        return f"{self.email or self.user} to {self.room}"

    @property
    def is_open(self) -> bool:
        return self.redeemed_at is None and self.declined_at is None


class ListedPlace(Row):
    """The place of somebody on a list, who is in the room under a placeholder until they sign in with this e-mail
    address, verified: `taken_at` says when. People on a list without an address have none."""

    room = models.ForeignKey(Room, on_delete=models.CASCADE, related_name="+", db_index=False)
    participant = models.OneToOneField(Participant, on_delete=models.CASCADE, related_name="listed")
    email = NormalizedEmailField()
    taken_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects: ClassVar[Any] = models.Manager.from_queryset(RowQuerySet)()

    class Meta:
        constraints = [
            # No index of its own for the room: this one begins with it.
            models.UniqueConstraint(fields=["room", "email"], name="listed_place_unique"),
            models.CheckConstraint(condition=Q(email=Lower("email")), name="listed_place_email_lower_case"),
        ]
        indexes = [models.Index(fields=["email"], name="listed_place_waiting", condition=Q(taken_at=None))]

    def __str__(self) -> str:
        return f"{self.participant_id} in {self.room_id}"


class RoomEvent(models.Model):
    """What happened, once and for good. Written by rooms.events.record alone; triggers refuse what is not its business.

    `seq` numbers all events of the room, `public_seq` the public ones; each runs 1, 2, 3 … without gaps.
    """

    id = models.CharField(primary_key=True, max_length=25, default=new_id, editable=False)
    # No index of its own: room_event_seq_unique begins with it.
    room = models.ForeignKey(Room, on_delete=models.CASCADE, related_name="events", db_index=False)
    seq = models.PositiveBigIntegerField()
    public_seq = models.PositiveBigIntegerField(null=True)
    type = models.CharField(max_length=100)
    payload = models.JSONField(default=dict)
    visibility = models.CharField(max_length=9, choices=Visibility, default=Visibility.PUBLIC)
    actor = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField()

    viewer_seq: int  # read with seen_at: the number at the level of the viewer

    objects: ClassVar[Any] = models.Manager.from_queryset(RoomEventQuerySet)()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["room", "seq"], name="room_event_seq_unique"),
            models.UniqueConstraint(fields=["room", "public_seq"], name="room_event_public_seq_unique"),
            models.CheckConstraint(
                # A comparison with null is no refusal: it must be said.
                condition=Q(visibility=Visibility.PUBLIC, public_seq__isnull=False, public_seq__gte=1)
                | Q(visibility=Visibility.ORGANIZER, public_seq=None),
                name="room_event_numbered_by_visibility",
            ),
            models.CheckConstraint(condition=Q(seq__gte=1), name="room_event_seq_from_one"),
            models.CheckConstraint(condition=~Q(type=""), name="room_event_has_a_type"),
        ]

    def __str__(self) -> str:
        return f"{self.seq} {self.type}"


class Notification(Row):
    """A message to one person, from the platform or an app. Written by rooms.notifications."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="notifications")
    room = models.ForeignKey(Room, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    type = models.CharField(max_length=100)
    title = models.CharField(max_length=255)
    body = models.TextField(blank=True)
    data = models.JSONField(default=dict, blank=True)
    read_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["user", "-created_at", "-id"], name="notification_newest"),
            models.Index(fields=["user", "created_at"], name="notification_unread", condition=Q(read_at=None)),
        ]

    def __str__(self) -> str:
        return self.title
