"""What is committed together: stages that follow one another, and what is left when one of them fails or kills."""

import threading

import pytest
from django.db import connection, connections

from orders.models import Effect, Order, PipelineRun, StageAttempt, StageRun
from orders.pipeline.engine import sweep as sweeping
from orders.pipeline.engine.errors import Refused, Transient
from orders.pipeline.engine.execute import Worker, advance
from orders.pipeline.engine.graph import takes_back
from orders.pipeline.engine.sweep import sweep
from tests.orders.stages import external, transactional
from tests.orders.story import attempt, claim, go, row

pytestmark = pytest.mark.django_db(transaction=True)
State = StageRun.State
Technique = Effect.Technique


class Killed(BaseException):
    """The process is gone: nothing of the engine catches it, and the open transaction is lost."""


@pytest.fixture
def commits(monkeypatch) -> list[int]:
    """One for each COMMIT of this connection."""
    counted: list[int] = []
    commit = connection._commit

    def counting():
        counted.append(1)
        return commit()

    monkeypatch.setattr(connection, "_commit", counting)
    return counted


def writes(order, text: str):
    def act(ctx):
        Order.objects.filter(pk=order.pk).update(email=Order.objects.get(pk=order.pk).email + text)
        return {}

    return act


def written(order) -> str:
    return Order.objects.get(pk=order.pk).email.removeprefix("alice@example.com")


def meets(gate: threading.Barrier, then: Exception | None = None):
    """An act that goes on once all whom the gate waits for are in the middle of theirs."""

    def act(ctx):
        gate.wait(20)
        if then:
            raise then
        return {}

    return act


def works(run, log) -> None:
    """One worker in a thread of its own: it takes the run as far as it goes."""
    advance(run.pk, clock=lambda: log.now)
    connections.close_all()


