"""A warehouse in this process's memory: for tests of what surrounds it."""

import json
from dataclasses import dataclass, field

from django.utils import timezone

from config.lib.http import refuse_inside_transaction
from orders.pipeline.engine.errors import Refused
from orders.warehouses.base import AlreadySent, BadSignature, Json, ReportedShipment, ShipmentReport, ShippedLine


@dataclass
class MemoryWarehouse:
    instructions: dict[str, Json] = field(default_factory=dict)
    sent: dict[str, list[ReportedShipment]] = field(default_factory=dict)
    stopped: list[str] = field(default_factory=list)

    def instruct(self, instruction: Json, key: str) -> Json:
        refuse_inside_transaction("the warehouse in memory")
        known = self.instructions.setdefault(instruction["reference"], instruction)
        if known != instruction:
            raise Refused("The reference is known with another body")
        state = "cancelled" if instruction["reference"] in self.stopped else "accepted"
        return {"id": f"ins-{instruction['reference'][:8]}", "state": state}

    def look_up(self, instruction: Json, key: str) -> Json | None:
        return self.instruct(instruction, key) if instruction["reference"] in self.instructions else None

    def cancel(self, request: Json, key: str) -> Json:
        refuse_inside_transaction("the warehouse in memory")
        reference = request["reference"]
        if reference not in self.instructions:
            raise Refused(f"The warehouse does not know {reference}")
        if self.sent.get(reference):
            raise AlreadySent(f"The warehouse has sent {reference} already")
        if reference not in self.stopped:
            self.stopped.append(reference)
        return {"id": f"ins-{reference[:8]}", "state": "cancelled"}

    def shipments(self, reference: str) -> list[ReportedShipment]:
        return self.sent.get(reference, [])

    def read_report(self, body: bytes, signature: str) -> ShipmentReport:
        if signature != "signed":
            raise BadSignature("The signature is not ours")
        return self.parse_report(json.loads(body))

    def parse_report(self, payload: Json) -> ShipmentReport:
        parcel = next(p for p in self.sent[payload["reference"]] if p.external_id == payload["shipment"])
        return ShipmentReport(payload["id"], "shipment.created", payload["reference"], parcel, payload)

    def ship(self, reference: str, lines: dict[str, int]) -> ReportedShipment:
        """Send `lines` (line reference → quantity) of an instruction in one parcel."""
        if reference in self.stopped:
            raise Refused("It was cancelled; nothing of it can be shipped")
        parcels = self.sent.setdefault(reference, [])
        shipped = tuple(ShippedLine(line, quantity) for line, quantity in lines.items())
        number = len(parcels) + 1
        parcel = ReportedShipment(
            f"{reference[:8]}-{number}", "ヤマト運輸", f"1234567890{number}", timezone.now(), shipped
        )
        parcels.append(parcel)
        return parcel
