"""What the fund can refuse."""

from platform_site.rest.exceptions import Conflict, DomainError


class PrizeExhausted(DomainError):
    code, message = "PRIZE_EXHAUSTED", "No piece of this prize is left."


class AlreadyWon(Conflict):
    message = "This person has won this prize already."
