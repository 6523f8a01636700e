"""What a person may do to a stage or a run, each by a form: guarded by permission and by the attempt that it showed."""

import difflib
import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from accounts.models import User
from config.lib import clock
from config.lib.staff import page_of
from orders.admin import words
from orders.admin.run_graph import stage_href
from orders.admin.verbs import can_be_skipped
from orders.models import Order, PipelineRun, StageRun
from orders.pipeline.engine import operate
from orders.pipeline.engine.context import merged
from orders.pipeline.engine.operate import NotPossible, NotSettled
from orders.services import cancelling

LONGEST_REASON = 1000
LONGEST_PATCH = 20_000


def sheet_of(order: Order) -> str:
    """The order's page, at its runs."""
    return f"{page_of(order)}#runs"


def page_of_stage(stage: StageRun) -> str:
    """The page of its run, with this stage open."""
    return reverse("admin:orders_pipelinerun_change", args=[stage.run_id]) + stage_href(stage.name, stage.item)


def may_operate(request: HttpRequest) -> bool:
    return request.user.has_perm("orders.change_stagerun")  # type: ignore[union-attr]


def may_take_back(request: HttpRequest) -> bool:
    """As `cancelling.may_take_back`, for whoever is signed in."""
    return cancelling.may_take_back(request.user)  # type: ignore[arg-type]


def refuse_without_permission(request: HttpRequest) -> None:
    """Only who may change stages acts on them, and on the mails that they send."""
    if not may_operate(request):
        raise PermissionDenied


def reason_of(request: HttpRequest) -> str:
    return request.POST.get("reason", "").strip()[:LONGEST_REASON]


def fence_of(request: HttpRequest) -> int:
    """The attempt that the form was about; a form that names none is about no attempt there ever was."""
    sent = request.POST.get("fence", "")
    return int(sent) if sent.isascii() and sent.isdigit() and len(sent) < 10 else -1


def moved_on(stage: StageRun) -> str:
    """What to say when the pipeline, or a colleague, was faster."""
    stage.refresh_from_db(fields=["state"])
    return _("%(stage)s: %(state)s by now, so nothing was changed. Look at the stage again.") % {
        "stage": words.stage(stage.name),
        "state": stage.get_state_display(),
    }


@dataclass(frozen=True)
class DiffLine:
    """A line of a structure as text: added, taken away, or as before."""

    sign: str
    text: str

    @property
    def kind(self) -> str:
        return {"+": "added", "-": "gone"}.get(self.sign, "same")


def diff(before: Any, after: Any) -> tuple[DiffLine, ...]:
    """The two structures as indented text, line by line."""
    old, new = (json.dumps(one, ensure_ascii=False, indent=2, sort_keys=True).splitlines() for one in (before, after))
    return tuple(DiffLine(line[0], line[2:]) for line in difflib.ndiff(old, new) if line[0] != "?")


def combined(first: dict[str, Any], second: dict[str, Any]) -> dict[str, Any]:
    """One merge patch that does what the two do one after the other (RFC 7396)."""
    result = dict(first)
    for name, value in second.items():
        both = isinstance(value, dict) and isinstance(result.get(name), dict)
        result[name] = combined(result[name], value) if both else value
    return result


