"""Stripe, through its own SDK; the sandbox is the same code with another address."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import stripe
from django.conf import settings

from config.lib.http import TIMEOUT, refuse_inside_transaction
from orders.models import Payment
from orders.payments import books, stripe_books
from orders.payments.base import BadSignature, Json, PaymentStatus, ReceivedEvent, RefundStatus, Standing
from orders.payments.books import Line, ListedCharge, ListedMovement, ListedRefund, Page, Period
from orders.pipeline.engine.errors import Refused, Spent, StageError, Transient

_STANDINGS = {
    "requires_payment_method": Standing.OPEN,
    "requires_confirmation": Standing.OPEN,
    "requires_action": Standing.OPEN,
    "processing": Standing.PROCESSING,
    "succeeded": Standing.SUCCEEDED,
    "canceled": Standing.CANCELLED,
}
_FAILED_REFUNDS = ("failed", "canceled")
_PENDING_REFUNDS = ("pending", "requires_action")


class StripeProvider:
    """PaymentIntents for the form in the page, Checkout Sessions for the way without JavaScript."""

    code = "stripe"

    def __init__(self) -> None:
        addresses: Any = {"api": settings.STRIPE_API_BASE} if settings.STRIPE_API_BASE else {}
        self._client = stripe.StripeClient(
            settings.STRIPE_SECRET_KEY,
            base_addresses=addresses,
            http_client=stripe.RequestsClient(timeout=TIMEOUT),
            max_network_retries=0,  # the pipeline retries, with a row for each attempt
        )

    def opening_request(self, payment: Payment) -> Json:
        order = payment.order
        metadata = {"order": order.number, "payment": str(payment.pk)}
        if payment.method == Payment.Method.HOSTED:
            return _session_request(payment, metadata)
        return {
            "amount": payment.amount,
            "currency": payment.currency.lower(),
            "automatic_payment_methods": {"enabled": True},
            "description": f"{settings.STATION_NAME} {order.number}",
            "metadata": metadata,
        }

    def open(self, request: Json, key: str) -> Json:
        v1 = self._v1("open a payment")
        make = v1.checkout.sessions.create if "line_items" in request else v1.payment_intents.create
        with _Sorted(key_is_spent_by_a_fault=True):
            made: Any = make(params=request, options={"idempotency_key": key})
        return {"id": made.id}

    def status(self, payment: Payment) -> PaymentStatus:
        v1 = self._v1("ask for a payment")
        ref = payment.provider_ref or ""
        with _Sorted(refusal=Transient):  # a wrong key denies every payment, and none of them is over by that
            if payment.method == Payment.Method.HOSTED:
                expand: Any = {"expand": ["payment_intent"]}
                return _session_status(v1.checkout.sessions.retrieve(ref, params=expand))
            return _intent_status(v1.payment_intents.retrieve(ref))

    def cancel(self, payment: Payment) -> PaymentStatus:
        v1 = self._v1("cancel a payment")
        ref = payment.provider_ref or ""
        try:
            with _Sorted():
                if payment.method == Payment.Method.HOSTED:
                    v1.checkout.sessions.expire(ref)
                else:
                    v1.payment_intents.cancel(ref, params={"cancellation_reason": "abandoned"})
        except Refused:
            pass  # it has ended already, one way or the other; the status says which
        return self.status(payment)

    def refund_request(self, payment: Payment, amount: int, key: str) -> Json:
        return {"charge": payment.charge_ref, "amount": amount, "metadata": {"order": payment.order.number, "key": key}}

    def refund(self, request: Json, key: str) -> Json:
        v1 = self._v1("refund")
        with _Sorted():
            made = v1.refunds.create(params=request, options={"idempotency_key": key})
        if made.status in _FAILED_REFUNDS:
            raise Refused(f"Stripe: the refund {made.id} {made.status}: {made.failure_reason}")
        return _taken_on(made)

    def find_refund(self, request: Json, key: str) -> Json | None:
        v1 = self._v1("look a refund up")
        with _Sorted():
            known = v1.refunds.list(params={"charge": request["charge"], "limit": 100})
        for refund in known.data:
            is_ours = refund.metadata and refund.metadata.to_dict().get("key") == request["metadata"]["key"]
            if is_ours and refund.status not in _FAILED_REFUNDS:
                return _taken_on(refund)
        return None

    def refund_status(self, ref: str) -> RefundStatus:
        v1 = self._v1("ask for a refund")
        with _Sorted(refusal=Transient):
            refund = v1.refunds.retrieve(ref)
        reason = getattr(refund, "failure_reason", None) or ""
        return RefundStatus(refund.status in _FAILED_REFUNDS, reason, refund.status in _PENDING_REFUNDS)

    def list_charges(self, period: Period, after: str = "") -> Iterator[Page[ListedCharge]]:
        return self._pages("charges", stripe_books.charge, period, after)

    def list_refunds(self, period: Period, after: str = "") -> Iterator[Page[ListedRefund]]:
        return self._pages("refunds", stripe_books.refund, period, after)

    def list_movements(self, period: Period, after: str = "") -> Iterator[Page[ListedMovement]]:
        return self._pages("balance_transactions", stripe_books.movement, period, after)

    def _pages(self, name: str, read: Callable[[Any], Line], period: Period, after: str) -> Iterator[Page[Line]]:
        while True:
            listing = getattr(self._v1(f"list {name}"), name)
            with _Sorted(refusal=Transient):
                found = listing.list(params=stripe_books.asked(period, after, books.PAGE))
            page = stripe_books.page([read(one) for one in found.data], found.has_more)
            yield page
            if not (after := page.after):
                return

    def listed_charge(self, ref: str) -> ListedCharge | None:
        return self._listed("charges", stripe_books.charge, ref)

    def listed_refund(self, ref: str) -> ListedRefund | None:
        return self._listed("refunds", stripe_books.refund, ref)

    def _listed(self, name: str, read: Callable[[Any], Line], ref: str) -> Line | None:
        listing = getattr(self._v1(f"look up one of the {name}"), name)
        with _Sorted(refusal=Transient):
            try:
                return read(listing.retrieve(ref))
            except stripe.InvalidRequestError as error:
                if error.code == "resource_missing":
                    return None
                raise

    def page_of(self, ref: str) -> str:
        if settings.STRIPE_API_BASE:
            return f"{settings.STRIPE_JS_URL.partition('/v3')[0]}/sandbox/#{ref}"
        test = "test/" if settings.STRIPE_SECRET_KEY.startswith(("sk_test", "rk_test")) else ""
        kind = "refunds" if ref.startswith(("re_", "pyr_")) else "payments"
        return f"https://dashboard.stripe.com/{test}{kind}/{ref}"

    def read_event(self, body: bytes, signature: str) -> ReceivedEvent:
        try:
            stripe.WebhookSignature.verify_header(
                body.decode(), signature, settings.STRIPE_WEBHOOK_SECRET, tolerance=stripe.Webhook.DEFAULT_TOLERANCE
            )
            event = json.loads(body)
            subject = event["data"]["object"]
            payment_pk = str((subject.get("metadata") or {}).get("payment", ""))
            return ReceivedEvent(
                event_id=event["id"],
                kind=event["type"],
                payment_pk=int(payment_pk) if payment_pk.isdigit() else None,
                ref=str(subject.get("id", "")),
                payload=event,
            )
        except (stripe.SignatureVerificationError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise BadSignature(str(error)) from error

    def _v1(self, act: str) -> Any:
        refuse_inside_transaction(f"Stripe ({act})")
        return self._client.v1


class _Sorted:
    """Turns the SDK's errors into what the pipeline sorts by."""

    def __init__(self, *, refusal: type[StageError] = Refused, key_is_spent_by_a_fault: bool = False) -> None:
        self.refusal = refusal
        self.key_is_spent_by_a_fault = key_is_spent_by_a_fault

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        if isinstance(error, stripe.StripeError):
            raise self._sort(error) from error

    def _sort(self, error: stripe.StripeError) -> Exception:
        words = f"Stripe: {error.user_message or error}"
        if isinstance(error, stripe.IdempotencyError) or (error.http_status or 0) == 409:
            return Transient(words)
        if isinstance(error, stripe.CardError | stripe.InvalidRequestError):
            return self.refusal(words)
        if (error.http_status or 0) >= 500 and self.key_is_spent_by_a_fault:
            return Spent(words)  # under the same key Stripe would repeat this very fault
        return Transient(words)


