"""Rooms, people and events as the API and the log show them."""

from typing import Any

from rest_framework import serializers

from accounts.models import DELETED_USER_NAME, User
from accounts.serializers import PersonSerializer
from apps_registry.manifest import Level, visible_settings
from platform_site.rest.fields import EnumField, ModelSerializer, UTCDateTimeField
from rooms.models import EntryPolicy, Participant, ParticipantRole, Room, RoomStatus
from rooms.permissions import is_member, level_of


class RoomSerializer(ModelSerializer):
    """A room read `with_role_of` and `with_counts`, for the viewer `context["user"]`; without one, for outsiders."""

    appId = serializers.CharField(source="app_id")
    appManifestVersion = serializers.CharField(source="app_manifest_version")
    appSettings = serializers.SerializerMethodField()
    isPublic = serializers.BooleanField(source="is_public")
    entryPolicy = serializers.CharField(source="entry_policy")
    joinCode = serializers.SerializerMethodField()
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

    def get_appSettings(self, room: Room) -> dict[str, Any]:
        return settings_at(room, level_of(room, self.context.get("user")))

    def get_joinCode(self, room: Room) -> str | None:
        return room.join_code if is_member(room, self.context.get("user")) else None

    def get_count_object(self, room: Room) -> dict[str, int]:
        return {"participants": room.participant_count, "prizes": room.prize_count, "winners": room.winner_count}

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
    def get_app(self, room: Room) -> dict[str, Any]:
        return super().get_app(room) | {"manifest": room.app.manifest}


def settings_at(room: Room, level: Level) -> dict[str, Any]:
    return visible_settings(room.manifest_version_id, room.app_settings, level)


def public_room(room_id: str) -> dict[str, Any]:
    """The room as an outsider may see it: what events carry."""
    room = Room.objects.with_role_of(None).with_counts().select_related("app", "created_by").get(pk=room_id)
    return RoomSerializer(room).data


class RoomInput(serializers.Serializer):
    name = serializers.CharField(max_length=255)
    description = serializers.CharField(max_length=10_000, allow_blank=True, required=False)
    appId = serializers.CharField(max_length=100, source="app_id")
    appSettings = serializers.DictField(required=False, source="app_settings")
    isPublic = serializers.BooleanField(required=False, source="is_public")
    entryPolicy = EnumField(choices=EntryPolicy.choices, required=False, source="entry_policy")


class RoomChanges(RoomInput):
    status = EnumField(choices=RoomStatus.choices, required=False)


class ParticipantSerializer(ModelSerializer):
    """A participant; `metadata` only where `context["member"]` is true."""

    userId = serializers.CharField(source="user_id")
    roomId = serializers.CharField(source="room_id")
    metadata = serializers.SerializerMethodField()
    joinedAt = UTCDateTimeField(source="joined_at")
    updatedAt = UTCDateTimeField(source="updated_at")
    deletedAt = UTCDateTimeField(source="deleted_at")
    user = serializers.SerializerMethodField()

    class Meta:
        model = Participant
        fields = ("id", "userId", "roomId", "role", "metadata", "joinedAt", "updatedAt", "deletedAt", "user")

    def get_metadata(self, participant: Participant) -> dict[str, Any] | None:
        return participant.metadata if self.context.get("member") else None

    def get_user(self, participant: Participant) -> dict[str, Any]:
        return person(participant.user)


def person(user: User) -> dict[str, Any]:
    """{id, name, avatar}; an erased or deleted user is shown as such."""
    if user.deleted_at is not None:
        return {"id": user.pk, "name": DELETED_USER_NAME, "avatar": None}
    return {"id": user.pk, "name": user.name, "avatar": user.avatar}


class JoinInput(serializers.Serializer):
    role = EnumField(
        choices=[ParticipantRole.PARTICIPANT, ParticipantRole.VIEWER],
        default=ParticipantRole.PARTICIPANT,
        required=False,
    )
