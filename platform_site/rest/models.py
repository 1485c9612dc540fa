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


class IdempotencyKey(models.Model):
    """One request that may be sent again, and the answer that it got. Written by idempotency.py alone.

    `id` is a hash of caller, method, path and key: its being unique decides which of two concurrent requests runs.
    Without an answer the request is still running, or died: then `leased_until` frees the key.
    """

    id = models.CharField(primary_key=True, max_length=64, editable=False)
    user_id = models.CharField(max_length=25, blank=True, db_index=True)
    body_hash = models.CharField(max_length=64)
    run = models.CharField(max_length=25, help_text="Which attempt holds the lease.")
    leased_until = models.DateTimeField()
    status = models.PositiveSmallIntegerField(null=True)
    answer = models.TextField(blank=True)
    created_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(status=None, answer="") | models.Q(status__gte=200, status__lt=500),
                name="idempotency_key_answer_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.status or 'running'} since {self.created_at}"
