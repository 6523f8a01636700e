"""The provider's books and ours, compared for a day against the payment stand-in as a process of its own.

It sends no webhooks here, so that each payment and refund is one of which nobody has told us.
"""

import random
import uuid
from datetime import timedelta

import pytest
import stripe
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from orders import payments
from orders.models import (
    Discrepancy,
    Order,
    OrderEvent,
    Payment,
    ProviderEntry,
    ReconciliationRun,
    Refund,
)
from orders.payments import books
from orders.pipeline.engine.errors import Transient
from orders.services import discrepancies, reconciling, refunds
from orders.services.payments import look_again
from orders.services.reconciling import reconcile
from tests import builders
from tests.orders import conftest as purchases
from tests.sandboxes.payment.shopper import SECRET_KEY, paid_by
from tests.sandboxes.standin import StandIn

world = purchases.world
pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("error")]
Kind, Ending, Step = Discrepancy.Kind, Discrepancy.Ending, ReconciliationRun.Step


@pytest.fixture
def bank(tmp_path, settings, world, fresh_ports):
    """The stand-in with a ledger of this test's own; `api` is the SDK, as staff use the provider's own pages."""
    builders.video_handler()
    running = StandIn("payment", tmp_path / "ledger.sqlite3")
    running.session.headers["Authorization"] = f"Bearer {SECRET_KEY}"
    settings.PAYMENT_PROVIDER, settings.STRIPE_API_BASE = "stripe", running.url
    running.api = stripe.StripeClient(SECRET_KEY, base_addresses={"api": running.url}, max_network_retries=0).v1
    yield running
    running.close()


@pytest.fixture
def today():
    return timezone.localdate()


@pytest.fixture
def buy(bank, world, alice):
    """Alice orders a film and pays; `told` is whether anybody tells us."""

    def order(*, told: bool = True, card: str = "pm_card_visa") -> Order:
        made = world.order(alice, builders.rental(builders.title()))
        world.work(made, only="charge")
        payment = made.payments.get()
        bank.api.payment_intents.confirm(
            payment.provider_ref, {"payment_method": card, "return_url": payment.return_url}
        )
        if told:
            look_again(made, now=world.now)
            world.work(made)
        made.refresh_from_db()
        return made

    return order


@pytest.fixture
def give_back(bank):
    """A refund as the pipeline makes it; the row alone, or what the provider did alone, where that is asked for."""

    def refund(order: Order, *, amount: int = 330, here: bool = True, there: bool = True) -> Refund | None:
        payment, key = order.payments.get(), f"refund:{uuid.uuid4()}"
        row = Refund.objects.create(payment=payment, key=key, amount=amount, reason="傷") if here else None
        ref = f"re_{uuid.uuid4().hex}"
        if there:
            port = payments.provider()
            ref = port.refund(port.refund_request(payment, amount, key), key)["id"]
        if row:
            refunds.note_succeeded(pk=row.pk, ref=ref, now=timezone.now())
            row.refresh_from_db()
        return row

    return refund


def found() -> dict[str, str]:
    """What was found, by its subject, with how it ended."""
    return {f"{one.kind} {one.subject}": one.ending for one in Discrepancy.objects.order_by("pk")}


def charge_of(order: Order) -> str:
    return order.payments.get().charge_ref


def test_a_day_on_which_all_agree_is_read_and_added_up(buy, give_back, today):
    first, _second = buy(), buy()
    give_back(first, amount=100)
    run = reconcile(today)
    assert (run.step, found()) == (Step.DONE, {})
    assert (run.charges, run.charged, run.refunds, run.refunded, run.fees) == (2, 660, 1, 100, 24)
    kinds = ProviderEntry.objects.values_list("kind", flat=True)
    assert sorted(kinds) == ["charge"] * 2 + ["movement"] * 3 + ["refund"]


def test_a_webhook_that_was_lost_is_found_and_the_order_goes_on(buy, world, today):
    order = buy(told=False)
    assert order.state == Order.State.PENDING_PAYMENT
    reconcile(today)
    world.later(minutes=5)
    world.work(order)
    order.refresh_from_db()
    charge = charge_of(order)
    assert order.is_paid
    assert found() == {f"money_without_order {charge}": Ending.HEALED}
    assert OrderEvent.objects.filter(order=order, kind="orders.payment.succeeded").count() == 1


