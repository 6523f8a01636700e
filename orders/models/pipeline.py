"""Runs of a pipeline: the rows are the truth, a message is only a wake-up."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q, Value
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from config.lib.appendonly import AppendOnly
from config.lib.leases import Leased
from orders.models.order import Order


class PipelineRun(models.Model):
    """One run of a named pipeline for one order. It ends by the version it began with."""

    class State(models.TextChoices):
        RUNNING = "running", _("running")
        SUCCEEDED = "succeeded", _("succeeded")
        COMPENSATING = "compensating", _("being taken back")
        COMPENSATED = "compensated", _("taken back")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    pipeline = models.CharField(_("pipeline"), max_length=40)
    version = models.PositiveSmallIntegerField(_("version"))
    order = models.ForeignKey(Order, models.CASCADE, related_name="runs", verbose_name=_("order"))
    generation = models.PositiveSmallIntegerField(_("generation"), default=1)
    parent = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="children", verbose_name=_("started by")
    )
    priority = models.SmallIntegerField(_("priority"), default=0, db_default=0)
    state = models.CharField(_("state"), max_length=14, choices=State, default=State.RUNNING)
    failure = models.TextField(_("why it is taken back"), blank=True)
    trace_parent = models.CharField(_("trace"), max_length=55, blank=True, default="", db_default="")
    created_at = models.DateTimeField(_("started"), default=timezone.now)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)
    archived_at = models.DateTimeField(_("archived"), null=True, blank=True)

    class Meta:
        verbose_name = _("pipeline run")
        verbose_name_plural = _("pipeline runs")
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(fields=["pipeline", "order", "generation"], name="pipelinerun_once_per_order"),
        ]
        indexes = [
            models.Index(fields=["created_at"], condition=Q(finished_at__isnull=True), name="pipelinerun_unfinished"),
            models.Index(
                fields=["finished_at"],
                condition=Q(finished_at__isnull=False, archived_at__isnull=True),
                name="pipelinerun_to_archive",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.order} {self.pipeline}"


class StageRun(Leased):
    """One stage of one run, or one item of a stage that is mapped over handlers."""

    class Kind(models.TextChoices):
        TRANSACTIONAL = "transactional", _("transactional")
        EXTERNAL = "external", _("external")
        WAIT = "wait", _("wait")

    class State(models.TextChoices):
        BLOCKED = "blocked", _("waits for earlier stages")
        READY = "ready", pgettext_lazy("stage", "ready")
        RUNNING = "running", _("running")
        WAITING = "waiting", _("waits for an event")
        SUCCEEDED = "succeeded", _("succeeded")
        SKIPPED = "skipped", _("skipped")
        PARKED = "parked", _("parked: needs a person")
        CANCELLED = "cancelled", _("cancelled")

    UNFINISHED = (State.BLOCKED, State.READY, State.RUNNING, State.WAITING, State.PARKED)

    run = models.ForeignKey(PipelineRun, models.CASCADE, related_name="stages", verbose_name=_("run"))
    seq = models.PositiveSmallIntegerField(pgettext_lazy("stage", "position"))
    name = models.CharField(_("stage"), max_length=40)
    item = models.CharField(_("item"), max_length=40, blank=True, default="")
    kind = models.CharField(_("kind"), max_length=14, choices=Kind)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.BLOCKED)
    blocked_by = models.PositiveSmallIntegerField(_("stages still to come before it"), default=0)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    budget = models.PositiveSmallIntegerField(_("attempts allowed"), default=8)
    kills = models.PositiveSmallIntegerField(_("workers it was the end of"), default=0, db_default=0)
    priority = models.SmallIntegerField(_("priority"), default=0, db_default=0)
    available_at = models.DateTimeField(_("not before"), default=timezone.now)
    overdue_since = models.DateTimeField(_("due, and not begun, since"), null=True, blank=True)
    deadline_at = models.DateTimeField(_("deadline"), null=True, blank=True)
    is_woken = models.BooleanField(_("woken"), default=False)
    tried_since = models.DateTimeField(_("tried since"), null=True, blank=True)
    owner = models.CharField(_("who answers for it"), max_length=20, blank=True, default="", db_default="")
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("assigned to"),
    )
    changes = models.JSONField(
        _("changes to its request"), default=dict, db_default=Value({}, models.JSONField()), blank=True
    )
    output = models.JSONField(_("output"), default=dict, blank=True)
    error_kind = models.CharField(_("kind of error"), max_length=20, blank=True)
    error_class = models.CharField(_("class of error"), max_length=80, blank=True, default="", db_default="")
    error = models.TextField(_("error"), blank=True)
    started_at = models.DateTimeField(_("first started"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)

    class Meta:
        verbose_name = _("stage")
        verbose_name_plural = _("stages")
        ordering = ["run", "seq", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["run", "name", "item"], name="stagerun_once_per_run_and_item"),
            models.CheckConstraint(
                condition=(Q(state="running") & Q(lease_until__isnull=False))
                | (~Q(state="running") & Q(lease_until__isnull=True)),
                name="stagerun_running_has_a_lease",
            ),
            models.CheckConstraint(
                condition=~Q(state="waiting") | Q(deadline_at__isnull=False), name="stagerun_waiting_has_a_deadline"
            ),
        ]
        indexes = [
            models.Index(fields=["-priority", "available_at"], condition=Q(state="ready"), name="stagerun_ready"),
            models.Index(fields=["lease_until"], condition=Q(state="running"), name="stagerun_running"),
            models.Index(fields=["available_at"], condition=Q(state="waiting"), name="stagerun_waiting"),
            models.Index(fields=["finished_at"], condition=Q(state="parked"), name="stagerun_parked"),
        ]

    def __str__(self) -> str:
        return f"{self.name}[{self.item}]" if self.item else self.name

    @property
    def key(self) -> str:
        """The idempotency key of the stage's effects: the same over every attempt."""
        return f"{self.run_id}:{self.name}" + (f":{self.item}" if self.item else "")


