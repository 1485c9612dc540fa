"""What the quiz keeps about a person, for themselves: their answers, and not whether these were right."""

from typing import Any

from accounts.models import User
from apps_registry.builtin.quiz.models import Answer
from platform_site.rest.fields import iso


def export_answers(user: User) -> dict[str, Any]:
    answers = Answer.objects.filter(participant__user=user, participant__room__deleted_at=None).order_by("pk")
    found = answers.values_list("participant__room_id", "round__question_id", "option", "arrived_at")
    return {
        "quizAnswers": [
            {"roomId": room_id, "questionId": question_id, "answerIndex": option, "submittedAt": iso(arrived_at)}
            for room_id, question_id, option, arrived_at in found
        ]
    }
