"""The stock of prizes: the only code that moves pieces. Two sums hold after each function, and the database refuses
what breaks their ranges:

    live wins + quantity_remaining = quantity            every piece is somebody's or still there
    0 <= quantity_reserved <= quantity_remaining         open draws are promised pieces that are there

Each move is one conditional UPDATE, so that whoever comes too late changes no row, whatever lock they hold. Call it in
the transaction that writes what it is moved for: the win, its revocation, the draw, the new quantity.
"""

from django.db.models import F

from prizes.errors import PrizeExhausted, QuantityPromised
from prizes.models import Prize


def take(prize_id: str) -> None:
    """One free piece becomes a win. Raises PrizeExhausted where all that remain are promised."""
    free = Prize.objects.available().filter(pk=prize_id)
    if not free.update(quantity_remaining=F("quantity_remaining") - 1):
        raise PrizeExhausted


def give_back(prize_id: str) -> None:
    """The piece of a revoked win is free again, of a deleted prize, too. The caller revokes each win once."""
    Prize.all_objects.filter(pk=prize_id).update(quantity_remaining=F("quantity_remaining") + 1)


def resize(prize: Prize, quantity: int) -> None:
    """Takes pieces into the fund or out of it. Raises QuantityPromised where fewer are free than go, or where the
    quantity is no longer the one that was read."""
    more = quantity - prize.quantity
    fits = Prize.objects.filter(
        pk=prize.pk, quantity=prize.quantity, quantity_remaining__gte=F("quantity_reserved") - more
    )
    if not fits.update(quantity=quantity, quantity_remaining=F("quantity_remaining") + more):
        raise QuantityPromised


def reserve(prize_id: str, count: int) -> None:
    """Promises free pieces to an open draw. Raises PrizeExhausted where fewer are free."""
    free = Prize.objects.filter(pk=prize_id, quantity_remaining__gte=F("quantity_reserved") + count)
    if not free.update(quantity_reserved=F("quantity_reserved") + count):
        raise PrizeExhausted


def release(prize_id: str, count: int, *, won: int = 0) -> None:
    """Ends the promise of `count` pieces to a draw, of which `won` become wins. Raises RuntimeError where so many are
    not promised: then the stock was moved past this file."""
    promised = Prize.all_objects.filter(pk=prize_id, quantity_reserved__gte=count, quantity_remaining__gte=won)
    if won > count or not promised.update(
        quantity_reserved=F("quantity_reserved") - count, quantity_remaining=F("quantity_remaining") - won
    ):
        raise RuntimeError(f"Prize {prize_id}: the {count} pieces that were reserved for a draw are gone.")
