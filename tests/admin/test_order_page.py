"""An order that stands still: what its page tells, and what a person can do from there."""

import re
import smtplib

import pytest
from django.contrib.auth.models import Permission
from django.core.mail.backends import locmem
from django.urls import reverse

from config.lib.staff import page_of
from orders.admin import words
from orders.models import OperatorAction, OutboundMail, StageRun
from orders.pipeline.engine import graph
from orders.pipeline.engine.errors import Refused
from orders.services import mails
from tests import builders

Verb = OperatorAction.Verb


@pytest.fixture
def refused(world, alice, monkeypatch):
    """An order whose instruction the warehouse refused: it waits for a person."""
    builders.shipping_rates()
    with monkeypatch.context() as patch:
        patch.setattr(type(world.warehouse), "instruct", _refuse)
        return world.bought(alice, builders.variant())


def _refuse(self, instruction, key):
    raise Refused("422: the postal code is not served")


@pytest.fixture
def unsure(world, alice, monkeypatch):
    """An order whose confirmation was cut off while it was handed over."""
    builders.shipping_rates()
    with monkeypatch.context() as patch:
        patch.setattr(locmem.EmailBackend, "send_messages", _cut_off)
        return world.bought(alice, builders.variant())


def _cut_off(self, messages):
    raise smtplib.SMTPServerDisconnected("Connection unexpectedly closed")


def _sheet(order) -> str:
    return reverse("admin:orders_order_change", args=[order.pk])


def _press(client, order, act: str, reason: str = ""):
    stage = StageRun.objects.get(run__order=order, name="instruct")
    return client.post(
        reverse(f"admin:orders_stagerun_{act}", args=[stage.pk]), {"reason": reason, "fence": stage.fence}, follow=True
    )


def _decide(client, order, act: str, form: dict[str, str] | None = None):
    mail = OutboundMail.objects.get(order=order)
    sent = {"reason": "asked", **(_form(client, _sheet(order)) if form is None else form)}
    return client.post(reverse(f"admin:orders_outboundmail_{act}", args=[mail.pk]), sent, follow=True)


def _form(client, page: str) -> dict[str, str]:
    """What the form on an uncertain mail sends along: at which attempt it was shown."""
    return dict(re.findall(r'name="(fence)" value="(\d+)"', client.get(page).content.decode()))


def test_the_page_tells_each_stage_with_its_error_its_attempts_and_its_effects(visit, sam, refused):
    response = visit(sam).get(_sheet(refused))
    sheet = response.context["sheet"]
    rows = {row.stage.name: row for row in sheet.runs[0].rows}
    assert [row.stage.name for row in sheet.parked] == ["instruct"]
    assert rows["instruct"].item == "物販部"
    assert [one.effect.state for one in rows["instruct"].effects] == ["rejected"]
    assert [row.stage.seq for row in sheet.runs[0].rows] == sorted(row.stage.seq for row in sheet.runs[0].rows)
    text = response.content.decode()
    assert "422: the postal code is not served" in text
    assert reverse("admin:orders_stagerun_retry", args=[rows["instruct"].stage.pk]) in text
    assert reverse("admin:orders_stagerun_retry", args=[rows["charge"].stage.pk]) not in text


def test_every_stage_has_a_name_in_words(refused):
    names = {stage.name for pipeline in graph.registered() for stage in pipeline.everything}
    assert not names - words.STAGES.keys()


def test_a_retry_brings_the_order_on_and_is_logged(visit, sam, world, refused):
    _press(visit(sam), refused, "retry", "The postal code was mended")
    world.later(minutes=1)
    world.work(refused)
    assert world.stage(refused, "instruct").state == StageRun.State.SUCCEEDED
    assert len(world.warehouse.instructions) == 1
    action = OperatorAction.objects.get()
    assert (action.verb, action.actor, action.reason) == (Verb.RETRY, sam, "The postal code was mended")


def test_a_skip_without_a_reason_is_refused(visit, sam, world, refused):
    response = _press(visit(sam), refused, "skip", "  ")
    assert [message.level_tag for message in response.context["messages"]] == ["error"]
    assert world.stage(refused, "instruct").state == StageRun.State.PARKED
    assert not OperatorAction.objects.exists()


def test_a_skip_with_a_reason_lets_the_order_go_on(visit, sam, world, refused):
    _press(visit(sam), refused, "skip", "Handed over by telephone")
    assert world.stage(refused, "instruct").state == StageRun.State.SKIPPED
    assert world.stage(refused, "await_shipment").state == StageRun.State.READY
    assert OperatorAction.objects.get().reason == "Handed over by telephone"


def test_what_others_rely_on_offers_no_skip_and_refuses_one(visit, sam, world, refused):
    StageRun.objects.filter(run__order=refused, name="ship_list").update(state=StageRun.State.PARKED)
    stage = world.stage(refused, "ship_list")
    skip = reverse("admin:orders_stagerun_skip", args=[stage.pk])
    assert skip not in visit(sam).get(_sheet(refused)).content.decode()
    response = visit(sam).post(skip, {"reason": "in a hurry", "fence": stage.fence}, follow=True)
    assert [message.level_tag for message in response.context["messages"]] == ["error"]
    assert world.stage(refused, "ship_list").state == StageRun.State.PARKED


