"""Why a film does not play, in people's words: one table for the pages, the media addresses and the player."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.utils.translation import gettext_lazy as _


class Reason(StrEnum):
    """A stable name for each way in which watching can be refused or fail."""

    NOT_PUBLISHED = "not_published"
    NO_PACKAGE = "no_package"
    SIGN_IN = "sign_in"
    NOT_ENTITLED = "not_entitled"
    EXPIRED = "expired"
    NOT_STARTED_YET = "not_started_yet"
    SUSPENDED = "suspended"
    REVOKED = "revoked"
    NOT_BEGUN = "not_begun"
    FREE_OVER = "free_over"
    LINK_OVER = "link_over"
    OTHER_BROWSER = "other_browser"
    # These three only the player can find.
    NETWORK = "network"
    SERVER = "server"
    UNSUPPORTED = "unsupported"


class Step(StrEnum):
    """What the person can do next."""

    SIGN_IN = "sign_in"
    TITLE_PAGE = "title_page"
    CATALOGUE = "catalogue"
    RELOAD = "reload"
    RETRY = "retry"
    CONTACT = "contact"


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """What is said for one reason: a headline, one or two sentences, the next step and its label, a support code."""

    headline: Any
    text: Any
    step: Step
    label: Any
    code: str

    def as_json(self) -> dict[str, str]:
        """For the player, in the language of the page."""
        return {
            "headline": str(self.headline),
            "text": str(self.text),
            "step": self.step.value,
            "label": str(self.label),
            "code": self.code,
        }


REFUSALS: dict[Reason, Refusal] = {
    Reason.NOT_PUBLISHED: Refusal(
        headline=_("This title is not available"),
        text=_("It cannot be watched at the moment. Please choose something else from the list."),
        step=Step.CATALOGUE,
        label=_("See all titles"),
        code="V-101",
    ),
    Reason.NO_PACKAGE: Refusal(
        headline=_("This title is being prepared"),
        text=_("The film is not ready to play yet. Please come back a little later."),
        step=Step.TITLE_PAGE,
        label=_("Back to the title"),
        code="V-102",
    ),
    Reason.SIGN_IN: Refusal(
        headline=_("Please sign in to watch"),
        text=_("This title is for members who have rented it. Sign in, and you come straight back to this page."),
        step=Step.SIGN_IN,
        label=_("Sign in"),
        code="V-103",
    ),
    Reason.NOT_ENTITLED: Refusal(
        headline=_("You have not rented this title"),
        text=_("Rent it to watch. Your viewing time starts only when you begin to play."),
        step=Step.TITLE_PAGE,
        label=_("See how to watch"),
        code="V-104",
    ),
    Reason.EXPIRED: Refusal(
        headline=_("Your viewing time has ended"),
        text=_("To watch it again, please rent it once more. The place where you stopped is kept."),
        step=Step.TITLE_PAGE,
        label=_("See how to watch"),
        code="V-105",
    ),
    Reason.NOT_STARTED_YET: Refusal(
        headline=_("It is not time yet"),
        text=_("Your right to watch is kept for you and begins at the time shown here."),
        step=Step.TITLE_PAGE,
        label=_("Back to the title"),
        code="V-106",
    ),
    Reason.SUSPENDED: Refusal(
        headline=_("Your right to watch is on hold"),
        text=_("There is an open question about the payment. Please contact us with the code below."),
        step=Step.CONTACT,
        label=_("Contact us"),
        code="V-107",
    ),
    Reason.REVOKED: Refusal(
        headline=_("This rental was cancelled"),
        text=_("It was taken back or refunded. You can rent the title again at any time."),
        step=Step.TITLE_PAGE,
        label=_("See how to watch"),
        code="V-108",
    ),
    Reason.NOT_BEGUN: Refusal(
        headline=_("You have not begun to watch yet"),
        text=_("Please confirm on the viewing page that your viewing time may start."),
        step=Step.RELOAD,
        label=_("Load the page again"),
        code="V-109",
    ),
    Reason.FREE_OVER: Refusal(
        headline=_("The free viewing period has ended"),
        text=_("The title's own page says whether it can be watched in another way."),
        step=Step.TITLE_PAGE,
        label=_("See how to watch"),
        code="V-112",
    ),
    Reason.LINK_OVER: Refusal(
        headline=_("This player has been open for too long"),
        text=_("For your safety a player works for twelve hours. Load the page again to go on where you stopped."),
        step=Step.RELOAD,
        label=_("Load the page again"),
        code="V-110",
    ),
    Reason.OTHER_BROWSER: Refusal(
        headline=_("This player belongs to another sign-in"),
        text=_("You have signed in or out since it was opened. Load the page again to go on."),
        step=Step.RELOAD,
        label=_("Load the page again"),
        code="V-111",
    ),
    Reason.NETWORK: Refusal(
        headline=_("The connection was lost"),
        text=_("We tried for a while and could not reach the service. Check your connection, then try again."),
        step=Step.RETRY,
        label=_("Try again"),
        code="V-201",
    ),
    Reason.SERVER: Refusal(
        headline=_("The film could not be loaded"),
        text=_("Something went wrong on our side. Please try again in a moment."),
        step=Step.RETRY,
        label=_("Try again"),
        code="V-202",
    ),
    Reason.UNSUPPORTED: Refusal(
        headline=_("This browser cannot play the film"),
        text=_("Please use a current version of Chrome, Edge, Firefox or Safari."),
        step=Step.TITLE_PAGE,
        label=_("Back to the title"),
        code="V-203",
    ),
}
