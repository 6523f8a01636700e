"""Ledgers and histories are read: nobody, not even who may do all, adds to them, changes them or deletes from them."""

import pytest
from django.urls import reverse

from accounts.models import Consent
from orders import models as orders
from shop import models as shop
from tests.admin.rows import fill
from vod import models as vod

LEDGERS = (
    Consent,
    orders.Effect,
    orders.FulfillmentOrder,
    orders.OperatorAction,
    orders.Order,
    orders.OrderAddress,
    orders.OrderEvent,
    orders.OrderLine,
    orders.OutboundMail,
    orders.Payment,
    orders.PipelineRun,
    orders.Placement,
    orders.ProviderEvent,
    orders.Refund,
    orders.Shipment,
    orders.StageAttempt,
    orders.StageRun,
    orders.TaxDocument,
    orders.TaxDocumentSummary,
    shop.Allocation,
    shop.StockMovement,
    shop.StockReservation,
    vod.Entitlement,
    vod.PackageKey,
    vod.TranscodeJob,
)


def _page(model, act: str, *args: object) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{act}", args=args)


@pytest.mark.django_db
def test_no_ledger_can_be_written_from_its_page(visit, chief):
    fill(1)
    client, written = visit(chief), []
    for model in LEDGERS:
        row = model._default_manager.order_by("-pk").first()
        before = model._default_manager.filter(pk=row.pk).values().get()
        for page in (_page(model, "add"), _page(model, "change", row.pk), _page(model, "delete", row.pk)):
            if client.post(page, {"post": "yes"}).status_code != 403:
                written.append(page)
        assert model._default_manager.filter(pk=row.pk).values().get() == before
    assert not written


def test_the_key_of_a_film_is_shown_to_nobody(visit, chief):
    fill(1)
    key = vod.PackageKey.objects.get()
    for page in (_page(vod.PackageKey, "change", key.pk), _page(vod.Package, "change", key.package_id)):
        assert "0123456789abcdef" not in visit(chief).get(page).content.decode()


def test_what_a_provider_said_is_shown_indented(visit, chief):
    event = orders.ProviderEvent.objects.create(
        provider="stripe", event_id="evt_1", kind="charge", payload={"data": {"amount": 1980, "名": "<b>"}}
    )
    text = visit(chief).get(_page(orders.ProviderEvent, "change", event.pk)).content.decode()
    assert "&quot;amount&quot;: 1980" in text
    assert "&lt;b&gt;" in text


def test_what_the_buyer_pays_with_is_told_to_no_staff(visit, chief):
    intent = {"object": {"id": "pi_1", "client_secret": "pi_1_secret_x"}, "tried": [{"client_secret": "pi_0_secret_x"}]}
    event = orders.ProviderEvent.objects.create(provider="stripe", event_id="evt_1", kind="x", payload={"data": intent})
    text = visit(chief).get(_page(orders.ProviderEvent, "change", event.pk)).content.decode()
    assert "pi_1" in text
    assert "_secret_x" not in text
