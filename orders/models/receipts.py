"""Receipts: which were issued for an order, to whom, and by whom."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from config.lib.appendonly import AppendOnly
from orders.models.money import TaxDocument


class ReceiptIssue(AppendOnly):
    """領収書: one issue of the receipt for what a tax document states, with all that it says beyond that.

    The first one sets addressee, honorific and proviso; the ones after it repeat them and are marked as reissued.
    `given_back` has what the documents said that had corrected it by then: number, issued_at (ISO 8601), total (yen).
    """

    class Honorific(models.TextChoices):
        SAMA = "様", pgettext_lazy("honorific", "様, a person")
        ONCHU = "御中", pgettext_lazy("honorific", "御中, a company or an office")

    document = models.ForeignKey(
        TaxDocument, models.PROTECT, related_name="receipt_issues", verbose_name=_("tax document")
    )
    sequence = models.PositiveSmallIntegerField(_("issue"))
    addressee = models.CharField(_("addressee"), max_length=60)
    honorific = models.CharField(_("honorific"), max_length=2, choices=Honorific, default=Honorific.SAMA)
    proviso = models.CharField(_("proviso"), max_length=60)
    method = models.CharField(_("paid by"), max_length=30)
    given_back = models.JSONField(_("given back by then"), default=list, blank=True)
    issued_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("issued by")
    )
    issued_at = models.DateTimeField(_("issued"), default=timezone.now)

    class Meta:
        verbose_name = _("receipt")
        verbose_name_plural = _("receipts")
        ordering = ["document", "sequence"]
        constraints = [
            models.UniqueConstraint(fields=["document", "sequence"], name="receiptissue_sequence_unique"),
            models.CheckConstraint(condition=Q(sequence__gte=1), name="receiptissue_sequence_from_one"),
            models.CheckConstraint(condition=~Q(addressee=""), name="receiptissue_has_an_addressee"),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def number(self) -> str:
        """Its own number: the document's and which issue it is. The document must be loaded."""
        return f"{self.document.number}-R{self.sequence}"

    @property
    def is_reissue(self) -> bool:
        return self.sequence > 1
