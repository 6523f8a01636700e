"""Runs and their stages: looked at here, brought on by buttons alone, each act kept with who and why."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import CharField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Cast
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import path
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST
from unfold.decorators import display

from config.lib.staff import ReadOnlyAdmin, ReadOnlyInline, as_text, link, page_of, state_column
from orders.admin import words
from orders.admin.sheet import can_be_skipped
from orders.models import Effect, Handler, OperatorAction, Order, PipelineRun, StageAttempt, StageRun
from orders.pipeline.engine import operate
from orders.pipeline.engine.operate import NotPossible

LONGEST_REASON = 1000


def sheet_of(order: Order) -> str:
    """The order's page, at its runs."""
    return f"{page_of(order)}#runs"


def refuse_without_permission(request: HttpRequest) -> None:
    """Only who may change stages acts on them, and on the mails that they send."""
    if not request.user.has_perm("orders.change_stagerun"):  # type: ignore[union-attr]
        raise PermissionDenied


def reason_of(request: HttpRequest) -> str:
    return request.POST.get("reason", "").strip()[:LONGEST_REASON]


@admin.register(PipelineRun)
class PipelineRunAdmin(ReadOnlyAdmin):
    list_display = (
        "pipeline",
        "order_link",
        "version",
        "generation",
        "state_word",
        "failure",
        "created_at",
        "finished_at",
    )
    list_filter = ("state", "pipeline", "version")
    search_fields = ("order__number", "order__email", "failure")
    date_hierarchy = "created_at"
    related = ("order",)
    state_word = state_column("state", words.RUN_COLOURS, _("state"))

    @display(description=_("order"), ordering="order__number")
    def order_link(self, run: PipelineRun) -> SafeString | str:
        return link(run.order)


class AttemptInline(ReadOnlyInline):
    model = StageAttempt
    fields = ("number", "outcome", "error", "worker", "started_at", "finished_at")
    related = ("stage",)


class EffectInline(ReadOnlyInline):
    model = Effect
    fields = ("key", "receiver", "operation", "technique", "state", "external_id", "settled_at")


class ActionInline(ReadOnlyInline):
    model = OperatorAction
    fields = ("acted_at", "actor", "verb", "reason")
    related = ("actor", "stage")


