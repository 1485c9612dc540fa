"""Letters by e-mail, where mail is configured (EMAIL_URL): plain text from templates/letters/."""

import logging
from smtplib import SMTPException
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.utils.translation import gettext

from platform_site.rest.addresses import address_block
from platform_site.rest.exceptions import ServiceUnavailable
from platform_site.rest.throttling import RateLimited, hit

logger = logging.getLogger(__name__)

# A minute. A hall is one address; nobody's mailbox is to be filled through us.
MOST_FROM_AN_ADDRESS = 60
MOST_TO_A_MAILBOX = 2


def mail_is_on() -> bool:
    return bool(settings.EMAIL_URL)


def send_letter(name: str, *, to: str, address: str | None, **context: Any) -> None:
    """Sends templates/letters/`name`.txt, whose first line is the subject. Raises RateLimited, ServiceUnavailable."""
    for key, limit in (
        (f"letters:{address_block(address or '')}", MOST_FROM_AN_ADDRESS),
        (f"letters:{to.lower()}", MOST_TO_A_MAILBOX),
    ):
        counted = hit(key, limit=limit)
        if not counted.allowed:
            raise RateLimited(counted)
    subject, _, body = render_to_string(f"letters/{name}.txt", context).strip().partition("\n")
    try:
        EmailMessage(subject.strip(), body.strip() + "\n", to=[to]).send()
    except (SMTPException, OSError) as error:
        # Its words may hold the address.
        logger.error("A letter could not be sent: %s", type(error).__name__)
        raise ServiceUnavailable(
            gettext("The letter could not be sent. Try again in a few minutes."), retry_after=60
        ) from None
