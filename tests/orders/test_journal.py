"""Accounting's books: equal to the tax documents to the yen, whatever was sold by whom."""

import csv
import io
import random
import uuid
from collections import Counter
from datetime import date, datetime, timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from config.lib import tax
from orders.models import (
    Handler,
    Order,
    OrderLine,
    Payment,
    ProviderEntry,
    Refund,
    RefundLine,
    TaxDocument,
    TaxDocumentSummary,
)
from orders.services import documents, journal
from tests import builders

pytestmark = pytest.mark.django_db
FIRST = date(2026, 4, 1)
LAST = FIRST + timedelta(days=60)


@pytest.fixture
def handlers() -> list[Handler]:
    names = ("物販部", "𠮷田商店", "=cmd|' /C calc'!A0")
    return [
        builders.video_handler(),
        *(Handler.objects.create(code=f"h{n}", name=name) for n, name in enumerate(names)),
    ]


def at_random(dice: random.Random, alice, handlers, variant, *, is_returned: bool | None = None) -> Order:
    """An order of some lines, paid, and taken back now and then."""
    when = moment(dice)
    prices = [
        (dice.randrange(1, 3000), dice.randrange(1, 4), dice.choice([8, 10])) for _ in range(dice.randrange(1, 6))
    ]
    subtotal, shipping = sum(price * count for price, count, _ in prices), dice.choice([0, 0, 800])
    order = Order.objects.create(
        checkout_key=uuid.uuid4(), user=alice, email=alice.email, subtotal=subtotal, shipping_fee=shipping,
        total=subtotal + shipping, state=Order.State.PLACED, paid_at=when,
    )  # fmt: skip
    for price, count, rate in prices:
        OrderLine.objects.create(
            order=order, variant=variant, handler=dice.choice(handlers), name=dice.choice(["マグ", "皿"]),
            unit_price=price, quantity=count, tax_rate=rate,
        )  # fmt: skip
    payment = Payment.objects.create(
        order=order, method=dice.choice(["element", "hosted"]), provider="memory", amount=order.total,
        captured=order.total, state="succeeded", succeeded_at=when, return_url="http://testserver/",
    )  # fmt: skip
    documents.issue_invoice(order, now=when)
    if dice.random() < 0.3 if is_returned is None else is_returned:
        back = when + timedelta(days=dice.randrange(0, 20))
        refund = Refund.objects.create(
            payment=payment, key=str(order.pk), amount=order.total, shipping=shipping, reason="x", state="succeeded",
            created_at=back,
        )  # fmt: skip
        for line in order.lines.all():
            RefundLine.objects.create(refund=refund, order_line=line, quantity=line.quantity, amount=line.amount)
        with transaction.atomic():
            documents.issue_correction(refund, now=back)
    return order


def moment(dice: random.Random) -> datetime:
    midnight = timezone.make_aware(datetime.combine(FIRST, datetime.min.time()))
    return midnight + timedelta(seconds=dice.choice([0, 86399, dice.randrange(40 * 86400)]))


def stated(since=FIRST, until=LAST) -> Counter:
    """What the tax documents of these days come to, by kind and rate, as they state it themselves."""
    totals: Counter = Counter()
    for one in TaxDocumentSummary.objects.select_related("document"):
        if since <= timezone.localdate(one.document.issued_at) <= until:
            sign = -1 if one.document.kind == TaxDocument.Kind.CORRECTION else 1
            totals[one.document.kind, one.rate, "gross"] += sign * one.gross
            totals[one.document.kind, one.rate, "tax"] += sign * one.tax
    return totals


def posted(found) -> Counter:
    totals: Counter = Counter()
    for one in found:
        totals[one.kind, one.rate, "gross"] += one.gross
        totals[one.kind, one.rate, "tax"] += one.tax
    return totals


@pytest.mark.parametrize("seed", range(5))
def test_the_totals_are_those_of_the_tax_documents_to_the_yen(alice, handlers, mug_alone, seed, monkeypatch):
    dice = random.Random(seed)
    monkeypatch.setattr(journal, "PAGE", dice.randrange(1, 9))
    for _ in range(25):
        at_random(dice, alice, handlers, mug_alone)
    found = list(journal.postings(FIRST, LAST))
    assert posted(found) == stated()
    for document in TaxDocument.objects.all():
        sums = [one.gross for one in found if one.document.pk == document.pk]
        assert abs(sum(sums)) == document.total
    day = FIRST + timedelta(days=dice.randrange(20))
    assert posted(journal.postings(day, day)) == stated(day, day)


@pytest.mark.parametrize("per", journal.PER)
def test_the_sums_by_day_and_by_month_are_those_of_the_documents(alice, handlers, mug_alone, per):
    dice = random.Random(7)
    for _ in range(30):
        at_random(dice, alice, handlers, mug_alone)
    heading, *rows = journal.rows("sales", since=FIRST, until=LAST, per=per)
    totals = stated()
    assert sum(row[7] for row in rows) == sum(value for key, value in totals.items() if key[2] == "gross")
    assert sum(row[8] for row in rows) == sum(value for key, value in totals.items() if key[2] == "tax")
    assert all(row[7] - row[8] == row[9] for row in rows)
    assert len({row[:6] for row in rows}) == len(rows)
    assert [row[0] for row in rows] == sorted(row[0] for row in rows)
    assert len(heading) == len(rows[0])
    detail = list(journal.rows("documents", since=FIRST, until=LAST))[1:]
    assert sum(row[8] for row in detail) == sum(row[7] for row in rows)


