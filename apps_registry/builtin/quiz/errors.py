"""What a quiz can refuse."""

from platform_site.rest.exceptions import Conflict, Forbidden, InvalidInput, NotFound


class OtherGame(NotFound):
    message = "This room runs another game."


class QuizOver(Conflict):
    reason = "quiz_over"
    message = "The quiz is over."


class QuestionClosed(Conflict):
    reason = "question_closed"
    message = "This question takes no answers now."


class QuestionOpen(Conflict):
    reason = "question_open"
    message = "Close the question first."


class AlreadyPlayed(Conflict):
    reason = "already_played"
    message = "This question was played already."


class AlreadyAnswered(Conflict):
    reason = "already_answered"
    message = "You have answered this question: the first answer counts."


class JoinedLate(Conflict):
    reason = "joined_late"
    message = "You came in while this question was open. You play from the next question."


class PlayersOnly(Forbidden):
    reason = "players_only"
    message = "Only people who take part as PARTICIPANT can answer."


class TooFast(InvalidInput):
    """An answer sooner than a human can give one. It may be repeated."""

    def __init__(self, least: int) -> None:
        message = f"Nobody reads a question in less than {least} milliseconds. Answer again."
        super().__init__({"answerIndex": [message]}, message)
        self.details["reason"] = "too_fast"
