"""Rooms, people and events as the API and the log show them."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.models import DELETED_USER_NAME, User
from accounts.serializers import PersonSerializer, TokensSerializer
from apps_registry.manifest import Level, visible_settings
from apps_registry.registry import room_app
from platform_site.db.ids import ID_LENGTH
from platform_site.rest.components import TEXT, WHOLE, object_of
from platform_site.rest.fields import EnumField, MetadataField, ModelSerializer, NameField, UTCDateTimeField
from rooms.models import EntryPolicy, Invitation, Participant, ParticipantRole, Room, RoomStatus
from rooms.permissions import is_member, level_of

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

    def get_description(self, room: Room) -> str | None:
        return room.description or None

    def get_appSettings(self, room: Room) -> dict[str, Any]:
        user = self.context.get("user")
        shown = settings_at(room, level_of(room, user))
        # What the game shows its members as it runs; no setting, and stored nowhere among them.
        return shown | room_app(room.app_id).runtime_values(room) if is_member(room, user) else shown

    def get_joinCode(self, room: Room) -> str | None:
        return room.join_code if is_member(room, self.context.get("user")) else None

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


class RoomInput(serializers.Serializer):
    example = {"name": "New Year Lottery", "appSettings": {"ticketCount": 100}}

    name = NameField(max_length=255)
    description = serializers.CharField(max_length=10_000, allow_blank=True, allow_null=True, required=False)
    appId = serializers.CharField(max_length=100, source="app_id")
    appSettings = serializers.DictField(required=False, source="app_settings")
    isPublic = serializers.BooleanField(required=False, source="is_public")
    entryPolicy = EnumField(choices=EntryPolicy.choices, required=False, source="entry_policy")

    def validate_description(self, description: str | None) -> str:
        return description or ""


class RoomChanges(RoomInput):
    example = {"appSettings": {"ticketCount": 200}, "status": "ACTIVE"}

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

    @extend_schema_field(PersonSerializer)
    def get_user(self, participant: Participant) -> dict[str, Any]:
        return person(participant.user)


def person(user: User) -> dict[str, Any]:
    """{id, name, avatar}; an erased or deleted user is shown as such."""
    if user.deleted_at is not None:
        return {"id": user.pk, "name": DELETED_USER_NAME, "avatar": None}
    return {"id": user.pk, "name": user.name, "avatar": user.avatar}


ROLES_OF_A_ROOM = [role.value for role in ParticipantRole if role != ParticipantRole.ADMIN]


class EntrySerializer(serializers.Serializer):
    """What a phone that came by a code needs: its place, the room, and tokens where it became a guest."""

    participant = serializers.SerializerMethodField()
    room = serializers.SerializerMethodField()
    tokens = TokensSerializer(allow_null=True)

    @extend_schema_field(ParticipantSerializer)
    def get_participant(self, entry: Any) -> dict[str, Any]:
        return ParticipantSerializer(entry.participant, context={"member": True}).data

    @extend_schema_field(RoomDetailSerializer)
    def get_room(self, entry: Any) -> dict[str, Any]:
        return self.context["room"]


class InvitationSerializer(ModelSerializer):
    """An invitation, without the address: whoever sent it knows it."""

    example = {"role": "PARTICIPANT"}

    roomId = serializers.CharField(source="room_id")
    createdAt = UTCDateTimeField(source="created_at")

    class Meta:
        model = Invitation
        fields = ("id", "roomId", "role", "createdAt")


class JoinInput(serializers.Serializer):
    """Joining oneself, or with `userId` or `email` letting in somebody else."""

    example = {"role": "PARTICIPANT"}

    role = EnumField(choices=ROLES_OF_A_ROOM, required=False)
    userId = serializers.CharField(max_length=ID_LENGTH, required=False, source="user_id")
    email = serializers.EmailField(max_length=254, required=False)
    metadata = MetadataField(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "email" in attrs and "user_id" in attrs:
            raise serializers.ValidationError({"email": "Give either userId or email."})
        if "email" in attrs and "metadata" in attrs:
            raise serializers.ValidationError({"metadata": "An invitation carries no metadata."})
        return attrs


class CodeInput(serializers.Serializer):
    example = {"code": "K7M2QXPA", "name": "Alice"}

    code = serializers.CharField(max_length=50)
    name = NameField(max_length=100, required=False, default="")


class ParticipantChanges(serializers.Serializer):
    example = {"role": "MODERATOR"}

    role = EnumField(choices=ROLES_OF_A_ROOM, required=False)
    metadata = MetadataField(required=False)


class RemovalInput(serializers.Serializer):
    example = {"reason": "Asked to be taken off the list."}

    reason = serializers.CharField(max_length=1000, allow_blank=True, required=False, default="")
