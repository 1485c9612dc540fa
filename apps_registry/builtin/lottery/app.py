"""The lottery: a ticket for everybody who joins, and draws among the tickets."""

from collections.abc import Sequence
from typing import Any

from apps_registry.builtin.lottery import tickets
from apps_registry.contract import DrawRules, RoomApp, told_at


class Lottery(RoomApp):
    app_id = "app_lottery_v1"

    def on_setup(self, room: Any, before: dict[str, Any], by: Any) -> None:
        tickets.seat_everybody(room, before, by)

    def on_join(self, room: Any, participant: Any, by: Any) -> None:
        tickets.seat(room, participant)

    def on_join_many(self, room: Any, participants: Sequence[Any], by: Any) -> None:
        for at, participant in enumerate(participants):
            with told_at(at):
                tickets.check_weight(participant.metadata)
        done = tickets.seat_together(room, participants)
        for at, participant in enumerate(participants):
            if participant.pk not in done:
                with told_at(at):
                    tickets.seat(room, participant)

    def on_metadata(self, room: Any, participant: Any, before: dict[str, Any], by: Any) -> None:
        if tickets.NUMBER in before and tickets.NUMBER not in participant.metadata:
            tickets.give_up(participant)
            tickets.check_weight(participant.metadata)
        elif tickets.NUMBER in participant.metadata:
            tickets.seat(room, participant)
        else:
            tickets.check_weight(participant.metadata)

    def draw_rules(self, room: Any) -> DrawRules:
        return DrawRules(
            weight_field=tickets.WEIGHT,
            needs=tickets.NUMBER,
            several_wins=room.app_settings.get("allowMultipleWins", False),
        )


GAME = Lottery()
