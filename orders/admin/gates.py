"""What is held back just now, by people and by circuit breakers, and which workers sweep."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST
from unfold.decorators import display

from config.lib import clock
from config.lib.staff import BAD, GOOD, WAITS, ReadOnlyAdmin, chip
from orders.admin import words
from orders.admin.acts import may_operate, reason_of, refuse_without_permission
from orders.admin.why import moment, paused
from orders.admin.words import Chip
from orders.models import Circuit, Pause, SweeperBeat
from orders.pipeline.engine import gates, operate
from orders.pipeline.engine.operate import NotPossible

# For how many hours a pause may be set; 0 is until somebody ends it.
HOURS = (0, 1, 4, 12, 24, 72)


@dataclass(frozen=True)
class Choice:
    """Something that can be paused."""

    value: str
    label: Any


@dataclass(frozen=True)
class PauseRow:
    pause: Pause
    told: str
    is_over: bool


@dataclass(frozen=True)
class CircuitRow:
    """An outside system and whether it answers."""

    system: str
    state: Chip
    told: str
    error: str


def choices() -> list[tuple[Any, list[Choice]]]:
    """Everything that can be paused, by its scope."""
    return [
        (scope.label, [Choice(f"{scope}:{name}", _label(scope, name)) for name in names])
        for scope, names in operate.pausable().items()
    ]


def _label(scope: str, name: str) -> Any:
    if scope != Pause.Scope.STAGE:
        return name
    stage = name.partition(".")[2]
    return f"{words.stage(stage)} ({name})" if stage in words.STAGES else name


def circuit_rows(now: datetime) -> list[CircuitRow]:
    """Every outside system that a stage needs, in the words of its circuit breaker."""
    known = {one.system: one for one in Circuit.objects.all()}
    names = sorted({*operate.pausable()[Pause.Scope.SYSTEM], *known})
    return [_circuit_row(name, known.get(name), now) for name in names]


def _circuit_row(name: str, circuit: Circuit | None, now: datetime) -> CircuitRow:
    if circuit is None or circuit.failures == 0:
        return CircuitRow(name, Chip(_("answers"), GOOD), "", "")
    failures = ngettext("%s failure in a row", "%s failures in a row", circuit.failures) % circuit.failures
    if circuit.failures < gates.OPENS_AT:
        return CircuitRow(name, Chip(_("fails now and then"), WAITS), failures, circuit.error)
    when = gettext("tried again by the next stage") if _is_due(circuit, now) else _when(circuit)
    return CircuitRow(name, Chip(_("does not answer"), BAD), f"{failures} · {when}", circuit.error)


def _is_due(circuit: Circuit, now: datetime) -> bool:
    return circuit.until is None or circuit.until <= now


def _when(circuit: Circuit) -> str:
    return gettext("tried again at %s") % moment(circuit.until) if circuit.until else ""


@admin.register(Pause)
class PauseAdmin(ReadOnlyAdmin):
    list_display = ("scope", "name", "reason", "actor", "created_at", "until")
    list_filter = ("scope",)
    search_fields = ("name", "reason")
    related = ("actor",)
    list_before_template = "admin/orders/pause/before_list.html"

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view
        return [
            path("begin/", view(require_POST(self.begin)), name="orders_pause_begin"),
            path("end/", view(require_POST(self.end)), name="orders_pause_end"),
            *super().get_urls(),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        now = clock.now()
        pauses = Pause.objects.select_related("actor").order_by("created_at")
        known = {
            "pause_rows": [PauseRow(one, paused(one), bool(one.until and one.until <= now)) for one in pauses],
            "circuit_rows": circuit_rows(now),
            "pause_choices": choices(),
            "pause_hours": HOURS,
            "may_operate": may_operate(request),
        }
        return super().changelist_view(request, known | (extra_context or {}))

    def begin(self, request: HttpRequest) -> HttpResponse:
        """Pause a pipeline, a stage or what needs an outside system; the reason is asked for and kept."""
        refuse_without_permission(request)
        scope, _colon, name = request.POST.get("what", "").partition(":")
        hours = request.POST.get("hours", "0")
        if not reason_of(request):
            messages.error(request, _("Say why: the reason is kept. Nothing was changed."))
        elif scope not in Pause.Scope.values or hours not in [str(one) for one in HOURS]:
            messages.error(request, _("Nothing was chosen, so nothing was changed."))
        else:
            self._begin(request, scope, name, int(hours))
        return HttpResponseRedirect(reverse("admin:orders_pause_changelist"))

    def _begin(self, request: HttpRequest, scope: str, name: str, hours: int) -> None:
        now = clock.now()
        until = now + timedelta(hours=hours) if hours else None
        try:
            operate.pause(
                scope=scope,
                name=name,
                actor=request.user,  # type: ignore[arg-type]
                reason=reason_of(request),
                now=now,
                until=until,
            )
        except NotPossible:
            messages.error(request, _("Nothing was chosen, so nothing was changed."))
        else:
            messages.success(request, _("Paused. What is at work ends by itself; nothing more is begun."))

    def end(self, request: HttpRequest) -> HttpResponse:
        """End a pause; what it held back is begun within seconds."""
        refuse_without_permission(request)
        scope, _colon, name = request.POST.get("what", "").partition(":")
        try:
            operate.go_on(scope=scope, name=name, actor=request.user, reason=reason_of(request))  # type: ignore[arg-type]
        except NotPossible:
            messages.error(request, _("The pause was over already."))
        else:
            messages.success(request, _("The pause is over; what it held back begins within seconds."))
        return HttpResponseRedirect(reverse("admin:orders_pause_changelist"))


@admin.register(Circuit)
class CircuitAdmin(ReadOnlyAdmin):
    list_display = ("system", "state_word", "failures", "opened_at", "until", "error")
    search_fields = ("system", "error")

    @display(description=_("state"), ordering="failures")
    def state_word(self, circuit: Circuit) -> SafeString:
        row = _circuit_row(circuit.system, circuit, clock.now())
        return chip(row.state.text, row.state.colour)


@admin.register(SweeperBeat)
class SweeperBeatAdmin(ReadOnlyAdmin):
    list_display = ("worker", "started_at", "seen_at")
    search_fields = ("worker",)
