"""The books of sales and money for accounting, read from what was written when it happened.

Sales and returns come from the tax documents: their sums and taxes per rate are taken as they are stated and shared out
among handlers, so that every total equals the documents to the yen. Money comes from payments and refunds, fees from
the provider's own book as the reconciliation read it.
"""

from collections import defaultdict, deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count, F, Prefetch, Q, QuerySet, Sum
from django.db.models.functions import TruncDay, TruncMonth
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from config.lib.money import spread
from orders.models import OrderLine, Payment, ProviderEntry, Refund, TaxDocument

PAGE = 500
PER = ("day", "month")
REPORTS = ("sales", "documents", "money")
SHIPPING = ("shipping", "送料")
NOBODY = ("", "")
Row = tuple[Any, ...]
Handler = tuple[str, str]


@dataclass(frozen=True)
class Posting:
    """The part of one tax document that has one rate and one handler; a return's sums are negative."""

    document: TaxDocument
    date: date
    rate: int
    method: str
    handler: Handler
    gross: int
    tax: int

    @property
    def kind(self) -> str:
        return self.document.kind


def rows(report: str, *, since: date, until: date, per: str = "day") -> Iterator[Row]:
    """A report with its heading, for the Japanese calendar days from `since` to `until`, both of them in it."""
    if report == "money":
        return _money(since, until, per)
    return _documents(since, until) if report == "documents" else _sales(since, until, per)


def postings(since: date, until: date) -> Iterator[Posting]:
    """Every tax document of these days in the order of issue, shared out by rate and handler."""
    for document in _documents_of(since, until):
        payment = next(iter(document.order.payments.all()), None)
        method = payment.method if payment else ""
        day = timezone.localdate(document.issued_at)
        sign = -1 if document.kind == TaxDocument.Kind.CORRECTION else 1
        weights = _weights(document)
        for summary in document.summaries.all():
            for handler, gross, tax in _shares(summary.gross, summary.tax, weights.get(summary.rate, {})):
                yield Posting(document, day, summary.rate, method, handler, sign * gross, sign * tax)


def _shares(gross: int, tax: int, weights: dict[Handler, int]) -> list[tuple[Handler, int, int]]:
    """The sum and the tax of one rate by handler; the lines say who, the summary says how much in all."""
    if not weights:
        return [(NOBODY, gross, tax)]
    sums = list(weights.values())
    positive = [max(one, 0) for one in sums]
    parts = sums if sum(sums) == gross else spread(gross, positive)
    return list(zip(weights, parts, spread(tax, positive), strict=True))


def _weights(document: TaxDocument) -> dict[int, dict[Handler, int]]:
    """What the document's lines come to, by rate and handler. A line belongs to the order line that it copies."""
    copied: dict[tuple[Any, ...], deque[OrderLine]] = defaultdict(deque)
    for line in document.order.lines.all():
        copied[line.name, line.unit_price, line.tax_rate].append(line)
    found: dict[int, dict[Handler, int]] = defaultdict(dict)
    for told in document.lines:
        known = copied.get((told["name"], told["unit_price"], told["rate"]))
        handler = _handler(known.popleft()) if known else SHIPPING if told["name"] == SHIPPING[1] else NOBODY
        of_rate = found[told["rate"]]
        of_rate[handler] = of_rate.get(handler, 0) + told["amount"]
    return found


def _handler(line: OrderLine) -> Handler:
    return line.handler.code, line.handler.name


def _documents_of(since: date, until: date) -> Iterator[TaxDocument]:
    """The documents in the order of issue, a page at a time, each page in a fixed number of queries."""
    begin, end = _bounds(since, until)
    paid = Payment.objects.filter(state=Payment.State.SUCCEEDED)
    wanted = TaxDocument.objects.standing().filter(issued_at__gte=begin, issued_at__lt=end).order_by("issued_at", "pk")
    wanted = wanted.select_related("order").prefetch_related(
        "summaries",
        Prefetch("order__payments", paid),
        Prefetch("order__lines", OrderLine.objects.select_related("handler").order_by("pk")),
    )
    after = Q()
    while page := list(wanted.filter(after)[:PAGE]):
        yield from page
        last = page[-1]
        after = Q(issued_at__gt=last.issued_at) | Q(issued_at=last.issued_at, pk__gt=last.pk)


