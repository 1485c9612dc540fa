"""Rooms, people and events as the API and the log show them."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.shapes import PersonSerializer, TokensSerializer, person
from apps_registry.manifest import Level, visible_settings
from apps_registry.registry import room_app
from platform_site.rest.components import TEXT, WHOLE, object_of
from platform_site.rest.fields import EnumField, ModelSerializer, UTCDateTimeField
from rooms.enums import ROLES_OF_A_ROOM, EntryPolicy
from rooms.models import Invitation, Participant, Room
from rooms.querysets import is_member, level_of
from rooms.viewers import is_screen_of

APP_SHAPE = object_of(id=TEXT, appId=TEXT, name=TEXT, version=TEXT, baseUrl=TEXT, manifestVersion=TEXT)


class RoomSerializer(ModelSerializer):
    """A room read `with_role_of` and `with_counts`, for the viewer `context["user"]`, else for outsiders."""

    example = {"name": "New Year Lottery", "appSettings": {"ticketCount": 100}}

    appId = serializers.CharField(source="app_id")
    appManifestVersion = serializers.CharField(source="app_manifest_version")
    description = serializers.SerializerMethodField()
    appSettings = serializers.SerializerMethodField()
    isPublic = serializers.BooleanField(source="is_public")
    entryPolicy = EnumField(choices=EntryPolicy.choices, source="entry_policy")
    joinCode = serializers.SerializerMethodField()
    joinLocked = serializers.BooleanField(source="join_locked")
    maxParticipants = serializers.IntegerField(source="max_participants")
    maskNames = serializers.BooleanField(source="mask_names")
    timeZone = serializers.CharField(source="time_zone")
    revealSeconds = serializers.IntegerField(source="reveal_seconds")
    privacyNotice = serializers.SerializerMethodField()
    myRole = serializers.SerializerMethodField()
    createdBy = serializers.CharField(source="created_by_id")
    createdAt = UTCDateTimeField(source="created_at")
    updatedAt = UTCDateTimeField(source="updated_at")
    deletedAt = UTCDateTimeField(source="deleted_at")
    participantCount = serializers.IntegerField(source="participant_count")
    prizeCount = serializers.IntegerField(source="prize_count")
    winnerCount = serializers.IntegerField(source="winner_count")
    _count = serializers.SerializerMethodField("get_count_object")
    app = serializers.SerializerMethodField()
    organizer = PersonSerializer(source="created_by")

    class Meta:
        model = Room
        fields = (
            "id",
            "name",
            "description",
            "appId",
            "appManifestVersion",
            "appSettings",
            "status",
            "isPublic",
            "entryPolicy",
            "joinCode",
            "joinLocked",
            "maxParticipants",
            "maskNames",
            "timeZone",
            "revealSeconds",
            "privacyNotice",
            "myRole",
            "createdBy",
            "createdAt",
            "updatedAt",
            "deletedAt",
            "participantCount",
            "prizeCount",
            "winnerCount",
            "_count",
            "app",
            "organizer",
        )

    def get_description(self, room: Room) -> str | None:
        return room.description or None

    def get_appSettings(self, room: Room) -> dict[str, Any]:
        user = self.context.get("user")
        shown = settings_at(room, level_of(room, user))
        # What the game shows its members as it runs; no setting, and stored nowhere among them.
        return shown | room_app(room.app_id).runtime_values(room) if is_member(room, user) else shown

    def get_joinCode(self, room: Room) -> str | None:
        user = self.context.get("user")
        return room.join_code if is_member(room, user) or is_screen_of(room, user) else None

    def get_privacyNotice(self, room: Room) -> str | None:
        return room.privacy_notice or None

    @extend_schema_field({"type": ["string", "null"], "enum": [*ROLES_OF_A_ROOM, None]})
    def get_myRole(self, room: Room) -> str | None:
        return room.viewer_role

    @extend_schema_field(object_of(participants=WHOLE, prizes=WHOLE, winners=WHOLE))
    def get_count_object(self, room: Room) -> dict[str, int]:
        return {"participants": room.participant_count, "prizes": room.prize_count, "winners": room.winner_count}

    @extend_schema_field(APP_SHAPE)
    def get_app(self, room: Room) -> dict[str, Any]:
        app = room.app
        return {
            "id": app.pk,
            "appId": app.app_id,
            "name": app.name,
            "version": app.manifest["meta"]["version"],
            "baseUrl": app.manifest["baseUrl"],
            "manifestVersion": app.manifest_version,
        }


class RoomDetailSerializer(RoomSerializer):
    @extend_schema_field(object_of(**APP_SHAPE["properties"], manifest={"type": "object"}))
    def get_app(self, room: Room) -> dict[str, Any]:
        return super().get_app(room) | {"manifest": room.app.manifest}


def settings_at(room: Room, level: Level) -> dict[str, Any]:
    return visible_settings(room.manifest_version_id, room.app_settings, level)


def public_room(room_id: str) -> dict[str, Any]:
    """The room as an outsider may see it: what events carry."""
    room = Room.objects.with_role_of(None).with_counts().select_related("app", "created_by").get(pk=room_id)
    return RoomSerializer(room).data


class ParticipantSerializer(ModelSerializer):
    """A participant; `metadata` only where `context["member"]` is true."""

    userId = serializers.CharField(source="user_id")
    roomId = serializers.CharField(source="room_id")
    metadata = serializers.SerializerMethodField()
    joinedAt = UTCDateTimeField(source="joined_at")
    checkedInAt = UTCDateTimeField(source="checked_in_at")
    updatedAt = UTCDateTimeField(source="updated_at")
    deletedAt = UTCDateTimeField(source="deleted_at")
    user = serializers.SerializerMethodField()

    class Meta:
        model = Participant
        fields = (
            "id",
            "userId",
            "roomId",
            "role",
            "metadata",
            "joinedAt",
            "checkedInAt",
            "updatedAt",
            "deletedAt",
            "user",
        )

    def get_metadata(self, participant: Participant) -> dict[str, Any] | None:
        return participant.metadata if self.context.get("member") else None

    @extend_schema_field(PersonSerializer)
    def get_user(self, participant: Participant) -> dict[str, Any]:
        return person(participant.user)


class AdmissionSerializer(serializers.Serializer):
    """What a phone that came by a code needs: its place, the room, and tokens where it became a guest."""

    participant = serializers.SerializerMethodField()
    room = serializers.SerializerMethodField()
    tokens = TokensSerializer(allow_null=True)

    @extend_schema_field(ParticipantSerializer)
    def get_participant(self, admission: Any) -> dict[str, Any]:
        return ParticipantSerializer(admission.participant, context={"member": True}).data

    @extend_schema_field(RoomDetailSerializer)
    def get_room(self, admission: Any) -> dict[str, Any]:
        return self.context["room"]


class InvitationSerializer(ModelSerializer):
    """An invitation, without the address: whoever sent it knows it."""

    example = {"role": "PARTICIPANT"}

    roomId = serializers.CharField(source="room_id")
    createdAt = UTCDateTimeField(source="created_at")

    class Meta:
        model = Invitation
        fields = ("id", "roomId", "role", "createdAt")


class OwnInvitationSerializer(InvitationSerializer):
    """An invitation as whoever is invited sees it: enough of the room to decide."""

    example = {"role": "MODERATOR"}

    room = serializers.SerializerMethodField()
    invitedBy = serializers.SerializerMethodField()

    class Meta:
        model = Invitation
        fields = ("id", "roomId", "role", "createdAt", "room", "invitedBy")

    @extend_schema_field(object_of(id=TEXT, name=TEXT, status=TEXT))
    def get_room(self, invitation: Invitation) -> dict[str, Any]:
        return {"id": invitation.room_id, "name": invitation.room.name, "status": invitation.room.status}

    @extend_schema_field(PersonSerializer(allow_null=True))
    def get_invitedBy(self, invitation: Invitation) -> dict[str, Any] | None:
        return person(invitation.invited_by) if invitation.invited_by is not None else None
