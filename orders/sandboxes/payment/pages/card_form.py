"""Reads the card form of the hosted page, which works without a script: one sentence for every wrong field."""

import re
import time
from dataclasses import dataclass, field
from typing import Any

from orders.sandboxes.payment.cards import checked_cvc, checked_expiry, checked_number
from orders.sandboxes.payment.errors import Refusal
from orders.sandboxes.payment.words import PAGES, card_message

EXPIRY = re.compile(r"\s*(\d{1,2})\s*[/.\- ]?\s*(\d{4}|\d{2})\s*")
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
# The field of our form that a parameter of the API stands in.
FIELD_OF = {"number": "number", "exp_month": "expiry", "exp_year": "expiry", "cvc": "cvc"}


@dataclass(kw_only=True)
class CardForm:
    """What was typed (``values``, never the CVC), what is wrong with it, and the API's parameters for it."""

    values: dict[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    params: dict[str, Any] = field(default_factory=dict)

    def blame(self, refusal: Refusal, language: str) -> None:
        """Put a refusal beside the field that it is about, or above the form."""
        name = FIELD_OF.get(refusal.error.get("param", ""), "form")
        self.errors[name] = card_message(refusal.error, language)


def read(typed: dict[str, str], *, language: str, needs_email: bool, now: float) -> CardForm:
    words = PAGES[language]
    form = CardForm(values={name: typed.get(name, "").strip() for name in ("email", "number", "expiry", "name")})
    if needs_email and not EMAIL.fullmatch(form.values["email"]):
        form.errors["email"] = words["invalid_email"]
    card = _card(form, typed.get("cvc", "").strip(), language=language, now=now)
    billing = {"email": form.values["email"] or None, "name": form.values["name"] or None}
    form.params = {"card": card, "billing_details": billing}
    return form


def _card(form: CardForm, cvc: str, *, language: str, now: float) -> dict[str, Any]:
    words, card, number = PAGES[language], {"cvc": cvc}, ""
    try:
        number = card["number"] = checked_number(form.values["number"])
    except Refusal:
        form.errors["number"] = words["invalid_number" if form.values["number"] else "incomplete_number"]
    if (expiry := EXPIRY.fullmatch(form.values["expiry"])) is None:
        form.errors["expiry"] = words["incomplete_expiry"]
    else:
        _check_expiry(form, card, (int(expiry[1]), int(expiry[2])), language=language, now=now)
    try:
        checked_cvc(cvc, number)
    except Refusal:
        form.errors["cvc"] = words["incomplete_cvc"]
    return card


def _check_expiry(form: CardForm, card: dict[str, Any], given: tuple[int, int], *, language: str, now: float) -> None:
    today = time.gmtime(now)
    try:
        card["exp_month"], card["exp_year"] = checked_expiry(*given, today=(today.tm_year, today.tm_mon))
    except Refusal as refusal:
        form.blame(refusal, language)
