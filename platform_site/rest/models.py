"""What the REST plumbing remembers between requests: counts of rate limits."""

from django.db import models


class RateCount(models.Model):
    """Hits of one key in its window, where there is no Redis. Written by throttling.hit alone, in one statement.

    The key is a hash: it may have been made of an address or an e-mail.
    """

    key = models.CharField(primary_key=True, max_length=64, editable=False)
    count = models.PositiveBigIntegerField()
    reset_at = models.BigIntegerField(db_index=True, help_text="Unix milliseconds.")

    def __str__(self) -> str:
        return f"{self.count} until {self.reset_at}"