def test_money_that_no_order_of_ours_asked_for(bank, today):
    intent = bank.api.payment_intents.create(paid_by("pm_card_visa"))
    reconcile(today)
    one = Discrepancy.objects.get()
    assert (one.kind, one.subject, one.amount) == (Kind.MONEY_WITHOUT_ORDER, intent.latest_charge, 1200)
    assert (one.order, one.payment, one.closed_at) == (None, None, None)


def test_money_for_an_order_that_was_given_up(buy, today):
    order = buy(told=False)
    Order.objects.filter(pk=order.pk).update(state=Order.State.EXPIRED)
    order.payments.update(state=Payment.State.CANCELLED)
    reconcile(today)
    one = Discrepancy.objects.get()
    assert (one.kind, one.order, one.ending) == (Kind.MONEY_WITHOUT_ORDER, order, "")


def test_money_without_order_that_somebody_gave_back_is_explained_by_itself(bank, today):
    intent = bank.api.payment_intents.create(paid_by("pm_card_visa"))
    reconcile(today)
    bank.api.refunds.create({"payment_intent": intent.id})
    reconcile(today, again=True)
    assert found() == {f"money_without_order {intent.latest_charge}": Ending.EXPLAINED}


def test_a_charge_that_names_a_payment_of_another_house_is_not_taken_for_ours(buy, bank, today):
    ours = buy()
    metadata = {"payment": str(ours.payments.get().pk), "order": "HZZZ-ZZZ-ZZZ"}
    theirs = bank.api.payment_intents.create(paid_by("pm_card_visa", metadata=metadata))
    reconcile(today)
    assert list(found()) == [f"money_without_order {theirs.latest_charge}"]
    assert Discrepancy.objects.get().payment is None


def test_a_second_charge_for_a_paid_order_is_money_without_order(buy, bank, today):
    order = buy()
    metadata = {"payment": str(order.payments.get().pk), "order": order.number}
    second = bank.api.payment_intents.create(paid_by("pm_card_visa", amount=330, metadata=metadata))
    reconcile(today)
    one = Discrepancy.objects.get()
    assert (one.kind, one.subject, one.order) == (Kind.MONEY_WITHOUT_ORDER, second.latest_charge, order)


def test_an_order_without_money(buy, today):
    order = buy()
    order.payments.update(charge_ref="ch_of_nobody")
    reconcile(today)
    assert "order_without_money ch_of_nobody" in found()
    one = Discrepancy.objects.get(kind=Kind.ORDER_WITHOUT_MONEY)
    assert (one.order, one.amount, one.found["there"]) == (order, 330, None)


def test_another_amount_and_another_currency(buy, bank, today):
    by_sum, by_currency = buy(), buy()
    by_sum.payments.update(captured=300)
    by_currency.payments.update(currency="USD")
    reconcile(today)
    assert found() == {f"other_amount {charge_of(one)}": "" for one in (by_sum, by_currency)}


def test_another_amount_of_an_open_payment_is_reported_and_the_order_does_not_count_as_paid(buy, today):
    order = buy(told=False)
    order.payments.update(amount=300)
    reconcile(today)
    order.refresh_from_db()
    assert (Discrepancy.objects.get().kind, order.is_paid) == (Kind.OTHER_AMOUNT, False)


def test_a_refund_there_and_not_here(buy, give_back, bank, today):
    order = buy()
    made = bank.api.refunds.create({"charge": charge_of(order), "amount": 30})
    reconcile(today)
    one = Discrepancy.objects.get()
    assert (one.kind, one.subject, one.order, one.amount) == (Kind.REFUND_THERE_ONLY, made.id, order, 30)


def test_a_refund_here_and_not_there(buy, give_back, today):
    row = give_back(buy(), there=False)
    reconcile(today)
    one = Discrepancy.objects.get()
    assert (one.kind, one.subject, one.refund) == (Kind.REFUND_HERE_ONLY, row.provider_ref, row)


