"""The books of the provider in memory, made from what it remembers."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from django.utils import timezone

from config.lib.http import refuse_inside_transaction
from orders.payments import books
from orders.payments.base import Json, PaymentStatus, Standing
from orders.payments.books import Line, ListedCharge, ListedMovement, ListedRefund, Outcome, Page, Period


@dataclass
class MemoryBooks:
    """Lists charges, refunds and movements in the order in which they happened, the newest first."""

    payments: dict[str, PaymentStatus] = field(default_factory=dict)
    by_key: dict[str, Json] = field(default_factory=dict)
    refunds: list[Json] = field(default_factory=list)
    refund_refs: list[str] = field(default_factory=list)
    pending_refunds: set[str] = field(default_factory=set)
    failed_refunds: dict[str, str] = field(default_factory=dict)
    payment_pks: dict[str, int] = field(default_factory=dict)
    happened: dict[str, datetime] = field(default_factory=dict)

    def note(self, ref: str) -> None:
        """Remember when something happened, the first time that it is told."""
        self.happened.setdefault(ref, timezone.now())

    def list_charges(self, period: Period, after: str = "") -> Iterator[Page[ListedCharge]]:
        return self._pages([self._charge(one) for one in self.payments.values() if one.charge_ref], period, after)

    def list_refunds(self, period: Period, after: str = "") -> Iterator[Page[ListedRefund]]:
        return self._pages(self._refunds(), period, after)

    def list_movements(self, period: Period, after: str = "") -> Iterator[Page[ListedMovement]]:
        return self._pages(self._movements(), period, after)

    def listed_charge(self, ref: str) -> ListedCharge | None:
        refuse_inside_transaction("the payment provider in memory")
        return next((self._charge(one) for one in self.payments.values() if one.charge_ref == ref), None)

    def listed_refund(self, ref: str) -> ListedRefund | None:
        refuse_inside_transaction("the payment provider in memory")
        return next((one for one in self._refunds() if one.ref == ref), None)

    def page_of(self, ref: str) -> str:
        return ""

    def _charge(self, paid: PaymentStatus) -> ListedCharge:
        ref = paid.charge_ref or ""
        back = sum(one.amount for one in self._refunds() if one.charge_ref == ref and one.outcome != Outcome.FAILED)
        return ListedCharge(
            ref,
            self._when(ref),
            paid.amount,
            paid.currency,
            Outcome.SUCCEEDED if paid.standing == Standing.SUCCEEDED else Outcome.FAILED,
            refunded=back,
            opened_ref=paid.ref,
            payment_pk=self.payment_pks.get(paid.ref),
        )

    def _refunds(self) -> list[ListedRefund]:
        return [self._refund(*one) for one in zip(self.refund_refs, self.refunds, strict=True)]

    def _refund(self, ref: str, request: Json) -> ListedRefund:
        outcome = Outcome.PENDING if ref in self.pending_refunds else Outcome.SUCCEEDED
        outcome = Outcome.FAILED if ref in self.failed_refunds else outcome
        when, amount = self._when(ref), request["amount"]
        return ListedRefund(ref, when, amount, "JPY", outcome, charge_ref=request["charge"], key=request["key"])

    def _movements(self) -> list[ListedMovement]:
        charges = [self._charge(one) for one in self.payments.values() if one.charge_ref]
        refunds = self._refunds()
        lines = [_movement(one, "charge", one.amount) for one in charges]
        lines += [_movement(one, "refund", -one.amount) for one in refunds]
        lines += [_movement(one, "refund_failure", one.amount) for one in refunds if one.ref in self.failed_refunds]
        return lines

    def _when(self, ref: str) -> datetime:
        self.note(ref)
        return self.happened[ref]

    def _pages(self, lines: list[Line], period: Period, after: str) -> Iterator[Page[Line]]:
        newest = sorted(lines, key=lambda line: line.happened_at, reverse=True)
        wanted = [line for line in newest if period.since <= line.happened_at < period.until]
        begin = next((place + 1 for place, line in enumerate(wanted) if line.ref == after), 0)
        while True:
            refuse_inside_transaction("the payment provider in memory")
            shown, begin = wanted[begin : begin + books.PAGE], begin + books.PAGE
            yield Page(tuple(shown), shown[-1].ref if begin < len(wanted) else "")
            if begin >= len(wanted):
                return


def _movement(of: ListedCharge | ListedRefund, kind: str, amount: int) -> ListedMovement:
    ref = f"txn_{kind}_{of.ref}"
    return ListedMovement(ref, of.happened_at, amount, of.currency, kind, of.ref, fee=0)
