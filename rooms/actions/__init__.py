"""What can be done to a room and by the people in it. Every door (API, admin, pages, sockets, commands) comes here."""

from rooms.actions.app_events import publish_app_event
from rooms.actions.checkin import check_in, undo_check_in
from rooms.actions.claims import claim_guest, claim_places
from rooms.actions.entry import Admission, add_person, join_by_code, join_room, offer_role, sign_guest_in
from rooms.actions.invitations import accept_invitation, decline_invitation, invite, redeem_invitations
from rooms.actions.lifecycle import create_room, delete_room, restore_room, transfer_room, update_room
from rooms.actions.limits import count_join, room_id_of_code, spelled
from rooms.actions.listed import take_listed_places
from rooms.actions.lists import add_listed_person, add_people
from rooms.actions.people import change_participant, leave_room, remove_participant, restore_participant
from rooms.actions.screens import make_screen_key, revoke_screen_key
from rooms.actions.seats import join_by_device, place_of_device

__all__ = [
    "Admission",
    "accept_invitation",
    "add_listed_person",
    "add_people",
    "add_person",
    "change_participant",
    "check_in",
    "claim_guest",
    "claim_places",
    "count_join",
    "create_room",
    "decline_invitation",
    "delete_room",
    "invite",
    "join_by_code",
    "join_by_device",
    "join_room",
    "leave_room",
    "make_screen_key",
    "offer_role",
    "place_of_device",
    "publish_app_event",
    "redeem_invitations",
    "remove_participant",
    "restore_participant",
    "restore_room",
    "revoke_screen_key",
    "room_id_of_code",
    "sign_guest_in",
    "spelled",
    "take_listed_places",
    "transfer_room",
    "undo_check_in",
    "update_room",
]
