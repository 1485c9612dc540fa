"""What a room can refuse."""

from platform_site.rest.exceptions import Conflict, DomainError, Forbidden, NotFound


class RoomClosed(DomainError):
    code, message = "ROOM_CLOSED", "The event is over: nothing new can happen in this room."


class RoomNotActive(Conflict):
    reason = "not_started"
    message = "The event has not started yet."


class AlreadyIn(Conflict):
    reason = "already_in"
    message = "This person is in the room already."


class Removed(Forbidden):
    reason = "removed"
    message = "You were removed from this room. Ask its organizer to let you in again."


class InviteOnly(Forbidden):
    reason = "invite_only"
    message = "This room is open to invited people only."


class JoiningLocked(Conflict):
    reason = "joining_locked"
    message = "Nobody can join this room for now."


class RoomFull(Conflict):
    reason = "room_full"
    message = "As many people are in this room as it takes."


class GuestElsewhere(Forbidden):
    reason = "guest_elsewhere"
    message = "Guests stay in the room that they came for. Sign in first."


class TooManyScreenKeys(Conflict):
    reason = "too_many_screen_keys"
    message = "This room has as many screen keys as it may have. Revoke one first."


class NotForGuests(Forbidden):
    reason = "guest"
    message = "Guests cannot do this. Sign in first."


class ForeignEvent(Forbidden):
    reason = "foreign_event"
    message = "Events of a room's app carry the app's own name."


class OtherIdentity(Forbidden):
    reason = "other_identity"
    message = "Open a new connection to be somebody else."


class TooManyRooms(Forbidden):
    reason = "too_many_rooms"
    message = "One connection follows a limited number of rooms."


class NotRemoved(Conflict):
    reason = "not_removed"
    message = "This person was not removed: they left, and can come back by themselves."


class RemovedBefore(Conflict):
    reason = "removed"
    message = "This person was removed from the room. An organizer can restore them."


class NoGuestsHere(DomainError):
    code, status, message = "UNAUTHORIZED", 401, "This room admits no guests. Sign in first."


class InvitationAnswered(Conflict):
    reason = "invitation_answered"
    message = "This invitation was answered before."


class NotOrganizer(Conflict):
    reason = "not_organizer"
    message = "A room is handed over to another organizer of it. Offer this person the role first."


class NotCreator(Forbidden):
    reason = "not_creator"
    message = "Only whoever created the room hands it over."


class OrganizerStays(Conflict):
    reason = "organizer_stays"
    message = "The organizer cannot leave their own room."


class RoomIsActive(Conflict):
    reason = "room_active"
    message = "The event is running. Complete or cancel it first."


class SettingsFrozen(Conflict):
    reason = "settings_frozen"
    message = "These settings cannot change any more."


class NotInRoom(NotFound):
    message = "This person is not in the room."
