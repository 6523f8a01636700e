"""`manage.py purchases refund`: what was typed as a wish, and what it comes to as lines of text."""

from collections.abc import Iterable, Iterator

from orders.models import Refund
from orders.services.refunding import NotRefundable, Plan, Rest, Wish

Kind = Refund.Kind


def wish_of(
    rest: Rest, *, whole: bool, amount: int | None, pieces: Iterable[str], restock: Iterable[str], shipping: bool
) -> Wish:
    """The wish of the options; raises `NotRefundable` for a line that the order does not have, or an unclear one."""
    names = {one.line.sku or str(number): one.line.pk for number, one in enumerate(rest.parts, 1)}
    quantities = {}
    for text in pieces:
        name, _, quantity = text.partition("=")
        if not (quantity or "1").isascii() or not (quantity or "1").isdigit():
            raise NotRefundable(f"{text} is no line with a quantity, as in GM-MUG=2")
        quantities[_line(names, name)] = int(quantity or 1)
    back = frozenset(_line(names, name) for name in restock)
    if whole + (amount is not None) + bool(quantities) > 1:
        raise NotRefundable("Say one of --all, --amount and --line")
    kind = Kind.REST if whole else Kind.LINES if amount is None else Kind.AMOUNT
    return Wish(kind, quantities, back, shipping, amount or 0)


def _line(names: dict[str, int], name: str) -> int:
    if name not in names:
        raise NotRefundable(f"The order has no line {name}: it has {', '.join(names)}")
    return names[name]


def told_of_plan(plan: Plan) -> Iterator[str]:
    for one in plan.lines:
        pieces = f" × {one.quantity}" if one.quantity else " (off the price)"
        also = " stopped at the warehouse" if one.is_recalled else " back to the shelf" if one.is_restocked else ""
        yield f"{one.line.name}{pieces}: {one.amount} yen{also}"
    if plan.shipping:
        yield f"shipping: {plan.shipping} yen"
    rates = ", ".join(f"{one.gross} at {one.rate} %" for one in plan.taxes)
    yield f"in all {plan.amount} yen ({rates})"
