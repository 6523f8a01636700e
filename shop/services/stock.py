"""The verbs of stock. None of them can sell what is not there: each is a conditional UPDATE, with a CHECK behind it.

A hold is over when its time has passed, by that fact alone. Its stock becomes free when a buyer needs it (here, in the
same transaction) or when a sweep tidies it. Until one of the two has happened the hold can still be converted, since
nobody else has been given the stock.
"""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from django.db import transaction
from django.db.models import F, QuerySet, Sum
from django.db.models.expressions import CombinedExpression

from config.lib.locks import lock
from shop.models import Allocation, StockItem, StockMovement, StockReservation

Kind = StockMovement.Kind


class StockShort(Exception):
    """There is less on sale than is wanted; `available` is the most that one warehouse could send."""

    def __init__(self, variant_id: int, wanted: int, available: int) -> None:
        super().__init__(f"{wanted} of variant {variant_id} are wanted, {available} are available")
        self.variant_id = variant_id
        self.wanted = wanted
        self.available = available


@dataclass(frozen=True)
class Wanted:
    """A quantity of one variant for the order line with that reference."""

    reference: uuid.UUID
    variant_id: int
    quantity: int


@transaction.atomic
def reserve(*, wanted: Iterable[Wanted], now: datetime, until: datetime) -> list[StockReservation]:
    """Hold stock for all lines or for none; raises `StockShort` for the first variant that does not suffice.

    One conditional UPDATE for each variant however many lines ask for it, in the order of the variants' ids.
    """
    held = []
    for variant_id, group in groupby(sorted(wanted, key=lambda w: w.variant_id), key=lambda w: w.variant_id):
        lines = list(group)
        total = sum(line.quantity for line in lines)
        anywhere = StockItem.objects.filter(variant_id=variant_id)
        item = _take(anywhere, variant_id, total, now, reserved=F("reserved") + total)
        held += [
            StockReservation(reference=line.reference, stock_item=item, quantity=line.quantity, expires_at=until)
            for line in lines
        ]
        _log(Kind.RESERVED, *((line.reference, item.pk, line.quantity) for line in lines), now=now)
    return StockReservation.objects.bulk_create(held)


@transaction.atomic
def commit(*, wanted: Iterable[Wanted], now: datetime) -> None:
    """Turn the holds of paid lines into allocations; a hold that is gone is taken anew where its stock still suffices.

    Anew from the warehouse that held it, since that is the one which will send it. Doing it twice does nothing twice.
    Raises `StockShort` when a hold has lapsed and its stock went to somebody else.
    """
    for line in sorted(wanted, key=lambda w: w.variant_id):
        if not Allocation.objects.filter(reference=line.reference).exists():
            _commit_line(line, now)


def _commit_line(line: Wanted, now: datetime) -> None:
    hold = StockReservation.objects.filter(reference=line.reference).select_related("stock_item").first()
    if hold and _end_hold(hold, StockReservation.State.CONVERTED):
        item = hold.stock_item
        _move(item.pk, reserved=F("reserved") - line.quantity, committed=F("committed") + line.quantity)
    else:
        at = StockItem.objects.filter(variant_id=line.variant_id)
        at = at.filter(pk=hold.stock_item_id) if hold else at
        item = _take(at, line.variant_id, line.quantity, now, committed=F("committed") + line.quantity)
    Allocation.objects.create(reference=line.reference, stock_item=item, quantity=line.quantity, created_at=now)
    _log(Kind.COMMITTED, (line.reference, item.pk, line.quantity), now=now)


@transaction.atomic
def release(*, references: Iterable[uuid.UUID], now: datetime) -> None:
    """Give back the holds that still stand; those already over are left as they are."""
    holds = StockReservation.objects.filter(reference__in=list(references)).order_by("stock_item__variant_id")
    for hold in holds:
        if _end_hold(hold, StockReservation.State.RELEASED):
            _move(hold.stock_item_id, reserved=F("reserved") - hold.quantity)
            _log(Kind.RELEASED, (hold.reference, hold.stock_item_id, hold.quantity), now=now)


@transaction.atomic
def uncommit(*, references: Iterable[uuid.UUID], now: datetime) -> None:
    """Take allocations back that have not left the house; what has been sent stays sent."""
    for allocation in lock(Allocation.objects.filter(reference__in=list(references), state=Allocation.State.OPEN)):
        rest = allocation.quantity - allocation.shipped_quantity
        allocation.state = Allocation.State.CANCELLED
        allocation.save(update_fields=["state"])
        _move(allocation.stock_item_id, committed=F("committed") - rest)
        _log(Kind.UNCOMMITTED, (allocation.reference, allocation.stock_item_id, rest), now=now)


