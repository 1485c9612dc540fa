"""The words that tell refusals with the codes CONFLICT and FORBIDDEN apart, in one list. The settings read it: imports
nothing."""

#: A refusal's `details.reason`, and when it is said. Every subclass of Conflict and Forbidden names one of these.
REASONS = {
    # Any request
    "not_allowed": "Your role does not allow this.",
    "guest": "A guest may not do this: sign in with an account first.",
    "guest_elsewhere": "A guest takes part in the room that they joined, and in no other.",
    "key_running": "An earlier request with this Idempotency-Key has not finished.",
    "key_reused": "This Idempotency-Key was used with another body.",
    "lease_lost": "The request took more than a minute, and another one with its Idempotency-Key took over.",
    # Accounts
    "still_organizes": "The account created rooms that are drafts or active: hand them over or end them first.",
    # Rooms and their people
    "already_in": "The person is in the room already.",
    "removed": "The person was removed from the room; an organizer can restore them.",
    "not_removed": "The person was not removed: they left by themselves.",
    "invite_only": "The room takes invited people only.",
    "joining_locked": "Nobody joins the room by themselves for now.",
    "room_full": "As many people are in the room as it takes.",
    "invitation_answered": "The invitation was accepted or declined before.",
    "not_organizer": "A room is handed over to somebody who organizes it already.",
    "not_creator": "Only whoever created the room hands it over.",
    "organizer_stays": "Whoever created the room, and its last organizer, stay organizers.",
    "room_active": "The event is running: complete or cancel it first.",
    "settings_frozen": "These settings cannot change once the event has started; `details.fields` names them.",
    "not_started": "The event has not started.",
    "too_many_screen_keys": "As many screen keys open the room as may: revoke one first.",
    "foreign_event": "An app's events carry the app's own name.",
    # Prizes, winners and draws
    "already_won": "The person holds a win of this prize.",
    "already_handed_over": "The prize was handed over before; `details` say when (`fulfilledAt`) and by whom "
    "(`fulfilledBy`).",
    "quantity_promised": "Pieces are awarded, or held for an open draw.",
    "too_many_pictures": "The room has sent as many pictures as it may.",
    "stage_moved": "The stage is no longer where it was seen; `details.at` says where it is.",
    "prize_in_use": "Somebody has won the prize, or an open draw gives it away.",
    "already_replaced": "The win has a replacement draw.",
    "draw_running": "The draw is being run right now.",
    "entropy_given": "The draw was begun with another public value, and the first one counts.",
    "not_entered": "The participant is not among the entries of the draw (code NOT_FOUND).",
    # The quiz
    "quiz_over": "The quiz is over.",
    "question_closed": "No answer is taken: the question is not open, or its time is up.",
    "question_open": "The question takes answers still: close it first.",
    "already_played": "The question was played already.",
    "already_answered": "The person has given another answer to this question.",
    "joined_late": "The person came in while the question was open, and plays from the next one.",
    "players_only": "Only people with the role PARTICIPANT answer.",
    # Live connections
    "other_identity": "A connection belongs to one person; open a new one.",
    "too_many_rooms": "A connection follows a limited number of rooms.",
}


def as_table() -> str:
    """The list for the description of the API, in Markdown."""
    rows = [f"| `{word}` | {text} |" for word, text in REASONS.items()]
    return "\n".join(["| `details.reason` | when |", "|---|---|", *rows])
