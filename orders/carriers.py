"""Carriers, as the warehouse names them, and where each shows the way of a parcel."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import get_language

from orders.models import Shipment, ShipmentLine

_ENGLISH = {"ヤマト運輸": "Yamato Transport", "佐川急便": "Sagawa Express", "日本郵便": "Japan Post"}
_PAGES = {
    "ヤマト運輸": "https://jizen.kuronekoyamato.co.jp/jizen/servlet/crjz.b.NQ0010?id={number}",
    "佐川急便": "https://k2k.sagawa-exp.co.jp/p/web/okurijosearch.do?okurijoNo={number}",
    "日本郵便": "https://trackings.post.japanpost.jp/services/srv/search/direct?searchKind=S002&locale=ja&reqCodeNo1={number}",
}


@dataclass(frozen=True)
class Parcel:
    """One parcel on its way, with the page on which its carrier shows where it is."""

    shipment: Shipment
    tracking_url: str
    lines: tuple[ShipmentLine, ...]

    @property
    def carrier(self) -> str:
        """The carrier's name in the reader's language."""
        name = self.shipment.carrier
        return _ENGLISH.get(name, name) if (get_language() or "ja").startswith("en") else name


def parcels(shipments: Iterable[Shipment]) -> list[Parcel]:
    """The parcels in the order they left, from shipments with their lines prefetched."""
    return [
        Parcel(one, tracking_url(one.carrier, one.tracking_number), tuple(one.lines.all()))
        for one in sorted(shipments, key=lambda one: (one.shipped_at, one.pk))
    ]


def tracking_url(carrier: str, number: str) -> str:
    """The carrier's page about one parcel; empty for a carrier whose pages we do not know, or without a number."""
    digits = number.replace("-", "")
    if carrier not in _PAGES or not digits.isascii() or not digits.isalnum():
        return ""
    return _PAGES[carrier].format(number=digits)