class StageAttempt(AppendOnly):
    """One try at a stage and how it ended."""

    class Outcome(models.TextChoices):
        SUCCEEDED = "succeeded", _("succeeded")
        WAITED = "waited", _("waits for an event")
        TRANSIENT = "transient", _("failed for now")
        REFUSED = "refused", _("refused")
        UNCERTAIN = "uncertain", _("uncertain")
        BROKEN = "broken", _("broken")
        LOST = "lost", _("the worker was lost")

    stage = models.ForeignKey(StageRun, models.CASCADE, related_name="tries", verbose_name=_("stage"))
    number = models.PositiveSmallIntegerField(_("number"))
    fence = models.PositiveIntegerField(_("fence"))
    worker = models.CharField(_("worker"), max_length=120)
    outcome = models.CharField(_("outcome"), max_length=10, choices=Outcome)
    error = models.TextField(_("error"), blank=True)
    traceback = models.TextField(_("traceback"), blank=True, default="", db_default="")
    started_at = models.DateTimeField(_("started"))
    finished_at = models.DateTimeField(_("finished"), default=timezone.now)

    class Meta:
        verbose_name = _("attempt")
        verbose_name_plural = pgettext_lazy("each attempt", "attempts")
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["stage", "fence"], name="stageattempt_once_per_fence")]

    def __str__(self) -> str:
        return f"{self.stage} #{self.number} {self.outcome}"


class Effect(models.Model):
    """The journal of what was done to others: the frozen request, committed before the call, and its answer."""

    class Technique(models.TextChoices):
        KEY = "key", _("the receiver knows our key")
        REFERENCE = "reference", _("the receiver keeps our reference unique")
        QUERY = "query", _("the receiver can be asked")
        NONE = "none", _("neither")

    class State(models.TextChoices):
        INTENDED = "intended", _("about to be sent")
        CONFIRMED = "confirmed", _("confirmed")
        REJECTED = "rejected", _("rejected")

    stage = models.ForeignKey(StageRun, models.PROTECT, related_name="effects", verbose_name=_("stage"))
    key = models.CharField(_("key"), max_length=160, unique=True)
    receiver = models.CharField(_("receiver"), max_length=40)
    operation = models.CharField(_("operation"), max_length=60)
    technique = models.CharField(_("technique"), max_length=10, choices=Technique)
    request = models.JSONField(_("frozen request"))
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.INTENDED)
    external_id = models.CharField(_("number at the receiver"), max_length=255, blank=True)
    response = models.JSONField(_("answer"), default=dict, blank=True)
    intended_at = models.DateTimeField(_("first intended"), default=timezone.now)
    settled_at = models.DateTimeField(_("settled"), null=True, blank=True)

    class Meta:
        verbose_name = _("effect")
        verbose_name_plural = _("effects")
        ordering = ["pk"]
        constraints = [models.CheckConstraint(condition=~Q(key=""), name="effect_has_a_key")]

    def __str__(self) -> str:
        return f"{self.receiver} {self.operation}"


class OperatorAction(AppendOnly):
    """What a member of staff did to a stage, to a run, or to all of a kind (`subject`), and why."""

    class Verb(models.TextChoices):
        RETRY = "retry", _("retry")
        SKIP = "skip", _("skip")
        CHANGE = "change", _("change the input and retry")
        RESUME = "resume", _("resume from here")
        TAKE_BACK = "take_back", _("take back")
        REFUND = "refund", _("give money back")
        ASSIGN = "assign", _("assign")
        PAUSE = "pause", _("pause")
        GO_ON = "go_on", _("go on after a pause")
        SEND_MAIL_AGAIN = "send_mail_again", _("send the mail again")
        MAIL_HAD_BEEN_SENT = "mail_had_been_sent", _("the mail had been sent")

    stage = models.ForeignKey(
        StageRun, models.PROTECT, null=True, blank=True, related_name="operator_actions", verbose_name=_("stage")
    )
    run = models.ForeignKey(
        PipelineRun, models.PROTECT, null=True, blank=True, related_name="operator_actions", verbose_name=_("run")
    )
    subject = models.CharField(_("of"), max_length=80, blank=True, default="", db_default="")
    verb = models.CharField(_("action"), max_length=20, choices=Verb)
    reason = models.TextField(_("reason"), blank=True)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("actor"))
    before = models.JSONField(_("before"), default=dict)
    acted_at = models.DateTimeField(_("when"), default=timezone.now)

    class Meta:
        verbose_name = _("operator action")
        verbose_name_plural = _("operator actions")
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(stage__isnull=False) | Q(run__isnull=False) | ~Q(subject=""),
                name="operatoraction_is_about_something",
            )
        ]

    def __str__(self) -> str:
        return f"{self.verb} {self.stage or self.run or self.subject}"
