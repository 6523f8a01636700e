"""What the screen with the order button has to say, in one place, so that it is shown and kept word for word.

Act on Specified Commercial Transactions, art. 12-6: quantity, price with everything, time and way of payment, time of
delivery or provision, period of application where there is one, withdrawal and cancellation.
"""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from config.lib.money import yen
from orders.services.pricing import Quote

VERSION = "2026-11"


@dataclass(frozen=True)
class Item:
    """One statutory item: a stable key, its heading, and the sentences under it."""

    key: str
    heading: str
    sentences: tuple[str, ...]


def statutory_items(quote: Quote, *, hold_minutes: int) -> tuple[Item, ...]:
    """The six items for this purchase, in the reader's language."""
    return (
        Item("quantity", _("What and how many"), tuple(_line(line) for line in quote.lines)),
        Item("price", _("Total to pay"), (_price(quote),)),
        Item("payment", _("When and how you pay"), (_payment(),)),
        Item("delivery", _("When you receive it"), _delivery(quote)),
        Item("period", _("How long this order can be made"), (_period(quote, hold_minutes),)),
        Item("cancellation", _("Cancellation and returns"), _cancellation(quote)),
    )


def as_kept(quote: Quote, *, digest: str, hold_minutes: int) -> dict[str, Any]:
    """The same, as it is stored with the order."""
    items = statutory_items(quote, hold_minutes=hold_minutes)
    return {
        "version": VERSION,
        "digest": digest,
        "items": [{"key": i.key, "heading": i.heading, "sentences": list(i.sentences)} for i in items],
    }


def _line(line: Any) -> str:
    return _("%(name)s × %(quantity)d, %(amount)s") % {
        "name": line.line.variant.display_name if line.is_goods else line.line.offer.title.display_name,
        "quantity": line.quantity,
        "amount": yen(line.amount),
    }


def _price(quote: Quote) -> str:
    if not quote.has_goods:
        return _("%(total)s, tax included. There is nothing to pay beside it.") % {"total": yen(quote.total)}
    if not quote.shipping_fee:
        return _("%(total)s, tax included. Shipping is free.") % {"total": yen(quote.total)}
    return _("%(total)s, tax included, with %(shipping)s for shipping.") % {
        "total": yen(quote.total),
        "shipping": yen(quote.shipping_fee),
    }


def _payment() -> str:
    return _("By card. The card is charged when the order is made.")


def _delivery(quote: Quote) -> tuple[str, ...]:
    sentences = []
    for line in quote.lines:
        if not line.is_goods:
            offer = line.line.offer
            assert offer is not None
            sentences.append(
                _(
                    "%(title)s: can be watched as soon as it is paid. Start within %(days)d days; "
                    "from the first play you confirm it can be watched for %(hours)d hours."
                )
                % {
                    "title": offer.title.display_name,
                    "days": offer.start_within_days,
                    "hours": offer.viewing_hours,
                }
            )
    if quote.has_goods:
        sentences.append(_("Goods are sent within 3 to 5 business days after payment."))
    return tuple(sentences)


def _period(quote: Quote, hold_minutes: int) -> str:
    """Only goods are held: a film cannot run out."""
    if quote.has_goods:
        words = _("Stock is held for you for %(minutes)d minutes; an order not paid by then lapses and costs nothing.")
    else:
        words = _("Please pay within %(minutes)d minutes; an order not paid by then lapses and costs nothing.")
    return words % {"minutes": hold_minutes}


def _cancellation(quote: Quote) -> tuple[str, ...]:
    sentences = []
    if quote.has_video:
        sentences.append(_("Video cannot be cancelled once it has been bought, by the nature of the product."))
    if quote.has_goods:
        sentences.append(
            _(
                "Goods that are damaged or not what you ordered are exchanged or refunded at our cost within 8 days of "
                "arrival. For other reasons they can be returned unopened within 8 days at your cost."
            )
        )
    if quote.has_goods and not quote.has_video:
        sentences.append(
            _(
                "Until the warehouse is asked to send them you can cancel the order on its page; the whole payment is "
                "then given back."
            )
        )
    return tuple(sentences)
