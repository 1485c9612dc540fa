"""The big screen as a viewer: it reads one room at public level, private ones too, and nothing else."""

from typing import Any

from django.contrib.auth.models import AnonymousUser


class ScreenViewer(AnonymousUser):
    """Whoever shows a screen key of the room `screen_of`. It is nobody, so nothing is done in its name."""

    def __init__(self, room_id: str) -> None:
        super().__init__()
        self.screen_of = room_id

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ScreenViewer) and other.screen_of == self.screen_of

    def __hash__(self) -> int:
        return hash(self.screen_of)


def room_of_screen(user: Any) -> str:
    """The id of the room whose screen `user` is; empty for everybody else."""
    return user.screen_of if isinstance(user, ScreenViewer) else ""


def is_screen_of(room: Any, user: Any) -> bool:
    return room_of_screen(user) == room.pk
