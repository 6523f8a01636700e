"""What a purchase comes to. Cart, confirmation, order, payment and document all read this one calculation."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.utils import timezone

from accounts.models import PostalAddress
from config.lib import tax
from config.lib.tax import RateSummary, TaxCategory
from orders.models import CartLine
from shop.models import ShippingRate


@dataclass(frozen=True)
class PricedLine:
    """One thing with its price of now, in whole yen with the tax in it."""

    line: CartLine
    name: str
    name_en: str
    unit_price: int
    quantity: int
    tax_rate: int

    @property
    def amount(self) -> int:
        return self.unit_price * self.quantity

    @property
    def is_goods(self) -> bool:
        return self.line.variant_id is not None


@dataclass(frozen=True)
class Quote:
    """What the lines, and sending them, come to. `shipping_fee` is None while nobody knows where to."""

    lines: tuple[PricedLine, ...]
    shipping_fee: int | None
    shipping_tax_rate: int
    free_shipping_gap: int

    @property
    def has_goods(self) -> bool:
        return any(line.is_goods for line in self.lines)

    @property
    def has_video(self) -> bool:
        return any(not line.is_goods for line in self.lines)

    @property
    def subtotal(self) -> int:
        return sum(line.amount for line in self.lines)

    @property
    def total(self) -> int:
        return self.subtotal + (self.shipping_fee or 0)

    @property
    def taxes(self) -> list[RateSummary]:
        amounts = [(line.tax_rate, line.amount) for line in self.lines]
        return tax.summarise([*amounts, (self.shipping_tax_rate, self.shipping_fee)] if self.shipping_fee else amounts)

    def digest_to(self, address: PostalAddress | None) -> str:
        """A short name of everything that was shown: nobody orders other than what they saw, or to another door.

        `address` is the one on the screen, every field of it; it counts where there are goods.
        """
        shown = [[line.line.pk, line.unit_price, line.quantity, line.tax_rate] for line in self.lines]
        door = address.as_dict() if address and self.has_goods else None
        return hashlib.sha256(json.dumps([shown, self.shipping_fee, door]).encode()).hexdigest()[:24]


def quote(lines: Sequence[CartLine], *, prefecture: int | None, now: datetime) -> Quote:
    """Price the lines at `now`; the lines come with `variant__product` and `offer__title` loaded."""
    today = timezone.localdate(now)
    priced = tuple(_priced(line, today) for line in lines)
    goods = [line for line in priced if line.is_goods]
    goods_total = sum(line.amount for line in goods)
    return Quote(
        lines=priced,
        shipping_fee=_shipping_fee(goods, goods_total, prefecture),
        shipping_tax_rate=tax.rate_for(TaxCategory.STANDARD, today),
        free_shipping_gap=max(0, settings.FREE_SHIPPING_FROM - goods_total) if goods else 0,
    )


def _priced(line: CartLine, today: object) -> PricedLine:
    if line.variant is not None:
        product = line.variant.product
        label, label_en = line.variant.label, line.variant.label_en
        return PricedLine(
            line=line,
            name=f"{product.name} {label}".strip(),
            name_en=f"{product.name_en or product.name} {label_en or label}".strip(),
            unit_price=line.variant.price,
            quantity=line.quantity,
            tax_rate=tax.rate_for(product.tax_category, today),  # type: ignore[arg-type]
        )
    offer = line.offer
    assert offer is not None
    return PricedLine(
        line=line,
        name=offer.title.name,
        name_en=offer.title.name_en or offer.title.name,
        unit_price=offer.price,
        quantity=1,
        tax_rate=tax.rate_for(offer.tax_category, today),  # type: ignore[arg-type]
    )


def _shipping_fee(goods: Iterable[PricedLine], goods_total: int, prefecture: int | None) -> int | None:
    """One parcel for each temperature class, free from a sum on; nothing for video."""
    classes = {line.line.variant.product.temperature_class for line in goods if line.line.variant}
    if not classes:
        return 0
    if prefecture is None:
        return None
    if goods_total >= settings.FREE_SHIPPING_FROM:
        return 0
    fees = dict(
        ShippingRate.objects.filter(prefecture=prefecture, temperature_class__in=classes).values_list(
            "temperature_class", "fee"
        )
    )
    missing = classes - fees.keys()
    if missing:
        raise NotDeliverable(f"No shipping rate for {', '.join(sorted(missing))} goods to prefecture {prefecture}")
    return sum(fees.values())


class NotDeliverable(Exception):
    """Goods of that kind are not sent to that prefecture."""
