"""What can be done to the fund: `fund` for prizes and wins, `commit` and `run` for draws."""

from prizes.actions.commit import commit_draw
from prizes.actions.fund import (
    award_prize,
    create_prize,
    delete_prize,
    fulfil_winner,
    has_won,
    require_active,
    revoke_winner,
    update_prize,
)
from prizes.actions.run import cancel_draw, cancel_open_draws, run_draw

__all__ = [
    "award_prize",
    "cancel_draw",
    "cancel_open_draws",
    "commit_draw",
    "create_prize",
    "delete_prize",
    "fulfil_winner",
    "has_won",
    "require_active",
    "revoke_winner",
    "run_draw",
    "update_prize",
]
