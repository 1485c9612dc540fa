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
from prizes.actions.pictures import add_picture
from prizes.actions.run import cancel_draw, cancel_open_draws, run_draw
from prizes.actions.screen import end_screen_rehearsal, reveal_draw, show_on_screen

__all__ = [
    "add_picture",
    "award_prize",
    "cancel_draw",
    "cancel_open_draws",
    "claim_of",
    "commit_draw",
    "create_prize",
    "delete_prize",
    "end_screen_rehearsal",
    "fulfil_winner",
    "hand_over",
    "has_won",
    "require_active",
    "reveal_draw",
    "revoke_winner",
    "run_draw",
    "show_on_screen",
    "unfulfil_winner",
    "update_prize",
]
