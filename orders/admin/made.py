"""What a stage made: links to the rows that its output names. No row is read for it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Model
from django.urls import reverse

from config.lib.staff import list_of
from orders.models import (
    FulfillmentOrder,
    OutboundMail,
    Payment,
    Placement,
    Refund,
    Shipment,
    ShippingList,
    StageRun,
    TaxDocument,
)
from vod.models import Entitlement

# Keys of outputs that hold a primary key, or a list of them.
BY_KEY: dict[str, type[Model]] = {
    "payment": Payment,
    "entitlements": Entitlement,
    "placement": Placement,
    "fulfillment_order": FulfillmentOrder,
    "shipping_list": ShippingList,
    "mail": OutboundMail,
    "refund": Refund,
}
# Keys of outputs that hold what the list of a model is searched for.
BY_SEARCH: dict[str, type[Model]] = {"number": TaxDocument, "shipments": Shipment, "record": Placement}


@dataclass(frozen=True)
class Made:
    label: Any
    href: str


def made_by(stage: StageRun) -> tuple[Made, ...]:
    return tuple(_made(stage.output or {}))


def _made(output: dict[str, Any]) -> Iterator[Made]:
    for key, model in BY_KEY.items():
        for number in _each(output.get(key)):
            href = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_change", args=[number])
            yield Made(f"{model._meta.verbose_name} {number}", href)
    for key, model in BY_SEARCH.items():
        for word in _each(output.get(key)):
            yield Made(f"{model._meta.verbose_name} {word}", list_of(model, q=word))


def _each(value: Any) -> list[Any]:
    values = value if isinstance(value, list) else [value]
    return [one for one in values if one not in (None, "") and isinstance(one, int | str)]
