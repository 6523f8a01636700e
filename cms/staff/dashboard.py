"""The first page of the staff: the day's orders, what needs a person, and the encoding; its queries are counted."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum
from django.db.models.functions import TruncDate
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from config.lib.money import yen
from config.lib.staff import list_of
from orders.admin import words
from orders.admin.words import Chip
from orders.models import Discrepancy, Order, OutboundMail, ProviderEvent, Refund, StageRun
from orders.pipeline.engine import limits
from orders.queries import needs_a_person
from vod.models import Asset, TranscodeJob

DAYS = 7
NEWEST = 8
QUEUE = 6
# The inbox is worked through every few seconds; an event that is older has met something.
LATE = timedelta(minutes=1)


@dataclass(frozen=True)
class Figure:
    """A number that leads to the rows behind it."""

    label: Any
    value: str
    href: str
    note: Any = ""


@dataclass(frozen=True)
class Care:
    """Something that stands still until a person looks; nothing to do where `count` is 0."""

    label: Any
    count: int
    href: str
    advice: Any
    symbol: str


@dataclass(frozen=True)
class Day:
    date: date
    count: int
    total: int
    href: str

    @property
    def total_words(self) -> str:
        return yen(self.total)


@dataclass(frozen=True)
class OrderRow:
    order: Order
    state: Chip

    @property
    def total_words(self) -> str:
        return yen(self.order.total)


@dataclass(frozen=True)
class Dashboard:
    """What a person may see of the day; what they may not is empty."""

    figures: tuple[Figure, ...]
    cares: tuple[Care, ...]
    days: tuple[Day, ...]
    newest: tuple[OrderRow, ...]
    encoding: tuple[TranscodeJob, ...]
    sees_orders: bool
    sees_films: bool

    @property
    def most_of_a_day(self) -> int:
        return max((day.total for day in self.days), default=0) or 1

    @property
    def open_cares(self) -> tuple[Care, ...]:
        return tuple(care for care in self.cares if care.count)


def add_dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """What the theme calls for its first page."""
    may = request.user.has_perm  # type: ignore[union-attr]
    return context | {"dashboard": dashboard(timezone.now(), may=may)}


def dashboard(now: datetime, *, may: Callable[[str], bool]) -> Dashboard:
    sees_orders, sees_films = may("orders.view_order"), may("vod.view_asset")
    days = _days(now) if sees_orders else ()
    return Dashboard(
        figures=_figures(days),
        cares=(*(_order_cares(now) if sees_orders else ()), *(_film_cares() if sees_films else ())),
        days=days,
        newest=_newest() if sees_orders else (),
        encoding=tuple(_encoding()[:QUEUE]) if sees_films else (),
        sees_orders=sees_orders,
        sees_films=sees_films,
    )


def _days(now: datetime) -> tuple[Day, ...]:
    """The paid orders of the last days by the day they were paid on, in the station's time, today first."""
    today = timezone.localdate(now)
    dates = [today - timedelta(days=back) for back in range(DAYS)]
    begin = timezone.make_aware(datetime.combine(dates[-1], time.min))
    paid = Order.objects.filter(paid_at__gte=begin).exclude(state=Order.State.CANCELLED)
    rows = paid.annotate(day=TruncDate("paid_at")).values("day").annotate(count=Count("pk"), sum=Sum("total"))
    known = {row["day"]: row for row in rows.order_by()}
    return tuple(
        Day(day, known.get(day, {}).get("count", 0), known.get(day, {}).get("sum", 0), _list_of_day(day))
        for day in dates
    )


def _list_of_day(day: date) -> str:
    return list_of(Order, paid_at__date=day.isoformat())


def _figures(days: tuple[Day, ...]) -> tuple[Figure, ...]:
    if not days:
        return ()
    today, before = days[0], days[1]
    return (
        Figure(_("Orders today"), f"{today.count:,}", today.href, _("yesterday: %s") % f"{before.count:,}"),
        Figure(_("Sales today"), yen(today.total), today.href, _("yesterday: %s") % yen(before.total)),
        Figure(
            _("Sales of seven days"),
            yen(sum(day.total for day in days)),
            list_of(Order, paid_at__date__gte=days[-1].date.isoformat()),
            _("paid orders, tax included"),
        ),
    )


def _order_cares(now: datetime) -> tuple[Care, ...]:
    uncertain = OutboundMail.State.UNCERTAIN
    return (
        Care(
            _("Stages that stand still"),
            StageRun.objects.filter(needs_a_person()).count(),
            list_of(StageRun, state__exact=StageRun.State.PARKED),
            _("Open the order, read the last error, then retry or skip."),
            "pan_tool",
        ),
        Care(
            _("Stages beyond their limits"),
            StageRun.objects.filter(limits.beyond(now)).count(),
            list_of(StageRun, late=1),
            _("They take longer than they should: look at the run for what keeps them."),
            "timer",
        ),
        Care(
            _("Mails of which it is not known whether they arrived"),
            OutboundMail.objects.filter(state=uncertain).count(),
            list_of(OutboundMail, state__exact=uncertain),
            _("Find out whether the buyer has it, then decide."),
            "mark_email_unread",
        ),
        Care(
            _("Refunds that failed"),
            Refund.objects.filter(state=Refund.State.FAILED).count(),
            list_of(Refund, state__exact=Refund.State.FAILED),
            _("The money came back: ask the buyer how to give it back, such as by bank transfer."),
            "currency_exchange",
        ),
        Care(
            _("Disagreements with the payment provider's books"),
            Discrepancy.objects.open().count(),
            list_of(Discrepancy, open=1),
            _("Money without order, order without money or the like: find out why, then close it with the reason."),
            "balance",
        ),
        Care(
            _("Notices from outside that were not processed"),
            ProviderEvent.objects.filter(processed_at=None, received_at__lt=now - LATE).count(),
            list_of(ProviderEvent, unprocessed=1),
            _("They are tried again by themselves; look at the error."),
            "webhook",
        ),
    )


def _film_cares() -> tuple[Care, ...]:
    failed = Asset.State.FAILED
    return (
        Care(
            _("Films that could not be encoded"),
            Asset.objects.filter(state=failed).count(),
            list_of(Asset, state__exact=failed),
            _("Read the reason, then encode it again or hand in a better file."),
            "videocam_off",
        ),
    )


def _newest() -> tuple[OrderRow, ...]:
    newest = Order.objects.select_related("user").order_by("-pk")[:NEWEST]
    return tuple(OrderRow(one, Chip(one.get_state_display(), words.ORDER_COLOURS[one.state])) for one in newest)


def _encoding() -> QuerySet[TranscodeJob]:
    """What is being encoded, then what waits for it."""
    open_states = Q(state=TranscodeJob.State.RUNNING) | Q(state=TranscodeJob.State.QUEUED)
    return TranscodeJob.objects.filter(open_states).select_related("asset__title").order_by("-state", "available_at")
