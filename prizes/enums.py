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


class DrawMode(models.TextChoices):
    """Who picks the winners, as announced at the commit (docs/fair-draw.md)."""

    DRAW = "draw", "The platform draws"
    DELEGATED_REFUSE = "delegated-refuse", "The app chooses, or there is no result"
    DELEGATED_DRAW = "delegated-draw", "The app chooses; if it cannot, the platform draws"


OPEN_DRAWS = (DrawStatus.COMMITTED, DrawStatus.RUNNING)
ENDED_DRAWS = (DrawStatus.COMPLETED, DrawStatus.CANCELLED)
