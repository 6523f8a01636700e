"""Tax documents and receipts on paper: what the law asks for is on them, and every name comes out as it was written."""

import re
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from config.lib.appendonly import Unchangeable
from orders import papers
from orders.models import Order, OrderEvent, ReceiptIssue, TaxDocument
from orders.services import cancelling, receipts
from shop.models import ShippingRate
from tests import builders
from tests.orders.reading import words
from tests.orders.test_cancel import held_back
from tests.reading_pdf import text_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_english")]
# A person's name in letters that many systems lose: U+20BB7, U+9AD9 and U+FA19, which normalising would rewrite.
NAME = "\U00020bb7田 \u9ad9\ufa19"


@pytest.fixture
def cake(mug):
    """Food, at the reduced rate."""
    return builders.variant(builders.product(name="港のどら焼き", tax_category="reduced"), price=1296, label="")


@pytest.fixture
def shopper(client, alice, world):
    client.force_login(alice)
    return client


@pytest.fixture
def paid(world, alice, mug, cake, film) -> Order:
    return world.bought(alice, mug, cake, film)


def page(order: Order) -> str:
    return reverse("orders:receipt", args=[order.number])


def pdf(order: Order, sequence: int) -> str:
    return reverse("orders:receipt_pdf", args=[order.number, sequence])


def issue(shopper, order, sequence=1, **given):
    form = {"addressee": NAME, "honorific": "様", "proviso": "お品代"} if sequence == 1 else {}
    return shopper.post(page(order), form | {"sequence": sequence} | given)


def text(response) -> str:
    assert response["Content-Type"] == "application/pdf"
    return text_of(response.content)


def invoice(order: Order) -> TaxDocument:
    return order.tax_documents.get(kind=TaxDocument.Kind.SIMPLIFIED_INVOICE)


def japanese_day(moment) -> str:
    day = timezone.localtime(moment)
    return f"{day.year}年{day.month}月{day.day}日"


def test_the_invoice_on_paper_states_what_the_law_asks_for(shopper, paid):
    document = invoice(paid)
    said = text(shopper.get(reverse("orders:document_pdf", args=[paid.number, document.number])))

    assert said.startswith("適格簡易請求書")
    for fact in (document.issuer, document.registration_number, japanese_day(document.issued_at), document.number):
        assert fact in said
    assert f"港のどら焼き ※ {1296:,}円 1 8% {1296:,}円" in said
    assert "※は軽減税率（8%）の対象です。" in said
    # 1,980 and 330 and postage of 800 at 10 %: 3,110 × 10 / 110 = 282; 1,296 × 8 / 108 = 96.
    assert "10%対象 3,110円 282円" in said
    assert "※ 8%対象 1,296円 96円" in said
    assert "合計 4,406円 378円" in said


def test_without_food_there_is_no_mark_and_no_legend(shopper, world, alice, mug):
    order = world.bought(alice, mug)
    assert "※" not in text_of(papers.tax_document(invoice(order)))


def test_a_correction_names_the_document_it_corrects_and_both_days(shopper, world, alice, mug):
    order = held_back(world, world.order(alice, mug))
    first = invoice(order)
    world.later(days=2)
    cancelling.cancel(order, alice, "", world.now)
    world.work(order)
    correction = order.tax_documents.get(kind=TaxDocument.Kind.CORRECTION)

    said = text(shopper.get(reverse("orders:document_pdf", args=[order.number, correction.number])))
    assert said.startswith("適格返還請求書")
    assert f"{japanese_day(first.issued_at)}付の適格簡易請求書 {first.number} を訂正するものです。" in said
    assert f"返還日 {japanese_day(correction.issued_at)}" in said
    assert f"取引日 {japanese_day(first.issued_at)}" in said
    assert f"返還金額（税込） {correction.total:,}円" in said
    assert correction.registration_number in said


