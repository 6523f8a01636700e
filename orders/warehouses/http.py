"""The warehouse's HTTP API. It keeps our reference unique, so an instruction may be sent again at any time."""

import hashlib
import hmac
import json
import time
from datetime import datetime
from typing import Any

import requests
from django.conf import settings

from config.lib.http import Session
from orders.pipeline.engine.errors import Refused, Transient
from orders.pipeline.engine.replies import sort_reply, unreachable
from orders.warehouses.base import AlreadySent, BadSignature, Json, ReportedShipment, ShipmentReport, ShippedLine

TOLERANCE_SECONDS = 300


class HttpWarehouse:
    """Instructions by POST under our reference; shipments come back by a signed webhook, or are asked for."""

    def __init__(self) -> None:
        self._session = Session()
        self._session.trust_env = False
        self._session.headers["Authorization"] = f"Bearer {settings.WAREHOUSE_API_KEY}"

    def instruct(self, instruction: Json, key: str) -> Json:
        reply = self._call("POST", "/v1/instructions", json=instruction)
        return {"id": reply["id"], "state": reply["state"]}

    def look_up(self, instruction: Json, key: str) -> Json | None:
        known = self._known(instruction["reference"])
        return {"id": known["id"], "state": known["state"]} if known else None

    def cancel(self, request: Json, key: str) -> Json:
        known = self._known(request["reference"])
        if known is None:
            raise Refused(f"the warehouse does not know {request['reference']}")
        if known["state"] == "accepted":
            known = self._stopped(known)
        if known["state"] != "cancelled":
            raise AlreadySent(f"the warehouse has sent {known['id']} already: it is {known['state']}")
        return {"id": known["id"], "state": known["state"]}

    def _stopped(self, known: Json) -> Json:
        """A parcel may leave between the look and the call: then the warehouse says 409, and another look why."""
        try:
            return self._call("POST", f"/v1/instructions/{known['id']}/cancel")
        except Transient:
            again = self._known(known["reference"])
            if again is None or again["state"] == "accepted":
                raise
            return again

    def shipments(self, reference: str) -> list[ReportedShipment]:
        known = self._known(reference)
        return [_shipment(shipment) for shipment in known["shipments"]] if known else []

    def read_report(self, body: bytes, signature: str) -> ShipmentReport:
        _verify(body, signature)
        try:
            return self.parse_report(json.loads(body))
        except (ValueError, KeyError, TypeError) as error:
            raise BadSignature(f"The report cannot be read: {error}") from error

    def parse_report(self, payload: Json) -> ShipmentReport:
        data = payload["data"]
        shipment = _shipment(data["shipment"]) if payload["type"] == "shipment.created" else None
        return ShipmentReport(payload["id"], payload["type"], data["reference"], shipment, payload)

    def _known(self, reference: str) -> Json | None:
        found = self._call("GET", "/v1/instructions", params={"reference": reference})["instructions"]
        return found[0] if found else None

    def _call(self, method: str, path: str, **kwargs: Any) -> Json:
        if not settings.WAREHOUSE_API_URL:
            raise Transient("WAREHOUSE_API_URL is not set: the warehouse cannot be reached")
        try:
            reply = self._session.request(method, settings.WAREHOUSE_API_URL.rstrip("/") + path, **kwargs)
        except requests.RequestException as error:
            raise unreachable("the warehouse", error) from error
        sort_reply("the warehouse", reply)
        answer: Json = reply.json()
        return answer


def _verify(body: bytes, signature: str) -> None:
    """`Warehouse-Signature: t=<unix>,v1=<hex HMAC-SHA256 of "t.body">`, at most five minutes old."""
    parts = dict(part.partition("=")[::2] for part in signature.split(","))
    stamp = parts.get("t", "")
    if not stamp.isdecimal() or abs(time.time() - int(stamp)) > TOLERANCE_SECONDS:
        raise BadSignature("The signature's time is missing or too far away")
    expected = hmac.new(settings.WAREHOUSE_WEBHOOK_SECRET.encode(), stamp.encode() + b"." + body, hashlib.sha256)
    if not hmac.compare_digest(expected.hexdigest().encode(), parts.get("v1", "").encode()):
        raise BadSignature("The signature does not match")


def _shipment(data: Json) -> ReportedShipment:
    return ReportedShipment(
        external_id=data["id"],
        carrier=data["carrier"],
        tracking_number=data["tracking_number"],
        shipped_at=datetime.fromisoformat(data["shipped_at"]),
        lines=tuple(ShippedLine(line["line_reference"], int(line["quantity"])) for line in data["lines"]),
    )
