"""What a provider's own books say: charges, refunds and movements of money, read in pages, the newest first."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Generic, TypeVar

PAGE = 100  # the most that Stripe gives at a time


class Outcome(StrEnum):
    """What came of a charge or a refund, as far as it is known."""

    SUCCEEDED = "succeeded"
    PENDING = "pending"
    FAILED = "failed"


@dataclass(frozen=True)
class Period:
    """From `since` on, until before `until`; both aware."""

    since: datetime
    until: datetime


@dataclass(frozen=True)
class Listed:
    """What every line has: the provider's name for it, when it happened, and the sum in the currency's minor unit."""

    ref: str
    happened_at: datetime
    amount: int
    currency: str


@dataclass(frozen=True)
class ListedCharge(Listed):
    """A try to take money. `payment_pk` and `order_number` are what we had written on it, if it is ours."""

    outcome: Outcome
    refunded: int = 0
    opened_ref: str = ""
    payment_pk: int | None = None
    order_number: str = ""


@dataclass(frozen=True)
class ListedRefund(Listed):
    """Money given back for the charge `charge_ref`; `key` is what we had written on it, if it is ours."""

    outcome: Outcome
    charge_ref: str = ""
    key: str = ""


@dataclass(frozen=True)
class ListedMovement(Listed):
    """A line of the account's own book: `amount` is negative where money leaves, `fee` is the provider's share."""

    kind: str
    source: str = ""
    fee: int = 0

    @property
    def net(self) -> int:
        return self.amount - self.fee


Line = TypeVar("Line", bound=Listed)


@dataclass(frozen=True)
class Page(Generic[Line]):
    """One answer of a list. `after` names where the next page begins; it is empty on the last one."""

    lines: tuple[Line, ...]
    after: str = ""
