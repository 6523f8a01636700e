"""The history of an order: appended, never changed."""

from datetime import datetime
from typing import Any

from accounts.models import User
from config.lib.realtime import publish_after_commit
from orders.models import Order, OrderEvent
from orders.services import outgoing


def record(
    order: Order, kind: str, *, now: datetime, actor: User | None = None, is_public: bool = False, **data: Any
) -> OrderEvent:
    """Append what happened, such as `orders.order.paid`, and let the buyer's page look again."""
    publish_after_commit(f"order:{order.number}", {"event": kind})
    event = OrderEvent.objects.create(
        order=order, kind=kind, data=data, actor=actor, is_public=is_public, happened_at=now
    )
    if is_public:
        outgoing.announce(event)
    return event