def test_a_buyer_issues_a_receipt_and_every_letter_of_a_name_stays(shopper, paid):
    assert "Issue the receipt" in words(shopper.get(paid.get_absolute_url()))
    assert 'value="お品代"' in shopper.get(page(paid)).content.decode()
    assert issue(shopper, paid).url == page(paid)
    assert pdf(paid, 1) in shopper.get(page(paid)).content.decode()

    answer = shopper.get(pdf(paid, 1))
    said = text(answer)
    assert said.startswith("領収書")
    assert f"{NAME} 様" in said
    assert "再発行" not in said
    assert "領収金額（税込） 4,406円" in said
    assert "但し、お品代 として" in said
    assert "お支払方法 クレジットカード" in said
    assert "収入印紙の貼付は要しません" in said
    document = invoice(paid)
    for fact in (
        document.issuer,
        document.registration_number,
        document.number,
        "※は軽減税率",
        "10%対象 3,110円 282円",
    ):
        assert fact in said
    assert answer["Cache-Control"] == "max-age=0, no-cache, no-store, must-revalidate, private"
    assert "attachment" in answer["Content-Disposition"]


def test_the_second_issue_is_marked_and_repeats_the_addressee(shopper, paid):
    issue(shopper, paid)
    assert "addressee" not in re.findall(r'name="(\w+)"', shopper.get(page(paid)).content.decode())
    issue(shopper, paid, 2, addressee="別の会社", proviso="飲食代")

    said = text(shopper.get(pdf(paid, 2)))
    assert "再発行" in said
    assert NAME in said
    assert "別の会社" not in said
    assert "飲食代" not in said
    assert list(ReceiptIssue.objects.values_list("sequence", "issued_by__email")) == [
        (1, "alice@example.com"),
        (2, "alice@example.com"),
    ]
    assert OrderEvent.objects.filter(order=paid, kind="orders.receipt.issued").count() == 2


def test_a_form_that_is_sent_twice_issues_once(shopper, paid):
    issue(shopper, paid)
    issue(shopper, paid)
    assert ReceiptIssue.objects.count() == 1
    issue(shopper, paid, 7)
    issue(shopper, paid, "x")
    assert ReceiptIssue.objects.count() == 1


def test_the_same_issue_is_the_same_bytes_and_is_to_be_had_for_a_day(shopper, paid):
    issue(shopper, paid)
    assert shopper.get(pdf(paid, 1)).content == shopper.get(pdf(paid, 1)).content

    issue(shopper, paid, 2)
    assert shopper.get(pdf(paid, 1)).url == page(paid)  # else nobody would need the marked one
    row = ReceiptIssue(
        document=invoice(paid), sequence=3, addressee="客", proviso="代", method="現金",
        issued_at=timezone.now() - timedelta(hours=25),
    )  # fmt: skip
    row.save()
    assert shopper.get(pdf(paid, 3)).url == page(paid)
    assert shopper.get(pdf(paid, 4)).status_code == 404


def test_a_buyer_issues_it_ten_times_at_most_and_staff_after_that(shopper, paid, alice, sam):
    for number in range(1, 12):
        issue(shopper, paid, number)
    assert ReceiptIssue.objects.count() == receipts.MOST_BY_BUYER
    assert "often enough" in words(shopper.get(page(paid)))
    assert receipts.issue(paid, sequence=11, actor=sam, now=timezone.now()).sequence == 11


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"addressee": ""}, "Addressee"),
        ({"addressee": "様"}, "Please write a name."),
        ({"addressee": "祭🎆"}, "We have no letter for 🎆 in print."),
        ({"proviso": ""}, "Proviso"),
        ({"proviso": "あ" * 61}, "60"),
        ({"honorific": "殿"}, "Honorific"),
    ],
)
def test_what_cannot_be_printed_is_refused_and_what_was_typed_stays(shopper, paid, given, said):
    answer = issue(shopper, paid, **given)
    assert answer.status_code == 200
    assert said in words(answer)
    assert not ReceiptIssue.objects.exists()
    assert all(value in answer.content.decode() for value in given.values())


