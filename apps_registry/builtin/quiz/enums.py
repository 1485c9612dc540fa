"""The states of a quiz."""

from django.db import models


class QuizStatus(models.TextChoices):
    WAITING = "WAITING"
    QUESTION_ACTIVE = "QUESTION_ACTIVE"
    BETWEEN_ROUNDS = "BETWEEN_ROUNDS"
    FINISHED = "FINISHED"
