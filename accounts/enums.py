"""What a one-time code can stand for."""

from django.db import models


class OneTimeCodeKind(models.TextChoices):
    STATE = "STATE"
    EXCHANGE = "EXCHANGE"
