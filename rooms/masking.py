"""Names in rooms that mask them: "Anna K." for all who do not run the room, and for everybody their own name whole.

The log keeps whole names; they are masked on the way out, by REST and live alike.
"""

import unicodedata
from collections.abc import Iterator
from typing import Any

from accounts.models import DELETED_USER_NAME
from rooms.querysets import level_of, user_id_of

# Where an object of these keys stands, it is a person, though it has no avatar to know it by.
PEOPLE_KEYS = frozenset({"user", "organizer", "fulfilledBy", "revokedBy", "removedBy"})
# A name beside the id of whose name it is.
NAMES_BY_ID = {"participantName": "participantId", "userName": "userId"}


def masked_name(name: str) -> str:
    """The first word, and of the last one the initial. A single word stays as it is."""
    words = name.partition("@")[0].split()
    if len(words) < 2 or name == DELETED_USER_NAME:
        return " ".join(words)
    return f"{words[0]} {initial(words[-1])}."


def initial(word: str) -> str:
    """The first letter, with the marks that belong to it."""
    letters = word.lstrip("\"'([{«“‘.,-") or word
    end = 1
    while end < len(letters) and unicodedata.combining(letters[end]):
        end += 1
    return letters[:end].upper()


def masks_for(room: Any, user: Any) -> bool:
    """Whether `user` sees masked names in a room that was read `with_role_of` them."""
    return room.mask_names and level_of(room, user) == "public"


def as_shown(data: Any, room: Any, user: Any) -> Any:
    """What an answer about `room` says to `user`."""
    return masked(data, own_id=user_id_of(user)) if masks_for(room, user) else data


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
