"""One mail for each parcel, as it leaves, and never twice."""

import pytest

from orders.models import OutboundMail, Shipment, StageRun
from orders.pipeline.engine import operate
from orders.pipeline.engine.execute import Worker
from orders.pipeline.engine.sweep import sweep
from orders.services import mails
from orders.services.mails import State as MailState
from tests import builders
from tests.orders.test_purchase import report_parcel

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_japanese")]
State = StageRun.State
PART, LAST = "発送のたびにメール", "これで、ご注文のすべて"


@pytest.fixture
def three(world, alice, mug):
    """Three of the same, on their way to the doorstep in as many parcels as the warehouse likes."""
    return world.bought(alice, mug, quantity=3)


def parcel(world, order, quantity: int = 1):
    """The warehouse sends so many of the order's one line and reports it."""
    made = order.fulfillment_orders.get()
    report_parcel(world, made, {str(made.lines.get().order_line.reference): quantity})


def told(order) -> list[OutboundMail]:
    return list(OutboundMail.objects.filter(order=order, kind="order_shipped").order_by("pk"))


def test_each_parcel_has_its_mail_and_the_last_says_that_it_is_all(world, three):
    for number in (1, 2, 3):
        parcel(world, three)
        world.work(three)
        assert len(told(three)) == number
    for mail, shipment in zip(told(three), Shipment.objects.order_by("pk"), strict=True):
        assert shipment.tracking_number in mail.text
        assert mail.text.count("1234567890") == mail.text.count(shipment.tracking_number)
    assert [(PART in mail.text, LAST in mail.text) for mail in told(three)] == [
        (True, False),
        (True, False),
        (False, True),
    ]
    assert len(world.mails) == 1 + 3
    three.refresh_from_db()
    assert three.state == "completed"


def test_one_parcel_is_all_of_it(world, three):
    parcel(world, three, 3)
    world.work(three)
    [mail] = told(three)
    assert PART not in mail.text
    assert LAST not in mail.text


def test_parcels_that_left_together_have_a_mail_each(world, three):
    """Nobody came to the first before the second was reported."""
    for _ in range(3):
        parcel(world, three)
    world.work(three)
    assert [LAST in mail.text for mail in told(three)] == [False, False, True]
    assert len(world.mails) == 1 + 3


def test_two_warehouses_and_the_last_word_is_said_once(world, alice, mug):
    towel = builders.variant(price=1100, stock=5, at=builders.warehouse("otaru", "小樽倉庫"))
    order = world.bought(alice, mug, towel)
    for made in order.fulfillment_orders.order_by("-pk"):
        report_parcel(world, made, {str(made.lines.get().order_line.reference): 1})
        world.work(order)
    assert [LAST in mail.text for mail in told(order)] == [False, True]


def test_a_parcel_that_nobody_reported_is_found_by_asking(world, three):
    made = three.fulfillment_orders.get()
    world.warehouse.ship(str(made.reference), {str(made.lines.get().order_line.reference): 1})
    world.later(hours=1)
    world.work(three)
    assert len(told(three)) == 1


@pytest.mark.parametrize("dies", ["before", "while it hands over", "after"])
def test_a_worker_that_dies_at_a_mail_sends_none_twice(world, three, sam, dies):
    parcel(world, three)
    world.work(three)
    parcel(world, three)
    stage = world.stage(three, "mail_shipped")
    worker = Worker(stage.run, world.clock, "mail_shipped")
    claimed = worker.claim()
    assert claimed
    if dies != "before":
        with pytest.MonkeyPatch.context() as dying:
            cut = "deliver" if dies == "while it hands over" else "compose"
            dying.setattr(mails, cut, _dies_in(getattr(mails, cut), after=dies == "after"))
            with pytest.raises(KeyboardInterrupt):
                worker.context(claimed).spec.act(worker.context(claimed))
    world.later(minutes=2)  # its lease was renewed by the true clock
    sweep(now=world.now)
    world.work(three)
    if dies == "while it hands over":
        undecided = OutboundMail.objects.get(state=MailState.UNCERTAIN)
        stage = world.stage(three, "mail_shipped")
        assert (stage.state, mails.stage_of(undecided)) == (State.PARKED, stage)
        operate.retry(stage=stage, actor=sam, reason="", now=world.now)
        world.work(three)
        assert len(world.mails) == 1 + 1  # never repeated by itself
        fence = world.stage(three, "mail_shipped").fence
        mails.mark_sent(mail=undecided, fence=fence, actor=sam, reason="they have it", now=world.now)
    parcel(world, three)
    world.work(three)
    assert len(told(three)) == 3
    assert len(world.mails) == (1 + 2 if dies == "while it hands over" else 1 + 3)
    assert len({mail.extra_headers["Message-ID"] for mail in world.mails}) == len(world.mails)
    assert world.stage(three, "mail_shipped").state == State.SUCCEEDED


def _dies_in(act, *, after: bool):
    """The second mail's `act` is the end of its worker: halfway through the hand-over, or once it is written."""

    def dies(*given, **more):
        if act.__name__ == "deliver":
            (mail,) = given
            if mail.state == MailState.SENT:
                return mail
            mail.move_to(MailState.HANDING_OVER)
            raise KeyboardInterrupt
        made = act(*given, **more)
        if made.state == MailState.SENT:
            return made
        raise KeyboardInterrupt

    return dies
