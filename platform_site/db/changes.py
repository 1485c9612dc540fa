"""Changes in which what nobody names stays as it is: None is a value, UNCHANGED is none."""

from enum import Enum
from typing import Any, Final


class Unchanged(Enum):
    UNCHANGED = "unchanged"


UNCHANGED: Final = Unchanged.UNCHANGED


def named(**values: Any) -> dict[str, Any]:
    """Those of `values` that somebody named."""
    return {name: value for name, value in values.items() if value is not UNCHANGED}
