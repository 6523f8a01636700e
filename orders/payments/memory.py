"""A payment provider in this process's memory: for tests of what surrounds a payment, quick and without a network.

`buyer_pays`, `buyer_is_declined` and `buyer_gives_up` stand for what a buyer does at the provider.
"""

import json
from dataclasses import dataclass, replace

from config.lib.http import refuse_inside_transaction
from orders.models import Payment
from orders.payments.base import BadSignature, Json, PaymentStatus, ReceivedEvent, RefundStatus, Standing
from orders.payments.memory_books import MemoryBooks
from orders.pipeline.engine.errors import Refused


@dataclass
class MemoryProvider(MemoryBooks):
    code: str = "memory"
    refunds_take_days: bool = False

    def opening_request(self, payment: Payment) -> Json:
        return {"amount": payment.amount, "currency": payment.currency, "method": payment.method, "payment": payment.pk}

    def open(self, request: Json, key: str) -> Json:
        refuse_inside_transaction("the payment provider in memory")
        if key not in self.by_key:
            ref = f"mem_{len(self.payments) + 1}_{key[-40:]}"
            page = f"https://pay.example/{ref}" if request["method"] == Payment.Method.HOSTED else ""
            self.payments[ref] = PaymentStatus(
                Standing.OPEN,
                ref,
                request["amount"],
                request["currency"],
                client_secret="" if page else f"{ref}_secret",
                page_url=page,
            )
            self.payment_pks[ref] = request["payment"]
            self.by_key[key] = {"id": ref}
        return self.by_key[key]

    def status(self, payment: Payment) -> PaymentStatus:
        refuse_inside_transaction("the payment provider in memory")
        return self.payments[payment.provider_ref or ""]

    def cancel(self, payment: Payment) -> PaymentStatus:
        known = self.status(payment)
        if known.standing != Standing.SUCCEEDED:
            self.payments[known.ref] = replace(known, standing=Standing.CANCELLED)
        return self.status(payment)

    def refund_request(self, payment: Payment, amount: int, key: str) -> Json:
        return {"charge": payment.charge_ref, "amount": amount, "key": key}

    def refund(self, request: Json, key: str) -> Json:
        refuse_inside_transaction("the payment provider in memory")
        if key not in self.by_key:
            paid = next((p for p in self.payments.values() if p.charge_ref == request["charge"]), None)
            back = sum(
                one["amount"]
                for number, one in enumerate(self.refunds)
                if one["charge"] == request["charge"] and self.refund_refs[number] not in self.failed_refunds
            )
            if paid is None or back + request["amount"] > paid.amount:
                raise Refused("More would be given back than was paid")
            self.refunds.append(request)
            ref, is_pending = f"re_{len(self.refunds)}_{key[-60:]}", self.refunds_take_days
            self.refund_refs.append(ref)
            self.pending_refunds |= {ref} if is_pending else set()
            self.by_key[key] = {"id": ref, "status": "pending" if is_pending else "succeeded", "is_pending": is_pending}
            self.note(ref)
        return self.by_key[key]

    def find_refund(self, request: Json, key: str) -> Json | None:
        return self.by_key.get(key)

    def refund_status(self, ref: str) -> RefundStatus:
        refuse_inside_transaction("the payment provider in memory")
        is_failed = ref in self.failed_refunds
        return RefundStatus(is_failed, self.failed_refunds.get(ref, ""), ref in self.pending_refunds and not is_failed)

    def read_event(self, body: bytes, signature: str) -> ReceivedEvent:
        if signature != "signed":
            raise BadSignature("The signature is not ours")
        event = json.loads(body)
        return ReceivedEvent(event["id"], event["kind"], event.get("payment"), event.get("ref", ""), event)

    # What a buyer, or a buyer's bank, does there.

    def refund_fails_late(self, ref: str, reason: str = "expired_or_canceled_card") -> None:
        self.failed_refunds[ref] = reason

    def refund_arrives(self, ref: str) -> None:
        self.pending_refunds.discard(ref)

    def buyer_pays(self, payment: Payment, *, amount: int | None = None) -> None:
        known = self.payments[payment.provider_ref or ""]
        paid = known.amount if amount is None else amount
        self.payments[known.ref] = replace(
            known, standing=Standing.SUCCEEDED, amount=paid, charge_ref=f"ch_{known.ref}", decline_code=""
        )
        self.note(f"ch_{known.ref}")

    def buyer_is_declined(self, payment: Payment, code: str = "insufficient_funds") -> None:
        known = self.payments[payment.provider_ref or ""]
        self.payments[known.ref] = replace(known, decline_code=code)
