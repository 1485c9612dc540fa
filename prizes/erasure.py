"""What the fund forgets of a person: texts about them. Their wins and entries stay, under their ids."""

from django.db.models import Q

from accounts.models import User
from accounts.traces import rewrite
from prizes.models import Draw, Winner
from rooms.erasure import known_traces
from rooms.models import Participant


def erase_wins(user: User) -> None:
    traces = known_traces(user)
    own = Participant.all_objects.filter(user=user)
    about = Q(participant__in=own.values("pk")) | Q(revoked_by=user)
    rewrite(
        Winner.all_objects.filter(about),
        {"metadata": lambda value: traces.in_json(value, about=True), "revocation_reason": traces.in_text},
    )
    beside = Winner.all_objects.filter(room__in=own.values("room_id")).exclude(revocation_reason="")
    rewrite(beside, {"revocation_reason": traces.in_text})
    # Commit and result of a draw are final, and name people by their ids alone.
    cancelled = Draw.objects.filter(room__in=own.values("room_id")).exclude(cancellation_reason="")
    rewrite(cancelled, {"cancellation_reason": traces.in_text})
