"""Runs and their stages: looked at here, brought on by buttons alone, each act kept with who and why."""

import uuid
from functools import partial
from typing import Any

from asgiref.sync import sync_to_async
from django.contrib import admin
from django.contrib.sessions.backends.base import SessionBase
from django.db import close_old_connections
from django.db.models import CharField, Exists, OuterRef, QuerySet, Subquery
from django.db.models.functions import Cast
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django.views.decorators.http import require_POST
from unfold.decorators import display

from accounts.models import User
from accounts.services import still_signed_in
from config.lib import clock
from config.lib.realtime import stream
from config.lib.staff import BAD, ReadOnlyAdmin, ReadOnlyInline, TickFilter, as_text, chip, link, state_column
from orders.admin import acts, words
from orders.admin.acts import StageActs
from orders.admin.redrive import Redrive
from orders.admin.run import RunSheet
from orders.admin.strip import length
from orders.admin.verbs import known_spec
from orders.admin.why import role
from orders.models import Effect, Handler, OperatorAction, PipelineRun, StageAttempt, StageRun
from orders.pipeline.engine import graph, limits
from orders.queries import needs_a_person

State = StageRun.State


@admin.register(PipelineRun)
class PipelineRunAdmin(ReadOnlyAdmin):
    list_display = (
        "pipeline",
        "order_link",
        "version",
        "generation",
        "state_word",
        "attention",
        "failure",
        "created_at",
        "finished_at",
    )
    list_filter = ("state", "pipeline", "version")
    search_fields = ("order__number", "order__email", "failure")
    date_hierarchy = "created_at"
    related = ("order",)
    change_form_template = "admin/orders/pipelinerun/change_form.html"
    state_word = state_column("state", words.RUN_COLOURS, _("state"))

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view
        return [
            path("<uuid:pk>/take-back/", view(require_POST(acts.take_back)), name="orders_pipelinerun_take_back"),
            path("<uuid:pk>/events/", run_events, name="orders_pipelinerun_events"),
            *super().get_urls(),
        ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        parked = StageRun.objects.filter(needs_a_person(), run=OuterRef("pk"))
        return super().get_queryset(request).annotate(_needs_a_person=Exists(parked))

    @display(description=_("attention"))
    def attention(self, run: Any) -> SafeString | str:
        return chip(_("needs a person"), BAD) if run._needs_a_person else ""

    @display(description=_("order"), ordering="order__number")
    def order_link(self, run: PipelineRun) -> SafeString | str:
        return link(run.order)

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        run, asked = context["original"], request.GET
        if run.archived_at:
            return HttpResponseRedirect(reverse("admin:orders_pipelinearchive_change", args=[run.archive.pk]))
        sheet = RunSheet(run, request.user, clock.now(), (asked.get("stage", ""), asked.get("item", "")))  # type: ignore[arg-type]
        context |= {
            "sheet": sheet,
            "title": run,
            "may_operate": acts.may_operate(request),
            "may_take_back": acts.may_take_back(request),
        }
        return super().render_change_form(request, context, *args, **kwargs)


async def run_events(request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Server-sent events of one run for staff who may see it: each only says that the page should look again."""
    user = await request.auser()
    if not isinstance(user, User) or not await _may_watch(user):
        raise Http404
    run = await PipelineRun.objects.select_related("order").filter(pk=pk).afirst()
    if run is None:
        raise Http404
    await sync_to_async(close_old_connections)()  # a page stays open for minutes and must not hold one for so long
    body = stream(
        f"order:{run.order.number}",
        reader=f"member:{user.pk}",
        may_go_on=partial(_may_go_on, user, request.session),
    )
    response = StreamingHttpResponse(body, content_type="text/event-stream")
    response["Cache-Control"] = "no-store"
    response["X-Accel-Buffering"] = "no"
    return response


@sync_to_async
def _may_watch(user: User) -> bool:
    return user.is_active and user.is_staff and user.has_perm("orders.view_pipelinerun")


@sync_to_async
def _may_go_on(user: User, session: SessionBase) -> bool:
    try:
        fresh = User.objects.filter(pk=user.pk, is_active=True, is_staff=True).exists()
        return fresh and still_signed_in(user, session)
    finally:
        close_old_connections()


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


class BeyondItsLimit(TickFilter):
    title = pgettext_lazy("stage", "limit")
    parameter_name = "late"
    choice = _("beyond its limit")

    def narrow(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        return rows.filter(limits.beyond(clock.now()))


class OwnerFilter(admin.SimpleListFilter):
    """By the role that answers for a parked stage."""

    title = _("who answers for it")
    parameter_name = "owner"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        owners = {one.owner for pipeline in graph.registered() for one in pipeline.everything if one.owner}
        return [(name, role(name)) for name in sorted(owners)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(owner=self.value()) if self.value() else queryset


class AssigneeFilter(admin.SimpleListFilter):
    """By who looks after a stage."""

    title = _("assigned to")
    parameter_name = "assigned"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("me", _("me")), ("nobody", _("nobody"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "me":
            return queryset.filter(assignee_id=request.user.pk)
        return queryset.filter(assignee=None) if self.value() == "nobody" else queryset


@admin.register(StageRun)
class StageRunAdmin(StageActs, Redrive, ReadOnlyAdmin):
    list_display = (
        "name_words",
        "run_link",
        "order_link",
        "handler",
        "state_word",
        "owner_word",
        "assignee",
        "age",
        "attempts",
        "error_class",
        "error",
    )
    list_filter = (
        BeyondItsLimit,
        "state",
        "name",
        OwnerFilter,
        AssigneeFilter,
        "error_class",
        "error_kind",
        "kind",
        "finished_at",
    )
    search_fields = ("run__order__number", "run__order__email", "name", "error", "error_class")
    ordering = ("-pk",)
    related = ("run__order", "assignee")
    list_before_template = "admin/orders/stagerun/before_list.html"
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
        return [*self.act_urls(), *self.redrive_urls(), *super().get_urls()]

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

    @display(description=_("who answers for it"), ordering="owner")
    def owner_word(self, stage: StageRun) -> Any:
        return role(stage.owner) if stage.owner else "-"

    @display(description=_("stands still for"), ordering="finished_at")
    def age(self, stage: StageRun) -> SafeString | str:
        """How long a parked stage has waited; beyond its limit the word is red."""
        since = limits.over_since(stage, known_spec(stage), (), clock.now()) if stage.started_at else None
        told = length(clock.now() - stage.finished_at) if stage.state == State.PARKED and stage.finished_at else "-"
        return chip(_("beyond its limit"), BAD) if since and told == "-" else chip(told, BAD) if since else told

    @display(description=_("run"))
    def run_link(self, stage: StageRun) -> SafeString:
        return format_html('<a class="staff-link" href="{}">{}</a>', acts.page_of_stage(stage), _("graph"))

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
