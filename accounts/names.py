"""Names that are shown in part: "Anna K."."""

import unicodedata

from accounts.models import DELETED_USER_NAME


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
