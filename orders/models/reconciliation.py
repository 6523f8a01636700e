"""The provider's books beside ours: what it listed, the comparison of each day, and what did not agree."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from orders.models.money import Payment, Refund
from orders.models.order import Order


class ProviderEntry(models.Model):
    """One line of a provider's books as it was last read; amounts are in the currency's minor unit.

    `amount` of a movement is negative where money leaves. `source` is what the line came of: for a charge the payment
    that was opened, for a refund its charge, for a movement its charge or refund. `payment_pk`, `order_number`, `key`
    are what we had written on it, and prove nothing.
    """

    class Kind(models.TextChoices):
        CHARGE = "charge", _("charge")
        REFUND = "refund", _("refund")
        MOVEMENT = "movement", _("movement of the balance")

    class State(models.TextChoices):
        SUCCEEDED = "succeeded", _("succeeded")
        PENDING = "pending", _("under way")
        FAILED = "failed", _("failed")

    provider = models.CharField(_("provider"), max_length=20)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    ref = models.CharField(_("reference at the provider"), max_length=255)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.SUCCEEDED)
    type = models.CharField(_("type"), max_length=60, blank=True)
    amount = models.BigIntegerField(_("amount"))
    refunded = models.BigIntegerField(_("refunded"), default=0)
    fee = models.BigIntegerField(_("fee"), default=0)
    currency = models.CharField(_("currency"), max_length=3)
    source = models.CharField(_("came of"), max_length=255, blank=True)
    payment_pk = models.BigIntegerField(_("our payment, as it says"), null=True, blank=True)
    order_number = models.CharField(_("our order, as it says"), max_length=500, blank=True)
    key = models.CharField(_("our key, as it says"), max_length=500, blank=True)
    happened_at = models.DateTimeField(_("happened"))
    seen_at = models.DateTimeField(_("last read"), default=timezone.now)

    class Meta:
        verbose_name = _("line of the provider's books")
        verbose_name_plural = _("lines of the provider's books")
        constraints = [models.UniqueConstraint(fields=["provider", "ref"], name="providerentry_once")]
        indexes = [models.Index(fields=["provider", "kind", "happened_at"], name="providerentry_of_a_day")]

    def __str__(self) -> str:
        return f"{self.ref} {self.amount} {self.currency}"


class ReconciliationRun(models.Model):
    """The comparison of one Japanese calendar day with the provider's books. `step` and `cursor` say how far it is."""

    class Step(models.TextChoices):
        CHARGES = "charges", _("reading charges")
        REFUNDS = "refunds", _("reading refunds")
        MOVEMENTS = "movements", _("reading the balance")
        PAYMENTS = "payments", _("looking for our payments")
        REFUNDS_HERE = "refunds_here", _("looking for our refunds")
        OPEN = "open", _("looking again at what is open")
        DONE = "done", pgettext_lazy("reconciliation", "done")

    provider = models.CharField(_("provider"), max_length=20)
    day = models.DateField(_("day"))
    step = models.CharField(_("step"), max_length=20, choices=Step, default=Step.CHARGES)
    cursor = models.CharField(_("how far"), max_length=255, blank=True)
    rounds = models.PositiveIntegerField(_("rounds"), default=1)
    begun_at = models.DateTimeField(_("begun"), default=timezone.now)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)
    charges = models.PositiveIntegerField(_("charges"), default=0)
    charged = models.BigIntegerField(_("charged"), default=0)
    refunds = models.PositiveIntegerField(_("number of refunds"), default=0)
    refunded = models.BigIntegerField(_("sum given back"), default=0)
    fees = models.BigIntegerField(_("fees"), default=0)

    class Meta:
        verbose_name = _("reconciliation")
        verbose_name_plural = _("reconciliations")
        ordering = ["-day"]
        constraints = [models.UniqueConstraint(fields=["provider", "day"], name="reconciliationrun_one_a_day")]

    def __str__(self) -> str:
        return f"{self.day} {self.provider}"


class DiscrepancyQuerySet(models.QuerySet["Discrepancy"]):
    def open(self) -> "DiscrepancyQuerySet":
        return self.filter(closed_at__isnull=True)


class Discrepancy(models.Model):
    """Something on which the provider's books and ours do not agree; `subject` is its charge or refund there."""

    class Kind(models.TextChoices):
        MONEY_WITHOUT_ORDER = "money_without_order", _("money without order")
        ORDER_WITHOUT_MONEY = "order_without_money", _("order without money")
        OTHER_AMOUNT = "other_amount", _("another amount or currency")
        REFUND_THERE_ONLY = "refund_there_only", _("refund there and not here")
        REFUND_HERE_ONLY = "refund_here_only", _("refund here and not there")
        REFUND_FAILED_THERE = "refund_failed_there", _("refund failed there and not here")

    class Ending(models.TextChoices):
        EXPLAINED = "explained", _("explained later")
        HEALED = "healed", _("put right by looking again")
        PERSON = "person", _("closed by a person")

    run = models.ForeignKey(
        ReconciliationRun, models.PROTECT, related_name="discrepancies", verbose_name=_("reconciliation")
    )
    provider = models.CharField(_("provider"), max_length=20)
    kind = models.CharField(_("kind"), max_length=20, choices=Kind)
    about = models.CharField(_("about"), max_length=10, choices=ProviderEntry.Kind)
    subject = models.CharField(_("reference at the provider"), max_length=255)
    order = models.ForeignKey(
        Order, models.PROTECT, null=True, blank=True, related_name="discrepancies", verbose_name=_("order")
    )
    payment = models.ForeignKey(
        Payment, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("payment")
    )
    refund = models.ForeignKey(
        Refund, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("refund")
    )
    amount = models.BigIntegerField(_("amount"))
    currency = models.CharField(_("currency"), max_length=3)
    found = models.JSONField(_("what was found"), default=dict)
    found_at = models.DateTimeField(_("found"), default=timezone.now)
    woken_at = models.DateTimeField(_("looked into again"), null=True, blank=True)
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)
    ending = models.CharField(_("how it ended"), max_length=10, choices=Ending, blank=True)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("closed by")
    )
    reason = models.TextField(_("reason"), blank=True)

    objects = DiscrepancyQuerySet.as_manager()

    class Meta:
        verbose_name = _("discrepancy")
        verbose_name_plural = _("discrepancies")
        ordering = ["-pk"]
        indexes = [models.Index(fields=["kind"], condition=Q(closed_at__isnull=True), name="discrepancy_open")]
        constraints = [
            models.UniqueConstraint(fields=["provider", "kind", "subject"], name="discrepancy_once"),
            models.CheckConstraint(
                condition=Q(closed_at__isnull=True, ending="") | Q(closed_at__isnull=False) & ~Q(ending=""),
                name="discrepancy_closed_somehow",
            ),
            models.CheckConstraint(
                condition=~Q(ending="person") | Q(closed_by__isnull=False) & ~Q(reason=""),
                name="discrepancy_closed_by_somebody_with_a_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.subject}"