@transaction.atomic
def ship(*, reference: uuid.UUID, quantity: int, key: str, now: datetime) -> None:
    """Take `quantity` of an allocation off the shelf; the same `key` twice moves nothing twice."""
    if StockMovement.objects.filter(key=key).exists():
        return
    (allocation,) = lock(Allocation.objects.filter(reference=reference))
    allocation.shipped_quantity += quantity
    if allocation.shipped_quantity >= allocation.quantity:
        allocation.state = Allocation.State.SHIPPED
    allocation.save(update_fields=["shipped_quantity", "state"])
    _move(allocation.stock_item_id, on_hand=F("on_hand") - quantity, committed=F("committed") - quantity)
    StockMovement.objects.create(
        key=key,
        stock_item_id=allocation.stock_item_id,
        kind=Kind.SHIPPED,
        quantity=-quantity,
        reference=str(reference),
        moved_at=now,
    )


@transaction.atomic
def receive(*, stock_item: StockItem, quantity: int, key: str, now: datetime, reason: str = "") -> None:
    """Put goods on the shelf; the same `key` twice puts them there once."""
    if StockMovement.objects.filter(key=key).exists():
        return
    StockMovement.objects.create(
        key=key, stock_item=stock_item, kind=Kind.RECEIVED, quantity=quantity, reason=reason, moved_at=now
    )
    _move(stock_item.pk, on_hand=F("on_hand") + quantity)


@transaction.atomic
def put_back(*, reference: uuid.UUID, quantity: int, key: str, now: datetime, reason: str = "") -> None:
    """Goods that were sent for that order line are on the shelf again; the same `key` twice puts them there once."""
    allocation = Allocation.objects.select_related("stock_item").get(reference=reference)
    receive(stock_item=allocation.stock_item, quantity=quantity, key=key, now=now, reason=reason)


def tidy(*, now: datetime, limit: int = 200) -> int:
    """End holds whose time has passed, so that counters read right; nothing depends on when this happens."""
    lapsed = StockReservation.objects.lapsed_at(now).values_list("stock_item_id", flat=True)[:limit]
    return sum(_free_lapsed(stock_item_id, now) for stock_item_id in sorted(set(lapsed)))


def _take(
    at: QuerySet[StockItem], variant_id: int, quantity: int, now: datetime, **changes: CombinedExpression
) -> StockItem:
    """Take from the first warehouse that has enough, freeing lapsed holds only where it would not be enough else."""
    items = list(at.order_by("pk"))
    for item in items:
        if _take_from(item.pk, quantity, changes):
            return item
    for item in items:
        if _free_lapsed(item.pk, now) and _take_from(item.pk, quantity, changes):
            return item
    raise StockShort(variant_id, quantity, max((item.available for item in at.all()), default=0))


def _take_from(stock_item_id: int, quantity: int, changes: dict[str, CombinedExpression]) -> bool:
    """The one conditional UPDATE: it finds its row only where enough is on sale at the moment it holds the row."""
    taken = F("committed") + F("reserved") + F("damaged") + F("safety_stock") + quantity
    enough = StockItem.objects.alias(free=F("on_hand") + F("backorder_limit"))
    return bool(enough.filter(pk=stock_item_id, free__gte=taken).update(**changes))


@transaction.atomic
def _free_lapsed(stock_item_id: int, now: datetime) -> int:
    """End the lapsed holds of one stock item and give their quantity back; returns that quantity."""
    freed = 0
    for hold in lock(StockReservation.objects.lapsed_at(now).filter(stock_item_id=stock_item_id)):
        if _end_hold(hold, StockReservation.State.EXPIRED):
            freed += hold.quantity
            _log(Kind.RELEASED, (hold.reference, stock_item_id, hold.quantity), now=now)
    if freed:
        _move(stock_item_id, reserved=F("reserved") - freed)
    return freed


def _end_hold(hold: StockReservation, state: str) -> bool:
    """End a hold once: of two that try, one finds it still held."""
    return bool(StockReservation.objects.holding().filter(pk=hold.pk).update(state=state))


def _move(stock_item_id: int, **changes: CombinedExpression) -> None:
    StockItem.objects.filter(pk=stock_item_id).update(**changes)


def _log(kind: str, *moves: tuple[uuid.UUID, int, int], now: datetime) -> None:
    StockMovement.objects.bulk_create(
        StockMovement(
            key=f"{kind}:{reference}",
            stock_item_id=stock_item_id,
            kind=kind,
            quantity=quantity,
            reference=str(reference),
            moved_at=now,
        )
        for reference, stock_item_id, quantity in moves
    )


def held_quantity(variant_id: int) -> int:
    """What checkouts under way hold of a variant, by the rows; the counter must say the same."""
    held = StockReservation.objects.holding().filter(stock_item__variant_id=variant_id)
    return held.aggregate(total=Sum("quantity"))["total"] or 0
