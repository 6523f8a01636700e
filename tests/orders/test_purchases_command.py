"""Purchases from a terminal: found, shown, brought on, held back; every act with who and why."""

import threading
from datetime import timedelta
from io import StringIO

import pytest
from django.contrib.auth.models import Permission
from django.core.management import CommandError, call_command
from django.db import connection, connections

from orders.models import OperatorAction, OrderEvent, Pause, PipelineRun, Refund, StageRun
from orders.pipeline.engine import gates
from orders.pipeline.engine.errors import Refused
from tests import builders

pytestmark = pytest.mark.django_db
State = StageRun.State
REASON = ("--reason", "the warehouse called")
BY = ("--by", "sam@example.com")


@pytest.fixture(autouse=True)
def _look_anew(sam):
    gates.forget()
    yield
    gates.forget()


@pytest.fixture
def refused(world, mug, alice, monkeypatch):
    """An order whose instruction the warehouse refused: it is parked."""

    def no(*args):
        raise Refused("No such\nSKU")

    with monkeypatch.context() as for_now:
        for_now.setattr(world.warehouse, "instruct", no)
        return world.bought(alice, mug)


def says(*arguments: str) -> str:
    said = StringIO()
    call_command("purchases", *arguments, stdout=said)
    return said.getvalue()


def refusal(*arguments: str) -> tuple[str, int]:
    with pytest.raises(CommandError) as refused:
        says(*arguments)
    return str(refused.value), refused.value.returncode


def test_the_list_shows_what_each_run_is_at(world, film, refused, bob):
    world.later(minutes=1)
    other = world.order(bob, film)
    lines = says("list").splitlines()
    assert [line.split()[0] for line in lines] == [other.number, refused.number]
    item = world.stage(refused, "instruct").item
    assert f"instruct[{item}] parked (warehouse)" in lines[1]
    assert "charge ready" in lines[0]


@pytest.mark.parametrize(
    ("filters", "is_found"),
    [
        (("--parked",), True),
        (("--parked", "--owner", "warehouse"), True),
        (("--parked", "--owner", "shop"), False),
        (("--stage", "instruct"), True),
        (("--stage", "charge"), False),
        (("--state", "running"), True),
        (("--state", "succeeded"), False),
        (("--since", "1h"), True),
        (("--since", "2100-01-01"), False),
        (("--limit", "0"), False),
    ],
)
def test_the_list_is_narrowed(refused, filters, is_found):
    assert (refused.number in says("list", *filters)) is is_found


def test_showing_an_order_tells_all_about_it(world, refused):
    shown = says("show", refused.number.lower())
    stage = world.stage(refused, "instruct")
    assert f"{refused.number} purchase 1: running since" in shown
    assert f"parked     {stage}  needs a person (warehouse): No such SKU" in shown
    assert "attempt 1  refused" in shown
    assert f"instruct  rejected  key {stage.key}:" in shown
    assert world.run_of(refused).trace_parent in shown
    says("retry", refused.number, "instruct", *REASON, *BY)
    assert "staff  retry by sam@example.com at" in says("show", refused.number)


def test_a_stage_is_retried_and_goes_on(world, refused):
    said = says("retry", refused.number, "instruct", *REASON, *BY)
    assert said.endswith(f"of {refused.number} is tried again now.\n")
    world.later(minutes=1)
    world.work(refused)
    assert world.stage(refused, "instruct").state == State.SUCCEEDED
    action = OperatorAction.objects.get()
    assert (action.verb, action.actor.email, action.reason) == ("retry", BY[1], REASON[1])


def test_a_stage_is_skipped_with_a_reason_alone(world, refused):
    assert refusal("skip", refused.number, "instruct", *BY)[1] == 2
    assert world.stage(refused, "instruct").state == State.PARKED
    says("skip", refused.number, "instruct", *REASON, *BY)
    assert world.stage(refused, "instruct").state == State.SKIPPED


def test_a_purchase_is_taken_back(world, film, alice):
    order = world.order(alice, film)
    says("take-back", order.number, *REASON, *BY)
    assert PipelineRun.objects.get(order=order, pipeline="purchase").state != PipelineRun.State.RUNNING
    assert OrderEvent.objects.filter(order=order, kind="orders.order.cancel_asked").exists()


@pytest.mark.parametrize("act", ["show", "take-back", "retry"])
def test_a_wrong_order_number_is_one_sentence(act, refused):
    more = {"show": (), "take-back": (*REASON, *BY), "retry": ("charge", *REASON, *BY)}[act]
    assert refusal(act, "H00-000-000", *more) == ("There is no order H00-000-000 with a run.", 2)


def test_other_slips_are_one_sentence_too(refused, alice):
    number = refused.number
    assert refusal("retry", number, "instrukt", *REASON, *BY) == (f"{number} has no stage instrukt.", 2)
    assert refusal("retry", number, "charge", *REASON, *BY)[1] == 2
    assert refusal("retry", number, "instruct", *REASON, "--by", "alice@example.com") == (
        "alice@example.com is nobody of the staff.",
        2,
    )
    assert refusal("pause", "system", "moon", *REASON, *BY) == ("There is no system moon.", 2)
    assert refusal("go-on", "system", "warehouse", *REASON, *BY)[1] == 2
    with pytest.raises(CommandError, match="since"):
        says("list", "--since", "yesterday")


