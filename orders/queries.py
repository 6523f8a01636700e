"""What the services and pages of buying read again and again; nothing here writes."""

from django.db.models import Q

from accounts.models import User
from orders.models import Order, OrderLine, Payment, StageRun
from vod.models import Entitlement


def own_order(user: User, number: str) -> Order | None:
    """A customer's own order; somebody else's is not found."""
    return Order.objects.visible_to(user).filter(number=number).first()


def videos_of(order: Order) -> list[tuple[OrderLine, Entitlement | None]]:
    """The films of an order, each with the right to watch that came of it; None while it is not paid."""
    lines = [line for line in order.lines.select_related("offer__title") if not line.is_goods]
    rights = {
        right.reference: right for right in Entitlement.objects.filter(reference__in=[x.reference for x in lines])
    }
    return [(line, rights.get(line.reference)) for line in lines]


def pending_order(user: User) -> Order | None:
    """The newest order of theirs that waits to be paid."""
    return Order.objects.visible_to(user).filter(state=Order.State.PENDING_PAYMENT).order_by("-pk").first()


def needs_a_person() -> Q:
    """Stages that stand still until somebody of the staff decides."""
    return Q(state=StageRun.State.PARKED)


def was_paid(order: Order) -> bool:
    """Whether money came in for it; the order itself may not know of it yet."""
    return order.payments.filter(state=Payment.State.SUCCEEDED).exists()


def last_decline(order: Order) -> str:
    """Why the last card was refused, as the provider's code; empty when none was, or the order is paid."""
    payments = [payment for payment in order.payments.all() if payment.state != Payment.State.SUCCEEDED]
    return payments[-1].decline_code if payments and not order.is_paid else ""
