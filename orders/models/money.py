"""The money of an order: payments, refunds, what providers told us, and the tax document."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from config.lib.appendonly import AppendOnly, AppendOnlyQuerySet
from config.lib.states import Stateful
from orders.models.order import Order, OrderLine
from orders.models.pipeline import PipelineRun


class PaymentQuerySet(models.QuerySet["Payment"]):
    def live(self) -> "PaymentQuerySet":
        return self.filter(state__in=Payment.LIVE)


class Payment(Stateful):
    """One attempt to be paid for an order. A new way of paying is a new generation of it, and one at a time is live."""

    class Method(models.TextChoices):
        ELEMENT = "element", _("form in the page")
        HOSTED = "hosted", _("the provider's page")

    class State(models.TextChoices):
        CREATED = "created", _("begun")
        PENDING = "pending", _("waiting for the buyer")
        SUCCEEDED = "succeeded", pgettext_lazy("payment", "paid")
        CANCELLED = "cancelled", _("given up")

    LIVE = (State.CREATED, State.PENDING)
    MOVES = {
        State.CREATED: (State.PENDING, State.SUCCEEDED, State.CANCELLED),
        State.PENDING: (State.PENDING, State.SUCCEEDED, State.CANCELLED),
        State.CANCELLED: (State.SUCCEEDED,),
    }

    order = models.ForeignKey(Order, models.PROTECT, related_name="payments", verbose_name=_("order"))
    generation = models.PositiveSmallIntegerField(_("generation"), default=1)
    method = models.CharField(_("method"), max_length=10, choices=Method)
    provider = models.CharField(_("provider"), max_length=20)
    provider_ref = models.CharField(_("reference at the provider"), max_length=255, null=True, blank=True)
    charge_ref = models.CharField(_("charge at the provider"), max_length=255, null=True, blank=True, unique=True)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.CREATED)
    amount = models.PositiveIntegerField(_("amount"))
    currency = models.CharField(_("currency"), max_length=3, default="JPY")
    captured = models.PositiveIntegerField(_("captured"), default=0)
    refunded = models.PositiveIntegerField(_("refunded"), default=0)
    return_url = models.URLField(_("where the buyer comes back to"), max_length=500)
    decline_code = models.CharField(_("reason of the last refusal"), max_length=60, blank=True)
    created_at = models.DateTimeField(_("created"), default=timezone.now)
    succeeded_at = models.DateTimeField(pgettext_lazy("payment", "paid"), null=True, blank=True)

    objects = PaymentQuerySet.as_manager()

    class Meta:
        verbose_name = _("payment")
        verbose_name_plural = _("payments")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["order", "generation"], name="payment_generation_unique_in_order"),
            models.UniqueConstraint(
                fields=["order"], condition=Q(state__in=("created", "pending")), name="payment_one_live_per_order"
            ),
            models.UniqueConstraint(
                fields=["order"], condition=Q(state="succeeded"), name="payment_one_success_per_order"
            ),
            models.UniqueConstraint(fields=["provider", "provider_ref"], name="payment_provider_ref_unique"),
            models.CheckConstraint(condition=Q(refunded__lte=F("captured")), name="payment_refunded_at_most_captured"),
        ]
        indexes = [models.Index(fields=["succeeded_at"], condition=Q(state="succeeded"), name="payment_paid_of_a_day")]

    def __str__(self) -> str:
        return f"{self.order} #{self.generation} {self.get_state_display()}"


class RefundQuerySet(models.QuerySet["Refund"]):
    def standing(self) -> "RefundQuerySet":
        """Those that count: asked for or given back. One that failed, or was given up, has freed its sum."""
        return self.exclude(state__in=Refund.VOID)


class Refund(Stateful):
    """Money given back by one run of a pipeline. The row with its key is written before the call.

    Of `amount` yen, `shipping` are of the shipping fee, and the rest stands in its lines. It may be taken on by the
    provider, and so have its reference, before it is given back.
    """

    class Kind(models.TextChoices):
        REST = "rest", _("all that is left")
        LINES = "lines", _("by line")
        AMOUNT = "amount", _("a free amount")

    class State(models.TextChoices):
        REQUESTED = "requested", _("requested")
        SUCCEEDED = "succeeded", _("given back")
        FAILED = "failed", _("failed")
        GIVEN_UP = "given_up", pgettext_lazy("refund", "given up")

    # A bank may send money back days after the provider had called it given back.
    MOVES = {State.REQUESTED: (State.SUCCEEDED, State.FAILED, State.GIVEN_UP), State.SUCCEEDED: (State.FAILED,)}
    VOID = (State.FAILED, State.GIVEN_UP)

    payment = models.ForeignKey(Payment, models.PROTECT, related_name="refunds", verbose_name=_("payment"))
    key = models.CharField(_("key"), max_length=120, unique=True)
    amount = models.PositiveIntegerField(_("amount"))
    shipping = models.PositiveIntegerField(_("of it for shipping"), default=0, db_default=0)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind, default=Kind.REST, db_default=Kind.REST)
    reason = models.CharField(_("reason"), max_length=200)
    run = models.ForeignKey(
        PipelineRun, models.PROTECT, null=True, blank=True, related_name="refunds", verbose_name=_("run")
    )
    token = models.UUIDField(_("form"), null=True, blank=True, editable=False)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("asked for by"),
    )
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.REQUESTED)
    provider_ref = models.CharField(_("reference at the provider"), max_length=255, null=True, blank=True, unique=True)
    failure = models.CharField(_("why it failed"), max_length=60, blank=True, default="", db_default="")
    created_at = models.DateTimeField(_("created"), default=timezone.now)

    objects = RefundQuerySet.as_manager()

    class Meta:
        verbose_name = _("refund")
        verbose_name_plural = _("refunds")
        indexes = [
            models.Index(fields=["created_at"], condition=Q(state="failed"), name="refund_failed"),
            models.Index(fields=["created_at"], condition=Q(state="succeeded"), name="refund_of_a_day"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["run"], condition=Q(run__isnull=False), name="refund_one_per_run"),
            models.UniqueConstraint(fields=["token"], condition=Q(token__isnull=False), name="refund_once_per_form"),
            models.CheckConstraint(condition=Q(amount__gte=1), name="refund_amount_positive"),
            models.CheckConstraint(condition=Q(shipping__lte=F("amount")), name="refund_shipping_is_part_of_it"),
        ]

    def __str__(self) -> str:
        return f"{self.payment.order} {self.amount}"

    @property
    def is_pending(self) -> bool:
        """Whether the provider has taken it on, and the money has not arrived yet."""
        return self.state == self.State.REQUESTED and self.provider_ref is not None


class RefundLine(models.Model):
    """What one refund gives back of one order line: `amount` yen for `quantity` pieces, or off its price where none.

    Goods that had left come back to the shelf (`is_restocked`) or stay with the buyer; goods that had not are stopped
    at the warehouse (`is_recalled`) and lie on the shelf still.
    """

    refund = models.ForeignKey(Refund, models.PROTECT, related_name="lines", verbose_name=_("refund"))
    order_line = models.ForeignKey(OrderLine, models.PROTECT, related_name="refund_lines", verbose_name=_("order line"))
    quantity = models.PositiveIntegerField(_("quantity"))
    amount = models.PositiveIntegerField(_("amount"))
    is_restocked = models.BooleanField(_("comes back to the shelf"), default=False)
    is_recalled = models.BooleanField(_("stopped at the warehouse"), default=False)

    class Meta:
        verbose_name = _("refund line")
        verbose_name_plural = _("refund lines")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["refund", "order_line"], name="refundline_once_per_refund"),
            models.CheckConstraint(
                condition=Q(quantity__gte=1) | Q(amount__gte=1, is_restocked=False, is_recalled=False),
                name="refundline_is_about_something",
            ),
            models.CheckConstraint(
                condition=~Q(is_restocked=True, is_recalled=True), name="refundline_recalled_never_left_the_shelf"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.order_line.name} × {self.quantity}"


class ProviderEvent(models.Model):
    """The inbox: every signed event of an outside system, stored before it is answered."""

    provider = models.CharField(_("provider"), max_length=20)
    event_id = models.CharField(_("event"), max_length=255)
    kind = models.CharField(_("kind"), max_length=80)
    payload = models.JSONField(_("payload"))
    received_at = models.DateTimeField(_("received"), default=timezone.now)
    processed_at = models.DateTimeField(_("processed"), null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    next_at = models.DateTimeField(_("next attempt"), default=timezone.now, db_default=Now())
    error = models.TextField(_("error"), blank=True)

    class Meta:
        verbose_name = _("provider event")
        verbose_name_plural = _("provider events")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["provider", "event_id"], name="providerevent_once"),
            models.CheckConstraint(condition=~Q(event_id=""), name="providerevent_has_an_id"),
        ]
        indexes = [models.Index(fields=["next_at"], condition=Q(processed_at__isnull=True), name="providerevent_due")]

    def __str__(self) -> str:
        return f"{self.provider} {self.kind} {self.event_id}"


class TaxDocumentQuerySet(AppendOnlyQuerySet):
    def standing(self) -> "TaxDocumentQuerySet":
        """Without those that correct for money which came back: such a document stays, and counts no more."""
        return self.exclude(refund__state__in=Refund.VOID)


class TaxDocument(AppendOnly):
    """適格簡易請求書: what was sold, what it came to and the tax in it, stated once and never changed."""

    class Kind(models.TextChoices):
        SIMPLIFIED_INVOICE = "simplified_invoice", _("simplified qualified invoice")
        CORRECTION = "correction", _("qualified return invoice")

    number = models.CharField(_("number"), max_length=20, unique=True)
    order = models.ForeignKey(Order, models.PROTECT, related_name="tax_documents", verbose_name=_("order"))
    kind = models.CharField(_("kind"), max_length=20, choices=Kind, default=Kind.SIMPLIFIED_INVOICE)
    refund = models.ForeignKey(
        Refund, models.PROTECT, null=True, blank=True, related_name="tax_documents", verbose_name=_("refund")
    )
    issuer = models.CharField(_("issuer"), max_length=100)
    registration_number = models.CharField(_("registration number"), max_length=14)
    lines = models.JSONField(_("lines"))
    total = models.PositiveIntegerField(_("total"))
    issued_at = models.DateTimeField(_("issued"), default=timezone.now)

    objects = TaxDocumentQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        verbose_name = _("tax document")
        verbose_name_plural = _("tax documents")
        indexes = [models.Index(fields=["issued_at"], name="taxdocument_of_a_day")]
        constraints = [
            models.UniqueConstraint(
                fields=["order"], condition=Q(kind="simplified_invoice"), name="taxdocument_one_invoice_per_order"
            ),
            models.UniqueConstraint(
                fields=["refund"], condition=Q(refund__isnull=False), name="taxdocument_one_per_refund"
            ),
            models.CheckConstraint(
                condition=Q(kind="correction") | Q(refund__isnull=True),
                name="taxdocument_of_a_refund_corrects",
            ),
        ]

    def __str__(self) -> str:
        return self.number


class TaxDocumentSummary(AppendOnly):
    """The sum and the tax of one rate on a tax document."""

    document = models.ForeignKey(TaxDocument, models.PROTECT, related_name="summaries", verbose_name=_("document"))
    rate = models.PositiveSmallIntegerField(_("rate in percent"))
    gross = models.PositiveIntegerField(_("sum, tax included"))
    tax = models.PositiveIntegerField(_("tax in it"))

    class Meta:
        verbose_name = _("tax summary")
        verbose_name_plural = _("tax summaries")
        ordering = ["-rate"]
        constraints = [
            models.UniqueConstraint(fields=["document", "rate"], name="taxdocumentsummary_one_per_rate"),
            models.CheckConstraint(condition=Q(tax__lt=F("gross")), name="taxdocumentsummary_tax_below_gross"),
        ]

    def __str__(self) -> str:
        return f"{self.rate}% {self.gross}"
