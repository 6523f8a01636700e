"""What every payment provider offers us.

Requests are plain JSON, made first and sent later, so that a retry sends exactly what the first attempt sent. Nothing
here may be called while a database transaction is open.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from orders.models import Payment
from orders.payments.books import ListedCharge, ListedMovement, ListedRefund, Page, Period

Json = dict[str, Any]


class Standing(StrEnum):
    """Where a payment stands at the provider."""

    OPEN = "open"  # the buyer has to do something: enter a card, authenticate
    PROCESSING = "processing"  # the provider has to do something
    SUCCEEDED = "succeeded"
    CANCELLED = "cancelled"  # given up or expired; it can never succeed any more


@dataclass(frozen=True)
class PaymentStatus:
    """The provider's own answer about one payment. Amounts are in the currency's minor unit."""

    standing: Standing
    ref: str
    amount: int = 0
    currency: str = "JPY"
    charge_ref: str | None = None
    decline_code: str = ""
    client_secret: str = ""
    page_url: str = ""


@dataclass(frozen=True)
class RefundStatus:
    """Whether money that was given back arrived. A refund may fail days after it had succeeded.

    One that is pending is neither: it waits for the provider's bank, or for an account that the buyer has to name.
    """

    is_failed: bool
    reason: str = ""
    is_pending: bool = False


@dataclass(frozen=True)
class ReceivedEvent:
    """A webhook whose signature is good. It only says that something may have changed."""

    event_id: str
    kind: str
    payment_pk: int | None
    ref: str
    payload: Json


class BadSignature(Exception):
    """The webhook was not signed with our secret, or too long ago."""


class PaymentProvider(Protocol):
    code: str

    def opening_request(self, payment: Payment) -> Json:
        """The frozen request that opens a payment, in the page or at the provider's own page."""

    def open(self, request: Json, key: str) -> Json:
        """Open it; the answer holds `id`. Safe to repeat under the same key."""

    def status(self, payment: Payment) -> PaymentStatus:
        """Ask where the payment stands; raises `Transient`, never `Refused`, when there is no answer to that."""

    def cancel(self, payment: Payment) -> PaymentStatus:
        """Give it up, or say how it ended when that was faster."""

    def refund_request(self, payment: Payment, amount: int, key: str) -> Json: ...

    def refund(self, request: Json, key: str) -> Json:
        """Give money back; the answer holds `id`, and `is_pending` where it has not arrived. Safe to repeat by key."""

    def find_refund(self, request: Json, key: str) -> Json | None:
        """The refund an earlier attempt made under that key, if it came that far."""

    def refund_status(self, ref: str) -> RefundStatus:
        """Ask what became of the refund with that `id`; raises `Transient` when there is no answer."""

    def list_charges(self, period: Period, after: str = "") -> Iterator[Page[ListedCharge]]:
        """The tries to take money of a period, the newest first, one call for each page; begins after line `after`.

        Raises `Transient` when there is no answer. The same goes for the other two lists.
        """

    def list_refunds(self, period: Period, after: str = "") -> Iterator[Page[ListedRefund]]: ...

    def list_movements(self, period: Period, after: str = "") -> Iterator[Page[ListedMovement]]:
        """The lines of the account's own book, with fees."""

    def listed_charge(self, ref: str) -> ListedCharge | None:
        """One charge as it stands now; None where the provider does not know it. Raises `Transient`."""

    def listed_refund(self, ref: str) -> ListedRefund | None: ...

    def page_of(self, ref: str) -> str:
        """The address at which staff look at a charge or a refund with the provider; empty where there is none."""

    def read_event(self, body: bytes, signature: str) -> ReceivedEvent:
        """Verify and read a webhook; raises `BadSignature`."""