def test_an_honorific_written_by_habit_is_not_printed_twice(shopper, paid):
    issue(shopper, paid, addressee="みなと商店　御中", honorific="御中")
    assert text(shopper.get(pdf(paid, 1))).count("御中") == 1


def test_nothing_unpaid_or_given_back_has_a_receipt(shopper, world, alice, mug):
    order = world.order(alice, mug)
    world.work(order, only="charge")
    issue(shopper, order)
    assert "There is no receipt" in words(shopper.get(page(order)))
    assert page(order) not in shopper.get(order.get_absolute_url()).content.decode()

    order = held_back(world, order)
    cancelling.cancel(Order.objects.get(pk=order.pk), alice, "", world.now)
    issue(shopper, order)  # while it is being taken back
    world.work(order)
    issue(shopper, order)
    assert not ReceiptIssue.objects.exists()
    assert "There is no receipt" in words(shopper.get(page(order)))


def test_a_part_that_was_given_back_stands_on_the_receipt(shopper, paid):
    """Whatever made the correction: the sum that was received stays, and what went back is said."""
    given = {"name": "割引", "name_en": "", "unit_price": 0, "quantity": 0, "amount": 500, "rate": 10}
    document = invoice(paid)
    correction = TaxDocument.objects.create(
        number=f"{paid.number}-2", order=paid, kind=TaxDocument.Kind.CORRECTION, issuer=document.issuer,
        registration_number=document.registration_number, lines=[given], total=500,
    )  # fmt: skip
    correction.summaries.create(rate=10, gross=500, tax=45)
    issue(shopper, paid)
    said = text(shopper.get(pdf(paid, 1)))
    assert "領収金額（税込） 4,406円" in said
    today = japanese_day(correction.issued_at)
    assert f"このうち 500円は {today}に返金しました（適格返還請求書 {correction.number}）。" in said
    assert "割引 10% 500円" in text_of(papers.tax_document(correction))


def test_a_document_says_what_was_stored_whatever_the_catalogue_and_the_settings_say_now(shopper, paid, mug, settings):
    before = papers.tax_document(TaxDocument.objects.get(pk=invoice(paid).pk))
    mug.product.name, mug.price = "別の名前", 1
    mug.product.save()
    mug.save()
    paid.lines.update(name="書き換え", unit_price=1)
    ShippingRate.objects.update(fee=1)
    settings.INVOICE_ISSUER = "別の局"
    settings.LANGUAGE_CODE = "ja"
    assert papers.tax_document(TaxDocument.objects.get(pk=invoice(paid).pk)) == before


def test_nobody_else_gets_a_paper(client, bob, shopper, paid):
    issue(shopper, paid)
    places = [pdf(paid, 1), page(paid), reverse("orders:document_pdf", args=[paid.number, invoice(paid).number])]
    assert [shopper.get(place).status_code for place in places] == [200, 200, 200]
    shopper.force_login(bob)
    assert [shopper.get(place).status_code for place in places] == [404, 404, 404]
    assert issue(shopper, paid, 2).status_code == 404
    shopper.logout()
    assert all(shopper.get(place).url == f"{reverse('account_login')}?next={place}" for place in places)


def test_a_document_of_another_order_is_not_found_under_this_one(shopper, world, alice, paid, mug):
    other = world.bought(alice, mug)
    place = reverse("orders:document_pdf", args=[paid.number, invoice(other).number])
    assert shopper.get(place).status_code == 404


def test_an_issue_is_never_changed_and_its_number_is_its_own(shopper, paid):
    issue(shopper, paid)
    row = ReceiptIssue.objects.get()
    row.addressee = "別"
    with pytest.raises(Unchangeable):
        row.save()
    with pytest.raises(IntegrityError), transaction.atomic():
        ReceiptIssue.objects.create(document=row.document, sequence=1, addressee="客", proviso="代", method="現金")
