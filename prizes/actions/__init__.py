"""What can be done to the fund: `fund` for prizes and wins, `desk` for handing over, `commit` and `run` for draws."""

from prizes.actions.commit import commit_draw
from prizes.actions.desk import claim_of, fulfil_winner, hand_over, unfulfil_winner
from prizes.actions.fund import (
    award_prize,
    create_prize,
    delete_prize,
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
    "claim_of",
    "commit_draw",
    "create_prize",
    "delete_prize",
    "fulfil_winner",
    "hand_over",
    "has_won",
    "require_active",
    "revoke_winner",
    "run_draw",
    "unfulfil_winner",
    "update_prize",
]
