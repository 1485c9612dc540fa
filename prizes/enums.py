"""The states of wins and draws."""

from django.db import models


class WinnerState(models.TextChoices):
    AWARDED = "AWARDED"
    FULFILLED = "FULFILLED"
    REVOKED = "REVOKED"


class WinnerMethod(models.TextChoices):
    MANUAL = "MANUAL", "Picked by hand"
    DRAW = "DRAW", "Drawn by chance"
    APP = "APP", "Chosen by the app"
    QUIZ = "QUIZ", "Won a quiz round"


class DrawStatus(models.TextChoices):
    COMMITTED = "COMMITTED"
    RUNNING = "RUNNING"
    COMPLETED = "COMPLETED"
    CANCELLED = "CANCELLED"


OPEN_DRAWS = (DrawStatus.COMMITTED, DrawStatus.RUNNING)
ENDED_DRAWS = (DrawStatus.COMPLETED, DrawStatus.CANCELLED)
