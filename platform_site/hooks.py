"""Where a lower layer lets upper ones take part: every setting that names functions by dotted path is a hook here.

Calling a hook calls its functions in their order, all with the same keywords. They are imported at the call, because
the caller's layer must not know them.
"""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string


class Hook:
    def __init__(self, setting: str) -> None:
        self.setting = setting

    def functions(self) -> list[Callable[..., Any]]:
        return [import_string(path) for path in getattr(settings, self.setting)]

    def __call__(self, **facts: Any) -> list[Any]:
        """What the functions answer. What one of them raises is raised here, and the rest are not called."""
        return [function(**facts) for function in self.functions()]


#: (user) Somebody signed in, and it was committed. Each function runs on its own; none can undo the sign-in.
SIGNED_IN = Hook("SIGN_IN_HOOKS")
#: (request, user) Somebody is about to sign in on a page; the session still is what it was before.
PAGE_SIGNING_IN = Hook("PAGE_SIGN_IN_HOOKS")
#: (marks) These hashes of marks were revoked, and it was committed, by this process.
REVOKED = Hook("REVOCATION_LISTENERS")
#: (user) Forget this person, inside the transaction of the erasure. The first function may refuse it.
ERASING = Hook("ERASERS")
#: (user) Tell what is kept about this person, to themselves. Answers {name: value}, in names of the API.
EXPORTING = Hook("EXPORTERS")
#: (person, viewer) Whether `viewer` sees the name of `person` masked, on the profile that everybody may read.
NAME_MASKED = Hook("NAME_MASKERS")
#: () Forget what nobody needs any more. Answers {what: how many}.
CLEANING = Hook("CLEANERS")
#: (room, by) A locked room ends and is still open: end what is open in it, in the same transaction, or refuse.
ROOM_CLOSING = Hook("ROOM_CLOSERS")
#: (room, request) What the organiser's page of a room shows. Answers {name: value} for its template.
ROOM_PAGE = Hook("ROOM_PAGES")
