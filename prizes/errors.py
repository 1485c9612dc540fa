"""What the fund can refuse."""

from platform_site.rest.exceptions import Conflict, DomainError, InvalidTransition, NotFound


class PrizeExhausted(DomainError):
    code, message = "PRIZE_EXHAUSTED", "No piece of this prize is left."


class AlreadyWon(Conflict):
    reason = "already_won"
    message = "This person has won this prize already."


class QuantityPromised(Conflict):
    reason = "quantity_promised"
    message = "The quantity cannot fall below what is awarded or promised to an open draw."


class AlreadyHandedOver(Conflict):
    reason = "already_handed_over"
    message = "This prize was handed over already."


class TooManyPictures(Conflict):
    reason = "too_many_pictures"
    message = "This room has sent as many pictures as it may."


class StageMoved(Conflict):
    reason = "stage_moved"
    message = "Somebody else has moved the stage meanwhile."


class PrizeInUse(Conflict):
    reason = "prize_in_use"
    message = "A prize that somebody has won, or that an open draw gives away, cannot be deleted."


class AlreadyReplaced(Conflict):
    reason = "already_replaced"
    message = "This win has a replacement draw already."


class DrawRunning(Conflict):
    reason = "draw_running"
    message = "This draw is being run right now."


class EntropyGiven(Conflict):
    reason = "entropy_given"
    message = "This draw was begun with another public value, and the first one counts."


class AppRefused(DomainError):
    code, status = "SERVICE_UNAVAILABLE", 503
    message = "The app could not choose, and this draw has no result without it: run it again, or cancel it."


class NotEntered(NotFound):
    reason = "not_entered"
    message = "This participant is not among the entries of this draw."


class DrawOver(InvalidTransition):
    message = "This draw is over."


class SeedUnreadable(DomainError):
    code, status = "SERVICE_UNAVAILABLE", 503
    message = "The seed of this draw cannot be opened: FIELD_ENCRYPTION_KEYS lacks the key it was sealed with."
