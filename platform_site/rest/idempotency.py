"""Idempotency-Key: a POST that is sent again gets its first answer, and nothing is done again."""

import hashlib
import json
import re
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from rest_framework.exceptions import APIException
from rest_framework.response import Response

from platform_site.db.ids import new_id
from platform_site.rest.callers import Caller, caller_of
from platform_site.rest.exceptions import Conflict, DomainError, InvalidInput
from platform_site.rest.models import IdempotencyKey
from platform_site.rest.renderers import Envelope, EnvelopeRenderer

HEADER = "Idempotency-Key"
DEVICE_HEADER = "X-Device-Key"
DEVICE_KEY = re.compile(r"[A-Za-z0-9_-]{22,64}")  # 128 random bits, as base64 or longer
LEASE = timedelta(seconds=60)
KEPT = timedelta(hours=24)
LONGEST_KEY = 255
MARK = "is_idempotent"  # on the method, for the API's description
FOR_STRANGERS = "is_idempotent_for_strangers"
FORGOTTEN = {401, 429}  # like 5xx: sent again, these may end otherwise


class StillRunning(Conflict):
    reason = "key_running"
    message = "A request with this Idempotency-Key is still running."


class KeyReused(Conflict):
    reason = "key_reused"
    message = "This Idempotency-Key was used for another body."


class LeaseLost(Conflict):
    """This request took so long that another one took its key over."""

    reason = "lease_lost"
    message = "This request took too long; send it again."


def idempotent(method: Callable[..., Response]) -> Callable[..., Response]:
    """For a viewset's create: honours the header Idempotency-Key.

    The work and its answer are written in one transaction, so a request that dies leaves neither, and one that lost
    its lease undoes its work. Refusals (4xx) are answers, too; 401, 429 and 5xx are forgotten.
    """
    return once(method, attempt)


def idempotent_for_strangers(
    keeps: Callable[[Any], Any], replays: Callable[[Any, Any, Any], Any]
) -> Callable[[Callable[..., Response]], Callable[..., Response]]:
    """The same for people without an account, whose keys are scoped to their device (the header X-Device-Key), never
    to an address that a hall shares.

    `keeps(data)` is what is kept of the answer: no token. `replays(view, request, kept)` makes the answer anew. The
    method undoes by itself what it refuses, and its refusal leaves what it counted.
    """

    def decorate(method: Callable[..., Response]) -> Callable[..., Response]:
        found = once(method, attempt_that_counts, keeps, replays)
        setattr(found, FOR_STRANGERS, True)
        return found

    return decorate


def once(
    method: Callable[..., Response],
    attempt: Callable[..., Response],
    keeps: Callable[[Any], Any] | None = None,
    replays: Callable[[Any, Any, Any], Any] | None = None,
) -> Callable[..., Response]:
    @wraps(method)
    def found(view: Any, request: Any, *args: Any, **kwargs: Any) -> Response:
        key = request.headers.get(HEADER)
        if key is None or (replays is None and caller_of(request).kind == "ANONYMOUS"):
            return method(view, request, *args, **kwargs)  # which asks who is there, where it must
        if not 0 < len(key) <= LONGEST_KEY or not key.isascii() or not key.isprintable():
            raise InvalidInput({HEADER: [f"Use 1 to {LONGEST_KEY} printable ASCII characters."]})
        claimed = claim(owner_of(request), request, key)
        if claimed.status is not None:
            body = Envelope(json.loads(claimed.answer))
            if replays is not None and claimed.status < 400:
                body["data"] = replays(view, request, body["data"])
            return Response(body, status=claimed.status, headers={"Idempotent-Replayed": "true"})
        try:
            with transaction.atomic():
                response = attempt(method, view, request, *args, **kwargs)
                if response.status_code >= 500 or response.status_code in FORGOTTEN:
                    release(claimed)
                else:
                    keep(claimed, response, keeps)
                return response
        except BaseException:
            release(claimed)
            raise

    setattr(found, MARK, True)
    return found