def test_a_refund_of_another_amount(buy, give_back, today):
    row = give_back(buy())
    Refund.objects.filter(pk=row.pk).update(amount=300)
    reconcile(today)
    assert found() == {f"other_amount {row.provider_ref}": ""}


def test_a_refund_that_failed_there_unheard_is_found_and_is_owed_again(buy, give_back, bank, today):
    row = give_back(buy())
    bank.post(f"/sandbox/refunds/{row.provider_ref}/fail").raise_for_status()
    reconcile(today)
    row.refresh_from_db()
    assert row.state == Refund.State.FAILED
    assert found() == {f"refund_failed_there {row.provider_ref}": Ending.HEALED}


def test_a_refund_that_fails_days_later_is_found_on_that_day(buy, give_back, bank, today):
    """Its line in the list of refunds stays where it was; the balance tells of the day on which the money came back."""
    row = give_back(buy())
    reconcile(today)
    bank.post("/sandbox/clock", json={"advance": 3 * 86400}).raise_for_status()
    bank.post(f"/sandbox/refunds/{row.provider_ref}/fail").raise_for_status()
    reconcile(today + timedelta(days=3))
    assert found() == {f"refund_failed_there {row.provider_ref}": Ending.HEALED}


def test_a_failure_that_cannot_be_written_stays_open(buy, give_back, bank, today, monkeypatch):
    row = give_back(buy())
    bank.post(f"/sandbox/refunds/{row.provider_ref}/fail").raise_for_status()
    monkeypatch.setattr(refunds, "_note_failed", lambda *args: 1 / 0)
    reconcile(today)
    assert found() == {f"refund_failed_there {row.provider_ref}": ""}
    monkeypatch.undo()
    reconcile(today, again=True)
    assert found() == {f"refund_failed_there {row.provider_ref}": Ending.HEALED}


def test_running_twice_changes_nothing(buy, give_back, bank, today):
    order = buy()
    give_back(order, amount=100)
    bank.api.payment_intents.create(paid_by("pm_card_visa"))
    bank.api.refunds.create({"charge": charge_of(order), "amount": 30})
    order.payments.update(captured=1000)

    def rows():
        unread = {"seen_at", "rounds", "begun_at", "finished_at"}
        models = (Discrepancy, ProviderEntry, ReconciliationRun, Payment, Refund, OrderEvent)
        values = [(model.__name__, row) for model in models for row in model.objects.order_by("pk").values()]
        return [(name, {key: value for key, value in row.items() if key not in unread}) for name, row in values]

    reconcile(today)
    before = rows()
    assert len(found()) == 3
    reconcile(today)
    reconcile(today, again=True)
    assert rows() == before


def test_what_a_person_closed_stays_closed_with_its_reason(bank, sam, today):
    bank.api.payment_intents.create(paid_by("pm_card_visa"))
    reconcile(today)
    one = Discrepancy.objects.get()
    with pytest.raises(discrepancies.NoReason):
        discrepancies.close(one.pk, actor=sam, reason=" ", now=timezone.now())
    discrepancies.close(one.pk, actor=sam, reason="試験の決済", now=timezone.now())
    with pytest.raises(discrepancies.NotOpen):
        discrepancies.close(one.pk, actor=sam, reason="もう一度", now=timezone.now())
    reconcile(today, again=True)
    one.refresh_from_db()
    assert (one.ending, one.closed_by, one.reason) == (Ending.PERSON, sam, "試験の決済")


def test_what_had_closed_itself_is_open_again_when_it_comes_back(buy, today):
    order = buy()
    for captured, ending in ((300, ""), (330, Ending.EXPLAINED), (310, "")):
        order.payments.update(captured=captured)
        reconcile(today, again=True)
        assert found() == ({f"other_amount {charge_of(order)}": ending})


