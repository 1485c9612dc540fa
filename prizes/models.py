"""The fund of a room: its prizes, who won them, and the draws that chose."""

import secrets
from typing import Any, ClassVar

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Length
from django.db.models.lookups import Exact

from accounts.models import User
from platform_site.db.models import AliveManager, Row, SoftDeletedRow
from prizes.enums import ENDED_DRAWS, OPEN_DRAWS, DrawMode, DrawStatus, WinnerMethod, WinnerState
from prizes.pictures import Picture as Picture  # noqa: PLC0414 (a table of this app in a file of its own)
from prizes.querysets import DrawQuerySet, PrizeQuerySet, WinnerQuerySet
from prizes.show import Screen as Screen  # noqa: PLC0414 (a table of this app in a file of its own)
from prizes.show import Stage as Stage  # noqa: PLC0414 (the same)
from rooms.models import JOIN_CODE_LETTERS, Participant, Room

MOST_PIECES = 1_000_000
CLAIM_CODE_LENGTH = 6


def new_claim_code() -> str:
    """Six letters and digits, none of which is read as another: what a winner shows at the desk."""
    return "".join(secrets.choice(JOIN_CODE_LETTERS) for _ in range(CLAIM_CODE_LENGTH))


class Prize(SoftDeletedRow):
    """A prize and its stock: live winners + quantity_remaining = quantity.

    `quantity_reserved` of the remaining pieces are promised to open draws: neither awarded by hand nor cut.
    Only prizes.stock moves it.
    """

    room = models.ForeignKey(Room, on_delete=models.CASCADE, related_name="prizes")
    name = models.CharField(max_length=255)
    description = models.TextField(blank=True)
    image_url = models.TextField(blank=True)
    quantity = models.PositiveIntegerField(default=1, validators=[MinValueValidator(1)])
    quantity_remaining = models.PositiveIntegerField(editable=False)
    quantity_reserved = models.PositiveIntegerField(default=0, editable=False)
    metadata = models.JSONField(default=dict, blank=True)
    position = models.PositiveIntegerField(default=0)

    winner_count: int  # read with_winner_count

    objects: ClassVar[Any] = AliveManager.from_queryset(PrizeQuerySet)()
    all_objects: ClassVar[Any] = models.Manager.from_queryset(PrizeQuerySet)()

    class Meta(SoftDeletedRow.Meta):
        constraints = [
            models.CheckConstraint(condition=~Q(name=""), name="prize_has_a_name"),
            models.CheckConstraint(
                condition=Q(quantity__gte=1, quantity__lte=MOST_PIECES), name="prize_quantity_in_range"
            ),
            models.CheckConstraint(
                condition=Q(quantity_remaining__gte=0, quantity_remaining__lte=F("quantity")),
                name="prize_stock_in_range",
            ),
            models.CheckConstraint(
                condition=Q(quantity_reserved__gte=0, quantity_reserved__lte=F("quantity_remaining")),
                name="prize_reserved_in_stock",
            ),
        ]
        indexes = [
            models.Index(fields=["room", "position", "id"], name="prize_in_order", condition=Q(deleted_at=None)),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def free(self) -> int:
        """Pieces that can be awarded by hand or promised to a draw."""
        return self.quantity_remaining - self.quantity_reserved


class Draw(Row):
    """One draw by chance: committed, then run or cancelled, and kept for ever (the procedure is in prizes.fair_draw).

    `entries` is the frozen list in its order, `participantId:weight` and a line feed each (prizes.entries).
    `sealed_seed` is the seed under the platform's keys (prizes.seeds); `seed` is its hex once the draw is over.
    `entropy` is the public value: stored with the first claim of a run, and the same ever after.
    `outcome` is the winners and `withdrawn` who could not win any more, both as the record shows them; `came_up` are
    the positions in the list of everybody whom a receipt of the result needs. Until `reveal_at` our own surfaces keep
    the result to themselves (null: they need not); `revealed_at` is when the big screen was done, or was skipped.
    """

    # No index of its own: draw_seq_unique begins with it.
    room = models.ForeignKey(Room, on_delete=models.PROTECT, related_name="draws", db_index=False)
    seq = models.PositiveIntegerField(
        help_text="Draws and rehearsals of a room are each numbered 1, 2, 3 … by themselves."
    )
    mode = models.CharField(max_length=16, choices=DrawMode, default=DrawMode.DRAW)
    status = models.CharField(max_length=9, choices=DrawStatus, default=DrawStatus.COMMITTED)
    rehearsal = models.BooleanField(default=False)
    distinct = models.BooleanField(default=True)
    replaces = models.ForeignKey("Winner", on_delete=models.PROTECT, null=True, related_name="replacements")
    eligibility = models.JSONField(default=dict)
    entropy_plan = models.TextField(blank=True)
    entropy = models.TextField(null=True)
    commitment = models.CharField(max_length=64)
    sealed_seed = models.TextField(editable=False)
    seed = models.CharField(max_length=64, null=True)
    entries = models.TextField()
    entry_count = models.PositiveIntegerField()
    total_weight = models.PositiveBigIntegerField()
    entries_root = models.CharField(max_length=64)
    rules_hash = models.CharField(max_length=64)
    fingerprint = models.CharField(max_length=64)
    committed_at = models.DateTimeField(help_text="In whole milliseconds, as the fingerprint has it.")
    withdrawn = models.JSONField(default=list)
    withdrawn_count = models.PositiveIntegerField(default=0)
    outcome = models.JSONField(null=True)
    came_up = models.JSONField(default=list)
    winner_count = models.PositiveIntegerField(default=0)
    fallback_reason = models.TextField(blank=True, help_text="Why the platform drew though an app should have chosen.")
    strength = models.CharField(max_length=20)
    claimed_until = models.DateTimeField(null=True)
    run_at = models.DateTimeField(null=True)
    reveal_at = models.DateTimeField(null=True)
    revealed_at = models.DateTimeField(null=True)
    cancelled_at = models.DateTimeField(null=True)
    cancellation_reason = models.TextField(blank=True)
    # Null: the platform itself, for example at the time that a lottery's settings name.
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    ended_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")

    lines: list["DrawPrize"]  # by DrawQuerySet.with_lines

    objects: ClassVar[Any] = models.Manager.from_queryset(DrawQuerySet)()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["room", "rehearsal", "seq"], name="draw_seq_unique"),
            models.CheckConstraint(condition=Q(seq__gte=1), name="draw_seq_from_one"),
            models.CheckConstraint(condition=Q(status__in=DrawStatus.values), name="draw_status_known"),
            models.CheckConstraint(
                condition=Q(status__in=OPEN_DRAWS, seed=None) | Q(status__in=ENDED_DRAWS, seed__isnull=False),
                name="draw_seed_secret_until_the_end",
            ),
            models.CheckConstraint(
                condition=Q(status=DrawStatus.COMPLETED, run_at__isnull=False, outcome__isnull=False)
                | ~Q(status=DrawStatus.COMPLETED) & Q(run_at=None, outcome=None),
                name="draw_result_only_when_completed",
            ),
            # A cancelled draw may have been claimed before.
            models.CheckConstraint(
                condition=Q(status=DrawStatus.COMMITTED, entropy=None)
                | Q(status__in=(DrawStatus.RUNNING, DrawStatus.COMPLETED), entropy__isnull=False)
                | Q(status=DrawStatus.CANCELLED),
                name="draw_entropy_from_the_claim_on",
            ),
            models.CheckConstraint(condition=Q(mode__in=DrawMode.values), name="draw_mode_known"),
            models.CheckConstraint(
                condition=Q(entry_count__gte=1, total_weight__gte=F("entry_count")), name="draw_has_entries"
            ),
        ]
        indexes = [
            models.Index(fields=["room"], name="draw_open", condition=Q(status__in=OPEN_DRAWS)),
        ]

    def __str__(self) -> str:
        return f"Draw {self.seq}"


