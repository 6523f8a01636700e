"""Japanese consumption tax, the one engine that every page, mail, document and file reads.

Prices include the tax. Tax is taken out of the sum per rate, once per document and rate, rounded down
(Order for Enforcement of the Consumption Tax Act, art. 70-10).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db import models
from django.utils.translation import gettext_lazy as _


class TaxCategory(models.TextChoices):
    STANDARD = "standard", _("Standard rate")
    REDUCED = "reduced", _("Reduced rate (food)")


# Rates in percent with the date from which they hold (Consumption Tax Act, art. 29 and supplementary provisions).
_RATES: dict[str, tuple[tuple[date, int], ...]] = {
    TaxCategory.STANDARD: ((date(2019, 10, 1), 10), (date(2014, 4, 1), 8)),
    TaxCategory.REDUCED: ((date(2019, 10, 1), 8), (date(2014, 4, 1), 8)),
}


def rate_for(category: str, on: date) -> int:
    """The rate in percent for goods of `category` delivered `on` that day."""
    for since, rate in _RATES[category]:
        if on >= since:
            return rate
    raise ValueError(f"No tax rate is known for {category} on {on}")


@dataclass(frozen=True)
class RateSummary:
    """What a document states for one rate: `gross` yen include `tax` yen."""

    rate: int
    gross: int
    tax: int


def summarise(amounts: Iterable[tuple[int, int]]) -> list[RateSummary]:
    """One summary per rate, higher rates first, from pairs of (rate in percent, gross yen)."""
    gross: dict[int, int] = {}
    for rate, amount in amounts:
        gross[rate] = gross.get(rate, 0) + amount
    return [
        RateSummary(rate, total, total * rate // (100 + rate)) for rate, total in sorted(gross.items(), reverse=True)
    ]
