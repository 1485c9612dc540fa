"""Apps that choose winners, for test_delegated.py: real implementations of the interface, named in a setting."""

from collections.abc import Sequence

from django.db import connection

from apps_registry.contract import AppFailed, Selection, SelectionRequest

asked: list[SelectionRequest] = []


class Selector:
    def __init__(self, app_id: str) -> None:
        self.app_id = app_id

    def select_winners(self, request: SelectionRequest) -> Sequence[Selection]:
        asked.append(request)
        return self.choose(request, [one["id"] for one in request.participants], request.prizes[0])

    def choose(self, request, people, prize):
        """The last people, in reverse order."""
        return [Selection(one, prize["id"], {"why": "last"}) for one in people[: -prize["quantityRemaining"] - 1 : -1]]


class Silent(Selector):
    def choose(self, request, people, prize):
        raise AppFailed("it did not answer in time")


class Generous(Selector):
    def choose(self, request, people, prize):
        return [Selection(one, prize["id"]) for one in people]


class Forgetful(Selector):
    def choose(self, request, people, prize):
        return [Selection(people[0], prize["id"])] * 2


class Foreign(Selector):
    def choose(self, request, people, prize):
        return [Selection("cneverseenhere0000000000", prize["id"])]


class ElsewherePrize(Selector):
    def choose(self, request, people, prize):
        return [Selection(people[0], "cneverseenhere0000000000")]


class Broken(Selector):
    def choose(self, request, people, prize):
        raise ZeroDivisionError


class Modest(Selector):
    def choose(self, request, people, prize):
        return [Selection(people[0], prize["id"])]


class InTransaction(Selector):
    def choose(self, request, people, prize):
        assert not connection.in_atomic_block
        return [Selection(people[0], prize["id"])]
