"""Names in rooms that mask them: "Anna K." for all who do not run the room, and for everybody their own name whole.

The log keeps whole names; they are masked on the way out, by REST and live alike.
"""

from collections.abc import Iterator
from typing import Any

from django.apps import apps

from accounts.models import User
from accounts.names import masked_name
from rooms.enums import RUNNERS
from rooms.querysets import level_of, user_id_of

# Where an object of these keys stands, it is a person, though it has no avatar to know it by.
PEOPLE_KEYS = frozenset({"user", "organizer", "fulfilledBy", "revokedBy", "removedBy"})
# A name beside the id of whose name it is.
NAMES_BY_ID = {"participantName": "participantId", "userName": "userId"}


def masks_for(room: Any, user: Any) -> bool:
    """Whether `user` sees masked names in a room that was read `with_role_of` them."""
    return room.mask_names and level_of(room, user) == "public"


def as_shown(data: Any, room: Any, user: Any) -> Any:
    """What an answer about `room` says to `user`."""
    return masked(data, own_id=user_id_of(user)) if masks_for(room, user) else data


def is_masked_to(*, person: User, viewer: User) -> bool:
    """Whether the profile of `person` masks their name to somebody else: they are in a room that masks names, and in
    none in which `viewer` sees it whole."""
    people = apps.get_model("rooms.Participant").objects
    rooms = apps.get_model("rooms.Room").objects.filter(pk__in=people.filter(user=person.pk).values("room"))
    if not rooms.filter(mask_names=True).exists() or viewer.is_superuser:
        return False
    runs = people.filter(user=viewer.pk, role__in=RUNNERS).values("room")
    whole = rooms.as_seen_by(viewer).filter(mask_names=False)
    return not (whole.exists() or rooms.filter(pk__in=runs).exists())


def masked(value: Any, *, own_id: str = "", key: str = "") -> Any:
    """`value` (JSON) with all names of people masked but that of the user `own_id`."""
    if isinstance(value, list | tuple):
        return [masked(item, own_id=own_id, key=key) for item in value]
    if not isinstance(value, dict):
        return value
    shown = {name: masked(item, own_id=own_id, key=name) for name, item in value.items()}
    if is_person(value, key) and value.get("id") != own_id:
        shown["name"] = masked_name(value["name"])
    for name, id_key in NAMES_BY_ID.items():
        if isinstance(value.get(name), str) and value.get(id_key) != own_id:
            shown[name] = masked_name(value[name])
    return shown


def is_person(value: dict[str, Any], key: str) -> bool:
    return isinstance(value.get("name"), str) and ("avatar" in value or key in PEOPLE_KEYS)


def people_in(value: Any) -> Iterator[str]:
    """The ids of the users whose names stand in `value`."""
    if isinstance(value, list | tuple):
        for item in value:
            yield from people_in(item)
    elif isinstance(value, dict):
        if isinstance(value.get("id"), str) and "name" in value:
            yield value["id"]
        if isinstance(value.get("userId"), str):
            yield value["userId"]
        for item in value.values():
            yield from people_in(item)