def test_each_yen_stands_with_the_handler_who_sold_it(alice, handlers, mug_alone):
    order = at_random(random.Random(3), alice, handlers, mug_alone)
    by_handler: Counter = Counter()
    for line in order.lines.select_related("handler"):
        by_handler[line.handler.code] += line.amount
    by_handler["shipping"] += order.shipping_fee
    found: Counter = Counter()
    for one in journal.postings(FIRST, LAST):
        found[one.handler[0]] += one.gross if one.gross > 0 else 0
    assert +found == +by_handler


def test_a_return_of_a_part_is_shared_by_what_its_document_says(alice, handlers, mug_alone):
    """A correction need not have the lines of the order."""
    order = at_random(random.Random(1), alice, handlers, mug_alone, is_returned=False)
    line = order.lines.select_related("handler").first()
    when = moment(random.Random(2))
    told = [
        {"name": line.name, "unit_price": line.unit_price, "amount": line.unit_price, "rate": line.tax_rate},
        {"name": "値引き", "unit_price": 7, "amount": 7, "rate": 10},
    ]
    made = TaxDocument.objects.create(
        number="R1", order=order, kind="correction", issuer="局", registration_number="T", issued_at=when,
        lines=told, total=line.unit_price + 7,
    )  # fmt: skip
    for summary in tax.summarise([(one["rate"], one["amount"]) for one in told]):
        TaxDocumentSummary.objects.create(document=made, rate=summary.rate, gross=summary.gross, tax=summary.tax)
    back = [one for one in journal.postings(FIRST, LAST) if one.kind == "correction"]
    assert sum(one.gross for one in back) == -(line.unit_price + 7)
    assert {one.handler[0]: one.gross for one in back}[line.handler.code] == -line.unit_price
    assert posted(journal.postings(FIRST, LAST)) == stated()


def test_money_is_what_came_in_went_back_and_was_kept(alice, handlers, mug_alone):
    dice = random.Random(11)
    for _ in range(20):
        at_random(dice, alice, handlers, mug_alone)
    ProviderEntry.objects.create(
        provider="memory", kind="movement", ref="txn_1", type="charge", amount=1000, fee=36, currency="JPY",
        happened_at=moment(dice),
    )  # fmt: skip
    rows = list(journal.rows("money", since=FIRST, until=LAST, per="month"))[1:]
    received = sum(Payment.objects.values_list("captured", flat=True))
    assert sum(row[5] for row in rows if row[5] > 0) == received
    assert sum(row[5] for row in rows if row[5] < 0) == -36 - sum(Refund.objects.values_list("amount", flat=True))
    assert {row[0] for row in rows} <= {"2026-04", "2026-05"}


def test_the_queries_do_not_grow_with_the_documents(alice, handlers, mug_alone):
    dice = random.Random(5)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            list(journal.rows("sales", since=FIRST, until=LAST))
        return len(captured)

    at_random(dice, alice, handlers, mug_alone)
    one = queries()
    for _ in range(20):
        at_random(dice, alice, handlers, mug_alone)
    assert queries() == one


@pytest.fixture
def mug_alone(db):
    return builders.variant(stock=None)


def test_the_command_writes_a_file_in_either_encoding(alice, handlers, mug_alone, tmp_path):
    dice = random.Random(0)
    for _ in range(10):
        at_random(dice, alice, handlers, mug_alone)
    texts = {}
    for encoding, codec in (("utf-8", "utf-8-sig"), ("shift-jis", "cp932")):
        file = tmp_path / encoding
        for month in ("2026-04", "2026-05"):
            call_command("journal", "--month", month, "--encoding", encoding, "--output", str(file))
            texts[encoding] = texts.get(encoding, "") + file.read_bytes().decode(codec)
    rows = {name: list(csv.reader(io.StringIO(text))) for name, text in texts.items()}
    assert len(rows["utf-8"]) == len(rows["shift-jis"])
    names = {name: {row[5] for row in found} for name, found in rows.items()}
    assert "𠮷田商店" in names["utf-8"]
    assert "〓田商店" in names["shift-jis"]
    assert not [name for found in names.values() for name in found if name.startswith("=")]


def test_a_day_that_is_none_and_a_file_that_cannot_be_are_refused(tmp_path):
    for words in (["--from", "today"], ["--month", "2026-13"], ["--from", "2026-04-02", "--to", "2026-04-01"]):
        with pytest.raises(CommandError) as told:
            call_command("journal", *words)
        assert told.value.returncode == 2
    with pytest.raises(CommandError, match="cannot be written"):
        call_command("journal", "--output", str(tmp_path / "none" / "file"))