class StageActs:
    """The views of the acts on one stage; mixed into its admin."""

    admin_site: Any

    def act_urls(self) -> list[Any]:
        view = self.admin_site.admin_view
        acts = {
            "retry": self.retry,
            "skip": self.skip,
            "change-input": self.change_input,
            "resume": self.resume,
            "assign": self.assign,
        }
        return [
            path(f"<int:pk>/{name}/", view(require_POST(act)), name=f"orders_stagerun_{name.replace('-', '_')}")
            for name, act in acts.items()
        ]

    def retry(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Try a stage that stands still once more, with a fresh budget of attempts."""
        return self._operate(request, pk, operate.retry, _("The stage is tried again now."))

    def skip(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Go on without a stage; the reason is asked for and kept."""
        stage = _stage(request, pk)
        if not can_be_skipped(stage):
            return _refused(request, stage, _("What follows relies on this stage, so it cannot be skipped. Retry it."))
        if not reason_of(request):
            return _refused(request, stage, _NO_REASON)
        return self._operate(request, pk, operate.skip, _("The stage was skipped, and the run goes on."))

    def resume(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Take the run up again from here; the reason is asked for and kept."""
        stage = _stage(request, pk)
        if not reason_of(request):
            return _refused(request, stage, _NO_REASON)
        return self._operate(request, pk, operate.resume, _("The run is taken up again from this stage."))

    def assign(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Say who looks after a stage: a member of staff, or nobody."""
        _stage(request, pk)
        to = chosen_person(request)
        return self._operate(
            request,
            pk,
            partial(_assign, to=to),
            _("It is assigned to %s.") % to if to else _("It is assigned to nobody."),
        )

    def change_input(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Change what the stage sends: first what would become of the request is shown, then it is done."""
        stage = _stage(request, pk)
        patch = _patch_of(request)
        if patch is None:
            return _refused(request, stage, _("The change is no JSON object, so nothing was changed."))
        changes = combined(stage.changes, patch)
        if "confirmed" not in request.POST:
            return self._preview(request, stage, patch)
        if not reason_of(request):
            return _refused(request, stage, _NO_REASON)
        act = partial(operate.change, changes=changes)
        return self._operate(request, pk, act, _("The input was changed, and the stage is tried again now."))

    def _preview(self, request: HttpRequest, stage: StageRun, patch: dict[str, Any]) -> HttpResponse:
        last = stage.effects.order_by("pk").last()
        before = last.request if last else stage.changes
        after = merged(before, patch) if last else combined(before, patch)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Change the input and retry"),
            "stage": stage,
            "stage_words": words.stage(stage.name),
            "was_sent": last is not None,
            "lines": diff(before, after),
            "is_same": before == after,
            "patch": json.dumps(patch, ensure_ascii=False),
            "reason": reason_of(request),
            "fence": fence_of(request),
            "back": page_of_stage(stage),
        }
        return TemplateResponse(request, "admin/orders/stagerun/change_input.html", context)

    def _operate(self, request: HttpRequest, pk: int, act: Callable[..., object], done: Any) -> HttpResponse:
        stage = _stage(request, pk)
        try:
            act(
                stage=stage,
                actor=request.user,
                reason=reason_of(request),
                now=clock.now(),
                fence=fence_of(request),
            )
        except NotPossible:
            messages.error(request, moved_on(stage))
        else:
            messages.success(request, done)
        return HttpResponseRedirect(_back(request, stage))


_NO_REASON = _("Say why: the reason is kept. Nothing was changed.")
_NOT_SETTLED = _(
    "What the run asked of others, such as a payment, is still open and may yet be carried out. "
    "Take the run back once that is settled. Nothing was changed."
)


def _assign(*, stage: StageRun, to: User | None, actor: User, reason: str, now: Any, fence: int | None = None) -> None:
    operate.assign(stage=stage, to=to, actor=actor, reason=reason, fence=fence)


def chosen_person(request: HttpRequest) -> User | None:
    """The member of staff that a form names; nobody where it names none, or one who is not staff."""
    sent = request.POST.get("to", "")
    return (
        User.objects.filter(pk=sent, is_staff=True, is_active=True).first()
        if sent.isascii() and sent.isdigit()
        else None
    )


def _stage(request: HttpRequest, pk: int) -> StageRun:
    refuse_without_permission(request)
    return get_object_or_404(StageRun.objects.select_related("run__order"), pk=pk)


def _refused(request: HttpRequest, stage: StageRun, words: Any) -> HttpResponse:
    messages.error(request, words)
    return HttpResponseRedirect(_back(request, stage))


def _back(request: HttpRequest, stage: StageRun) -> str:
    return page_of_stage(stage) if request.POST.get("from") == "run" else sheet_of(stage.run.order)


def _patch_of(request: HttpRequest) -> dict[str, Any] | None:
    try:
        patch = json.loads(request.POST.get("patch", "")[:LONGEST_PATCH])
    except ValueError:
        return None
    return patch if isinstance(patch, dict) else None


def take_back(request: HttpRequest, pk: Any) -> HttpResponse:
    """Undo what a run did, in reverse."""
    if not may_take_back(request):
        raise PermissionDenied
    run = get_object_or_404(PipelineRun.objects.select_related("order"), pk=pk)
    back = HttpResponseRedirect(page_of(run))
    if not reason_of(request):
        messages.error(request, _NO_REASON)
        return back
    try:
        cancelling.take_back(run, request.user, reason_of(request), clock.now())  # type: ignore[arg-type]
    except NotSettled:
        messages.error(request, _NOT_SETTLED)
    except (NotPossible, cancelling.NotCancellable):
        messages.error(
            request,
            _("The run is over, is being taken back, or its goods are on their way by now. Nothing was changed."),
        )
    else:
        messages.success(request, _("The run is being taken back."))
    return back
