"""What signing in can be refused for."""

from platform_site.rest.exceptions import Conflict, DomainError


class InvalidCredentials(DomainError):
    code, status, message = "INVALID_CREDENTIALS", 401, "E-mail or password is wrong."


class InvalidToken(DomainError):
    code, status, message = "INVALID_TOKEN", 401, "The token is not valid or has expired."


class OAuthNotConfigured(DomainError):
    code, status, message = "OAUTH_NOT_CONFIGURED", 503, "Signing in through a provider is not set up here."


class StillOrganises(Conflict):
    reason = "still_organizes"
    message = "Hand over or end the rooms that this person created, before the account can be deleted."