def _taken_on(refund: Any) -> Json:
    return {"id": refund.id, "status": refund.status, "is_pending": refund.status in _PENDING_REFUNDS}


def _session_request(payment: Payment, metadata: Json) -> Json:
    order = payment.order
    lines: list[Json] = [
        _line(line.name, line.unit_price, line.quantity, payment.currency) for line in order.lines.all()
    ]
    if order.shipping_fee:
        lines.append(_line("送料" if order.language == "ja" else "Shipping", order.shipping_fee, 1, payment.currency))
    return {
        "mode": "payment",
        "line_items": lines,
        "customer_email": order.email,
        "client_reference_id": order.number,
        "locale": "ja" if order.language == "ja" else "en",
        "metadata": metadata,
        "payment_intent_data": {"metadata": metadata, "description": f"{settings.STATION_NAME} {order.number}"},
        "success_url": payment.return_url,
        "cancel_url": payment.return_url,
    }


def _line(name: str, unit_amount: int, quantity: int, currency: str) -> Json:
    price = {"currency": currency.lower(), "unit_amount": unit_amount, "product_data": {"name": name}}
    return {"price_data": price, "quantity": quantity}


def _intent_status(intent: Any) -> PaymentStatus:
    error = intent.last_payment_error
    charge = intent.latest_charge
    return PaymentStatus(
        standing=_STANDINGS.get(intent.status, Standing.PROCESSING),
        ref=intent.id,
        amount=intent.amount_received or 0,
        currency=intent.currency.upper(),
        charge_ref=charge if isinstance(charge, str) or charge is None else charge.id,
        decline_code=(error.decline_code or error.code or "") if error else "",
        client_secret=intent.client_secret or "",
    )


def _session_status(session: Any) -> PaymentStatus:
    if session.payment_status == "paid" and session.payment_intent:
        paid = _intent_status(session.payment_intent)
        return PaymentStatus(Standing.SUCCEEDED, session.id, paid.amount, paid.currency, paid.charge_ref)
    if session.status == "expired":
        return PaymentStatus(Standing.CANCELLED, session.id)
    if session.status == "complete":  # paid later, such as in a shop, or by then not at all: the page is closed
        failed = session.payment_intent and session.payment_intent.status in ("requires_payment_method", "canceled")
        return PaymentStatus(Standing.CANCELLED if failed else Standing.PROCESSING, session.id)
    return PaymentStatus(Standing.OPEN, session.id, page_url=session.url or "")