@pytest.mark.parametrize("seed", range(4))
def test_the_end_of_a_page_loses_nothing(bank, today, monkeypatch, seed):
    dice = random.Random(seed)
    count = dice.randrange(3, 10)
    made = [bank.api.payment_intents.create(paid_by("pm_card_visa")).latest_charge for _ in range(count)]
    monkeypatch.setattr(books, "PAGE", dice.choice([1, count - 1, count, count + 1, dice.randrange(1, count)]))
    monkeypatch.setattr(reconciling, "ROWS", dice.randrange(1, count + 2))
    reconcile(today)
    assert found() == {f"money_without_order {ref}": "" for ref in reversed(made)}


@pytest.mark.parametrize("seed", range(3))
def test_cut_off_anywhere_and_taken_up_again_it_finds_the_same(buy, give_back, bank, today, monkeypatch, seed):
    """The provider is away at every second question, and at times the process dies before it keeps what it heard."""
    dice = random.Random(seed)
    order = buy()
    give_back(order, amount=100)
    lost = buy(told=False)
    monkeypatch.setattr(books, "PAGE", 2)
    monkeypatch.setattr(reconciling, "ROWS", 2)
    strange = [bank.api.payment_intents.create(paid_by("pm_card_visa")).latest_charge for _ in range(3)]
    made = bank.api.refunds.create({"charge": charge_of(order), "amount": 30})
    kept = discrepancies.keep

    def keep(entries):
        kept(entries)
        if dice.random() < 0.4:
            raise InterruptedError("killed before the page was committed")

    monkeypatch.setattr(discrepancies, "keep", keep)
    cuts = 0
    while True:
        if dice.random() < 0.5:
            bank.fault("500")
        try:
            if reconcile(today).step == Step.DONE:
                break
        except (Transient, InterruptedError):
            cuts += 1
        bank.heal()
        assert cuts < 200
    assert cuts > 3
    assert found() == {
        **{f"money_without_order {ref}": "" for ref in strange},
        f"money_without_order {charge_of(lost)}": Ending.HEALED,
        f"refund_there_only {made.id}": "",
    }


def test_it_stops_when_its_time_is_over_and_goes_on_later(bank, today, monkeypatch):
    monkeypatch.setattr(books, "PAGE", 1)
    for _ in range(3):
        bank.api.payment_intents.create(paid_by("pm_card_visa"))
    steps = [reconcile(today, ends=0.0).step]
    assert steps == [Step.CHARGES]
    cursors = set()
    for _ in range(40):
        run = ReconciliationRun.objects.get()
        if run.step == Step.DONE:
            break
        cursors.add((run.step, run.cursor))
        reconciling.STEPS[Step(run.step)](run, 0.0)
    assert len(cursors) > 8
    assert Discrepancy.objects.count() == 3


def test_two_at_once_find_the_same_once(bank, today):
    bank.api.payment_intents.create(paid_by("pm_card_visa"))
    reconcile(today, ends=0.0)
    slow, fast = ReconciliationRun.objects.get(), ReconciliationRun.objects.get()
    reconciling._charges(fast, None)
    with pytest.raises(reconciling.Overtaken):
        reconciling._charges(slow, None)
    reconcile(today)
    assert Discrepancy.objects.count() == 1


def test_the_queries_of_a_page_do_not_grow_with_its_lines(buy, today, monkeypatch):
    monkeypatch.setattr(reconciling, "ROWS", 100)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            reconcile(today, again=True)
        return len(captured)

    buy()
    queries()
    one = queries()
    for _ in range(4):
        buy()
    assert queries() <= one
    assert one < 60


def test_a_provider_that_does_not_answer_ends_the_command_with_a_sentence(bank, today):
    bank.fault("500", next=None)
    with pytest.raises(CommandError, match="goes on from there") as told:
        call_command("reconcile", "--date", today.isoformat())
    assert told.value.returncode == 1
    bank.heal()
    call_command("reconcile", "--date", today.isoformat())
    assert ReconciliationRun.objects.get().step == Step.DONE


@pytest.mark.parametrize("date", ["2026-13-01", "yesterday", "2999-01-01"])
def test_a_day_that_is_none_or_not_yet_is_refused(bank, date):
    with pytest.raises(CommandError) as told:
        call_command("reconcile", "--date", date)
    assert told.value.returncode == 2
    assert not ReconciliationRun.objects.exists()