@admin.register(StageRun)
class StageRunAdmin(ReadOnlyAdmin):
    list_display = (
        "name_words",
        "order_link",
        "handler",
        "state_word",
        "attempts",
        "error",
        "available_at",
        "deadline_at",
    )
    list_filter = ("state", "name", "error_kind", "kind")
    search_fields = ("run__order__number", "run__order__email", "name", "error")
    ordering = ("-pk",)
    related = ("run__order",)
    inlines = (AttemptInline, EffectInline, ActionInline)
    change_form_template = "admin/orders/stagerun/change_form.html"
    state_word = state_column("state", words.STAGE_COLOURS, _("state"))
    readonly_fields = ("order_link", "name_words", "handler", "state_word", "held_by", "held_until", "result")
    fieldsets = (
        (None, {"fields": ("order_link", ("name_words", "handler"), ("state_word", "kind"), "error")}),
        (_("Attempts"), {"fields": (("attempts", "budget"), ("available_at", "deadline_at"))}),
        (_("Times"), {"fields": (("started_at", "finished_at"), ("held_by", "held_until"))}),
        (_("output"), {"fields": ("result",)}),
    )

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view
        return [
            path("<int:pk>/retry/", view(require_POST(self.retry)), name="orders_stagerun_retry"),
            path("<int:pk>/skip/", view(require_POST(self.skip)), name="orders_stagerun_skip"),
            *super().get_urls(),
        ]

    @display(description=_("order"), ordering="run__order__number")
    def order_link(self, stage: StageRun) -> SafeString | str:
        return link(stage.run.order)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """A mapped stage names its handler by number; people know the name."""
        handlers = Handler.objects.annotate(number=Cast("pk", CharField())).filter(number=OuterRef("item"))
        return super().get_queryset(request).annotate(_handler=Subquery(handlers.values("name")[:1]))

    @display(description=_("handler"), ordering="item")
    def handler(self, stage: Any) -> str:
        return stage._handler or stage.item or "-"

    @display(description=_("stage"), ordering="name")
    def name_words(self, stage: StageRun) -> str:
        return f"{words.STAGES.get(stage.name, '')} {stage.name}".strip()

    @display(description=_("worker"))
    def held_by(self, stage: StageRun) -> str:
        return stage.lease_owner or "-"

    @display(description=_("lease until"))
    def held_until(self, stage: StageRun) -> Any:
        return stage.lease_until or "-"

    @display(description=_("output"))
    def result(self, stage: StageRun) -> SafeString:
        return as_text(stage.output)

    def retry(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Try a stage that stands still once more, with a fresh budget of attempts."""
        return self._operate(request, pk, operate.retry, _("The stage is tried again now."))

    def skip(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Go on without a stage; the reason is asked for and kept."""
        refuse_without_permission(request)
        stage = get_object_or_404(StageRun.objects.select_related("run__order"), pk=pk)
        if not can_be_skipped(stage):
            messages.error(request, _("What follows relies on this stage, so it cannot be skipped. Retry it."))
            return HttpResponseRedirect(sheet_of(stage.run.order))
        if not reason_of(request):
            messages.error(request, _("Say why the stage is skipped: the reason is kept. Nothing was changed."))
            return HttpResponseRedirect(sheet_of(stage.run.order))
        return self._operate(request, pk, operate.skip, _("The stage was skipped, and the run goes on."))

    def _operate(self, request: HttpRequest, pk: int, act: Callable[..., None], done: Any) -> HttpResponse:
        refuse_without_permission(request)
        stage = get_object_or_404(StageRun.objects.select_related("run__order"), pk=pk)
        try:
            act(stage=stage, actor=request.user, reason=reason_of(request), now=timezone.now())
        except NotPossible:
            messages.error(request, moved_on(stage))
        else:
            messages.success(request, done)
        return HttpResponseRedirect(sheet_of(stage.run.order))


def moved_on(stage: StageRun) -> str:
    """What to say when the pipeline, or a colleague, was faster."""
    stage.refresh_from_db(fields=["state"])
    return _("%(stage)s: %(state)s by now, so nothing was changed. Look at the stage again.") % {
        "stage": words.STAGES.get(stage.name, stage.name),
        "state": stage.get_state_display(),
    }


@admin.register(StageAttempt)
class StageAttemptAdmin(ReadOnlyAdmin):
    list_display = ("stage", "order_number", "number", "outcome_word", "error", "worker", "started_at", "finished_at")
    list_filter = ("outcome", "stage__name")
    search_fields = ("stage__run__order__number", "stage__name", "error", "worker")
    date_hierarchy = "started_at"
    ordering = ("-pk",)
    related = ("stage__run__order",)
    outcome_word = state_column("outcome", words.OUTCOME_COLOURS, _("outcome"))

    @display(description=_("order"), ordering="stage__run__order__number")
    def order_number(self, attempt: StageAttempt) -> SafeString | str:
        return link(attempt.stage.run.order)


@admin.register(Effect)
class EffectAdmin(ReadOnlyAdmin):
    list_display = ("operation", "receiver", "order_number", "state_word", "external_id", "technique", "intended_at")
    list_filter = ("state", "receiver", "operation", "technique")
    search_fields = ("key", "external_id", "stage__run__order__number", "receiver", "operation")
    date_hierarchy = "intended_at"
    ordering = ("-pk",)
    related = ("stage__run__order",)
    state_word = state_column("state", words.EFFECT_COLOURS, _("state"))

    @display(description=_("order"), ordering="stage__run__order__number")
    def order_number(self, effect: Effect) -> SafeString | str:
        return link(effect.stage.run.order)


@admin.register(OperatorAction)
class OperatorActionAdmin(ReadOnlyAdmin):
    list_display = ("acted_at", "actor", "verb", "order_number", "stage", "reason")
    list_filter = ("verb", "stage__name")
    search_fields = ("stage__run__order__number", "actor__email", "actor__name", "reason")
    date_hierarchy = "acted_at"
    ordering = ("-pk",)
    related = ("stage__run__order", "run__order", "actor")

    @display(description=_("order"), ordering="stage__run__order__number")
    def order_number(self, action: OperatorAction) -> SafeString | str:
        run = action.stage.run if action.stage else action.run
        return link(run.order) if run else action.subject
