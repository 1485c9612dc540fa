"""What a live connection can be refused for, beside what the actions themselves refuse."""

from platform_site.rest.exceptions import DomainError, PayloadTooLarge


class WrongToken(DomainError):
    code, status, message = "INVALID_TOKEN", 401, "The token is not valid or has expired."


class SignInFirst(DomainError):
    code, status, message = "UNAUTHORIZED", 401, "Sign in first."


class TooManyMessages(DomainError):
    code, status, message = "RATE_LIMIT_EXCEEDED", 429, "Too many messages. Wait a moment."


class MessageTooLarge(PayloadTooLarge):
    message = "The message is larger than 64 KiB."


class Unreadable(DomainError):
    code, status, message = "BAD_REQUEST", 400, 'Send a JSON object with "event" and "data".'


class WrongId(DomainError):
    code, status, message = "BAD_REQUEST", 400, 'The "id" must be a number or a text of at most 100 bytes.'


class TooManyConnections(DomainError):
    code, status, message = "RATE_LIMIT_EXCEEDED", 429, "Too many connections from this address."


class ServerFault(DomainError):
    code, status, message = "INTERNAL_ERROR", 500, "Something went wrong on our side."


class NotNow(DomainError):
    code, status, message = "SERVICE_UNAVAILABLE", 503, "The database does not answer. Try again."
