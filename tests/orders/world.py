"""What a person does in a purchase, and what the receivers then hold."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.core import mail
from django.core.mail import EmailMessage
from django.utils import timezone

from accounts.models import User
from orders.backoffices.memory import MemoryBackOffice
from orders.models import Cart, Order, Payment, PipelineRun, StageRun
from orders.payments.memory import MemoryProvider
from orders.pipeline.engine.execute import advance
from orders.pipeline.engine.sweep import sweep
from orders.services import carts, checkout, payments
from orders.services.pricing import quote
from orders.warehouses.memory import MemoryWarehouse
from shop.models import Variant
from tests import builders
from vod.models import Offer


@dataclass
class World:
    payments: MemoryProvider
    warehouse: MemoryWarehouse
    backoffice: MemoryBackOffice
    now: datetime = field(default_factory=timezone.now)

    @property
    def mails(self) -> list[EmailMessage]:
        return mail.outbox

    def later(self, **by: float) -> datetime:
        self.now += timedelta(**by)
        return self.now

    def clock(self) -> datetime:
        return self.now

    def cart_of(self, user: User, *things: Variant | Offer, quantity: int = 1) -> Cart:
        cart = carts.open_cart(user=user, token=None, now=self.now)
        for thing in things:
            if isinstance(thing, Variant):
                carts.add_variant(cart=cart, variant=thing, quantity=quantity, now=self.now)
            else:
                carts.add_offer(cart=cart, offer=thing, now=self.now)
        if any(isinstance(thing, Variant) for thing in things):
            carts.choose_address(cart=cart, address=user.addresses.first() or builders.address(user=user))
        return cart

    def order(self, user: User, *things: Variant | Offer, quantity: int = 1, method: str = "element") -> Order:
        """Fill the cart, look at the confirmation, and press the button."""
        cart = self.cart_of(user, *things, quantity=quantity)
        return self.press_button(user, cart, method=method)

    def press_button(self, user: User, cart: Cart, *, method: str = "element") -> Order:
        cart.refresh_from_db()
        lines = list(cart.lines.select_related("variant__product", "offer__title"))
        shown = quote(lines, prefecture=cart.ship_to.prefecture if cart.ship_to else None, now=self.now)
        return checkout.place_order(
            cart=cart,
            user=user,
            digest=shown.digest_to(cart.ship_to),
            method=method,
            origin="http://testserver",
            language="ja",
            now=self.now,
        )

    def work(self, order: Order, *, only: str | None = None) -> None:
        """What workers do: sweep, then go through the run until nothing is ready."""
        for _ in range(20):
            sweep(now=self.now)
            if not any(advance(run.pk, only=only, clock=self.clock) for run in order.runs.all()):
                return

    def pay(self, order: Order) -> None:
        """The buyer sees the payment form, pays, and comes back to the page."""
        self.work(order, only="charge")
        self.payments.buyer_pays(self.payment_of(order))
        payments.look_again(order, now=self.now)

    def payment_of(self, order: Order) -> Payment:
        return order.payments.latest("generation")

    def bought(self, user: User, *things: Variant | Offer, quantity: int = 1) -> Order:
        """An order that was paid and has gone as far as it goes by itself."""
        order = self.order(user, *things, quantity=quantity)
        self.pay(order)
        self.work(order)
        order.refresh_from_db()
        return order

    def stages(self, order: Order) -> dict[str, str]:
        """The state of each stage by its name; mapped ones as `name[item]`."""
        return {str(stage): stage.state for stage in StageRun.objects.filter(run__order=order)}

    def stage(self, order: Order, name: str) -> StageRun:
        return StageRun.objects.select_related("run__order").get(run__order=order, name=name)

    def run_of(self, order: Order) -> PipelineRun:
        return order.runs.get()
