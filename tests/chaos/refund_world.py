"""A refund of all that is left, crashed at every statement: with receivers in files, as the purchase is.

Of the order two mugs are with the warehouse, which has to stop them, a box of tea has left and comes back to the shelf
of another one, and a film is withdrawn. In the end all runs of the order are over.
"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings

from config.lib import clock
from orders import payments, warehouses
from orders.models import Order, OutboundMail, PipelineRun, Refund, StageRun
from orders.payments.memory import MemoryProvider
from orders.pipeline.engine.wake import wake
from orders.pipeline.refund import REFUND
from orders.services import carts, checkout, fulfilment, refunding
from orders.services.pricing import quote
from orders.services.refunding import Wish
from orders.warehouses.memory import MemoryWarehouse
from shop.models import StockItem, Variant
from tests import builders
from tests.chaos.crash import Clock, Counter, Life
from tests.chaos.purchase_world import STOCK, FileProvider, FileWarehouse, PurchaseWorld, kept, known
from vod.models import Entitlement


@dataclass
class Case:
    """A paid order, and the form in which staff are about to press the button."""

    order: Order
    wish: Wish
    token: UUID


class RefundWorld(PurchaseWorld):
    pipeline = REFUND
    calls = (
        *PurchaseWorld.calls,
        (FileWarehouse, "cancel", "cancel instruction"),
        (FileProvider, "refund", "refund"),
        (FileProvider, "find_refund", "look refund up"),
    )

    def __init__(self) -> None:
        super().__init__()
        self.far = builders.warehouse("naha", "那覇倉庫")
        self.clerk = builders.member(f"{uuid4().hex}@example.com", "サム", is_staff=True)

    def case(self) -> Case:
        made = super().case()
        tea: Variant = builders.variant(builders.product(tax_category="reduced"), price=1080, stock=STOCK, at=self.far)
        carts.add_variant(cart=made.cart, variant=tea, quantity=1, now=clock.now())
        lines = list(made.cart.lines.select_related("variant__product", "offer__title"))
        digest = quote(lines, prefecture=1, now=clock.now()).digest_to(made.cart.ship_to)
        order = checkout.place_order(
            cart=made.cart, user=made.user, digest=digest, method="element",
            origin=settings.SITE_URL, language="ja", now=clock.now(),
        )  # fmt: skip
        self._bring_on(order)
        line = order.lines.get(variant=tea)
        return Case(order, Wish(Refund.Kind.REST, restocked=frozenset([line.pk]), with_shipping=True), uuid4())

    def _bring_on(self, order: Order) -> None:
        """The order is paid, and its tea has left."""
        life = Life(Counter(), Clock())
        run = order.runs.get()
        life.work(run.pk)
        payments.provider().buyer_pays(order.payments.get())
        wake(run.pk, "charge", now=clock.now(), announce=False)
        life.work(run.pk)
        made = order.fulfillment_orders.get(warehouse=self.far)
        line = str(made.lines.get().order_line.reference)
        parcel = warehouses.warehouse_system().ship(str(made.reference), {line: 1})
        fulfilment.record_shipment(reference=str(made.reference), shipment=parcel, now=clock.now())
        for stage in ("mail_shipped", "await_shipment"):
            wake(run.pk, stage, item=str(made.placement.handler_id), now=clock.now())
        life.work(run.pk)

    def live(self, case: Case, life: Life) -> None:
        refund = refunding.ask(
            order=case.order, wish=case.wish, actor=self.clerk, reason="closed", token=case.token, now=life.clock()
        )
        assert refund.run is not None
        life.work(refund.run.pk)
        life.work(refund.run.parent_id)

    def judge(self, case: Any) -> list[str]:
        order = Order.objects.get(pk=case.order.pk)
        refunds, paid = Refund.objects.filter(payment__order=order), known(MemoryProvider)
        films = Entitlement.objects.filter(reference__in=order.lines.values("reference"))
        instruction = str(order.fulfillment_orders.exclude(warehouse=self.far).get().reference)
        books = {
            "refunds asked for": (len(refunds), 1),
            "refunds at the provider": ([one["amount"] for one in paid.refunds], [order.total]),
            "given back": (order.payments.get().refunded, order.total),
            "stopped": (known(MemoryWarehouse).stopped, [instruction]),
            "rights": (films.filter(revoked_at=None).count(), 0),
            "corrections": ([one.total for one in order.tax_documents.filter(kind="correction")], [order.total]),
            "delivery": (order.fulfillment_state, Order.FulfillmentState.FULFILLED),
        }
        wrong = [f"{name} {found}, not {right}" for name, (found, right) in books.items() if found != right]
        return wrong + self._judge_shelves(order) + self._judge_ends(order)

    def _judge_shelves(self, order: Order) -> list[str]:
        tea = StockItem.objects.get(variant__in=order.lines.values("variant"), warehouse=self.far)
        mugs = StockItem.objects.get(variant=self.mug)
        found = [(item.on_hand, item.committed, item.reserved) for item in (tea, mugs)]
        return [] if found == [(STOCK, 0, 0)] * 2 else [f"stock {found}"]

    def _judge_ends(self, order: Order) -> list[str]:
        arrived = kept("mail", lambda it: it, list)
        sent = sum(one.startswith(f"<refund_given.{order.number}") for one in arrived)
        unsure = OutboundMail.objects.filter(order=order, kind="refund_given", state="uncertain").count()
        wrong = ["a mail twice"] * (len(set(arrived)) < len(arrived))
        if sent > 1 or (sent < 1 and not unsure):
            wrong.append(f"{sent} mails, {unsure} uncertain")
        left = [str(one) for one in StageRun.objects.filter(run__order=order).exclude(state=StageRun.State.SUCCEEDED)]
        open_runs = PipelineRun.objects.filter(order=order, finished_at=None).count()
        if len(left) != unsure or open_runs != unsure:
            wrong.append(f"left {left}, {open_runs} runs open, {unsure} mails uncertain")
        return wrong
