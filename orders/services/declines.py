"""Why a card was refused, in words that help: what happened and what to do now."""

from django.utils.translation import gettext as _


def words_for(code: str) -> str:
    """The sentence for a provider's code; a code nobody has met yet gets the general one, none at all nothing."""
    return (sentences().get(code) or general()) if code else ""


def general() -> str:
    return _("The card was declined. Please use another card or ask your card company.")


def sentences() -> dict[str, str]:
    """What is said of each code of the provider, in the reader's language; also for the card form in the page."""
    return {
        "insufficient_funds": _("The card has not enough funds. Please use another card."),
        "expired_card": _("The card has expired. Please use another card."),
        "incorrect_cvc": _("The security code is not right. Please check the digits on the back of the card."),
        "incorrect_number": _("The card number is not right. Please check it."),
        "processing_error": _("The card company had a fault. Please try again in a moment."),
        "authentication_required": _("The card company asks for authentication. Please try again and confirm it."),
        "payment_intent_authentication_failure": _("The authentication failed. Please try again or use another card."),
        "do_not_honor": _("The card company declined it. Please use another card or ask your card company."),
        "card_not_supported": _("This card cannot be used here. Please use another card."),
        "currency_not_supported": _("This card cannot be used here. Please use another card."),
        "card_velocity_exceeded": _("The card's limit has been reached. Please use another card."),
        "withdrawal_count_limit_exceeded": _("The card's limit has been reached. Please use another card."),
        "try_again_later": _("The card company had a fault. Please try again in a moment."),
        "lost_card": _("The card was declined. Please use another card."),
        "stolen_card": _("The card was declined. Please use another card."),
        "": general(),
    }
