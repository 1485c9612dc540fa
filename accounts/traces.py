"""What gives a person away, and how it is taken out of texts and JSON."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Model, Q, QuerySet

from accounts.models import DELETED_USER_NAME, User

GONE = "[deleted]"
NAME_KEYS = frozenset({"name", "participantName", "userName"})


@dataclass
class Traces:
    """`ids` are the ids of the person and of rows that stand for them (participants). `names` grow by former ones."""

    user_id: str
    ids: set[str]
    names: set[str] = field(default_factory=set)
    secrets: set[str] = field(default_factory=set)

    def learn(self, value: Any) -> None:
        """Takes in the names and avatars that stand beside the person's id in `value`: they may be former ones."""
        for person in dicts_in(value):
            if self.is_person(person):
                name, avatar = person["name"], person.get("avatar")
                self.names |= {name} if is_worth(name) else set()
                self.secrets |= {avatar} if isinstance(avatar, str) and avatar else set()

    def is_person(self, value: Mapping[str, Any]) -> bool:
        return value.get("id") == self.user_id and "name" in value

    def in_text(self, text: str, *, about: bool = True) -> str:
        """`text` without the person; without their name too where it is `about` them (a name may be a common word)."""
        for secret in sorted(self.secrets, key=len, reverse=True):
            text = re.sub(re.escape(secret), GONE, text, flags=re.IGNORECASE)
        if about:
            for name in sorted(self.names, key=len, reverse=True):
                text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", DELETED_USER_NAME, text, flags=re.IGNORECASE)
        return text

    def in_json(self, value: Any, *, about: bool = False) -> Any:
        """`value` without the person. An object is about them where it holds one of their ids, or has no id of its own
        and stands in one that is."""
        if isinstance(value, str):
            return self.in_text(value, about=about)
        if isinstance(value, list):
            return [self.in_json(item, about=about) for item in value]
        if not isinstance(value, dict):
            return value
        named = any(isinstance(item, str) and item in self.ids for item in value.values())
        about = named or (about and "id" not in value)
        cleaned = {self.in_text(key, about=about): self.in_json(item, about=about) for key, item in value.items()}
        if self.is_person(value):
            cleaned |= {"name": DELETED_USER_NAME} | ({"avatar": None} if "avatar" in value else {})
        elif named and "id" not in value:
            cleaned |= dict.fromkeys(NAME_KEYS & value.keys(), DELETED_USER_NAME)
        return cleaned

    def needles(self) -> set[str]:
        """What to search stored texts for: everything, also as JSON writes it with escapes."""
        plain = self.ids | self.names | self.secrets
        return plain | {json.dumps(needle)[1:-1] for needle in plain}

    def mentioned_in(self, *fields: str, ids: bool = True) -> Q:
        """Rows in one of whose text `fields` the person may occur."""
        found = Q(pk__in=[])
        for needle in sorted(self.needles() - (set() if ids else self.ids)):
            for name in fields:
                found |= Q(**{f"{name}__icontains": needle})
        return found


def traces_of(user: User) -> Traces:
    names = {name for name in (user.name,) if is_worth(name)}
    secrets = {text for text in (user.email, user.avatar, user.provider_id) if text}
    return Traces(user_id=user.pk, ids={user.pk}, names=names, secrets=secrets)


def is_worth(name: Any) -> bool:
    return isinstance(name, str) and bool(name.strip()) and name != DELETED_USER_NAME


def dicts_in(value: Any) -> Iterable[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from dicts_in(item)


def rewrite(rows: QuerySet, clean: Mapping[str, Any]) -> int:
    """Passes fields of `rows` through the functions of `clean`, writes what changed, says how many rows did."""
    count = 0
    for row in rows.iterator(chunk_size=500):
        count += rewrite_row(row, clean)
    return count


def rewrite_row(row: Model, clean: Mapping[str, Any]) -> int:
    before = {name: getattr(row, name) for name in clean}
    after = {name: function(before[name]) for name, function in clean.items()}
    changed = {name: value for name, value in after.items() if value != before[name]}
    return type(row)._base_manager.filter(pk=row.pk).update(**changed) if changed else 0
