"""What a member of staff does to a run, and what the pipeline does at the same moment."""

import threading
from datetime import timedelta

import pytest
from django.db import connection, connections, transaction

from orders.models import Effect, OperatorAction, PipelineRun, StageRun
from orders.pipeline.engine import graph, operate, settle
from orders.pipeline.engine.errors import Refused, Uncertain
from orders.pipeline.engine.graph import Pipeline, Wait
from orders.pipeline.engine.operate import NotPossible
from orders.pipeline.engine.start import start
from tests.orders.stages import external, transactional, wait
from tests.orders.story import attempt, claim, go, row
from tests.orders.test_effects import Receiver, calling

pytestmark = pytest.mark.django_db
State = StageRun.State
Technique = Effect.Technique


def test_a_changed_request_is_sent_under_a_new_key(begin, sam, log):
    receiver = Receiver(Refused("no such prefecture"))
    wrong = {"to": {"name": "Yoshino", "prefecture": "?"}, "note": "ring twice"}
    run = begin(external("a", calling(receiver, request=lambda: wrong), technique=Technique.REFERENCE))
    go(run, log)
    patch = {"to": {"prefecture": "Tokyo"}, "note": None}
    stage = row(run, "a")
    operate.change(stage=stage, changes=patch, actor=sam, reason="as they said on the phone", now=log.now)
    go(run, log)
    assert receiver.sent == [
        (wrong, f"{run.pk}:a:do:1"),
        ({"to": {"name": "Yoshino", "prefecture": "Tokyo"}}, f"{run.pk}:a:do:2"),
    ]
    assert run.state == PipelineRun.State.SUCCEEDED
    action = OperatorAction.objects.get(stage=stage)
    assert (action.verb, action.before["state"], action.before["changes"]) == ("change", State.PARKED, {})


def test_what_may_have_happened_is_not_changed(begin, sam, log):
    receiver = Receiver(Uncertain("cut off"))
    run = begin(external("a", calling(receiver), technique=Technique.NONE))
    go(run, log)
    with pytest.raises(NotPossible, match="may have happened already"):
        operate.change(stage=row(run, "a"), changes={"n": 2}, actor=sam, reason="other", now=log.now)
    assert row(run, "a").changes == {}
    assert not OperatorAction.objects.exists()


@pytest.mark.parametrize("act", [operate.skip, operate.change, operate.resume])
def test_whatever_is_more_than_a_retry_asks_for_a_reason(begin, sam, log, act):
    run = begin(transactional("a", log.fails("a", Refused("no"))))
    go(run, log)
    more = {"changes": {}} if act is operate.change else {}
    with pytest.raises(NotPossible, match="with a reason"):
        act(stage=row(run, "a"), actor=sam, reason="  ", now=log.now, **more)
    assert row(run, "a").state == State.PARKED


def test_a_press_from_an_old_page_changes_nothing(begin, sam, log):
    run = begin(transactional("a", log.fails("a", Refused("no"), Refused("still no"))))
    go(run, log)
    shown = row(run, "a").fence
    operate.retry(stage=row(run, "a"), actor=sam, reason="", now=log.now, fence=shown)
    go(run, log)
    for act in (operate.retry, operate.skip):
        with pytest.raises(NotPossible, match="tried again since"):
            act(stage=row(run, "a"), actor=sam, reason="once more", now=log.now, fence=shown)
    assert row(run, "a").state == State.PARKED
    assert log.done == ["a", "a"]


def test_a_stage_that_was_skipped_is_done_after_all_and_nothing_begins_before_its_time(begin, sam, log):
    """`join` waits for both branches: what the skipped one had freed is not freed twice."""
    run = begin(
        transactional("a", log.fails("a", Refused("no"))),
        wait("slow", lambda ctx: Wait(until=log.now + timedelta(days=1))),
        transactional("b", log.fails("b", Refused("no b")), "a"),
        transactional("join", log.says("join"), "a", "slow"),
    )
    go(run, log)
    operate.skip(stage=row(run, "a"), actor=sam, reason="by hand", now=log.now)
    go(run, log)
    assert row(run, "b").state == State.PARKED
    assert operate.resume(stage=row(run, "a"), actor=sam, reason="not by hand after all", now=log.now) == 2
    assert row(run, "b").state == State.BLOCKED
    assert (row(run, "join").state, row(run, "join").blocked_by) == (State.BLOCKED, 2)
    go(run, log)
    assert log.done == ["a", "b", "a", "b"]
    assert (row(run, "join").state, row(run, "join").blocked_by) == (State.BLOCKED, 1)


def test_one_item_is_resumed_and_the_others_are_left_alone(begin, sam, log):
    two = lambda order: ["1", "2"]  # noqa: E731
    run = begin(
        transactional("a", log.fails("a", Refused("no"), Refused("no")), over=two),
        transactional("b", log.says("b"), "a", over=two),
    )
    go(run, log)
    assert [row(run, "a", one).state for one in "12"] == [State.PARKED] * 2
    operate.resume(stage=row(run, "a", "2"), actor=sam, reason="there again", now=log.now)
    go(run, log)
    assert log.done == ["a1", "a2", "a2", "b2"]
    assert row(run, "a", "1").state == State.PARKED


