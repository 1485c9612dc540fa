"""The lottery: a ticket for everybody who joins, and draws among the tickets."""

from collections.abc import Sequence
from typing import Any

from apps_registry.builtin.lottery import actions, tickets
from apps_registry.contract import DrawRules, RoomApp, told_at
from rooms.enums import RoomStatus


class Lottery(RoomApp):
    app_id = actions.APP_ID

    def settings_faults(self, settings: dict[str, Any]) -> dict[str, list[str]]:
        try:
            actions.moment_of(settings)
        except ValueError:  # a leap second, for example: a date-time to the schema, and to no calendar
            return {"appSettings.drawDate": ["Use a time like 2030-12-31T20:00:00Z."]}
        return {}

    def on_setup(self, room: Any, before: dict[str, Any], by: Any) -> None:
        if any(room.app_settings.get(key) != before.get(key) for key in ("ticketCount", "ticketsPerParticipant")):
            tickets.seat_everybody(room, before, by)
        timing = ("autoDraw", "drawDate")
        if room.status == RoomStatus.ACTIVE and any(room.app_settings.get(key) != before.get(key) for key in timing):
            actions.require_time_to_come(room.app_settings)

    def on_activation(self, room: Any, by: Any) -> None:
        actions.require_time_to_come(room.app_settings)

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

    def state_for(self, room: Any, user: Any) -> dict[str, Any]:
        return tickets.state_of(room, user)


GAME = Lottery()
