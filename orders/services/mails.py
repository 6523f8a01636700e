"""Mail to buyers, at most once.

SMTP has no key and cannot be asked. So the row says what is about to happen before it happens: a mail found in the
middle of being handed over may have gone out, is marked uncertain, and only a person sends it again.
"""

import smtplib
from datetime import datetime
from email.utils import parseaddr

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import translation

from accounts.models import User
from config.lib import clock
from config.lib.http import refuse_inside_transaction
from config.lib.locks import lock_one
from orders.models import OperatorAction, Order, OutboundMail, StageRun
from orders.pipeline.engine import operate
from orders.pipeline.engine.errors import Refused, Transient, Uncertain
from orders.pipeline.engine.operate import NotPossible
from orders.pipeline.engine.operate import retry as try_again

State = OutboundMail.State
# Which stage of a run sends a mail of which kind; the mail's key is kind, order, the stage's item, and which of many.
STAGE_OF = {
    "order_confirmed": "mail",
    "order_shipped": "mail_shipped",
    "order_refunded": "mail_refunded",
    "refund_given": "mail_refund",
    "order_cancelled": "mail_cancelled",
    "order_not_cancelled": "mail_cancelled",
}


def compose(kind: str, order: Order, *, key: str, now: datetime, **context: object) -> OutboundMail:
    """The mail of one event, written in the order's language; composed twice under one `key`, it is the first one."""
    known = OutboundMail.objects.filter(dedupe_key=key).first()
    if known:
        return known
    with translation.override(order.language):
        values = {"order": order, "site_url": settings.SITE_URL, "station": _station(), "seller": _seller(), **context}
        subject = " ".join(render_to_string(f"emails/{kind}/subject.txt", values).split())
        text = render_to_string(f"emails/{kind}/body.txt", values)
        html = render_to_string(f"emails/{kind}/body.html", values)
    mail, _ = OutboundMail.objects.get_or_create(
        dedupe_key=key,
        defaults={
            "order": order,
            "kind": kind,
            "to": order.email,
            "language": order.language,
            "subject": subject,
            "text": text,
            "html": html,
            "message_id": f"<{key.replace(':', '.')}@{_domain()}>",
            "created_at": now,
        },
    )
    return mail


def deliver(mail: OutboundMail) -> OutboundMail:
    """Hand the mail over once. Raises `Transient` while nothing was handed over, `Refused`, or `Uncertain`."""
    refuse_inside_transaction("the mail server")
    mail.refresh_from_db()
    if mail.state == State.SENT:
        return mail
    if mail.state != State.QUEUED:
        return _taken_up(mail)
    connection = get_connection()
    try:
        connection.open()
    except (OSError, smtplib.SMTPException) as error:  # nothing handed over yet
        raise Transient(f"The mail server did not answer: {error}") from error
    try:
        if not OutboundMail.objects.filter(pk=mail.pk, state=State.QUEUED).update(state=State.HANDING_OVER):
            raise Transient("Another worker is handing this mail over")
        mail.state = State.HANDING_OVER
        _hand_over(mail, connection)
    finally:
        _close(connection)
    mail.move_to(State.SENT, sent_at=clock.now(), error="")
    return mail


def _close(connection) -> None:  # type: ignore[no-untyped-def]
    try:
        connection.close()
    except (OSError, smtplib.SMTPException):  # the mail's fate is decided; a late goodbye changes nothing
        return


def _taken_up(mail: OutboundMail) -> OutboundMail:
    """An earlier attempt was cut off, refused, or is known to be uncertain."""
    if mail.state == State.REFUSED:
        raise Refused(f"The mail server refused it: {mail.error}")
    if mail.state == State.HANDING_OVER:
        mail.move_to(State.UNCERTAIN, error="The worker was lost while it handed the mail over")
    raise Uncertain(f"It is not known whether mail {mail.message_id} was sent")


def _hand_over(mail: OutboundMail, connection) -> None:  # type: ignore[no-untyped-def]
    try:
        _message(mail, connection).send()
    except (smtplib.SMTPRecipientsRefused, smtplib.SMTPSenderRefused, smtplib.SMTPDataError) as error:
        _refused(mail, error)
    except (OSError, smtplib.SMTPException) as error:  # cut off somewhere inside: it may have been taken
        mail.move_to(State.UNCERTAIN, error=str(error))
        raise Uncertain(f"The hand-over of {mail.message_id} was cut off: {error}") from error