def _bounds(since: date, until: date) -> tuple[datetime, datetime]:
    midnight = datetime.min.time()
    return (
        timezone.make_aware(datetime.combine(since, midnight)),
        timezone.make_aware(datetime.combine(until + timedelta(days=1), midnight)),
    )


def _period(day: date, per: str) -> str:
    return f"{day:%Y-%m}" if per == "month" else day.isoformat()


def _kind(kind: str) -> str:
    is_return = kind == TaxDocument.Kind.CORRECTION
    return pgettext("journal", "return") if is_return else pgettext("journal", "sale")


def _method(method: str) -> str:
    return str(dict(Payment.Method.choices).get(method, method))


def _sales(since: date, until: date, per: str) -> Iterator[Row]:
    """Sums by period, kind, rate, method and handler: what is held is one period, not the orders."""
    yield (
        _("period"), _("kind"), _("tax rate"), _("method of payment"), _("handler code"), _("handler"), _("documents"),
        _("sum, tax included"), _("tax in it"), _("sum without tax"),
    )  # fmt: skip
    period, sums = "", dict[tuple[Any, ...], list[int]]()
    for posting in postings(since, until):
        here = _period(posting.date, per)
        if here != period:
            yield from _summed(period, sums)
            period, sums = here, {}
        found = sums.setdefault((posting.kind, posting.rate, posting.method, posting.handler), [0, 0, 0])
        for place, more in enumerate((1, posting.gross, posting.tax)):
            found[place] += more
    yield from _summed(period, sums)


def _summed(period: str, sums: dict[tuple[Any, ...], list[int]]) -> Iterator[Row]:
    order = {TaxDocument.Kind.SIMPLIFIED_INVOICE: 0, TaxDocument.Kind.CORRECTION: 1}
    for key in sorted(sums, key=lambda key: (order.get(key[0], 2), -key[1], key[2:])):
        kind, rate, method, handler = key
        count, gross, tax = sums[key]
        yield period, _kind(kind), rate, _method(method), *handler, count, gross, tax, gross - tax


def _documents(since: date, until: date) -> Iterator[Row]:
    """One line for each rate and handler of each document."""
    yield (
        _("issued"), _("document number"), _("order"), _("kind"), _("tax rate"), _("method of payment"),
        _("handler code"), _("handler"), _("sum, tax included"), _("tax in it"), _("sum without tax"),
    )  # fmt: skip
    for one in postings(since, until):
        number, order = one.document.number, one.document.order.number
        named = (one.date.isoformat(), number, order, _kind(one.kind), one.rate, _method(one.method), *one.handler)
        yield *named, one.gross, one.tax, one.gross - one.tax


def _money(since: date, until: date, per: str) -> Iterator[Row]:
    """What came in, went back and was kept by the provider; refunds by the day on which they were asked for."""
    yield _("period"), _("kind"), _("method of payment"), _("provider"), _("count"), _("amount")
    begin, end = _bounds(since, until)
    received = Payment.objects.filter(state=Payment.State.SUCCEEDED, succeeded_at__gte=begin, succeeded_at__lt=end)
    back = Refund.objects.filter(state=Refund.State.SUCCEEDED, created_at__gte=begin, created_at__lt=end)
    fees = ProviderEntry.objects.filter(kind=ProviderEntry.Kind.MOVEMENT, happened_at__gte=begin, happened_at__lt=end)
    found = [
        *_grouped(received, per, "succeeded_at", "captured", 0, way=F("method"), by=F("provider")),
        *_grouped(back, per, "created_at", "amount", 1, way=F("payment__method"), by=F("payment__provider")),
        *_grouped(fees.exclude(fee=0), per, "happened_at", "fee", 2, by=F("provider")),
    ]
    kinds = (pgettext("journal", "received"), pgettext("journal", "given back"), pgettext("journal", "fee"))
    for day, kind, method, by, count, amount in sorted(found):
        yield _period(day, per), kinds[kind], _method(method), by, count, -amount if kind else amount


def _grouped(wanted: QuerySet[Any], per: str, at: str, amount: str, kind: int, **groups: F) -> Iterator[Row]:
    """Count and sum by period and `groups`, one query whatever the number of rows."""
    cut = (TruncMonth if per == "month" else TruncDay)(at)
    found = wanted.order_by().values(period=cut, **groups).annotate(number=Count("pk"), total=Sum(amount))
    for row in found:
        day = timezone.localdate(row["period"])
        yield day, kind, row.get("way", ""), row["by"], row["number"], row["total"]
