"""Everything that is bought: the cart, the order, its money, its pipeline, and what leaves the house for it."""

from orders.models.archive import PipelineArchive
from orders.models.cart import Cart, CartLine
from orders.models.fulfilment import (
    FulfillmentLine,
    FulfillmentOrder,
    Handler,
    Placement,
    Shipment,
    ShipmentLine,
    ShippingList,
)
from orders.models.gates import Circuit, Pause
from orders.models.mail import OutboundMail
from orders.models.money import Payment, ProviderEvent, Refund, RefundLine, TaxDocument, TaxDocumentSummary
from orders.models.order import Order, OrderAddress, OrderEvent, OrderLine
from orders.models.outgoing import WebhookDelivery, WebhookEndpoint
from orders.models.pipeline import Effect, OperatorAction, PipelineRun, StageAttempt, StageRun
from orders.models.receipts import ReceiptIssue
from orders.models.reconciliation import Discrepancy, ProviderEntry, ReconciliationRun
from orders.models.workers import SweeperBeat

__all__ = [
    "Cart",
    "CartLine",
    "Circuit",
    "Discrepancy",
    "Effect",
    "FulfillmentLine",
    "FulfillmentOrder",
    "Handler",
    "OperatorAction",
    "Order",
    "OrderAddress",
    "OrderEvent",
    "OrderLine",
    "OutboundMail",
    "Pause",
    "Payment",
    "PipelineArchive",
    "PipelineRun",
    "Placement",
    "ProviderEntry",
    "ProviderEvent",
    "ReceiptIssue",
    "ReconciliationRun",
    "Refund",
    "RefundLine",
    "Shipment",
    "ShipmentLine",
    "ShippingList",
    "StageAttempt",
    "StageRun",
    "SweeperBeat",
    "TaxDocument",
    "TaxDocumentSummary",
    "WebhookDelivery",
    "WebhookEndpoint",
]
