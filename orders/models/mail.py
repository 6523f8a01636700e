"""Mail to buyers: one row for each, written before anything is handed over."""

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from config.lib.states import Stateful
from orders.models.order import Order


class OutboundMail(Stateful):
    """One mail of one event, and what is known of its sending.

    Between HANDING_OVER and SENT the server may or may not have taken it. A row found there later is UNCERTAIN, and
    nothing but a person sends it again.
    """

    class State(models.TextChoices):
        QUEUED = "queued", _("waiting")
        HANDING_OVER = "handing_over", _("being handed over")
        SENT = "sent", pgettext_lazy("mail", "sent")
        UNCERTAIN = "uncertain", _("uncertain: it may have been sent")
        REFUSED = "refused", _("refused by the mail server")

    MOVES = {
        State.QUEUED: (State.HANDING_OVER,),
        State.HANDING_OVER: (State.SENT, State.QUEUED, State.UNCERTAIN, State.REFUSED),
        State.UNCERTAIN: (State.SENT, State.QUEUED),
        State.REFUSED: (State.QUEUED,),
    }

    dedupe_key = models.CharField(_("key"), max_length=120, unique=True)
    order = models.ForeignKey(
        Order, models.PROTECT, null=True, blank=True, related_name="mails", verbose_name=_("order")
    )
    kind = models.CharField(_("kind"), max_length=40)
    to = models.EmailField(_("to"))
    language = models.CharField(_("language"), max_length=5, default="ja")
    subject = models.CharField(_("subject"), max_length=250)
    text = models.TextField(_("text"))
    html = models.TextField(_("HTML"), blank=True)
    message_id = models.CharField(_("Message-ID"), max_length=250, unique=True)
    state = models.CharField(_("state"), max_length=12, choices=State, default=State.QUEUED)
    error = models.TextField(_("error"), blank=True)
    created_at = models.DateTimeField(_("created"), default=timezone.now)
    sent_at = models.DateTimeField(pgettext_lazy("time of a mail", "sent"), null=True, blank=True)

    class Meta:
        verbose_name = _("outbound mail")
        verbose_name_plural = _("outbound mails")
        ordering = ["-pk"]
        indexes = [models.Index(fields=["created_at"], condition=Q(state="uncertain"), name="outboundmail_uncertain")]
        constraints = [models.CheckConstraint(condition=~Q(dedupe_key=""), name="outboundmail_has_a_key")]

    def __str__(self) -> str:
        return f"{self.kind} {self.to}"
