"""What can be done to a room and by the people in it. Every door (API, admin, pages, sockets, commands) comes here."""

from rooms.actions.app_events import publish_app_event
from rooms.actions.entry import Admission, add_person, invite, join_by_code, join_room, redeem_invitations
from rooms.actions.lifecycle import create_room, delete_room, update_room
from rooms.actions.people import change_participant, leave_room, remove_participant, restore_participant

__all__ = [
    "Admission",
    "add_person",
    "change_participant",
    "create_room",
    "delete_room",
    "invite",
    "join_by_code",
    "join_room",
    "leave_room",
    "publish_app_event",
    "redeem_invitations",
    "remove_participant",
    "restore_participant",
    "update_room",
]
