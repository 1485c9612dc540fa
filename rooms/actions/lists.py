"""Many people at once, all of them or none: from lists, by id, by invitation. The room is locked once, and each person
is one event; how many queries that takes does not grow with the people, but for roles that are offered."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.guests import new_placeholder
from accounts.models import User
from apps_registry.registry import room_app
from platform_site.rest.exceptions import DomainError, Forbidden, InvalidInput
from rooms.actions.entry import JOINABLE_ROLES, somebody
from rooms.actions.offers import keep_place, keep_places
from rooms.actions.people import require_seat, take_role
from rooms.enums import RUNNERS, ParticipantRole
from rooms.errors import AlreadyIn, RemovedBefore, RoomClosed
from rooms.events import record_many
from rooms.models import Invitation, ListedPlace, Participant, Room
from rooms.permissions import Need, is_allowed, locked_room, may_hand_out, rank_of
from rooms.shapes import ParticipantSerializer

COMING_IN = (
    "role", "role_accepted_at", "is_held_viewer", "joined_at", "deleted_at", "checked_in_at", "metadata", "updated_at"
)  # fmt: skip


@dataclass
class Item:
    """Somebody to let in: by `user_id`, by `email` alone (an invitation), or by `name`, with `email` or without (a
    place under a placeholder). What becomes of it is a `place` or an `invitation`."""

    index: int
    role: str = ParticipantRole.PARTICIPANT
    user_id: str = ""
    email: str | None = None
    name: str = ""
    metadata: dict[str, Any] | None = None
    place: Participant = field(init=False)
    invitation: Invitation | None = None
    listed: ListedPlace | None = None

    def __post_init__(self) -> None:
        self.email = ListedPlace._meta.get_field("email").to_python(self.email)

    @property
    def is_newcomer(self) -> bool:
        return bool(self.name) or (bool(self.user_id) and self.role not in RUNNERS)

    def fault(self, name: str, text: str) -> InvalidInput:
        return InvalidInput({f"items.{self.index}.{name}": [text]})

    def come_in(self, past: Participant | None, user: User) -> Participant:
        """Fills `place` (unsaved): a new row, or a former one with its metadata. Raises AlreadyIn, RemovedBefore."""
        if past is not None and past.removed_by_id is not None:
            raise RemovedBefore(index=self.index)
        if past is not None and past.deleted_at is None:
            raise AlreadyIn(index=self.index)
        self.place = past or Participant(user=user)
        take_role(self.place, self.role, is_held=True)
        self.place.joined_at = self.place.updated_at = timezone.now()
        self.place.deleted_at = self.place.checked_in_at = None
        if self.metadata is not None:
            self.place.metadata = self.metadata
        return self.place


def add_listed_person(*, room_id: str, by: User, name: str, **facts: Any) -> Participant:
    """Somebody on a list is in the room at once, under a placeholder that the verified `email` takes over.

    `facts` are email, role and metadata. Raises what `add_people` raises, of one person.
    """
    try:
        (item,) = let_in_all(room_id, by, [facts | {"name": name}])
    except InvalidInput as refusal:
        fields = {path.removeprefix("items.0."): texts for path, texts in refusal.details["fields"].items()}
        raise InvalidInput(fields) from refusal
    except DomainError as refusal:
        refusal.details.pop("index", None)
        raise
    return item.place


def add_people(*, room_id: str, by: User, people: Sequence[dict[str, Any]]) -> list[Participant | Invitation]:
    """Lets in everybody of `people`, or nobody; each is what Item takes from outside. Answers participants, and for
    addresses alone and running roles invitations, in the same order.

    Raises InvalidInput (`items.3.name`), RoomClosed, RoomFull, and with `details.index` Forbidden, AlreadyIn and
    RemovedBefore.
    """
    return [item.invitation or item.place for item in let_in_all(room_id, by, people)]


@transaction.atomic
def let_in_all(room_id: str, by: User, people: Sequence[dict[str, Any]]) -> list[Item]:
    room = locked_room(room_id, by, Need.RUN)
    if not room.is_open:
        raise RoomClosed
    items = [Item(index, **person) for index, person in enumerate(people)]
    check(room, by, items)
    newcomers = [item for item in items if item.is_newcomer]
    find_known(room, by, [item for item in newcomers if item.user_id])
    find_listed(room, [item for item in newcomers if item.name])
    require_seat(room, len(newcomers))
    save_places(room, newcomers)
    tell_game(room, by, newcomers)
    invite_others(room, by, [item for item in items if not item.is_newcomer])
    told = [{"participant": ParticipantSerializer(item.place).data} for item in newcomers]
    record_many(room, [("participant:joined", payload) for payload in told], by=by)
    return items


def check(room: Room, by: User, items: Iterable[Item]) -> None:
    """Refuses what shows without a look at anybody: all faults of fields at once, then the first forbidden role."""
    faults: dict[str, list[str]] = {}
    numbers = is_allowed(room, by, Need.ORGANIZE)
    for item in items:
        if not (item.user_id or item.email or item.name):
            faults |= item.fault("name", "Give a name, a userId or an email.").details["fields"]
        if item.name and item.role not in JOINABLE_ROLES:
            faults |= item.fault("role", "People on a list are PARTICIPANT or VIEWER.").details["fields"]
        if item.metadata is not None and not numbers:
            faults |= item.fault("metadata", "Only organizers set metadata.").details["fields"]
    if faults:
        raise InvalidInput(faults)
    for item in items:
        if not may_hand_out(room, by, item.role):
            raise Forbidden("A moderator lets in participants and viewers only.", index=item.index)


def find_known(room: Room, by: User, items: Iterable[Item]) -> None:
    """Fills the places of people who are known by id."""
    ids = [item.user_id for item in items]
    users = User.objects.filter(is_active=True, is_guest=False).in_bulk(ids)
    rows = Participant.all_objects.select_related("user").filter(room=room, user__in=ids)
    pasts = {row.user_id: row for row in rows}
    faults: dict[str, list[str]] = {}
    for item in items:
        user, past = users.get(item.user_id), pasts.get(item.user_id)
        if user is None:
            faults |= item.fault("userId", "There is no such person.").details["fields"]
            continue
        is_moved_up = past is not None and past.is_held_viewer and item.role != past.role
        if is_moved_up and not is_allowed(room, by, Need.ORGANIZE):
            raise Forbidden("A moderator cannot give this role to this person.", index=item.index)
        pasts[item.user_id] = item.come_in(past, user)
    if faults:
        raise InvalidInput(faults)


def find_listed(room: Room, items: Iterable[Item]) -> None:
    """Fills the places of people on a list. An address that was on a list of this room before is the same person."""
    addresses = [item.email for item in items if item.email]
    rows = ListedPlace.objects.filter(room=room, email__in=addresses).select_related("participant__user")
    pasts: dict[str | None, Participant] = {row.email: row.participant for row in rows}
    for item in items:
        past = pasts.get(item.email) if item.email else None
        place = item.come_in(past, new_placeholder(item.name))
        if item.email and past is None:
            item.listed = ListedPlace(room=room, participant=place, email=item.email)
        pasts[item.email] = place


def save_places(room: Room, newcomers: Iterable[Item]) -> None:
    new = [item for item in newcomers if item.place._state.adding]
    User.objects.bulk_create(item.place.user for item in new if item.place.user._state.adding)
    for item in new:
        item.place.room = room
    Participant.objects.bulk_create(item.place for item in new)
    ListedPlace.objects.bulk_create(item.listed for item in new if item.listed is not None)
    back = [item.place for item in newcomers if item not in new]
    if back:
        Participant.all_objects.bulk_update(back, COMING_IN)


def tell_game(room: Room, by: User, newcomers: list[Item]) -> None:
    """The room's game gives out what it gives to whoever joins. Its faults are told at the item's path."""
    try:
        room_app(room.app_id).on_join_many(room, [item.place for item in newcomers], by)
    except InvalidInput as refusal:
        faults = {}
        for path, texts in refusal.details["fields"].items():
            at, _, name = path.partition(".")
            faults[f"items.{newcomers[int(at)].index}.{name}"] = texts
        raise InvalidInput(faults) from refusal


def invite_others(room: Room, by: User, items: list[Item]) -> None:
    """Invitations to addresses, and offers of running roles."""
    plain = [item for item in items if item.role not in RUNNERS]
    kept = keep_places(room, {item.email or "": item.role for item in plain}, by=by)
    for item in plain:
        item.invitation = kept[item.email or ""]
    for item in items:
        if item.role not in RUNNERS:
            continue
        user = offered_to(room, item) if item.user_id else None
        item.invitation = keep_place(room, item.role, by=by, email=item.email if user is None else None, user=user)


def offered_to(room: Room, item: Item) -> User:
    try:
        user, past = somebody(room, item.user_id)
    except InvalidInput as refusal:
        raise item.fault("userId", "There is no such person.") from refusal
    except RemovedBefore:
        raise RemovedBefore(index=item.index) from None
    if past is not None and past.deleted_at is None and rank_of(past.role) >= rank_of(item.role):
        raise AlreadyIn(index=item.index)
    return user
