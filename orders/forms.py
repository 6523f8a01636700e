"""Forms of the cart and the checkout."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from config.lib import typeset
from orders.models import Payment, ReceiptIssue


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


class PrintedField(forms.CharField):
    """Words that go on paper as they are typed: nothing is normalised, since that rewrites the kanji of names."""

    def validate(self, value: str) -> None:
        super().validate(value)
        missing = typeset.unprintable(value)
        if missing:
            raise ValidationError(
                _("We have no letter for %(letters)s in print. Please write it in another way."),
                params={"letters": missing},
            )


class ReceiptForm(forms.Form):
    """The first issue of a receipt: to whom, and for what. It is not asked again."""

    addressee = PrintedField(
        label=_("Addressee"),
        max_length=60,
        help_text=_("A person's or a company's name, without 様 or 御中. It cannot be changed later."),
        widget=forms.TextInput({"autocomplete": "organization"}),
    )
    honorific = forms.ChoiceField(
        label=_("Honorific"), choices=ReceiptIssue.Honorific.choices, initial=ReceiptIssue.Honorific.SAMA
    )
    proviso = PrintedField(
        label=_("Proviso"),
        max_length=60,
        help_text=_("What the money was for. It cannot be changed later."),
    )

    def clean_addressee(self) -> str:
        """Without the honorific that many write by habit; the other field has it."""
        name: str = self.cleaned_data["addressee"]
        for honorific in ReceiptIssue.Honorific.values:
            name = name.removesuffix(honorific).rstrip()
        if not name:
            raise ValidationError(_("Please write a name."))
        return name
