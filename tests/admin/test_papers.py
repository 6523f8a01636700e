"""Staff read the documents of every order as PDF, and issue a receipt for a buyer who asks for it."""

import pytest
from django.urls import reverse

from cms.demo.load import _group as role
from orders.models import Order, ReceiptIssue, TaxDocument
from tests import builders
from tests.admin.rows import fill
from tests.reading_pdf import text_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_english")]
GIVEN = {"sequence": 1, "addressee": "みなと商店", "honorific": "御中", "proviso": "お品代"}


@pytest.fixture
def document(world, alice, mug) -> TaxDocument:
    return world.bought(alice, mug).tax_documents.get()


@pytest.fixture
def hana(db):
    """Answers buyers."""
    user = builders.member("hana@example.com", "花田 はな", is_staff=True)
    user.groups.add(role("support"))
    return user


def place(document, act="receipt") -> str:
    return reverse(f"admin:orders_taxdocument_{act}", args=[document.pk])


def test_support_issues_a_receipt_for_a_buyer_and_is_named_as_who_did(visit, hana, document):
    client = visit(hana)
    assert client.get(place(document)).status_code == 200
    assert client.post(place(document), GIVEN | {"addressee": "祭🎆"}).status_code == 200
    assert not ReceiptIssue.objects.exists()

    page = client.post(place(document), GIVEN, follow=True).content.decode()
    made = ReceiptIssue.objects.get()
    assert (made.issued_by, made.addressee, made.honorific) == (hana, "みなと商店", "御中")
    assert made.number in page
    answer = client.get(reverse("admin:orders_receiptissue_pdf", args=[made.pk]))
    assert "みなと商店 御中" in text_of(answer.content)
    assert "no-store" in answer["Cache-Control"]

    client.post(place(document), {"sequence": 2})
    assert "再発行" in text_of(
        client.get(reverse("admin:orders_receiptissue_pdf", args=[ReceiptIssue.objects.get(sequence=2).pk])).content
    )


def test_staff_download_any_tax_document(visit, hana, document):
    answer = visit(hana).get(place(document, "pdf"))
    assert document.number in text_of(answer.content)
    assert "no-store" in answer["Cache-Control"]


def test_who_may_not_see_orders_sees_no_paper(visit, carol, alice, document):
    made = ReceiptIssue.objects.create(document=document, sequence=1, addressee="客", proviso="代", method="カード")
    pages = [place(document), place(document, "pdf"), reverse("admin:orders_receiptissue_pdf", args=[made.pk])]
    for person in (carol, alice):
        assert [visit(person).get(page).status_code for page in pages] == [403, 403, 403]


def test_who_may_only_read_issues_nothing(visit, document):
    warehouse = builders.member("kura@example.com", "倉田 くら", is_staff=True)
    warehouse.groups.add(role("warehouse"))
    client = visit(warehouse)
    assert 'name="addressee"' not in client.get(place(document)).content.decode()
    assert client.post(place(document), GIVEN).status_code == 403
    assert not ReceiptIssue.objects.exists()


def test_the_page_of_receipts_takes_few_queries(visit, chief, django_assert_max_num_queries):
    fill(3)
    client = visit(chief)
    client.get("/admin/")
    document = Order.objects.first().tax_documents.get()
    with django_assert_max_num_queries(12):
        assert client.get(place(document)).status_code == 200
