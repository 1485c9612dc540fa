"""What rooms keep about a person, for themselves: their places, what they made and did, what they were told."""

from typing import Any

from accounts.models import User
from platform_site.rest.fields import iso
from rooms.models import Invitation, Notification, Participant, Room, RoomEvent
from rooms.notifications import NotificationSerializer
from rooms.shapes import InvitationSerializer


def export_rooms(user: User) -> dict[str, Any]:
    """Places that were left too. What organizers noted when they removed somebody is told to those who run the room."""
    places = Participant.all_objects.filter(user=user, room__deleted_at=None).select_related("room").order_by("pk")
    created = Room.objects.filter(created_by=user).order_by("pk")
    invitations = Invitation.objects.addressed_to(user).filter(room__deleted_at=None).order_by("pk")
    done = RoomEvent.objects.filter(actor=user, room__deleted_at=None).order_by("pk")
    return {
        "participations": [place_row(place) for place in places],
        "createdRooms": [{"id": room.pk, "name": room.name, "createdAt": iso(room.created_at)} for room in created],
        "invitations": InvitationSerializer(invitations, many=True).data,
        "notifications": NotificationSerializer(
            Notification.objects.filter(user=user).order_by("created_at", "id"), many=True
        ).data,
        "activity": [
            {"type": name, "roomId": room_id, "createdAt": iso(created_at)}
            for name, room_id, created_at in done.values_list("type", "room_id", "created_at")
        ],
    }


def place_row(place: Participant) -> dict[str, Any]:
    return {
        "id": place.pk,
        "roomId": place.room_id,
        "roomName": place.room.name,
        "role": place.role,
        "metadata": place.metadata,
        "joinedAt": iso(place.joined_at),
        "checkedInAt": iso(place.checked_in_at) if place.checked_in_at else None,
        "leftAt": iso(place.deleted_at) if place.deleted_at else None,
    }
