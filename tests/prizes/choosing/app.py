"""A game that is built in and chooses the winners of its draws itself."""

from apps_registry.contract import RoomApp
from tests.prizes.selectors import Selector


class Choosing(Selector, RoomApp):
    app_id = "app_choosing_v1"

    def __init__(self) -> None:
        super().__init__(self.app_id)


GAME = Choosing()
