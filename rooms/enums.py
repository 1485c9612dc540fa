"""The states, policies, roles and levels of a room."""

from django.db import models


class RoomStatus(models.TextChoices):
    DRAFT = "DRAFT"
    ACTIVE = "ACTIVE"
    COMPLETED = "COMPLETED"
    CANCELLED = "CANCELLED"


OPEN_STATUSES = (RoomStatus.DRAFT, RoomStatus.ACTIVE)


class EntryPolicy(models.TextChoices):
    GUESTS = "GUESTS", "Anyone with the code"
    REGISTERED = "REGISTERED", "Signed-in people with the code"
    INVITE_ONLY = "INVITE_ONLY", "Invited people only"


class ParticipantRole(models.TextChoices):
    ADMIN = "ADMIN"
    ORGANIZER = "ORGANIZER"
    MODERATOR = "MODERATOR"
    PARTICIPANT = "PARTICIPANT"
    VIEWER = "VIEWER"


class Visibility(models.TextChoices):
    PUBLIC = "PUBLIC"
    ORGANIZER = "ORGANIZER"


ROLES_OF_A_ROOM = [role.value for role in ParticipantRole if role != ParticipantRole.ADMIN]

# Who runs a room; lowest first below: a moderator moves people down this list, below their own place, and never up.
RUNNERS = frozenset({ParticipantRole.ORGANIZER, ParticipantRole.MODERATOR})
RANKS = (ParticipantRole.VIEWER, ParticipantRole.PARTICIPANT, ParticipantRole.MODERATOR, ParticipantRole.ORGANIZER)
