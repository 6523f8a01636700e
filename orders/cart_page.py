"""The cart as its pages show it: prices of now, and what has changed since things were put in. It never writes."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from accounts.models import Prefecture, User
from config.lib.money import yen
from orders.models import Cart, CartLine
from orders.pictures import picture_of
from orders.services.pricing import NotDeliverable, PricedLine, Quote, quote
from shop.models import ProductImage, TemperatureClass
from shop.queries import available
from vod.models import Entitlement

REDUCED_RATE = 8  # the rate whose lines a receipt has to mark (※)


@dataclass(frozen=True)
class Notice:
    """Something about a line that the buyer should know before ordering."""

    kind: str  # price_changed, sold_out, short, not_on_sale, already_yours
    text: str
    left: int = 0  # how many there are, where there are fewer than wanted


@dataclass(frozen=True)
class CartRow:
    priced: PricedLine
    notices: tuple[Notice, ...]

    @property
    def line(self) -> CartLine:
        return self.priced.line

    @property
    def key(self) -> str:
        """What it travels with: the parcel of a temperature class, or the network."""
        return self.line.variant.product.temperature_class if self.line.variant else "video"

    @property
    def picture(self) -> ProductImage | None:
        return picture_of(self.line.variant)

    @property
    def blocks_order(self) -> bool:
        return any(notice.kind != "price_changed" for notice in self.notices)


@dataclass(frozen=True)
class Group:
    """Rows that reach the buyer together: in one parcel, or as video."""

    key: str  # ambient, chilled, frozen, video
    rows: tuple[CartRow, ...]


@dataclass(frozen=True)
class CartPage:
    rows: tuple[CartRow, ...]
    quote: Quote
    prefecture: int | None = None
    not_deliverable: bool = False

    @property
    def groups(self) -> list[Group]:
        found = [
            Group(key, tuple(row for row in self.rows if row.key == key)) for key in (*TemperatureClass.values, "video")
        ]
        return [group for group in found if group.rows]

    @property
    def pieces(self) -> int:
        return sum(row.priced.quantity for row in self.rows)

    @property
    def prefecture_name(self) -> str:
        return str(Prefecture(self.prefecture).label) if self.prefecture else ""

    @property
    def free_shipping_reached(self) -> int:
        """What counts towards free shipping so far, in yen."""
        return sum(row.priced.amount for row in self.rows if row.priced.is_goods)

    @property
    def has_reduced_rate(self) -> bool:
        return any(row.priced.tax_rate == REDUCED_RATE for row in self.rows)

    @property
    def can_be_ordered(self) -> bool:
        return bool(self.rows) and not any(row.blocks_order for row in self.rows) and not self.not_deliverable


def cart_lines(cart: Cart | None) -> list[CartLine]:
    if cart is None:
        return []
    lines = cart.lines.select_related("variant__product", "offer__title__episode__season__series")
    return list(lines.prefetch_related("variant__product__images"))


def cart_page(cart: Cart | None, *, user: User | None, now: datetime) -> CartPage:
    """The cart with its prices of now and what has changed since things were put in; a fixed number of queries."""
    lines = cart_lines(cart)
    prefecture = cart.ship_to.prefecture if cart and cart.ship_to else None
    if prefecture is None and user:
        prefecture = user.addresses.filter(is_default=True).values_list("prefecture", flat=True).first()
    try:
        priced, undeliverable = quote(lines, prefecture=prefecture, now=now), False
    except NotDeliverable:
        priced, undeliverable = quote(lines, prefecture=None, now=now), True
    left = available([line.variant_id for line in lines if line.variant_id], now=now)
    mine = _already_watchable(lines, user, now)
    rows = tuple(CartRow(line, tuple(_notices(line, left, mine, now))) for line in priced.lines)
    return CartPage(rows, priced, prefecture, undeliverable)


def _already_watchable(lines: list[CartLine], user: User | None, now: datetime) -> set[int]:
    titles = [line.offer.title_id for line in lines if line.offer]
    if not titles or user is None:
        return set()
    live = Entitlement.objects.live_at(now).visible_to(user)
    direct = live.filter(title_id__in=titles).values_list("title_id", flat=True)
    by_series = live.filter(title__seasons__episodes__title_id__in=titles)
    return set(direct) | set(by_series.values_list("title__seasons__episodes__title_id", flat=True))


def _notices(priced: PricedLine, left: dict[int, int], mine: set[int], now: datetime) -> list[Notice]:
    line = priced.line
    notices = []
    if line.unit_price_seen != priced.unit_price:
        prices = {"old": yen(line.unit_price_seen), "new": yen(priced.unit_price)}
        notices.append(
            Notice("price_changed", _("The price has changed since you added this: %(old)s → %(new)s") % prices)
        )
    if line.variant:
        notices += _stock_notices(line, left[line.variant.pk], now)
    elif line.offer:
        if line.offer.title_id in mine:
            notices.append(Notice("already_yours", _("You can watch this already.")))
        if not line.offer.is_on_sale_at(now) or not line.offer.title.is_open_at(now):
            notices.append(Notice("not_on_sale", _("This is no longer on sale.")))
    return notices


def _stock_notices(line: CartLine, left: int, now: datetime) -> list[Notice]:
    variant = line.variant
    assert variant is not None
    if not variant.is_active or not variant.product.is_open_at(now):
        return [Notice("not_on_sale", _("This is no longer on sale."))]
    if left <= 0:
        return [Notice("sold_out", _("This is sold out."))]
    if line.quantity > left:
        return [Notice("short", _("Only %(left)d are left.") % {"left": left}, left)]
    if line.quantity > variant.max_per_order:
        most = variant.max_per_order
        return [Notice("short", _("At most %(limit)d of this can be ordered at once.") % {"limit": most}, most)]
    return []
