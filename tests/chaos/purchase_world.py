"""The real purchase with receivers in files: quick enough to be crashed at every single statement.

The stand-ins over HTTP and SMTP have their turn in `driver.py`; here a provider, a warehouse, a back office and a mail
server keep what they know in a folder for each case, which every process of the case reads and writes.
"""

import fcntl
import pickle
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.core.mail.backends.base import BaseEmailBackend

from config.lib import clock
from orders import backoffices, payments, warehouses
from orders.backoffices.memory import MemoryBackOffice
from orders.models import Order, OutboundMail, ProviderEvent, StageRun
from orders.payments.base import Standing
from orders.payments.memory import MemoryProvider
from orders.pipeline.engine.wake import wake
from orders.pipeline.purchase import PURCHASE
from orders.services import carts, checkout, inbox
from orders.services.pricing import quote
from orders.warehouses.memory import MemoryWarehouse
from shop.models import StockItem, Variant
from tests import builders
from tests.chaos.crash import Life
from vod.models import Entitlement

STOCK = 1_000_000
folder = settings.VAR_DIR


def kept(name: str, act: Callable[[Any], Any], fresh: Callable[[], Any]) -> Any:
    """Do something to what a receiver knows, alone, and keep what it knows afterwards."""
    with (folder / name).open("ab+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        known = pickle.loads(data) if (data := file.read()) else fresh()
        answer = act(known)
        file.truncate(0)
        file.write(pickle.dumps(known))
    return answer


def in_file(memory: type, *names: str) -> type:
    """The receiver `memory` in a file instead: the methods `names` work on what the file holds."""

    def method(name: str) -> Any:
        def call(self: Any, *args: Any) -> Any:
            return kept(memory.__name__, lambda known: getattr(known, name)(*args), memory)

        return call

    return type(f"File{memory.__name__}", (memory,), {name: method(name) for name in names})


FileProvider = in_file(
    MemoryProvider, "open", "status", "cancel", "refund", "find_refund", "refund_status", "buyer_pays"
)
FileWarehouse = in_file(MemoryWarehouse, "instruct", "look_up", "cancel", "shipments", "parse_report", "ship")
FileBackOffice = in_file(MemoryBackOffice, "upsert")


class FileMail(BaseEmailBackend):
    """A mail server that writes down every arrival."""

    def open(self) -> bool:
        return True

    def send_messages(self, messages: Any) -> int:
        ids = [message.extra_headers["Message-ID"] for message in messages]
        kept("mail", lambda arrived: arrived.extend(ids), list)
        return len(ids)


def known(memory: type) -> Any:
    return kept(memory.__name__, lambda it: it, memory)


@dataclass
class Case:
    """A cart whose buyer is about to press the button."""

    cart: Any
    user: Any
    digest: str
    folder: Path


class PurchaseWorld:
    """A member buys two mugs and a rental, pays, and the warehouse sends them in two parts."""

    pipeline = PURCHASE
    calls = (
        (FileProvider, "open", "open payment"),
        (FileProvider, "status", "ask provider"),
        (FileWarehouse, "instruct", "instruct"),
        (FileWarehouse, "look_up", "look up"),
        (FileWarehouse, "shipments", "ask warehouse"),
        (FileBackOffice, "upsert", "upsert"),
        (FileMail, "open", "mail connect"),
        (FileMail, "send_messages", "mail send"),
    )

    def __init__(self) -> None:
        payments.PROVIDERS["memory"] = f"{__name__}.FileProvider"
        warehouses.SYSTEMS["memory"] = f"{__name__}.FileWarehouse"
        backoffices.BACKOFFICES["memory"] = f"{__name__}.FileBackOffice"
        settings.PAYMENT_PROVIDER = settings.WAREHOUSE_SYSTEM = settings.BACKOFFICE = "memory"
        settings.EMAIL_BACKEND = f"{__name__}.FileMail"
        builders.shipping_rates()
        builders.video_handler()
        self.mug: Variant = builders.variant(stock=STOCK)
        self.orders = 0

    def case(self) -> Case:
        global folder
        folder = Path(tempfile.mkdtemp(prefix="receivers-", dir=settings.VAR_DIR))
        user = builders.member(f"{uuid4().hex}@example.com", "髙橋 𠮷乃")
        now = clock.now()
        cart = carts.open_cart(user=user, token=None, now=now)
        carts.add_variant(cart=cart, variant=self.mug, quantity=2, now=now)
        carts.add_offer(cart=cart, offer=builders.rental(builders.title()), now=now)
        carts.choose_address(cart=cart, address=builders.address(user=user))
        shown = quote(list(cart.lines.select_related("variant__product", "offer__title")), prefecture=1, now=now)
        return Case(cart, user, shown.digest_to(cart.ship_to), folder)

    def live(self, case: Case, life: Life) -> None:
        order = checkout.place_order(
            cart=case.cart, user=case.user, digest=case.digest, method="element",
            origin=settings.SITE_URL, language="ja", now=life.clock(),
        )  # fmt: skip
        run = order.runs.get()
        self._work(run.pk, life)
        with life.counter.resting():
            payment = order.payments.get()
            if known(MemoryProvider).payments[payment.provider_ref].standing != Standing.SUCCEEDED:
                payments.provider().buyer_pays(payment)
        wake(run.pk, "charge", now=life.clock(), announce=False)
        self._work(run.pk, life)
        for number in (1, 2):
            with life.counter.resting():
                self._ship(order, number, life)
            self._work(run.pk, life)

    def _work(self, run_id: Any, life: Life) -> None:
        def read_inbox(now: Any) -> int:
            if read := inbox.sweep(now):
                return read
            left = ProviderEvent.objects.filter(processed_at__isnull=True)
            if next_at := left.order_by("next_at").values_list("next_at", flat=True).first():
                life.clock.skip_to(next_at)
            return bool(next_at)

        life.work(run_id, read_inbox)

    def _ship(self, order: Order, number: int, life: Life) -> None:
        """The warehouse sends one of the two mugs, unless it has done so, and its report reaches the inbox."""
        made = order.fulfillment_orders.get()
        parcels = known(MemoryWarehouse).shipments(str(made.reference))
        if len(parcels) < number:
            line = str(made.lines.get().order_line.reference)
            parcels = [*parcels, warehouses.warehouse_system().ship(str(made.reference), {line: 1})]
        payload = {"id": f"{made.reference}-{number}", "reference": str(made.reference)}
        payload["shipment"] = parcels[number - 1].external_id
        inbox.store(
            source="warehouse", event_id=payload["id"], kind="shipment.created", payload=payload, now=life.clock()
        )

    def judge(self, case: Case) -> list[str]:
        orders = Order.objects.filter(user=case.user)
        if len(orders) != 1:
            return [f"{len(orders)} orders"]
        self.orders += 1
        order, wrong = orders[0], []
        paid = known(MemoryProvider)
        books = {
            "payments opened": (len(paid.payments), 1),
            "charges": (sum(one.standing == Standing.SUCCEEDED for one in paid.payments.values()), 1),
            "instructions": (len(known(MemoryWarehouse).instructions), 1),
            "records": (len(known(MemoryBackOffice).records), 2),
            "placements": (order.placements.count(), 2),
            "tax documents": (order.tax_documents.count(), 1),
            "entitlements": (Entitlement.objects.filter(reference__in=order.lines.values("reference")).count(), 1),
            "delivery": (order.fulfillment_state, Order.FulfillmentState.FULFILLED),
        }
        wrong += [f"{name} {found}, not {right}" for name, (found, right) in books.items() if found != right]
        arrived, uncertain = kept("mail", lambda it: it, list), 0
        wrong += ["a mail twice"] * (len(set(arrived)) < len(arrived))
        for kind, wanted in (("order_confirmed", 1), ("order_shipped", 2)):
            sent = sum(one.startswith(f"<{kind}.{order.number}") for one in arrived)
            unsure = OutboundMail.objects.filter(order=order, kind=kind, state="uncertain").count()
            uncertain += unsure
            if sent > wanted or (sent < wanted and not unsure):
                wrong.append(f"{sent} mails {kind}, {unsure} uncertain")
        stages = StageRun.objects.filter(run__order=order).exclude(state=StageRun.State.SUCCEEDED)
        left = [f"{stage} {stage.state}" for stage in stages]
        if len(left) != uncertain or not all(one.startswith("mail") and one.endswith("parked") for one in left):
            wrong.append(f"left {left}, {uncertain} mails uncertain")
        return wrong + self._judge_stock()

    def _judge_stock(self) -> list[str]:
        item = StockItem.objects.get(variant=self.mug)
        is_right = (item.on_hand, item.committed, item.reserved) == (STOCK - 2 * self.orders, 0, 0)
        return [] if is_right else [f"stock {item.on_hand} {item.committed} {item.reserved} after {self.orders}"]
