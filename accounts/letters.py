"""Letters by e-mail, where mail is configured (EMAIL_URL): plain text from templates/letters/."""

from smtplib import SMTPException
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string

from platform_site.rest.addresses import address_block
from platform_site.rest.throttling import RateLimited, hit

# A minute. A hall is one address; nobody's mailbox is to be filled through us.
MOST_FROM_AN_ADDRESS = 60
MOST_TO_A_MAILBOX = 2


class NotSent(Exception):
    """The mail server did not take a letter. Says nothing about whose it was."""


def mail_is_on() -> bool:
    return bool(settings.EMAIL_URL)


def count_letter(*, to: str, address: str | None) -> None:
    """Counts a letter that somebody at `address` asks for. Raises RateLimited."""
    for key, limit in (
        (f"letters:{address_block(address or '')}", MOST_FROM_AN_ADDRESS),
        (f"letters:{to.lower()}", MOST_TO_A_MAILBOX),
    ):
        counted = hit(key, limit=limit)
        if not counted.allowed:
            raise RateLimited(counted)


def send_letter(name: str, *, to: str, **context: Any) -> None:
    """Sends templates/letters/`name`.txt, whose first line is the subject. For tasks: nobody waits for a mail server.
    Raises NotSent."""
    subject, _, body = render_to_string(f"letters/{name}.txt", context).strip().partition("\n")
    try:
        EmailMessage(subject.strip(), body.strip() + "\n", to=[to]).send()
    except (SMTPException, OSError) as error:
        # Its words may hold the address.
        raise NotSent(type(error).__name__) from None