def owner_of(request: Any) -> Caller:
    """Whose key it is: the caller's, for strangers their device's. Raises InvalidInput for a stranger without one."""
    caller = caller_of(request)
    if caller.kind != "ANONYMOUS":
        return caller
    device = request.headers.get(DEVICE_HEADER, "")
    if not DEVICE_KEY.fullmatch(device):
        message = f"With {HEADER} and no access token, send 22 to 64 letters, digits, - or _ that your device made up."
        raise InvalidInput({DEVICE_HEADER: [message]})
    return Caller("ANONYMOUS", f"device {device}")


def attempt(method: Callable[..., Response], view: Any, *args: Any, **kwargs: Any) -> Response:
    """What `method` answers, refusals and crashes included. A failed attempt leaves nothing in the transaction."""
    try:
        with transaction.atomic():
            return method(view, *args, **kwargs)
    except Exception as error:  # noqa: BLE001  DRF's own handler decides what each of them means
        response: Response = view.handle_exception(error)
        return response


def attempt_that_counts(method: Callable[..., Response], view: Any, *args: Any, **kwargs: Any) -> Response:
    """The same for a method whose refusals leave what they counted; everything else it undoes by itself."""
    try:
        return method(view, *args, **kwargs)
    except Exception as error:
        if isinstance(error, DomainError | APIException):
            response: Response = view.handle_exception(error)
            return response
        raise


def claim(caller: Caller, request: Any, key: str) -> IdempotencyKey:
    """The row of this request: a new lease, or one with the answer (`status`) of an earlier run.

    Raises StillRunning and KeyReused.
    """
    now = timezone.now()
    mine = IdempotencyKey(
        id=digest([caller.key, request.method, request.path, key]),
        user_id=caller.user_id,
        body_hash=digest(request.data),
        run=new_id(),
        leased_until=now + LEASE,
        created_at=now,
    )
    try:
        with transaction.atomic():
            mine.save(force_insert=True)
    except IntegrityError:
        return earlier(mine)
    return mine


def earlier(mine: IdempotencyKey) -> IdempotencyKey:
    """What to do where the key is taken: take over what died or is forgotten, else repeat or refuse."""
    now = mine.created_at
    free = Q(created_at__lte=now - KEPT) | Q(status=None, leased_until__lte=now)
    fresh = {name: getattr(mine, name) for name in ("body_hash", "run", "leased_until", "created_at")}
    if IdempotencyKey.objects.filter(free, pk=mine.pk).update(**fresh, status=None, answer=""):
        return mine
    found = IdempotencyKey.objects.filter(pk=mine.pk).first()
    if found is None:  # released between our two looks
        raise StillRunning
    if found.body_hash != mine.body_hash:
        raise KeyReused
    if found.status is None:
        raise StillRunning
    return found


def keep(claimed: IdempotencyKey, response: Response, keeps: Callable[[Any], Any] | None) -> None:
    data = keeps(response.data) if keeps is not None and response.status_code < 400 else response.data
    body = EnvelopeRenderer().render(data).decode()
    rows = IdempotencyKey.objects.filter(pk=claimed.pk, run=claimed.run)
    if not rows.update(status=response.status_code, answer=body):
        raise LeaseLost


def release(claimed: IdempotencyKey) -> None:
    IdempotencyKey.objects.filter(pk=claimed.pk, run=claimed.run, status=None).delete()


def digest(value: Any) -> str:
    """The SHA-256 of `value` as canonical JSON: key order and white space make no other body."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def erase_person(user: Any) -> None:
    """Drops the kept answers to `user`, and those that tell of them."""
    IdempotencyKey.objects.filter(Q(user_id=user.pk) | Q(answer__contains=user.pk)).delete()


def clean_idempotency_keys() -> dict[str, int]:
    """Forgets keys older than 24 hours; says how many."""
    return {"idempotency keys": IdempotencyKey.objects.filter(created_at__lte=timezone.now() - KEPT).delete()[0]}
