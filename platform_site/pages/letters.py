"""Letters that pages ask for: the worker writes them, so that no answer waits for a mail server or tells by its time
whether an address has an account.

A task knows the address and where its reader wants to go, never a link: a link is made when the letter goes out.
"""

import logging
from datetime import timedelta
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone, translation
from django_tasks import TaskContext, task
from django_tasks_db.models import DBTaskResult

from accounts.letters import NotSent, count_letter, send_letter
from accounts.registration import account_of, reset_token, sign_up_token
from platform_site.rest.addresses import client_address

logger = logging.getLogger(__name__)

# Waits before a letter that was not taken is tried again; then it is given up. Links live for an hour from the sending.
TRIED_AGAIN = (timedelta(seconds=20), timedelta(minutes=2), timedelta(minutes=10), timedelta(minutes=30))


def ask_for_letter(request: HttpRequest, kind: str, *, email: str, onward: str) -> None:
    """Queues a letter of KINDS to `email`, in the language of the page. Raises RateLimited."""
    count_letter(to=email, address=client_address(request))
    write_letter.enqueue(
        kind=kind,
        email=email,
        onward=onward,
        site=request.build_absolute_uri("/"),
        language=translation.get_language(),
    )


def sign_up(email: str, onward: str) -> tuple[str, str]:
    user = account_of(email)
    link = reverse("sign-up-finish", args=[sign_up_token(email)]) if user is None else reverse("login")
    return ("has_account" if user else "sign_up"), f"{link}?{urlencode({'next': onward})}"


def new_password(email: str, onward: str) -> tuple[str, str]:
    user = account_of(email)
    return ("new_password", reverse("password-reset", args=[reset_token(user)])) if user else ("no_account", "/")


#: Which letter an address gets, as the name of its template and the path that its link leads to.
KINDS = {"sign_up": sign_up, "new_password": new_password}


@task(takes_context=True)
def write_letter(
    context: TaskContext, *, kind: str, email: str, onward: str, site: str, language: str, tries: int = 0
) -> None:
    """Sends the letter, or has it tried again later. One whose worker died may go out twice."""
    name, path = KINDS[kind](email, onward)
    try:
        with translation.override(language):
            send_letter(name, to=email, link=site.removesuffix("/") + path, site=site)
    except NotSent as error:
        if tries < len(TRIED_AGAIN):
            logger.warning("A letter could not be sent and is tried again: %s", error)
            write_letter.using(run_after=timezone.now() + TRIED_AGAIN[tries]).enqueue(
                kind=kind, email=email, onward=onward, site=site, language=language, tries=tries + 1
            )
        else:
            logger.error("A letter could not be sent and is given up: %s", error)
    # The table of tasks keeps what has ended for a while: not whom we wrote to.
    DBTaskResult.objects.filter(pk=context.task_result.id).update(args_kwargs={"args": [], "kwargs": {}})
