"""What a warehouse system offers us: it takes instructions under our reference, and reports what it sent.

An instruction is JSON: reference, order_number, ship_to, temperature, lines of {line_reference, sku, name, quantity}.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from orders.pipeline.engine.errors import Refused

Json = dict[str, Any]


@dataclass(frozen=True)
class ShippedLine:
    """`quantity` of the order line with that reference went into the parcel."""

    line_reference: str
    quantity: int


@dataclass(frozen=True)
class ReportedShipment:
    """One parcel the warehouse says it has sent."""

    external_id: str
    carrier: str
    tracking_number: str
    shipped_at: datetime
    lines: tuple[ShippedLine, ...]


@dataclass(frozen=True)
class ShipmentReport:
    """A signed report about the instruction with our `reference`."""

    event_id: str
    kind: str
    reference: str
    shipment: ReportedShipment | None
    payload: Json


class BadSignature(Exception):
    """The report was not signed with our secret, or too long ago."""


class AlreadySent(Refused):
    """Some of the instruction has left, so that the warehouse cannot stop it any more."""


class WarehouseSystem(Protocol):
    def instruct(self, instruction: Json, key: str) -> Json:
        """Hand an instruction over; the answer holds `id`. The reference makes it safe to repeat."""

    def look_up(self, instruction: Json, key: str) -> Json | None:
        """The instruction with that reference where the warehouse has it."""

    def cancel(self, request: Json, key: str) -> Json:
        """Stop the instruction with the `reference` of the request, of which nothing has left.

        It is looked up first, so stopping it twice is stopping it once. Raises `AlreadySent`, and `Refused` where the
        warehouse does not know it.
        """

    def shipments(self, reference: str) -> list[ReportedShipment]:
        """All parcels sent for a reference so far: what a lost report would have said."""

    def read_report(self, body: bytes, signature: str) -> ShipmentReport:
        """Verify and read a report; raises `BadSignature`."""

    def parse_report(self, payload: Json) -> ShipmentReport:
        """Read a report whose signature was verified when it was stored."""