def test_whoever_is_slower_is_told_and_changes_nothing(visit, sam, refused):
    client = visit(sam)
    _press(client, refused, "skip", "Handed over by telephone")
    response = _press(client, refused, "retry")
    assert [message.level_tag for message in response.context["messages"]] == ["error"]
    assert OperatorAction.objects.count() == 1


@pytest.mark.parametrize("act", ["retry", "skip"])
def test_who_may_only_look_sees_no_button_and_cannot_press_one(visit, carol, world, refused, act):
    carol.user_permissions.add(*_may("view_order"))
    assert "formaction" not in visit(carol).get(_sheet(refused)).content.decode()
    assert _press(visit(carol), refused, act, "because").status_code == 403
    assert world.stage(refused, "instruct").state == StageRun.State.PARKED


def test_a_button_is_no_link(visit, sam, refused):
    stage = StageRun.objects.get(run__order=refused, name="instruct")
    assert visit(sam).get(reverse("admin:orders_stagerun_retry", args=[stage.pk])).status_code == 405


def test_an_order_that_needs_a_person_is_found_by_the_filter_and_on_the_first_page(visit, sam, refused):
    client = visit(sam)
    assert client.get("/admin/orders/order/?attention=1").context["cl"].result_count == 1
    cares = client.get("/admin/").context["dashboard"].open_cares
    assert [care.count for care in cares] == [1]
    assert client.get(cares[0].href).context["cl"].result_count == 1


def test_an_uncertain_mail_offers_its_two_buttons_instead_of_a_retry(visit, sam, unsure):
    text = visit(sam).get(_sheet(unsure)).content.decode()
    assert "/mark-sent/" in text
    assert "/send-again/" in text
    stage = StageRun.objects.get(run__order=unsure, name="mail")
    assert reverse("admin:orders_stagerun_retry", args=[stage.pk]) not in text


def test_a_mail_that_was_refused_is_not_called_unknown(visit, sam, world, alice, monkeypatch):
    """Nothing has arrived, so it is sent once more or skipped, after its fault was mended."""
    builders.shipping_rates()
    with monkeypatch.context() as patch:
        patch.setattr(locmem.EmailBackend, "send_messages", _refuse_the_mail)
        order = world.bought(alice, builders.variant())
    mail = OutboundMail.objects.get(order=order)
    assert mail.state == OutboundMail.State.REFUSED
    for page in (_sheet(order), page_of(mail)):
        text = visit(sam).get(page).content.decode()
        assert "断られました" in text
        assert "届いたかどうか" not in text
        assert "/mark-sent/" not in text


def _refuse_the_mail(self, messages):
    raise smtplib.SMTPRecipientsRefused({"alice@example.com": (550, b"no such mailbox")})


def test_a_mail_that_had_arrived_counts_as_sent_and_nothing_is_sent(visit, sam, world, unsure):
    _decide(visit(sam), unsure, "mark_sent")
    world.later(minutes=1)
    world.work(unsure)
    assert OutboundMail.objects.get(order=unsure).state == OutboundMail.State.SENT
    assert world.stage(unsure, "mail").state == StageRun.State.SUCCEEDED
    assert not world.mails
    assert Verb.MAIL_HAD_BEEN_SENT in OperatorAction.objects.values_list("verb", flat=True)


def test_a_mail_that_had_not_arrived_is_sent_once_more(visit, sam, world, unsure):
    _decide(visit(sam), unsure, "send_again")
    world.later(minutes=1)
    world.work(unsure)
    assert [message.to for message in world.mails] == [["alice@example.com"]]
    assert world.stage(unsure, "mail").state == StageRun.State.SUCCEEDED
    assert Verb.SEND_MAIL_AGAIN in OperatorAction.objects.values_list("verb", flat=True)


def test_a_mail_is_decided_on_once(visit, sam, world, unsure):
    client = visit(sam)
    _decide(client, unsure, "mark_sent")
    response = _decide(client, unsure, "send_again")
    world.later(minutes=1)
    world.work(unsure)
    assert [message.level_tag for message in response.context["messages"]] == ["error"]
    assert not world.mails


@pytest.mark.parametrize("act", ["send_again", "mark_sent"])
def test_a_button_of_an_earlier_attempt_decides_nothing(visit, sam, world, unsure, act):
    client = visit(sam)
    mail = OutboundMail.objects.get(order=unsure)
    stale = _form(client, page_of(mail))
    assert stale == _form(client, _sheet(unsure)) != {}
    _decide(client, unsure, "send_again")
    OutboundMail.objects.update(state=OutboundMail.State.HANDING_OVER)  # its worker is lost once more
    world.later(minutes=1)
    world.work(unsure)
    assert OutboundMail.objects.get().state == OutboundMail.State.UNCERTAIN
    for form in (stale, {}, {"fence": "x"}):
        response = _decide(client, unsure, act, form)
        assert [message.level_tag for message in response.context["messages"]] == ["error"]
    world.later(minutes=1)
    world.work(unsure)
    assert OutboundMail.objects.get().state == OutboundMail.State.UNCERTAIN
    assert OperatorAction.objects.filter(verb=Verb.SEND_MAIL_AGAIN).count() == 1
    assert not world.mails


def test_each_kind_of_mail_knows_the_stage_that_sends_it():
    everything = [stage.name for pipeline in graph.registered() for stage in pipeline.everything]
    stages = {name for name in everything if name.startswith("mail")}
    assert set(mails.STAGE_OF.values()) == stages


def _may(*codenames):
    return Permission.objects.filter(codename__in=codenames)
