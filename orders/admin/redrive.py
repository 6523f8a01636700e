"""One act on many stages: those of the list as it is filtered, first shown as what would happen, then done."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from accounts.models import User
from config.lib import clock
from orders.admin import words
from orders.admin.acts import chosen_person, page_of_stage, reason_of, refuse_without_permission
from orders.admin.verbs import can_be_skipped, stands_still
from orders.models import Handler, OperatorAction, StageAttempt, StageRun
from orders.pipeline.engine import operate
from orders.services import mails

Verb = OperatorAction.Verb
MOST = 1000  # of one act
VERBS = (Verb.RETRY, Verb.SKIP, Verb.ASSIGN)
HEADINGS: dict[str, Any] = {
    Verb.RETRY: _("Retry many stages"),
    Verb.SKIP: _("Skip many stages"),
    Verb.ASSIGN: _("Assign many stages"),
}


@dataclass(frozen=True)
class Row:
    """A stage of the list, and why it is left alone where it is."""

    stage: StageRun
    name: Any
    href: str
    item: str = ""
    left_because: Any = ""


@dataclass(frozen=True)
class Group:
    """How many stages of one kind the act is about, or is not."""

    name: Any
    because: Any
    count: int


@dataclass(frozen=True)
class DryRun:
    """What an act would come to, with nothing done yet."""

    verb: str
    rows: tuple[Row, ...]
    beyond: int

    @property
    def done(self) -> tuple[Row, ...]:
        return tuple(row for row in self.rows if not row.left_because)

    @property
    def left(self) -> tuple[Row, ...]:
        return tuple(row for row in self.rows if row.left_because)

    @property
    def groups(self) -> tuple[Group, ...]:
        """The whole by stage and reason, the most numerous first."""
        counted = Counter((str(row.name), str(row.left_because)) for row in self.rows)
        return tuple(Group(name, because, count) for (name, because), count in counted.most_common())

    @property
    def needs_a_reason(self) -> bool:
        return self.verb == Verb.SKIP


def dry_run(stages: QuerySet[StageRun], verb: str) -> DryRun:
    """The first `MOST` stages, read in one query, each with what would become of it; handlers by their names."""
    rows = list(stages.select_related("run__order").order_by("pk")[: MOST + 1])
    beyond = max(0, stages.count() - MOST) if len(rows) > MOST else 0
    items = {one.item for one in rows if one.item.isdigit()}
    names = {str(pk): name for pk, name in Handler.objects.filter(pk__in=items).values_list("pk", "name")}
    return DryRun(verb, tuple(_row(one, names.get(one.item, one.item), verb) for one in rows[:MOST]), beyond)


def _row(stage: StageRun, item: str, verb: str) -> Row:
    return Row(stage, words.stage(stage.name), page_of_stage(stage), item, left_because(stage, verb))


def left_because(stage: StageRun, verb: str) -> Any:
    """Why the act would leave the stage alone; empty where it would be done."""
    if not stands_still(stage):
        return _("it does not stand still: %s") % stage.get_state_display()
    if verb == Verb.ASSIGN:
        return ""
    is_uncertain = stage.error_kind in (StageAttempt.Outcome.UNCERTAIN, StageAttempt.Outcome.REFUSED)
    if stage.state == StageRun.State.PARKED and stage.name in mails.STAGE_OF.values() and is_uncertain:
        return _("its mail needs a decision of its own")
    if verb == Verb.SKIP and not can_be_skipped(stage):
        return _("what follows relies on it")
    return ""


class Redrive:
    """The views of the acts on many stages; mixed into their admin."""

    admin_site: Any
    get_changelist_instance: Callable[[HttpRequest], Any]

    def redrive_urls(self) -> list[Any]:
        view = self.admin_site.admin_view
        return [
            path("redrive/", view(require_safe(self.show_redrive)), name="orders_stagerun_redrive"),
            path("redrive/do/", view(require_POST(self.do_redrive)), name="orders_stagerun_redrive_do"),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The list, with what it was narrowed by, so that an act can be about the same stages."""
        asked = {"asked": [(name, values) for name, values in request.GET.lists() if name not in ("p", "verb")]}
        return super().changelist_view(request, asked | (extra_context or {}))  # type: ignore[misc]

    def show_redrive(self, request: HttpRequest) -> HttpResponse:
        """What would happen to the stages of the list, as its filters are in the address."""
        refuse_without_permission(request)
        verb = request.GET.get("verb", "")
        asked = request.GET.copy()
        asked.pop("verb", None)
        request.GET = asked  # type: ignore[assignment]
        listed = f"{reverse('admin:orders_stagerun_changelist')}?{asked.urlencode()}"
        if verb not in VERBS:
            return HttpResponseRedirect(listed)
        found = self.get_changelist_instance(request).queryset
        context = {
            **self.admin_site.each_context(request),
            "title": HEADINGS[verb],
            "plan": dry_run(StageRun.objects.filter(pk__in=found.order_by().values("pk")), verb),
            "most": MOST,
            "people": User.objects.filter(is_staff=True, is_active=True).order_by("name", "email")[:100],
            "listed": listed,
        }
        return TemplateResponse(request, "admin/orders/stagerun/redrive.html", context)

    def do_redrive(self, request: HttpRequest) -> HttpResponse:
        """Do the act to the stages that the form names, each in a transaction of its own."""
        refuse_without_permission(request)
        verb, fences = request.POST.get("verb", ""), _fences(request.POST.getlist("stage"))
        back = HttpResponseRedirect(reverse("admin:orders_stagerun_changelist") + "?state__exact=parked")
        if verb not in VERBS or not fences:
            messages.error(request, _("Nothing was chosen, so nothing was changed."))
            return back
        if verb == Verb.SKIP and not reason_of(request):
            messages.error(request, _("Say why: the reason is kept. Nothing was changed."))
            return back
        stages = StageRun.objects.filter(pk__in=fences).select_related("run__order").order_by("pk")
        ready = [one for one in stages if not left_because(one, verb)]
        act = partial(_act, verb=verb, fences=fences, to=chosen_person(request))
        came = operate.redrive(ready, act, actor=request.user, reason=reason_of(request), now=clock.now())  # type: ignore[arg-type]
        _tell(request, len(came.done), len(fences) - len(came.done))
        return back


def _act(*, stage: StageRun, verb: str, fences: dict[int, int], to: User | None, now: Any, **given: Any) -> None:
    """The act on one stage, if it is still at the attempt that the page showed."""
    given |= {"stage": stage, "fence": fences[stage.pk]}
    if verb == Verb.ASSIGN:
        operate.assign(to=to, **given)
    else:
        (operate.retry if verb == Verb.RETRY else operate.skip)(now=now, **given)


def _fences(sent: Iterable[str]) -> dict[int, int]:
    """The stages that a form names, each with its fence: `pk-fence`, at most `MOST` of them."""
    pairs = [one.split("-") for one in sent]
    numbers = [pair for pair in pairs if len(pair) == 2 and all(part.isascii() and part.isdigit() for part in pair)]
    return {int(pk): int(fence) for pk, fence in numbers[:MOST] if len(pk) < 19 and len(fence) < 10}


def _tell(request: HttpRequest, done: int, left: int) -> None:
    if done:
        messages.success(request, ngettext("Done for %s stage.", "Done for %s stages.", done) % done)
    if left:
        told = ngettext(
            "%s stage was left alone: it had moved on.", "%s stages were left alone: they had moved on.", left
        )
        messages.warning(request, told % left)