def work_at_once(run, log, *, workers: int) -> None:
    threads = [threading.Thread(target=works, args=(run, log)) for _ in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_transactional_stages_that_follow_one_another_are_one_commit(begin, log, order, commits):
    run = begin(
        transactional("a", writes(order, "a")),
        transactional("b", writes(order, "b"), "a"),
        transactional("c", writes(order, "c"), "b"),
    )
    commits.clear()
    assert advance(run.pk, clock=lambda: log.now) == 3
    assert len(commits) == 1
    assert written(order) == "abc"
    assert StageAttempt.objects.count() == 3


def test_a_follower_that_fails_leaves_what_was_done_before_it(begin, log, order):
    def fails(ctx):
        writes(order, "b")(ctx)
        raise Transient("not now")

    run = begin(
        transactional("a", writes(order, "a")),
        transactional("b", fails, "a"),
        transactional("c", writes(order, "c"), "a"),
    )
    go(run, log)
    assert written(order) == "ac"
    assert [row(run, name).state for name in "abc"] == [State.SUCCEEDED, State.READY, State.SUCCEEDED]
    assert [one.outcome for one in row(run, "b").tries.all()] == ["transient"]


def test_second_attempts_commit_alone(begin, log, order, commits):
    run = begin(
        transactional("a", log.fails("a", Transient("once"))),
        transactional("b", writes(order, "b"), "a"),
        transactional("c", writes(order, "c"), "b"),
    )
    go(run, log)
    log.later(minutes=10)
    commits.clear()
    advance(run.pk, clock=lambda: log.now)
    assert len(commits) == 2  # a by itself with the claim of b; b and c together
    assert written(order) == "bc"


def test_a_follower_that_kills_takes_its_claim_with_it_and_is_found_out(begin, log, order):
    def kills(ctx):
        raise Killed

    run = begin(
        transactional("a", writes(order, "a")), transactional("b", kills, "a"), transactional("c", log.says("c"), "a")
    )
    with pytest.raises(Killed):
        advance(run.pk, clock=lambda: log.now)
    assert written(order) == ""
    assert (row(run, "a").state, row(run, "b").state) == (State.RUNNING, State.BLOCKED)  # the claim of b is gone too
    for _ in range(12):
        sweep(now=log.later(seconds=31))
        try:
            advance(run.pk, clock=lambda: log.now)
        except Killed:
            continue
    assert written(order) == "a"
    parked = row(run, "b")
    assert (parked.state, parked.kills) == (State.PARKED, sweeping.MOST_KILLS)
    assert row(run, "a").state == State.SUCCEEDED
    assert log.done == ["c"]


def test_the_next_stage_is_claimed_in_the_commit_that_ends_the_last(begin, log, commits):
    """Between two outside calls there is one commit, and whoever dies after it has the next one in hand."""
    seen = []

    def looks(ctx):
        seen.append((row(ctx.run, "b").state, len(commits)))
        raise Killed

    run = begin(
        external("a", log.says("a"), technique=Technique.KEY), external("b", looks, "a", technique=Technique.KEY)
    )
    worker = Worker(run, lambda: log.now)
    context = worker.context(worker.claim())
    commits.clear()
    following = worker.attempt(context)
    assert (following.name, len(commits)) == ("b", 1)
    with pytest.raises(Killed):
        worker.attempt(worker.context(following))
    assert seen == [(State.RUNNING, 1)]


@pytest.mark.postgresql
def test_a_slow_sibling_holds_nobody_up(begin, log):
    """Two workers: one is in the middle of a long call, the other goes through the rest of the run."""
    if connection.vendor != "postgresql":
        pytest.skip("threads prove something only on PostgreSQL")
    is_calling, may_end = threading.Event(), threading.Event()

    def slow(ctx):
        is_calling.set()
        may_end.wait(20)
        return {}

    run = begin(
        transactional("a", log.says("a")),
        external("slow", slow, "a", technique=Technique.KEY),
        external("b", log.says("b"), "a", technique=Technique.KEY),
        transactional("c", log.says("c"), "b"),
        transactional("join", log.says("join"), "c", "slow"),
    )
    attempt(claim(run, log, "a"), log)

    first = threading.Thread(target=works, args=(run, log))
    first.start()
    assert is_calling.wait(10)
    advance(run.pk, clock=lambda: log.now)
    assert log.done == ["a", "b", "c"]
    may_end.set()
    first.join()
    run.refresh_from_db()
    assert log.done[-1] == "join"
    assert run.state == PipelineRun.State.SUCCEEDED


@pytest.mark.postgresql
def test_many_items_that_end_at_once_free_what_waits_for_all_of_them_once(begin, log):
    if connection.vendor != "postgresql":
        pytest.skip("threads prove something only on PostgreSQL")
    gate = threading.Barrier(6)
    six = lambda order: list("123456")  # noqa: E731

    run = begin(
        external("each", meets(gate), technique=Technique.KEY, over=six),
        transactional("join", log.says("join"), "each"),
    )
    work_at_once(run, log, workers=6)
    run.refresh_from_db()
    assert log.done == ["join"]
    assert log.ended == ["finished"]
    assert run.state == PipelineRun.State.SUCCEEDED


@pytest.mark.postgresql
def test_a_run_that_is_taken_back_while_its_stages_end_is_undone_once(begin, log):
    if connection.vendor != "postgresql":
        pytest.skip("threads prove something only on PostgreSQL")
    gate = threading.Barrier(4)
    three = lambda order: list("123")  # noqa: E731

    run = begin(
        external(
            "each", meets(gate), technique=Technique.KEY, over=three, undo=transactional("back", log.says("back"))
        ),
        external("no", meets(gate, Refused("no")), technique=Technique.KEY, failure=takes_back("support")),
        transactional("join", log.says("join"), "each"),
    )
    work_at_once(run, log, workers=4)
    log.later(seconds=1)
    go(run, log)
    assert sorted(log.done) in (["back1", "back2", "back3"], ["back1", "back2", "back3", "join"])
    assert log.ended == ["taken back: no"]
    assert run.state == PipelineRun.State.COMPENSATED