def test_many_are_redriven_and_what_is_left_is_said(begin, sam, log):
    two = lambda order: ["1", "2"]  # noqa: E731
    run = begin(transactional("a", log.fails("a", Refused("no"), Refused("no")), over=two))
    go(run, log)
    stages = [row(run, "a", one) for one in "12"]
    operate.retry(stage=stages[0], actor=sam, reason="", now=log.now)
    go(run, log)
    answer = operate.redrive(stages, operate.retry, actor=sam, reason="all of them", now=log.now)
    assert answer.done == (stages[1],)
    [(left, why)] = answer.left
    assert left == stages[0]
    assert "by now" in why


def test_a_parked_stage_is_given_to_somebody(begin, sam, log):
    run = begin(transactional("a", log.fails("a", Refused("no"))))
    go(run, log)
    operate.assign(stage=row(run, "a"), to=sam, actor=sam)
    assert row(run, "a").assignee == sam
    operate.retry(stage=row(run, "a"), actor=sam, reason="", now=log.now)
    go(run, log)
    with pytest.raises(NotPossible):
        operate.assign(stage=row(run, "a"), to=None, actor=sam)


@pytest.fixture
def sending(begin, log):
    """A run that has paid and is about to send what cannot be called back."""
    return begin(
        transactional("pay", log.says("pay"), undo=transactional("refund", log.says("refund"))),
        external("send", log.says("send"), "pay", technique=Technique.REFERENCE, is_beyond_return=True),
        wait("arrive", lambda ctx: Wait(until=log.now + timedelta(days=1)), "send"),
    )


def test_a_run_is_taken_back_until_it_is_beyond_return(sending, sam, log):
    attempt(claim(sending, log, "pay"), log)
    operate.take_back(run=sending, actor=sam, reason="they called", now=log.now)
    go(sending, log)
    assert log.done == ["pay", "refund"]
    assert log.ended == ["taken back: they called"]


@pytest.mark.parametrize("how_far", ["claimed", "sent"])
def test_what_has_left_is_not_taken_back(sending, sam, log, how_far):
    attempt(claim(sending, log, "pay"), log)
    sent = claim(sending, log, "send")
    if how_far == "sent":
        attempt(sent, log)
    with pytest.raises(NotPossible, match="send was begun"):
        operate.take_back(run=sending, actor=sam, reason="they called", now=log.now)
    assert PipelineRun.objects.get().state == PipelineRun.State.RUNNING
    assert row(sending, "arrive").state in (State.BLOCKED, State.READY)
    assert not OperatorAction.objects.exists()


def test_what_may_have_left_is_not_taken_back(begin, sam, log):
    run = begin(
        transactional("pay", log.says("pay"), undo=transactional("refund", log.says("refund"))),
        external("send", calling(Receiver(Uncertain("?"))), "pay", technique=Technique.NONE, is_beyond_return=True),
    )
    go(run, log)
    with pytest.raises(NotPossible, match="send was begun"):
        operate.take_back(run=run, actor=sam, reason="they called", now=log.now)


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_of_a_return_and_a_claim_at_the_same_moment_one_wins(sending, sam, log, monkeypatch):
    """The worker claims what cannot be called back after the person's page has looked, before it has written."""
    if connection.vendor != "postgresql":
        pytest.skip("on SQLite one of them waits for the other")
    attempt(claim(sending, log, "pay"), log)
    look, claimed = operate.beyond_return, []

    def claims() -> None:
        claimed.append(claim(sending, log, "send"))
        connections.close_all()

    def looks(run):
        found = look(run)
        if not claimed:
            worker = threading.Thread(target=claims)
            worker.start()
            worker.join()
        return found

    monkeypatch.setattr(operate, "beyond_return", looks)
    is_taken_back = True
    try:
        operate.take_back(run=sending, actor=sam, reason="they called", now=log.now)
    except NotPossible:
        is_taken_back = False
    assert is_taken_back == (claimed == [None])


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_a_run_that_looks_while_what_it_waits_for_ends_is_woken(begin, order, log):
    """It has read that the other one is not over yet, and writes that it waits after the other one has ended."""
    if connection.vendor != "postgresql":
        pytest.skip("on SQLite one of them waits for the other")
    looks = []

    def act(ctx):
        looks.append(PipelineRun.objects.get(pk=ctx.run.parent_id).state)
        if len(looks) == 1:
            ender = threading.Thread(target=ends)
            ender.start()
            ender.join()
        return {} if len(looks) > 1 else Wait(until=log.now + timedelta(days=1))

    def ends() -> None:
        with transaction.atomic():
            settle.take_back(settle.lock(first.pk), reason="over", now=log.now)
        connections.close_all()

    first = begin(transactional("a", log.says("a")))
    graph.register(Pipeline("child", 1, (wait("w", act),), lambda *given: None, lambda *given: None))
    child = start("child", order=order, now=log.now, parent=first)
    go(child, log)
    go(child, log)
    assert looks == ["running", "compensated"]
    assert row(child, "w").state == State.SUCCEEDED
