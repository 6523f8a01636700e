"""The engine by itself: small pipelines over an order, with stages that say what they saw."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from config.lib import leases
from orders.models import Effect, Order, OrderLine, PipelineRun, StageAttempt, StageRun
from orders.pipeline.engine import execute, graph, settle
from orders.pipeline.engine import sweep as sweeping
from orders.pipeline.engine.context import Context
from orders.pipeline.engine.errors import Refused, Spent, Transient, Uncertain
from orders.pipeline.engine.execute import advance
from orders.pipeline.engine.graph import GraphError, Pipeline, Retry, Stage, Wait, takes_back
from orders.pipeline.engine.start import start
from orders.pipeline.engine.sweep import sweep
from orders.pipeline.engine.wake import wake
from tests import builders
from tests.orders.stages import external, transactional, wait

pytestmark = pytest.mark.django_db
State = StageRun.State
Technique = Effect.Technique


@dataclass
class Log:
    """What the stages did, in the order in which they did it."""

    done: list[str] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)
    now: datetime = field(default_factory=timezone.now)

    def later(self, **by: float) -> datetime:
        self.now += timedelta(**by)
        return self.now

    def says(self, text: str):
        def act(ctx: Context) -> dict[str, str]:
            self.done.append(f"{text}{ctx.item}")
            return {"said": text}

        return act

    def fails(self, text: str, *errors: Exception):
        """Raises each error once, then succeeds."""
        left = list(errors)

        def act(ctx: Context) -> dict[str, str]:
            self.done.append(f"{text}{ctx.item}")
            if left:
                raise left.pop(0)
            return {}

        return act


@pytest.fixture
def log() -> Log:
    return Log()


@pytest.fixture
def order(alice) -> Order:
    made = Order.objects.create(checkout_key=uuid4(), user=alice, email=alice.email, subtotal=330, total=330)
    OrderLine.objects.create(
        order=made,
        offer=builders.rental(builders.title()),
        handler=builders.video_handler(),
        name="作品",
        unit_price=330,
        quantity=1,
        tax_rate=10,
    )
    return made


@pytest.fixture
def begin(order, log, monkeypatch):
    """Register a pipeline of these stages, start it, and return its run."""

    def register(*stages: Stage, **options) -> PipelineRun:
        monkeypatch.setattr(graph, "_registry", {})
        graph.register(
            Pipeline(
                "story",
                1,
                stages,
                finished=lambda order, now: log.ended.append("finished"),
                taken_back=lambda order, now, reason: log.ended.append(f"taken back: {reason}"),
                **options,
            )
        )
        return start("story", order=order, now=log.now)

    return register


def go(run: PipelineRun, log: Log) -> None:
    sweep(now=log.now)
    advance(run.pk, clock=lambda: log.now)
    run.refresh_from_db()


def claim(run: PipelineRun, log: Log, only: str | None = None) -> StageRun | None:
    return execute.Worker(run, lambda: log.now, only).claim()


def attempt(stage: StageRun, log: Log) -> None:
    """One attempt of a worker that has claimed the stage, and nothing after it."""
    worker = execute.Worker(stage.run, lambda: log.now, stage.name)
    worker.attempt(worker.context(stage))


def row(run: PipelineRun, name: str, item: str = "") -> StageRun:
    return StageRun.objects.select_related("run__order").get(run=run, name=name, item=item)


def test_stages_run_after_those_they_come_after(begin, log):
    run = begin(
        transactional("a", log.says("a")),
        transactional("b", log.says("b"), "a"),
        transactional("c", log.says("c"), "a"),
        transactional("d", log.says("d"), "b", "c"),
    )
    go(run, log)
    assert log.done == ["a", "b", "c", "d"]
    assert log.ended == ["finished"]
    assert run.state == PipelineRun.State.SUCCEEDED


def test_each_item_of_a_map_goes_its_own_way(begin, log):
    slow = {"1": True}

    def act(ctx: Context) -> dict[str, str]:
        if slow.get(ctx.item):
            raise Transient("slow")
        return log.says("ship")(ctx)

    items = lambda order: ["1", "2"]  # noqa: E731
    run = begin(
        transactional("place", log.says("place"), over=items),
        transactional("ship", act, "place", over=items, retry=Retry(base=timedelta(hours=1), cap=timedelta(hours=1))),
        transactional("tell", log.says("tell"), "ship", over=items),
        transactional("close", log.says("close"), "tell"),
    )
    go(run, log)
    assert log.done == ["place1", "place2", "ship2", "tell2"]
    slow.clear()
    log.later(hours=1)
    go(run, log)
    assert log.done[-3:] == ["ship1", "tell1", "close"]


def test_a_stage_that_does_not_apply_is_not_there(begin, log):
    run = begin(
        transactional("a", log.says("a")),
        transactional("b", log.says("b"), "a", when=lambda order: False),
        transactional("c", log.says("c"), "a", "b"),
    )
    go(run, log)
    assert log.done == ["a", "c"]


def test_starting_twice_is_starting_once(begin, order, log):
    run = begin(transactional("a", log.says("a")))
    assert start("story", order=order, now=log.now) == run
    go(run, log)
    assert log.done == ["a"]


def test_what_a_transactional_stage_wrote_goes_with_its_failure(begin, order, log):
    def act(ctx: Context) -> dict[str, str]:
        Order.objects.filter(pk=order.pk).update(language="en")
        raise Transient("after the write")

    run = begin(transactional("a", act))
    go(run, log)
    order.refresh_from_db()
    assert order.language == "ja"
    assert row(run, "a").state == State.READY


def test_a_pause_grows_and_is_never_longer_than_its_cap():
    retry = Retry(base=timedelta(seconds=2), cap=timedelta(minutes=1))
    bounds = [retry.bound(attempt).total_seconds() for attempt in range(1, 8)]
    assert bounds == [2, 4, 8, 16, 32, 60, 60]


def test_what_the_receiver_asks_for_is_the_pause(begin, log):
    run = begin(
        external("a", log.fails("a", Transient("busy", retry_after=timedelta(minutes=7))), technique=Technique.KEY)
    )
    go(run, log)
    assert row(run, "a").available_at == log.now + timedelta(minutes=7)


def test_attempts_that_are_used_up_park_the_stage_and_the_rest_goes_on(begin, log):
    run = begin(
        transactional("a", log.says("a")),
        external("b", lambda ctx: 1 / 0, "a", technique=Technique.KEY, retry=Retry(attempts=3)),
        transactional("c", log.says("c"), "a"),
    )
    for _ in range(6):
        go(run, log)
        log.later(minutes=10)
    stage = row(run, "b")
    assert stage.state == State.PARKED
    assert [t.outcome for t in stage.tries.all()] == [StageAttempt.Outcome.BROKEN] * 3
    assert log.done == ["a", "c"]
    assert log.ended == []


def test_a_refusal_undoes_what_this_run_did_in_reverse(begin, log):
    run = begin(
        transactional("a", log.says("a"), undo=transactional("undo_a", log.says("undo a"))),
        transactional("b", log.says("b"), "a", undo=transactional("undo_b", log.says("undo b"))),
        transactional("n", log.says("n"), "a"),
        transactional(
            "c",
            log.fails("c", Refused("no more")),
            "b",
            failure=takes_back("support"),
            undo=transactional("undo_c", log.says("undo c")),
        ),
        transactional("d", log.says("d"), "c"),
        after_undoing=(transactional("tell", log.says("tell")),),
    )
    go(run, log)
    assert log.done == ["a", "b", "n", "c", "undo b", "undo a", "tell"]
    assert log.ended == ["taken back: no more"]
    assert run.state == PipelineRun.State.COMPENSATED
    assert row(run, "d").state == State.CANCELLED


def test_a_refusal_that_takes_nothing_back_waits_for_a_person(begin, log):
    run = begin(external("a", log.fails("a", Refused("out of stock there")), technique=Technique.REFERENCE))
    go(run, log)
    assert row(run, "a").state == State.PARKED
    assert run.state == PipelineRun.State.RUNNING


def test_a_stage_at_work_while_the_run_is_taken_back_is_undone_too(begin, log):
    run = begin(
        transactional("a", log.says("a")),
        transactional("slow", log.says("slow"), "a", undo=transactional("undo_slow", log.says("undo slow"))),
        transactional("no", log.fails("no", Refused("no")), "a", failure=takes_back("support")),
    )
    advance(run.pk, only="a", clock=lambda: log.now)
    slow = claim(run, log, "slow")
    advance(run.pk, only="no", clock=lambda: log.now)
    run.refresh_from_db()
    assert run.state == PipelineRun.State.COMPENSATING
    attempt(slow, log)
    go(run, log)
    assert log.done == ["a", "no", "slow", "undo slow"]


def test_a_worker_that_lost_its_lease_writes_nothing(begin, log):
    run = begin(transactional("a", log.says("a")), transactional("b", log.says("b"), "a"))
    first = claim(run, log)
    log.later(seconds=31)
    sweep(now=log.now)
    assert row(run, "a").state == State.READY
    second = claim(run, log)
    assert second.fence == first.fence + 1

    attempt(first, log)
    assert row(run, "a").state == State.RUNNING  # the first one's work was rolled back
    attempt(second, log)
    assert row(run, "a").state == State.SUCCEEDED
    outcomes = list(StageAttempt.objects.filter(stage__run=run).values_list("outcome", flat=True))
    assert outcomes == ["lost", "succeeded"]


def test_a_live_worker_keeps_its_stage(begin, log):
    run = begin(transactional("a", log.says("a")))
    claim(run, log)
    sweep(now=log.later(seconds=20))
    assert row(run, "a").state == State.RUNNING


def test_a_dead_worker_of_this_host_is_seen_at_once(begin, log):
    run = begin(transactional("a", log.says("a")))
    claim(run, log)
    host = leases.this_process().partition("|")[0]
    StageRun.objects.filter(run=run).update(lease_owner=f"{host}|999999999|1")
    sweep(now=log.now)
    assert row(run, "a").state == State.READY


def test_a_worker_elsewhere_is_given_its_whole_lease(begin, log):
    run = begin(transactional("a", log.says("a")))
    claim(run, log)
    StageRun.objects.filter(run=run).update(lease_owner="another-host/1|1|1")
    sweep(now=log.later(seconds=29))
    assert row(run, "a").state == State.RUNNING
    sweep(now=log.later(seconds=2))
    assert row(run, "a").state == State.READY


def test_a_stage_in_the_queue_is_not_announced_at_every_sweep(begin, log):
    """Under load a message waits its turn; as many again every second would be the worse load."""
    begin(transactional("a", log.says("a")))
    assert sweep(now=log.later(seconds=1)) == 0
    assert sweep(now=log.later(seconds=1)) == 1
    assert sweep(now=log.later(seconds=1)) == 0
    assert sweep(now=log.later(seconds=1)) == 1


def test_runs_that_nobody_can_advance_do_not_keep_others_from_being_announced(begin, log, alice, monkeypatch):
    """Such as runs of a version that no worker knows any more."""
    monkeypatch.setattr(sweeping, "BATCH", 1)
    stuck = begin(transactional("a", log.says("a")))
    another = Order.objects.create(checkout_key=uuid4(), user=alice, email=alice.email, subtotal=1, total=1)
    later = start("story", order=another, now=log.later(seconds=1))
    announced = []
    monkeypatch.setattr(sweeping, "wake_workers", lambda runs: announced.extend(run_id for run_id, _ in runs))
    for _ in range(4):
        sweep(now=log.later(seconds=2))
    assert set(announced) == {stuck.pk, later.pk}


def test_a_sweep_reads_no_more_than_what_is_under_way(begin, log):
    """The default order of stages goes by their runs: every run there ever was would be read and sorted."""
    begin(transactional("a", log.says("a")))
    with CaptureQueriesContext(connection) as queries:
        sweep(now=log.later(minutes=1))
    orders = [query["sql"].partition("ORDER BY")[2] for query in queries if query["sql"].startswith("SELECT")]
    assert len(orders) == 4
    assert not [order for order in orders if not order or PipelineRun._meta.db_table in order]


def test_input_that_kills_every_worker_is_parked(begin, log):
    run = begin(transactional("a", log.says("a")))
    for _ in range(sweeping.MOST_KILLS):
        assert claim(run, log)
        sweep(now=log.later(seconds=31))
    stage = row(run, "a")
    assert (stage.state, stage.owner) == (State.PARKED, "support")
    assert stage.tries.count() == sweeping.MOST_KILLS
    assert log.done == []


def waiting_for(log: Log, events: list[str], *, until: timedelta = timedelta(hours=2)):
    start_of_wait = log.now

    def act(ctx: Context):
        log.done.append("look")
        if events:
            return {"event": events[0]}
        if ctx.is_past_deadline:
            raise Uncertain("nobody came")
        return Wait(until=start_of_wait + until, check_at=ctx.now + timedelta(hours=1))

    return act


def test_a_wait_ends_by_its_event(begin, log):
    events: list[str] = []
    run = begin(wait("w", waiting_for(log, events)))
    go(run, log)
    assert row(run, "w").state == State.WAITING
    events.append("came")
    assert wake(run.pk, "w", now=log.now)
    go(run, log)
    assert row(run, "w").output == {"event": "came"}
    assert not wake(run.pk, "w", now=log.now)  # it has ended


def test_a_wait_looks_by_itself_and_ends_by_its_deadline(begin, log):
    run = begin(wait("w", waiting_for(log, [])))
    go(run, log)
    go(run, log)
    assert log.done == ["look"]
    log.later(hours=1)
    go(run, log)
    assert log.done == ["look", "look"]
    log.later(hours=1)
    go(run, log)
    assert row(run, "w").state == State.PARKED


def test_an_event_that_comes_while_the_stage_is_at_work_is_not_lost(begin, log):
    events: list[str] = []
    inner = waiting_for(log, events)

    def act(ctx: Context):
        result = inner(ctx)
        if not events:
            events.append("came meanwhile")
            wake(ctx.run.pk, "w", now=log.now)
        return result

    run = begin(wait("w", act))
    go(run, log)
    assert row(run, "w").state == State.SUCCEEDED
    assert log.done == ["look", "look"]


class Receiver:
    """An outside system: what it was sent, and what it still has in store for us."""

    def __init__(self, *answers: object) -> None:
        self.answers = list(answers)
        self.sent: list[tuple[dict, str]] = []

    def call(self, request, key):
        assert not [b for b in connection.atomic_blocks if not getattr(b, "_from_testcase", False)]
        self.sent.append((request, key))
        answer = self.answers.pop(0) if self.answers else {"id": f"x{len(self.sent)}"}
        if isinstance(answer, Exception):
            raise answer
        return answer


def calling(receiver: Receiver, request=None, look_up=None):
    def act(ctx: Context):
        return ctx.perform(
            receiver="them",
            operation="do",
            request=request() if request else {"n": 1},
            call=receiver.call,
            look_up=look_up,
        )

    return act


def retried(begin, log, receiver, *, technique=Technique.KEY, cut_off=False, **options):
    """Go through one external stage, with its first attempt cut off after the intent where that is asked for."""
    run = begin(external("a", calling(receiver, **options), technique=technique))
    if cut_off:
        stage = claim(run, log)
        effect, _ = Context(stage, settle.spec_of(stage), log.now)._intend("them", "do", {"n": 1})
        assert effect.state == Effect.State.INTENDED
        log.later(seconds=31)
    for _ in range(5):
        go(run, log)
        log.later(minutes=10)
    return run


def test_a_retry_sends_the_very_same_thing_under_the_same_key(begin, log):
    numbers = iter(range(100))
    receiver = Receiver(Transient("later"), Transient("later"))
    run = retried(begin, log, receiver, request=lambda: {"n": next(numbers)})
    assert len(receiver.sent) == 3
    assert {str(sent) for sent in receiver.sent} == {str(receiver.sent[0])}
    assert row(run, "a").output == {"id": "x3"}


def test_a_rejected_request_gets_a_new_key_when_a_person_retries(begin, sam, log):
    from orders.pipeline.engine import operate

    receiver = Receiver(Refused("no"))
    run = retried(begin, log, receiver)
    operate.retry(stage=row(run, "a"), actor=sam, reason="again", now=log.now)
    go(run, log)
    keys = [key for _, key in receiver.sent]
    assert keys == [f"{run.pk}:a:do:1", f"{run.pk}:a:do:2"]


def test_a_spent_key_is_not_used_again(begin, log):
    receiver = Receiver(Spent("500, kept under the key"))
    retried(begin, log, receiver)
    assert len({key for _, key in receiver.sent}) == 2


@pytest.mark.parametrize("technique", [Technique.KEY, Technique.REFERENCE])
def test_what_was_cut_off_is_sent_again_where_the_receiver_knows_it(begin, log, technique):
    receiver = Receiver()
    run = retried(begin, log, receiver, technique=technique, cut_off=True)
    assert len(receiver.sent) == 1
    assert row(run, "a").state == State.SUCCEEDED


def test_what_was_cut_off_is_asked_for_where_the_receiver_can_be_asked(begin, log):
    receiver = Receiver()
    found = {"id": "from before"}
    run = retried(begin, log, receiver, technique=Technique.QUERY, cut_off=True, look_up=lambda request, key: found)
    assert receiver.sent == []
    assert row(run, "a").output == found


def test_what_was_cut_off_is_never_repeated_blindly(begin, log):
    receiver = Receiver()
    run = retried(begin, log, receiver, technique=Technique.NONE, cut_off=True)
    assert receiver.sent == []
    stage = row(run, "a")
    assert (stage.state, stage.error_kind) == (State.PARKED, "uncertain")


def test_a_confirmed_effect_is_not_done_again(begin, log):
    receiver = Receiver()

    def act(ctx: Context):
        answer = calling(receiver)(ctx)
        if len(log.done) < 1:
            log.done.append("cut off after the answer was kept")
            raise Transient("cut off")
        return answer

    run = begin(external("a", act, technique=Technique.NONE))
    for _ in range(3):
        go(run, log)
        log.later(minutes=10)
    assert len(receiver.sent) == 1
    assert row(run, "a").state == State.SUCCEEDED


def test_a_late_refusal_does_not_undo_what_another_worker_had_confirmed(begin, log):
    """The first worker was slow: the second got the answer, and what the first hears after that is no news."""
    run = begin(external("a", calling(Receiver()), technique=Technique.KEY))

    def overtaken(request, key):
        Effect.objects.update(state=Effect.State.CONFIRMED, external_id="x1", response={"id": "x1"})
        raise Refused("that key is known")

    slow = Receiver()
    slow.call = overtaken
    stage = claim(run, log)
    with pytest.raises(Refused):
        calling(slow)(Context(stage, settle.spec_of(stage), log.now))
    effect = Effect.objects.get()
    assert (effect.state, effect.external_id) == (Effect.State.CONFIRMED, "x1")


def test_a_worker_that_lost_its_lease_does_not_call_out(begin, log):
    receiver = Receiver()
    run = begin(external("a", calling(receiver), technique=Technique.KEY))
    first = claim(run, log)
    sweep(now=log.later(seconds=31))
    attempt(first, log)
    assert receiver.sent == []


def test_no_call_goes_out_under_a_lock(log):
    from config.lib.http import CalledUnderLock, Session

    with transaction.atomic(), pytest.raises(CalledUnderLock):
        Session().get("http://127.0.0.1:1/")


@pytest.mark.parametrize(
    ("stages", "says"),
    [
        (lambda act: (transactional("a", act, "b"),), "a comes after b, which it does not have"),
        (lambda act: (transactional("a", act, "b"), transactional("b", act)), "b, not declared before it"),
        (lambda act: (transactional("a", act, "b"), transactional("b", act, "a")), "is a circle"),
        (lambda act: (transactional("a", act), transactional("a", act)), "declared twice"),
        (lambda act: (external("a", act),), "no technique"),
        (lambda act: (external("a", act, technique=Technique.KEY, system=""),), "does not name the outside system"),
        (lambda act: (graph.transactional("a", act),), "says not what becomes of it when it fails"),
        (lambda act: (wait("a", act, deadline=None),), "waits without a deadline"),
        (lambda act: (transactional("a", act, undo=graph.transactional("b", act)),), "b says not what becomes of it"),
    ],
)
def test_a_graph_that_cannot_work_is_refused_at_once(log, stages, says):
    with pytest.raises(GraphError, match=says):
        Pipeline("wrong", 1, stages(log.says("a")), finished=lambda *a: None, taken_back=lambda *a: None)


def test_a_run_ends_by_the_version_it_began_with(begin, log, order):
    run = begin(transactional("a", log.says("old a")))
    graph.register(
        Pipeline(
            "story",
            2,
            (transactional("a", log.says("new a")),),
            finished=lambda order, now: log.ended.append("new end"),
            taken_back=lambda *given: None,
        )
    )
    go(run, log)
    assert log.done == ["old a"]
    assert log.ended == ["finished"]
