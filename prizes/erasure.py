"""What the fund forgets of a person: texts about them. Their wins and entries stay, under their ids."""

from typing import Any

from django.db.models import Q, TextField
from django.db.models.functions import Cast

from accounts.models import User
from accounts.traces import Traces, rewrite
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
    # The commit of a draw is final and names nobody. Why somebody was withdrawn may. The ids stay whatever a name is:
    # without them the record is wrong.
    draws = Draw.objects.annotate(text=Cast("withdrawn", TextField())).filter(traces.mentioned_in("text"))
    rewrite(draws, {"withdrawn": lambda people: [one | reason_of(one, traces) for one in people]})
    cancelled = Draw.objects.filter(room__in=own.values("room_id")).exclude(cancellation_reason="")
    rewrite(cancelled, {"cancellation_reason": traces.in_text})


def reason_of(withdrawal: dict[str, Any], traces: Traces) -> dict[str, Any]:
    return {"reason": traces.in_json(withdrawal)["reason"]}
