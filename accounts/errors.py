"""What signing in can be refused for."""

from platform_site.rest.exceptions import DomainError


class InvalidCredentials(DomainError):
    code, status, message = "INVALID_CREDENTIALS", 401, "E-mail or password is wrong."
