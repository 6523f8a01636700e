"""The address groups that Stripe repeats in many objects."""

from typing import Any

FIELDS = ("city", "country", "line1", "line2", "postal_code", "state")


def address(given: dict[str, Any] | None) -> dict[str, Any]:
    return {name: (given or {}).get(name) for name in FIELDS}


def billing_details(given: dict[str, Any] | None) -> dict[str, Any]:
    stated = given or {}
    return {"address": address(stated.get("address"))} | {
        name: stated.get(name) for name in ("email", "name", "phone", "tax_id")
    }


def shipping(given: Any) -> dict[str, Any] | None:
    """Return the shipping group in full; '' unsets it."""
    if not given:
        return None
    return {"address": address(given.get("address"))} | {
        name: given.get(name) for name in ("carrier", "name", "phone", "tracking_number")
    }
