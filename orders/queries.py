"""What the pages of buying read; nothing here writes."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import F, Q, Sum
from django.db.models.functions import Greatest
from django.utils.translation import gettext as _

from accounts.models import User
from orders.models import Cart, CartLine, FulfillmentOrder, Order, Payment, StageRun, TaxDocument
from orders.services.pricing import NotDeliverable, PricedLine, Quote, quote
from shop.models import StockItem, StockReservation
from vod.models import Entitlement


@dataclass(frozen=True)
class Notice:
    """Something about a line that the buyer should know before ordering."""

    kind: str  # price_changed, sold_out, short, not_on_sale, already_yours
    text: str


@dataclass(frozen=True)
class CartRow:
    priced: PricedLine
    notices: tuple[Notice, ...]

    @property
    def line(self) -> CartLine:
        return self.priced.line

    @property
    def blocks_order(self) -> bool:
        return any(notice.kind != "price_changed" for notice in self.notices)


@dataclass(frozen=True)
class CartPage:
    rows: tuple[CartRow, ...]
    quote: Quote
    not_deliverable: bool = False

    @property
    def goods(self) -> list[CartRow]:
        return [row for row in self.rows if row.priced.is_goods]

    @property
    def videos(self) -> list[CartRow]:
        return [row for row in self.rows if not row.priced.is_goods]

    @property
    def can_be_ordered(self) -> bool:
        return bool(self.rows) and not any(row.blocks_order for row in self.rows) and not self.not_deliverable


def cart_lines(cart: Cart | None) -> list[CartLine]:
    if cart is None:
        return []
    lines = cart.lines.select_related("variant__product", "offer__title__episode__season__series")
    return list(lines.prefetch_related("variant__images", "variant__product__images"))


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
    return CartPage(rows, priced, undeliverable)


def available(variant_ids: list[int], *, now: datetime) -> dict[int, int]:
    """How many of each variant can be sold at `now`; a hold that has lapsed counts as free, tidied or not."""
    lapsed = dict(
        StockReservation.objects.lapsed_at(now)
        .filter(stock_item__variant_id__in=variant_ids)
        .values_list("stock_item__variant_id")
        .annotate(total=Sum("quantity"))
    )
    taken = F("committed") + F("reserved") + F("damaged") + F("safety_stock")
    free = dict(
        StockItem.objects.filter(variant_id__in=variant_ids)
        .values_list("variant_id")
        .annotate(free=Greatest(Sum(F("on_hand") + F("backorder_limit") - taken), 0))
    )
    return {pk: free.get(pk, 0) + lapsed.get(pk, 0) for pk in variant_ids}


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
        notices.append(Notice("price_changed", _("The price has changed since you added this.")))
    if line.variant:
        notices += _stock_notices(line, left[line.variant.pk], now)
    elif line.offer:
        if line.offer.title_id in mine:
            notices.append(Notice("already_yours", _("You can watch this already.")))
        if not line.offer.is_on_sale_at(now):
            notices.append(Notice("not_on_sale", _("This is no longer on sale.")))
    return notices


def _stock_notices(line: CartLine, left: int, now: datetime) -> list[Notice]:
    variant = line.variant
    assert variant is not None
    product = variant.product
    is_over = product.ends_at is not None and product.ends_at <= now
    if not variant.is_active or not product.is_published or product.starts_at > now or is_over:
        return [Notice("not_on_sale", _("This is no longer on sale."))]
    if left <= 0:
        return [Notice("sold_out", _("This is sold out."))]
    if line.quantity > left:
        return [Notice("short", _("Only %(left)d are left.") % {"left": left})]
    return []


@dataclass(frozen=True)
class Step:
    """One step of an order in people's words. `state` is done, current, waiting or stopped."""

    key: str
    label: str
    state: str
    at: datetime | None = None
    detail: str = ""


def order_steps(order: Order) -> list[Step]:
    """The way of an order from the button to the doorstep."""
    if order.state in (Order.State.EXPIRED, Order.State.CANCELLED):
        return [_step("made", _("Ordered"), at=order.created_at), _ended(order)]
    lines = list(order.lines.all())
    steps = [_step("made", _("Ordered"), at=order.created_at), _step("paid", _("Paid"), at=order.paid_at)]
    if any(not line.is_goods for line in lines):
        steps.append(_step("video", _("Video ready to watch"), at=order.paid_at))
    if any(line.is_goods for line in lines):
        steps += _goods_steps(order)
    return _with_current(steps)


def _goods_steps(order: Order) -> list[Step]:
    made = list(order.fulfillment_orders.all())
    accepted = bool(made) and all(one.state != FulfillmentOrder.State.OPEN for one in made)
    parcels = sorted((parcel for one in made for parcel in one.shipments.all()), key=lambda parcel: parcel.shipped_at)
    is_all = order.fulfillment_state == Order.FulfillmentState.FULFILLED
    detail = ""
    if parcels and not is_all:
        detail = _("Part of it is on its way; the rest follows.")
    return [
        Step("preparing", _("Being prepared"), "done" if accepted or parcels else "waiting"),
        Step("sent", _("Sent"), "done" if is_all else "waiting", parcels[-1].shipped_at if parcels else None, detail),
    ]


def _step(key: str, label: str, *, at: datetime | None) -> Step:
    return Step(key, label, "done" if at else "waiting", at)


def _ended(order: Order) -> Step:
    if order.state == Order.State.EXPIRED:
        return Step("expired", _("Not paid in time; nothing was charged"), "stopped")
    return Step("cancelled", _("Cancelled; the payment was given back"), "stopped")


def _with_current(steps: list[Step]) -> list[Step]:
    """The first step that is not done yet is the current one."""
    current = next((step for step in steps if step.state == "waiting"), None)
    return [Step(step.key, step.label, "current", step.at, step.detail) if step is current else step for step in steps]


def order_for_page(user: User, number: str) -> Order | None:
    """A customer's own order with all that its page shows; somebody else's is not found."""
    return (
        Order.objects.visible_to(user)
        .filter(number=number)
        .select_related("ship_to")
        .prefetch_related(
            "lines__offer__title",
            "lines__variant__product__images",
            "lines__variant__images",
            "fulfillment_orders__shipments__lines__order_line",
            "payments",
        )
        .first()
    )


def tax_document(order: Order) -> TaxDocument | None:
    documents = TaxDocument.objects.filter(order=order, kind=TaxDocument.Kind.SIMPLIFIED_INVOICE)
    return documents.prefetch_related("summaries").first()


def pending_order(user: User) -> Order | None:
    """The newest order of theirs that waits to be paid."""
    return Order.objects.visible_to(user).filter(state=Order.State.PENDING_PAYMENT).order_by("-pk").first()


def needs_a_person() -> Q:
    """Stages that stand still until somebody of the staff decides."""
    return Q(state=StageRun.State.PARKED)


def last_decline(order: Order) -> str:
    """Why the last card was refused, as the provider's code; empty when none was, or the order is paid."""
    payments = [payment for payment in order.payments.all() if payment.state != Payment.State.SUCCEEDED]
    return payments[-1].decline_code if payments and not order.is_paid else ""