def test_staff_without_the_right_are_refused(refused):
    builders.member("dora@example.com", is_staff=True)
    assert (
        "may not change stages" in refusal("retry", refused.number, "instruct", *REASON, "--by", "dora@example.com")[0]
    )


def test_many_are_redriven_after_a_dry_run(world, mug, refused, bob, monkeypatch):
    with monkeypatch.context() as for_now:
        for_now.setattr(world.warehouse, "instruct", lambda *a: (_ for _ in ()).throw(Refused("Full")))
        second = world.bought(bob, mug)
    filters = ("--stage", "instruct", "--error-class", "Refused", "--owner", "warehouse")
    dry = says("redrive", *filters, "--dry-run", *REASON, *BY)
    assert f"would retry {world.stage(refused, 'instruct')} of {refused.number}: No such SKU" in dry
    assert dry.endswith("2 stages would be done; nothing was changed.\n")
    assert StageRun.objects.filter(state=State.PARKED).count() == 2
    assert says("redrive", *filters, *REASON, *BY) == "2 stages were done, 0 left alone.\n"
    world.later(minutes=1)
    for order in (refused, second):
        world.work(order)
        assert world.stage(order, "instruct").state == State.SUCCEEDED


def test_a_redrive_keeps_to_its_filter(refused):
    assert says("redrive", "--stage", "mail", *REASON, *BY) == "0 stages were done, 0 left alone.\n"
    assert says("redrive", "--since", "2100-01-01", *REASON, *BY).startswith("0 stages")


def test_pausing_holds_stages_back_until_it_is_ended(world, film, alice):
    order = world.order(alice, film)
    says("pause", "system", "payment", "--for", "2h", *REASON, *BY)
    pause = Pause.objects.get()
    assert pause.until - pause.created_at == timedelta(hours=2)
    world.work(order)
    assert "is held back" in says("show", order.number)
    says("go-on", "system", "payment", *REASON, *BY)
    assert not Pause.objects.exists()


def test_draining_ends_when_nothing_of_it_runs(world, film, alice, monkeypatch):
    world.order(alice, film)
    assert "Nothing of it runs any more" in says("drain", "stage", "purchase.charge", *REASON, *BY)
    assert Pause.objects.get().name == "purchase.charge"


def test_draining_says_what_still_runs_when_its_time_is_over(world, film, alice):
    order = world.order(alice, film)
    StageRun.objects.filter(name="charge").update(state=State.RUNNING, lease_until=world.later(minutes=1))
    said, status = refusal("drain", "system", "payment", "--timeout", "0.1", *REASON, *BY)
    assert said == f"After 0.1 s these still run: charge of {order.number}. The pause stays."
    assert status == 1


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_draining_waits_for_the_stage_that_runs(world, alice):
    if connection.vendor != "postgresql":
        pytest.skip("two connections at once need a server")
    builders.member("sam2@example.com", is_staff=True, is_superuser=True)
    builders.video_handler()
    world.order(alice, builders.rental(builders.title()))
    rows = StageRun.objects.filter(name="charge")
    rows.update(state=State.RUNNING, lease_until=world.later(minutes=1))
    is_looking = threading.Event()

    def end_it() -> None:
        is_looking.wait(30)
        rows.update(state=State.SUCCEEDED, lease_until=None)
        connections.close_all()

    ending = threading.Thread(target=end_it)
    ending.start()
    said = Said(is_looking)
    call_command("purchases", "drain", "pipeline", "purchase", *REASON, "--by", "sam2@example.com", stdout=said)
    ending.join()
    assert "Nothing of it runs any more" in said.getvalue()
    assert not rows.filter(state=State.RUNNING).exists()


class Said(StringIO):
    """Says when the pause has been told, that is, when the waiting begins."""

    def __init__(self, told: threading.Event) -> None:
        super().__init__()
        self.told = told

    def write(self, text: str) -> int:
        self.told.set()
        return super().write(text)


def test_versions_are_counted(world, film, alice):
    world.order(alice, film)
    assert says("versions") == "purchase 1: 1 unfinished\n"


def test_money_is_given_back_after_a_look_at_what_it_comes_to(world, film, alice):
    order = world.bought(alice, film)
    asked = ("refund", order.number, "--line", "1", *REASON, *BY)
    assert "in all 330 yen (330 at 10 %)" in says(*asked, "--dry-run")
    assert not Refund.objects.exists()
    assert "330 yen" in says(*asked)
    assert Refund.objects.get().reason == REASON[1]
    assert refusal(*asked) == ("Everything was given back, or is being given back.", 2)


def test_a_refund_that_is_not_clear_or_not_allowed_is_refused(world, film, alice, sam):
    order = world.bought(alice, film)
    for options in (("--all", "--amount", "5"), ("--line", "7"), ("--line", "1=x"), ("--amount", "0"), ()):
        assert refusal("refund", order.number, *options, *REASON, *BY)[1] == 2
    sam.is_superuser = False
    sam.user_permissions.add(Permission.objects.get(codename="change_stagerun"))
    sam.save()
    assert "may not give money back" in refusal("refund", order.number, "--all", *REASON, *BY)[0]
    assert not Refund.objects.exists()