class DrawPrize(Row):
    """One line of a draw's rules: so many pieces of this prize, in this order, under the name it had at the commit."""

    # No index of its own: draw_prize_unique begins with it.
    draw = models.ForeignKey(Draw, on_delete=models.CASCADE, related_name="prizes", db_index=False)
    prize = models.ForeignKey(Prize, on_delete=models.PROTECT, related_name="draw_lines")
    position = models.PositiveIntegerField()
    name = models.CharField(max_length=255)
    count = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["draw", "prize"], name="draw_prize_unique"),
            models.UniqueConstraint(fields=["draw", "position"], name="draw_prize_position_unique"),
            models.CheckConstraint(condition=Q(count__gte=1), name="draw_prize_count_from_one"),
        ]

    def __str__(self) -> str:
        return f"{self.count} × {self.name}"


class Winner(SoftDeletedRow):
    """A win. Revoking keeps the row on record and returns its piece to the fund; live means not REVOKED.

    `claim_code` is what the winner shows at the desk. No other win ever has the same one: it is unique among all wins,
    revoked ones too, it cannot be changed, and a win cannot be deleted (migration 0004).
    """

    room = models.ForeignKey(Room, on_delete=models.CASCADE, related_name="winners")
    participant = models.ForeignKey(Participant, on_delete=models.PROTECT, related_name="wins")
    prize = models.ForeignKey(Prize, on_delete=models.PROTECT, related_name="winners")
    metadata = models.JSONField(default=dict, blank=True)
    state = models.CharField(max_length=9, choices=WinnerState, default=WinnerState.AWARDED, editable=False)
    method = models.CharField(max_length=6, choices=WinnerMethod, default=WinnerMethod.MANUAL, editable=False)
    draw = models.ForeignKey(
        Draw, on_delete=models.PROTECT, null=True, blank=True, related_name="winners", editable=False
    )
    round_key = models.CharField(max_length=100, blank=True, editable=False)
    claim_code = models.CharField(max_length=CLAIM_CODE_LENGTH, unique=True, default=new_claim_code, editable=False)
    reveal_at = models.DateTimeField(null=True, blank=True, editable=False)
    fulfilled_at = models.DateTimeField(null=True, blank=True, editable=False)
    fulfilled_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+", editable=False
    )
    revoked_at = models.DateTimeField(null=True, blank=True, editable=False)
    revoked_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+", editable=False
    )
    revocation_reason = models.TextField(blank=True, editable=False)

    objects: ClassVar[Any] = AliveManager.from_queryset(WinnerQuerySet)()
    all_objects: ClassVar[Any] = models.Manager.from_queryset(WinnerQuerySet)()

    class Meta(SoftDeletedRow.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["prize", "participant", "round_key"],
                condition=~Q(state=WinnerState.REVOKED),
                name="winner_once_a_prize",
            ),
            models.UniqueConstraint(
                fields=["prize", "round_key"],
                condition=~Q(state=WinnerState.REVOKED) & ~Q(round_key=""),
                name="winner_one_a_round",
            ),
            models.CheckConstraint(condition=Q(state__in=WinnerState.values), name="winner_state_known"),
            models.CheckConstraint(condition=Q(method__in=WinnerMethod.values), name="winner_method_known"),
            models.CheckConstraint(
                condition=Q(deleted_at=None) | Q(state=WinnerState.REVOKED), name="winner_deleted_only_when_revoked"
            ),
            models.CheckConstraint(
                condition=Q(state=WinnerState.REVOKED, revoked_at__isnull=False)
                | ~Q(state=WinnerState.REVOKED) & Q(revoked_at=None, revoked_by=None, revocation_reason=""),
                name="winner_revocation_agrees",
            ),
            models.CheckConstraint(
                condition=Q(state=WinnerState.FULFILLED, fulfilled_at__isnull=False)
                | ~Q(state=WinnerState.FULFILLED) & Q(fulfilled_at=None, fulfilled_by=None),
                name="winner_fulfilment_agrees",
            ),
            models.CheckConstraint(
                condition=Exact(Length("claim_code"), CLAIM_CODE_LENGTH), name="winner_claim_code_length"
            ),
            models.CheckConstraint(
                condition=~Q(method=WinnerMethod.DRAW) | Q(draw__isnull=False), name="winner_drawn_has_a_draw"
            ),
            # That prize and participant are of the winner's room is the rule winner_of_one_room (migration 0002).
        ]
        indexes = [
            models.Index(fields=["room", "prize", "state"], name="winner_room_prize", condition=Q(deleted_at=None)),
            models.Index(fields=["room", "created_at", "id"], name="winner_in_order", condition=Q(deleted_at=None)),
        ]

    def __str__(self) -> str:
        return f"{self.participant.user} won {self.prize}"
