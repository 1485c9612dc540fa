"""Everything that a room's page shows, at one number of the room's log: the state that live events then move on.

static/js/room-state.js says what it means; events beyond `seq` are applied to it in the browser. What may not be shown
yet (`revealAt`) is in it and held back by the page's script, as in what the API and live events say.
"""

from typing import Any

from django.http import Http404
from django.utils import timezone

from accounts.models import User
from platform_site.rest.fields import iso
from prizes.models import Draw, Prize, Winner
from prizes.shapes import DrawSerializer, PrizeSerializer, WinnerSerializer
from rooms.masking import as_shown
from rooms.models import Participant, Room
from rooms.permissions import Need, is_allowed
from rooms.querysets import is_member, level_of
from rooms.shapes import ParticipantSerializer, RoomSerializer

MOST_PEOPLE = 50
MOST_WINNERS = 100
MOST_DRAWS = 20


def snapshot_of(room_id: str, user: Any) -> dict[str, Any]:
    """The room as `user` may see it. Raises Http404 where they may not know of it."""
    # First the number, then the lists: what happens in between comes again as an event, and changes nothing twice.
    rooms = Room.objects.as_seen_by(user).with_counts().select_related("app", "created_by")
    room = rooms.filter(pk=room_id).first()
    if room is None:
        raise Http404
    level = level_of(room, user)
    member = {"member": is_member(room, user), "user": user, "runs": is_allowed(room, user, Need.RUN)}
    prizes = Prize.objects.filter(room=room).with_winner_count().order_by("position", "id")
    draws = Draw.objects.filter(room=room).seen_at(public_only=level == "public").light().with_lines()
    whole = {
        "room": room_shape(room, user),
        "level": level,
        "seq": room.last_public_seq if level == "public" else room.last_seq,
        "time": iso(timezone.now()),
        "me": own_place(room, user),
        "people": [
            without_picture(ParticipantSerializer(each, context=member).data)
            for each in people_of(room).order_by("-joined_at", "-id")[:MOST_PEOPLE]
        ],
        "prizes": PrizeSerializer(prizes, many=True).data,
        "winners": [winner_shape(each, member) for each in winners_of(room, user)],
        "draws": DrawSerializer(draws.order_by("-created_at", "-id")[:MOST_DRAWS], many=True).data,
    }
    shown: dict[str, Any] = as_shown(whole, room, user)
    return shown


def room_shape(room: Room, user: Any) -> dict[str, Any]:
    shown = dict(RoomSerializer(room, context={"user": user}).data)
    shown.setdefault("myRole", room.viewer_role)
    return shown | {"organizer": dict(shown["organizer"]) | {"avatar": None}}


def own_place(room: Room, user: Any) -> dict[str, Any] | None:
    if not isinstance(user, User):
        return None
    own = Participant.objects.filter(room=room, user=user.pk).select_related("user").first()
    return without_picture(ParticipantSerializer(own, context={"member": True, "user": user}).data) if own else None


def people_of(room: Room) -> Any:
    return Participant.objects.filter(room=room).select_related("user")


def winners_of(room: Room, user: Any) -> list[Winner]:
    """The newest, and however old they are the reader's own."""
    live = Winner.objects.filter(room=room).live().with_people().order_by("-created_at", "-id")
    newest = list(live[:MOST_WINNERS])
    own = list(live.filter(participant__user=user.pk)[:MOST_WINNERS]) if isinstance(user, User) else []
    known = {each.pk for each in newest}
    return newest + [each for each in own if each.pk not in known]


def winner_shape(winner: Winner, context: dict[str, Any]) -> dict[str, Any]:
    shown = dict(WinnerSerializer(winner, context=context).data)
    return shown | {"participant": without_picture(shown["participant"])}


def without_picture(participant: Any) -> dict[str, Any]:
    """Pages show initials: pictures would be the larger part of a page, or come from other hosts."""
    return {**participant, "user": {**participant["user"], "avatar": None}}
