"""Staff's pages of everything that is bought: orders, their runs, money, what is sent, mail and carts."""

from orders.admin import (
    archive,
    cart,
    fulfilment,
    gates,
    mail,
    money,
    order,
    outgoing,
    papers,
    pipeline,
    reconciliation,
)

__all__ = [
    "archive",
    "cart",
    "fulfilment",
    "gates",
    "mail",
    "money",
    "order",
    "outgoing",
    "papers",
    "pipeline",
    "reconciliation",
]
