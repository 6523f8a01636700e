"""Forms of the cart and the checkout."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from orders.models import Payment


class AddToCartForm(forms.Form):
    """Exactly one of a variant and an offer."""

    variant = forms.IntegerField(required=False, min_value=1)
    offer = forms.IntegerField(required=False, min_value=1)
    quantity = forms.IntegerField(required=False, min_value=1, max_value=999)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if bool(cleaned.get("variant")) == bool(cleaned.get("offer")):
            raise ValidationError("Name a variant or an offer")
        return cleaned


class QuantityForm(forms.Form):
    """How many; the buttons beside the box send one step down or up with it. `wanted` is what that comes to."""

    quantity = forms.IntegerField(min_value=1, max_value=999)
    step = forms.IntegerField(min_value=-1, max_value=1, required=False)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if "quantity" in cleaned and "step" in cleaned:
            cleaned["wanted"] = max(1, cleaned["quantity"] + (cleaned["step"] or 0))
        return cleaned


class ChooseAddressForm(forms.Form):
    """An entry of the buyer's address book, by its number."""

    address = forms.IntegerField(min_value=1)


class PlaceOrderForm(forms.Form):
    """What the order button sends: which cart, what it showed, and how the buyer pays."""

    checkout_key = forms.UUIDField()
    digest = forms.CharField(max_length=64)
    method = forms.ChoiceField(choices=Payment.Method.choices)


class PayForm(forms.Form):
    method = forms.ChoiceField(choices=Payment.Method.choices)
