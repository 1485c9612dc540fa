"""What a room can refuse."""

from platform_site.rest.exceptions import Conflict, DomainError, Forbidden, NotFound


class RoomClosed(DomainError):
    code, message = "ROOM_CLOSED", "The event is over: nothing new can happen in this room."


class RoomNotActive(Conflict):
    message = "The event has not started yet."


class AlreadyIn(Conflict):
    message = "This person is in the room already."


class Removed(Forbidden):
    message = "You were removed from this room. Ask its organizer to let you in again."


class NotRemoved(Conflict):
    message = "This person was not removed: they left, and can come back by themselves."


class RemovedBefore(Conflict):
    message = "This person was removed from the room. An organizer can restore them."


class NoGuestsHere(DomainError):
    code, status, message = "UNAUTHORIZED", 401, "This room admits no guests. Sign in first."


class OrganizerStays(Conflict):
    message = "The organizer cannot leave their own room."


class RoomIsActive(Conflict):
    message = "The event is running. Complete or cancel it first."


class SettingsFrozen(Conflict):
    message = "These settings cannot change any more."


class NotInRoom(NotFound):
    message = "This person is not in the room."