def _refused(mail: OutboundMail, error: smtplib.SMTPException) -> None:
    """The server said no in so many words, so it has not taken the mail: 4xx may change, 5xx will not."""
    if all(400 <= code < 500 for code in _codes(error)):
        mail.move_to(State.QUEUED, error=str(error))
        raise Transient(f"The mail server said later: {error}") from error
    mail.move_to(State.REFUSED, error=str(error))
    raise Refused(f"The mail server refused it: {error}") from error


def _codes(error: smtplib.SMTPException) -> list[int]:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return [code for code, _ in error.recipients.values()]
    return [error.smtp_code] if isinstance(error, smtplib.SMTPResponseException) else []


def _message(mail: OutboundMail, connection) -> EmailMultiAlternatives:  # type: ignore[no-untyped-def]
    message = EmailMultiAlternatives(
        mail.subject, mail.text, settings.DEFAULT_FROM_EMAIL, [mail.to], connection=connection
    )
    message.extra_headers = {"Message-ID": mail.message_id, "Auto-Submitted": "auto-generated"}
    if mail.html:
        message.attach_alternative(mail.html, "text/html")
    return message


def _station() -> str:
    return settings.STATION_NAME_EN if _is_english() else settings.STATION_NAME


def _seller() -> dict[str, str]:
    """Who sells, and how to reach them: every mail about an order says so."""
    return {
        "name": settings.INVOICE_ISSUER,
        "address": settings.SELLER_ADDRESS_EN if _is_english() else settings.SELLER_ADDRESS,
        "phone": settings.SELLER_PHONE,
        "email": settings.SELLER_EMAIL,
    }


def _is_english() -> bool:
    return (translation.get_language() or "ja").startswith("en")


def _domain() -> str:
    return parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"


def is_sent_by(mail: OutboundMail, stage: StageRun) -> bool:
    """Whether the stage sends this mail, perhaps as one of many."""
    _, _, item, *_ = (*mail.dedupe_key.split(":"), "", "")
    return STAGE_OF.get(mail.kind) == stage.name and item == stage.item


def stage_of(mail: OutboundMail) -> StageRun | None:
    """The stage that sends this mail, in the newest run that has it."""
    _, _, item, *_ = (*mail.dedupe_key.split(":"), "", "")
    stages = StageRun.objects.filter(run__order=mail.order, name=STAGE_OF.get(mail.kind, ""), item=item)
    return stages.select_related("run__order").order_by("-run__created_at").first()


@transaction.atomic
def mark_sent(*, mail: OutboundMail, fence: int, actor: User, reason: str, now: datetime) -> None:
    """A person found out that an uncertain mail had gone out: it counts as sent, and its run goes on.

    `fence` is that of the mail's stage when the person looked. Raises `NotPossible` where the mail is not uncertain
    any more, its stage has moved on, or there has been another attempt since.
    """
    _decide(mail, fence, State.SENT, (State.UNCERTAIN,), OperatorAction.Verb.MAIL_HAD_BEEN_SENT, actor, reason, now)


@transaction.atomic
def send_again(*, mail: OutboundMail, fence: int, actor: User, reason: str, now: datetime) -> None:
    """A person decides that an uncertain or refused mail is handed over once more, whatever became of the first try.

    Raises `NotPossible` as `mark_sent` does.
    """
    from_states = (State.UNCERTAIN, State.REFUSED)
    _decide(mail, fence, State.QUEUED, from_states, OperatorAction.Verb.SEND_MAIL_AGAIN, actor, reason, now)


def _decide(
    mail: OutboundMail,
    fence: int,
    state: str,
    from_states: tuple[str, ...],
    verb: str,
    actor: User,
    reason: str,
    now: datetime,
) -> None:
    """Write a person's decision on a mail, log it with its stage, and let the stage look again."""
    stage = stage_of(mail)
    if stage is None:
        raise NotPossible(f"No stage sends mail {mail.message_id}")
    operate.log(stage, verb, actor, reason, now)
    try_again(stage=stage, actor=actor, reason=reason, now=now)  # which keeps workers off until this is committed
    if not StageRun.objects.filter(pk=stage.pk, fence=fence).exists():
        raise NotPossible(f"There has been another attempt at mail {mail.message_id} since")
    fresh = lock_one(OutboundMail.objects.all(), pk=mail.pk)
    if fresh.state not in from_states:
        raise NotPossible(f"The mail {mail.message_id} is {fresh.get_state_display()} by now")
    fresh.move_to(state, **({"sent_at": now, "error": ""} if state == State.SENT else {"error": ""}))
