"""Acts on outside systems: frozen, under one key, and taken up again as the receiver allows."""

import pytest
from django.db import connection, transaction

from orders.models import Effect, StageRun
from orders.pipeline.engine import operate, settle
from orders.pipeline.engine.context import Context
from orders.pipeline.engine.errors import Refused, Spent, Transient
from orders.pipeline.engine.sweep import sweep
from tests.orders.stages import external
from tests.orders.story import attempt, claim, go, row

pytestmark = pytest.mark.django_db
State = StageRun.State
Technique = Effect.Technique


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
