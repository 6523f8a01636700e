"""What accounting sees of the provider's books: the target line, what is open, closing it, and the downloads."""

import csv
import io
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from orders.models import Discrepancy, ReconciliationRun, TaxDocument
from tests import builders
from tests.admin.conftest import role
from tests.admin.rows import fill
from tests.cms.test_metrics import read
from tests.orders.reading import words

LIST, RUNS = "/admin/orders/discrepancy/", "/admin/orders/reconciliationrun/"
DOCUMENTS, JOURNAL = "/admin/orders/taxdocument/", "/admin/orders/taxdocument/journal/"


@pytest.fixture
def kei(db) -> User:
    """Does the accounts."""
    user = builders.member("kei@example.com", "木村 けい", is_staff=True)
    user.groups.add(role("accounting"))
    return user


@pytest.fixture
def open_one(db) -> Discrepancy:
    run = ReconciliationRun.objects.create(provider="memory", day=timezone.localdate(), finished_at=timezone.now())
    return Discrepancy.objects.create(
        run=run, provider="memory", kind="money_without_order", about="charge", subject="ch_1", amount=1980,
        currency="JPY", found_at=timezone.now() - timedelta(hours=3),
    )  # fmt: skip


def close(client, found: Discrepancy, reason: str = "銀行に確認しました"):
    return client.post(reverse("admin:orders_discrepancy_close", args=[found.pk]), {"reason": reason}, follow=True)


@pytest.mark.parametrize("page", [LIST, RUNS])
def test_the_target_line_stands_at_the_top(visit, kei, open_one, in_english, page):
    client = visit(kei)
    assert "money without order: 1, order without money: 0" in words(client.get(page))
    close(client, open_one)
    assert "money without order: 0, order without money: 0" in words(client.get(page))


def test_a_day_names_what_it_found_with_its_links_and_its_age(visit, kei, in_english):
    fill(1)
    run, found = ReconciliationRun.objects.get(), Discrepancy.objects.get()
    Discrepancy.objects.update(found_at=timezone.now() - timedelta(hours=3))
    for page in (f"{RUNS}{run.pk}/change/", LIST, f"{LIST}{found.pk}/change/"):
        response = visit(kei).get(page)
        told = words(response)
        assert "money without order" in told.lower()
        assert "ch_0" in told
        assert "3 h" in told
        for row in (found.order, found.payment):
            assert reverse(f"admin:orders_{row._meta.model_name}_change", args=[row.pk]) in response.content.decode()


def test_accounting_closes_with_a_reason_that_is_kept(visit, kei, open_one, in_english):
    client = visit(kei)
    assert "Say why" in words(close(client, open_one, reason=" "))
    open_one.refresh_from_db()
    assert open_one.closed_at is None
    assert "銀行に確認しました" in words(close(client, open_one))
    open_one.refresh_from_db()
    assert (open_one.closed_by, open_one.ending) == (kei, Discrepancy.Ending.PERSON)
    assert "closed already" in words(close(client, open_one, reason="もう一度"))
    open_one.refresh_from_db()
    assert open_one.reason == "銀行に確認しました"


@pytest.mark.parametrize("name", ["shop", "support", "warehouse"])
def test_other_roles_read_and_do_not_close(visit, open_one, name, in_english):
    user = builders.member("dan@example.com", "伊達 だん", is_staff=True)
    user.groups.add(role(name))
    client = visit(user)
    page = words(client.get(f"{LIST}{open_one.pk}/change/"))
    assert "accounting closes it" in page
    assert "Close it" not in page
    assert close(client, open_one).status_code == 403
    assert client.get(JOURNAL, {"report": "sales"}).status_code == 403
    assert "Download CSV" not in words(client.get(DOCUMENTS))
    open_one.refresh_from_db()
    assert open_one.closed_at is None


def test_carol_who_edits_programmes_sees_none_of_it(visit, carol, open_one):
    client = visit(carol)
    assert client.get(LIST).status_code == client.get(RUNS).status_code == 403
    assert close(client, open_one).status_code == 403


def test_what_is_open_is_counted_on_the_first_page_and_in_the_metrics(visit, kei, open_one, in_english):
    client = visit(kei)
    care = next(one for one in client.get("/admin/").context["dashboard"].open_cares if one.symbol == "balance")
    assert (care.count, client.get(care.href).context["cl"].result_count) == (1, 1)
    found = read()
    assert found["discrepancies_open{kind=money_without_order}"] == 1
    assert found["discrepancies_open{kind=order_without_money}"] == 0
    assert found["reconciled_seconds"] < 60
    close(client, open_one)
    assert read()["discrepancies_open{kind=money_without_order}"] == 0
    assert "balance" not in [one.symbol for one in client.get("/admin/").context["dashboard"].open_cares]


def _asked(report: str = "sales", **changes: str) -> dict[str, str]:
    today = timezone.localdate().isoformat()
    return {"report": report, "per": "day", "since": today, "until": today, "encoding": "utf-8"} | changes


@pytest.mark.parametrize("report", ["sales", "documents", "money"])
@pytest.mark.parametrize(("encoding", "codec"), [("utf-8", "utf-8-sig"), ("shift-jis", "cp932")])
def test_accounting_downloads_each_report_in_either_encoding(visit, kei, report, encoding, codec):
    fill(2)
    response = visit(kei).get(JOURNAL, _asked(report, encoding=encoding))
    assert response.streaming
    assert f'filename="{report}-day-' in response["Content-Disposition"]
    assert "no-store" in response["Cache-Control"]
    rows = list(csv.reader(io.StringIO(b"".join(response).decode(codec))))
    total = sum(TaxDocument.objects.values_list("total", flat=True))
    if report != "money":
        place = {"sales": 7, "documents": 8}[report]
        assert sum(int(row[place]) for row in rows[1:]) == total
    assert len({len(row) for row in rows}) == 1


@pytest.mark.parametrize(
    "changes",
    [{"report": "all"}, {"since": "2026-02-30"}, {"until": "2000-01-01"}, {"since": "2000-01-01"}, {"encoding": "x"},
     {"per": "year"}],
)  # fmt: skip
def test_a_wrong_choice_is_told_and_nothing_is_sent(visit, kei, changes, in_english):
    response = visit(kei).get(JOURNAL, _asked() | changes, follow=True)
    assert "a year at the most" in words(response)
